"""Untrusted JSON in, frozen values out: the only way documents enter the house."""

from fedreview.activitypub.parse.activities import parse_activity
from fedreview.activitypub.parse.actors import parse_actor
from fedreview.activitypub.parse.notes import parse_note

__all__ = ["parse_activity", "parse_actor", "parse_note"]
