"""Notes and activities for a few people alone."""

from collections.abc import Sequence

from fedreview.activitypub.build import Document, activity
from fedreview.domain.actor import ActorId

_FOR_ALL = frozenset(
    {
        # Others could see by these that something was said, and ask for it.
        "replies",
        "likes",
        "shares",
        "context",
        "conversation",
        "interactionPolicy",
        "searchableBy",
    }
)


def for_them_alone(document: Document, people: Sequence[str]) -> Document:
    """Address a note to these people and nobody else.

    Source: Mastodon, app/lib/activitypub/parser/status_parser.rb: "direct" is what names
    neither the public nor followers, and mentions its readers.
    """
    kept = {name: value for name, value in document.items() if name not in _FOR_ALL}
    return {**kept, "to": [*people], "cc": []}


def private_deletion(uri: str, actor: ActorId, gone: Document, people: Sequence[str]) -> Document:
    """Tell those who have a private message that it is gone."""
    return activity("Delete", uri, actor, gone, to=[*people], cc=[])
