"""Instants as ActivityStreams writes them."""

from datetime import UTC, datetime


def instant_text(moment: datetime) -> str:
    """Write ``2026-03-14T12:00:00Z``: whole seconds, UTC.

    Whole seconds, for GoToSocial compares `updated` with `published` and Mastodon keeps
    no finer ones.
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
