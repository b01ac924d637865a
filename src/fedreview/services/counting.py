"""Count what came of something of ours, as every document of it says."""

from fedreview.activitypub.build import Counts
from fedreview.activitypub.urls import Urls
from fedreview.domain.review import ReviewId
from fedreview.storage import members, reactions
from fedreview.storage.database import Transaction
from fedreview.storage.reactions import ReactionKind


def counts_of_review(tx: Transaction, urls: Urls, id: ReviewId) -> Counts:
    """Count the replies that can be read under a review, and its likes and boosts."""
    return _counts(tx, urls.review(id), replies=members.count_in_thread(tx, id))


def counts_of_note(tx: Transaction, uri: str) -> Counts:
    """Count the replies to an author's answer, and its likes and boosts."""
    return _counts(tx, uri, replies=members.count_answering(tx, uri))


def _counts(tx: Transaction, uri: str, *, replies: int) -> Counts:
    counted = reactions.count(tx, [uri])
    return Counts(
        replies=replies,
        likes=counted.get((uri, ReactionKind.LIKE), 0),
        shares=counted.get((uri, ReactionKind.BOOST), 0),
    )
