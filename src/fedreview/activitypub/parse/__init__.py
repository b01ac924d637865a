"""Untrusted JSON in, frozen values out: the only way documents enter the house."""

from fedreview.activitypub.parse.activities import Heading, parse_activity, read_heading
from fedreview.activitypub.parse.actors import parse_actor
from fedreview.activitypub.parse.notes import parse_note

__all__ = ["Heading", "parse_activity", "parse_actor", "parse_note", "read_heading"]
