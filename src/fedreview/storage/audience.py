"""Who has, or may have, a copy of something of ours."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import or_, select

from fedreview.domain.actor import AuthorId, RemoteActor
from fedreview.domain.review import ReviewId
from fedreview.storage import actors, inboxes
from fedreview.storage.database import Transaction
from fedreview.storage.queue_tables import ActivityRow, DeliveryRow
from fedreview.storage.tables import ActorRow, NoteRow, QuoteRow, ReactionRow


def inboxes_that_may_know(
    tx: Transaction, author_id: AuthorId, uri: str, *, review_id: ReviewId | None
) -> set[str]:
    """Give where an Update or Delete of `uri` must go.

    To the followers of now; to whoever got an activity about it before, follower still or
    not; to who answered it (for a review: anywhere in its thread), liked, boosted or quoted it.
    """
    in_thread = NoteRow.review_id == review_id if review_id else NoteRow.in_reply_to == uri
    people = (
        select(ActorRow.id, ActorRow.inbox, ActorRow.shared_inbox)
        .where(
            or_(
                ActorRow.id.in_(select(NoteRow.actor).where(in_thread)),
                ActorRow.id.in_(select(ReactionRow.actor).where(ReactionRow.object == uri)),
                ActorRow.id.in_(select(QuoteRow.actor).where(QuoteRow.object == uri)),
            )
        )
        .order_by(ActorRow.id)
    )
    theirs = ((actor, shared or inbox) for actor, inbox, shared in tx.execute(people))
    told = (
        select(DeliveryRow.inbox)
        .join(ActivityRow, ActivityRow.id == DeliveryRow.activity_id)
        .where(ActivityRow.object == uri)
        .distinct()
    )
    return {
        *actors.follower_inboxes(tx, author_id),
        *inboxes.few_elsewhere(theirs),
        *tx.scalars(told),
    }


def inboxes_of_public(
    tx: Transaction, author_id: AuthorId, *, named: Iterable[RemoteActor]
) -> set[str]:
    """Give where something new and public goes: to the followers, and to whom it names.

    To these in their own inbox, unless the shared one of their server gets it anyway, or it is
    for several of them.
    """
    followers, people = actors.follower_inboxes(tx, author_id), list(named)
    sharing = Counter(each.shared_inbox for each in people if each.shared_inbox)
    shared = followers | {inbox for inbox, number in sharing.items() if number > 1}
    return shared | {each.inbox for each in people if each.shared_inbox not in shared}


def inboxes_told_apart(tx: Transaction, uri: str) -> set[str]:
    """Give where an activity about `uri` went, or waits to go, that the outbox does not list."""
    told = (
        select(DeliveryRow.inbox)
        .join(ActivityRow, ActivityRow.id == DeliveryRow.activity_id)
        .where(ActivityRow.object == uri, ActivityRow.listed.is_(False))
    )
    return set(tx.scalars(told))
