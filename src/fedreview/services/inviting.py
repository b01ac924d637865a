"""Say who may reply to and quote what is ours, and whether somebody is among them."""

from datetime import datetime

from fedreview.activitypub.policy import Policy, policy_of
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author, AuthorId
from fedreview.domain.moderation import Who
from fedreview.domain.review import ReviewId, ReviewState
from fedreview.storage import accounts, actors, conduct, reviews, takes, threads
from fedreview.storage.actors import FollowingState
from fedreview.storage.database import Transaction
from fedreview.storage.threads import StoredNote


def policy_of_review(tx: Transaction, review_id: ReviewId, *, now: datetime) -> Policy:
    """Give the policy of a review. Raises NotFound."""
    return policy_of(conduct.in_force(tx, review_id), now=now)


def policy_of_note(tx: Transaction, note: StoredNote, author: Author, *, now: datetime) -> Policy:
    """Give the policy of an author's answer or take: that of the thread it stands in.

    In the threads of others everybody may reply: those are not ours to lead. Whoever gets a
    private message may answer it, and nobody may quote it.
    """
    if note.audience != "public":
        return Policy(quotes=Who.NOBODY)
    if note.review_id:
        return policy_of_review(tx, note.review_id, now=now)
    take = takes.find_above(tx, note)
    if take and take.author_id:
        return policy_of_take(tx, take.author_id, take.published_at, now=now)
    return Policy(quotes=conduct.of_author(tx, author.id).who_quotes)


def policy_of_take(
    tx: Transaction, author_id: AuthorId, published_at: datetime, *, now: datetime
) -> Policy:
    """Give the policy of what stands under a take, and of the take itself."""
    return policy_of(conduct.in_force_under_take(tx, author_id, published_at), now=now)


def author_of_post(tx: Transaction, urls: Urls, uri: str) -> Author | None:
    """Give who wrote the public review or note with this id; None when it is none of ours."""
    review_id, note_id = urls.review_id(uri), urls.note_id(uri)
    if review_id and uri == urls.review(review_id):
        review = reviews.find(tx, review_id)
        return review.author if review and review.state is ReviewState.PUBLISHED else None
    note = threads.find(tx, uri) if note_id else None
    if note is None or note.author_id is None or note.local_only or not note.is_in_sight:
        return None
    return accounts.find_author_by_id(tx, note.author_id)


def policy_of_post(
    tx: Transaction, urls: Urls, uri: str, author: Author, *, now: datetime
) -> Policy:
    """Give the policy of the review or note with this id, which is this author's."""
    review_id = urls.review_id(uri)
    if review_id:
        return policy_of_review(tx, ReviewId(review_id), now=now)
    note = threads.find(tx, uri)
    return policy_of_note(tx, note, author, now=now) if note else Policy(replies=Who.NOBODY)


def is_let(tx: Transaction, who: Who, author_id: AuthorId, actor: str) -> bool:
    """Tell whether somebody elsewhere is among those whom an author lets do something."""
    match who:
        case Who.EVERYONE:
            return True
        case Who.FOLLOWERS:
            return actors.find_follow(tx, author_id, actor) is not None
        case Who.FOLLOWING:
            found = actors.find_following(tx, author_id, actor)
            return found is not None and found.state is FollowingState.ACCEPTED
        case Who.NOBODY:
            return False
