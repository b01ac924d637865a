"""What nobody needs any more: of every kind of row, which, and what still holds on to it.

One function for each kind, to be used with `storage.sweeping`. For how long each stays is
said in services/tidying.py.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, and_, bindparam, delete, false, func, or_, select, update
from sqlalchemy.orm import aliased

from fedreview.domain.thread import NoteState
from fedreview.storage.conversation_tables import (
    ApprovalRow,
    GuestRow,
    LetterRow,
    NoteMentionRow,
    NoticeRow,
)
from fedreview.storage.database import Transaction
from fedreview.storage.errands import KEEP as KEEP_ERRANDS
from fedreview.storage.moderation import SET_ASIDE, emptied
from fedreview.storage.moderation_tables import BlockRow, ModerationRow, ReportRow, TrustRow
from fedreview.storage.queue_tables import (
    ActivityRow,
    ArrivalRow,
    DeliveryRow,
    ErrandRow,
    HostRow,
)
from fedreview.storage.queues import QueueState
from fedreview.storage.sight import in_state
from fedreview.storage.sweeping import Key, Sweep
from fedreview.storage.tables import (
    ActorRow,
    FollowerRow,
    FollowingRow,
    GoneRow,
    LoginFailureRow,
    NoteRecipientRow,
    NoteRow,
    QuoteRow,
    ReactionRow,
    SessionRow,
)
from fedreview.storage.threads import under
from fedreview.storage.writing_tables import AutosaveRow

NEEDED_AGAIN = ("CreateNote", "UpdateNote", "Follow", "Undo")
"""Types of arrivals whose words may be asked for after they were applied.

A reply that was held is passed on when it is approved, and a Follow or Undo may be repeated.
"""


def sessions(*, now: datetime) -> Sweep:
    """Give the sessions that have ended."""
    return Sweep(name="sessions", row=SessionRow, which=(SessionRow.expires_at <= now,))


def login_failures(*, before: datetime) -> Sweep:
    """Give the wrong passwords that count no more."""
    which = (LoginFailureRow.failed_at < before,)
    return Sweep(name="wrong passwords", row=LoginFailureRow, which=which)


def applied_arrivals(*, before: datetime) -> Sweep:
    """Give what was received and applied long ago."""
    which = (ArrivalRow.received_at < before, ArrivalRow.state == QueueState.DONE)
    return Sweep(name="applied arrivals", row=ArrivalRow, which=which)


def bodies_of_arrivals(*, before: datetime) -> Sweep:
    """Give what was applied, and whose words nobody will ask for; that it came stays known."""
    which = (
        ArrivalRow.received_at < before,
        ArrivalRow.state == QueueState.DONE,
        ArrivalRow.type.not_in(NEEDED_AGAIN),
        # SQLite knows how long a value is without reading it.
        func.length(ArrivalRow.body) > 0,
    )
    return Sweep(name="words of arrivals", row=ArrivalRow, which=which, emptied={"body": b""})


def failed_arrivals(*, before: datetime, most: int) -> Sweep:
    """Give what could not be applied long ago, and all but the last so many."""
    failed = ArrivalRow.state == QueueState.GIVEN_UP
    other = aliased(ArrivalRow)
    enough = (
        select(other.id)
        .where(other.state == QueueState.GIVEN_UP)
        .order_by(other.id.desc())
        .offset(most)
        .limit(1)
        .scalar_subquery()
    )
    which = (failed, or_(ArrivalRow.received_at < before, ArrivalRow.id <= enough))
    return Sweep(name="failed arrivals", row=ArrivalRow, which=which)


def ended_deliveries(*, before: datetime, failed_before: datetime) -> Sweep:
    """Give what was delivered, given up, taken back or held back long ago.

    How many there were of each activity is added to it: that stays.
    """
    done, given_up = QueueState.DONE, QueueState.GIVEN_UP
    ended = or_(
        # Nothing is settled before it is due, and by that there is an index.
        and_(
            DeliveryRow.state == done,
            DeliveryRow.due_at < before,
            DeliveryRow.settled_at < before,
        ),
        and_(
            DeliveryRow.state == given_up,
            DeliveryRow.due_at < failed_before,
            DeliveryRow.settled_at < failed_before,
        ),
        and_(
            DeliveryRow.state.in_([QueueState.CANCELLED, QueueState.HELD_BACK]),
            DeliveryRow.queued_at < before,
        ),
    )
    return Sweep(name="ended deliveries", row=DeliveryRow, which=(ended,), first=_add_up)


def _add_up(tx: Transaction, keys: Sequence[Key]) -> None:
    """Add to each activity how many of its deliveries that are about to go ended how."""
    ids = [key[0] for key in keys]
    delivered = DeliveryRow.state == QueueState.DONE
    lost = DeliveryRow.state.in_([QueueState.GIVEN_UP, QueueState.HELD_BACK])
    counted = tx.execute(
        select(
            DeliveryRow.activity_id,
            func.count().filter(delivered),
            func.count().filter(lost),
        )
        .where(DeliveryRow.id.in_(ids))
        .group_by(DeliveryRow.activity_id)
        .order_by(DeliveryRow.activity_id)
    ).all()
    tx.connection().execute(
        update(ActivityRow)
        .where(ActivityRow.id == bindparam("activity"))
        .values(
            delivered_count=ActivityRow.delivered_count + bindparam("delivered"),
            given_up_count=ActivityRow.given_up_count + bindparam("lost"),
        ),
        [
            {"activity": activity_id, "delivered": delivered, "lost": lost}
            for activity_id, delivered, lost in counted
        ],
    )


def activities(*, before: datetime) -> Sweep:
    """Give what we sent long ago that does not stand in the outbox, and is on its way nowhere."""
    under_way = select(DeliveryRow.id).where(DeliveryRow.activity_id == ActivityRow.id)
    which = (
        ActivityRow.listed.is_(False),
        ActivityRow.created_at < before,
        ~under_way.exists(),
    )
    return Sweep(name="unlisted activities", row=ActivityRow, which=which)


def hosts(*, before: datetime) -> Sweep:
    """Give servers of which nothing was seen for long, and for which nothing waits.

    Anybody can make us write a row for each of their subdomains (Fedify CVE-2026-69132).
    """
    waiting = select(DeliveryRow.host).where(DeliveryRow.state == QueueState.WAITING)
    which = (HostRow.seen_at < before, HostRow.host.not_in(waiting))
    return Sweep(name="servers", row=HostRow, which=which)


def strangers(*, before: datetime) -> Sweep:
    """Give, with their keys, people fetched long ago who have nothing to do with us.

    Whoever follows or is followed stays, whoever wrote or liked something that we have, and
    whoever is named by it.
    """
    # One NOT EXISTS each, by an index: most rows are kept by the first that they meet.
    kept = (
        select(FollowerRow.id).where(FollowerRow.actor == ActorRow.id),
        select(FollowingRow.id).where(FollowingRow.actor == ActorRow.id),
        select(NoteRow.id).where(NoteRow.actor == ActorRow.id),
        select(ReactionRow.id).where(ReactionRow.actor == ActorRow.id),
        select(QuoteRow.id).where(QuoteRow.actor == ActorRow.id),
        select(BlockRow.id).where(BlockRow.actor == ActorRow.id),
        select(TrustRow.actor).where(TrustRow.actor == ActorRow.id),
        select(NoteMentionRow.note_id).where(NoteMentionRow.actor == ActorRow.id),
        select(ApprovalRow.id).where(ApprovalRow.actor == ActorRow.id),
        select(NoticeRow.id).where(NoticeRow.actor == ActorRow.id),
        select(ReportRow.id).where(ReportRow.actor == ActorRow.id),
    )
    which = (ActorRow.fetched_at < before, *(~reason.exists() for reason in kept))
    return Sweep(name="people", row=ActorRow, which=which)


def approvals(*, before: datetime) -> Sweep:
    """Give what was asked for before then about replies that are not kept any more."""
    kept = select(NoteRow.uri).where(NoteRow.uri == ApprovalRow.interacting)
    which = (ApprovalRow.created_at < before, ~kept.exists())
    return Sweep(name="requests to answer", row=ApprovalRow, which=which)


def tombstones(*, before: datetime) -> Sweep:
    """Give the memory of what was taken back, perhaps before it came."""
    return Sweep(name="tombstones", row=GoneRow, which=(GoneRow.gone_at < before,))


def orphans(*, before: datetime) -> Sweep:
    """Give public answers to what never came, unless they name an author."""
    ours = under(NoteRow.author_id.is_not(None), NoteRow.review_id.is_(None))
    which = (
        NoteRow.review_id.is_(None),
        NoteRow.author_id.is_(None),
        NoteRow.audience == "public",
        NoteRow.in_reply_to != "",
        NoteRow.in_reply_to.not_in(select(ours.c.uri)),
        NoteRow.arrived_at < before,
        ~_names_somebody().exists(),
    )
    return Sweep(name="orphans", row=NoteRow, which=which)


def posts(*, before: datetime | None, unfollowed_before: datetime) -> Sweep:
    """Give old posts of people who are or were followed, with which nobody here did anything.

    before: of those still followed; None keeps them all.
    """
    is_old = NoteRow.arrived_at < before if before else false()
    followed = select(FollowingRow.id).where(FollowingRow.actor == NoteRow.actor)
    is_strange = and_(NoteRow.arrived_at < unfollowed_before, ~followed.exists())
    kept = (
        _names_somebody(),
        _answers(),
        select(ReactionRow.id).where(ReactionRow.object == NoteRow.uri),
        select(ReactionRow.id).where(ReactionRow.activity == NoteRow.uri),
    )
    which = (
        NoteRow.review_id.is_(None),
        NoteRow.author_id.is_(None),
        NoteRow.audience == "public",
        NoteRow.in_reply_to == "",
        NoteRow.work_id.is_(None),
        or_(is_old, is_strange),
        *(~reason.exists() for reason in kept),
    )
    return Sweep(name="posts of others", row=NoteRow, which=which)


def places(*, before: datetime, erased_before: datetime) -> Sweep:
    """Give the empty places of notes that are gone, when nobody has answered there.

    erased_before: of those that an author took away; until then the same note cannot come again.
    """
    taken_back = and_(NoteRow.moderated_at.is_(None), NoteRow.updated_at < before)
    which = (
        *in_state(NoteState.DELETED),
        NoteRow.author_id.is_(None),
        or_(taken_back, NoteRow.moderated_at < erased_before),
        ~_answers().exists(),
    )
    return Sweep(name="empty places", row=NoteRow, which=which)


def _names_somebody() -> Select[*tuple[str]]:
    return select(NoteRecipientRow.note_id).where(NoteRecipientRow.note_id == NoteRow.id)


def _answers() -> Select[*tuple[str]]:
    answer = aliased(NoteRow)
    return select(answer.id).where(answer.in_reply_to == NoteRow.uri)


def reactions(*, reviews_at: str, before: datetime) -> Sweep:
    """Give reactions to notes that are gone.

    reviews_at: what the ids of all reviews begin with.
    """
    stands = select(NoteRow.id).where(
        NoteRow.uri == ReactionRow.object, NoteRow.state != NoteState.DELETED
    )
    which = (
        ReactionRow.created_at < before,
        ~ReactionRow.object.startswith(reviews_at, autoescape=True),
        ~stands.exists(),
    )
    return Sweep(name="reactions to what is gone", row=ReactionRow, which=which)


def set_aside(*, before: datetime, now: datetime) -> Sweep:
    """Give spam and what was removed long ago: it is emptied, and its place stays for a while."""
    which = (*in_state(*SET_ASIDE), NoteRow.moderated_at < before)
    return Sweep(
        name="spam and what was removed",
        row=NoteRow,
        which=which,
        emptied=emptied(now=now),
        first=_forget_guests,
    )


def _forget_guests(tx: Transaction, keys: Sequence[Key]) -> None:
    tx.execute(delete(GuestRow).where(GuestRow.note_id.in_([key[0] for key in keys])))


def addresses_of_guests(*, before: datetime) -> Sweep:
    """Give where comments came from: after some time nothing is counted by it any more."""
    which = (GuestRow.created_at < before, GuestRow.address_hash != "")
    return Sweep(
        name="addresses of guests", row=GuestRow, which=which, emptied={"address_hash": ""}
    )


def errands(*, now: datetime) -> Sweep:
    """Give what is over for long enough to be tried again."""
    which = (ErrandRow.settled_at < now - KEEP_ERRANDS,)
    return Sweep(name="errands", row=ErrandRow, which=which)


def autosaves(*, before: datetime) -> Sweep:
    """Give forms in which nothing was typed since then."""
    return Sweep(name="unsent forms", row=AutosaveRow, which=(AutosaveRow.saved_at < before,))


def letters(*, before: datetime) -> Sweep:
    """Give the mails that ended long ago."""
    return Sweep(name="mails", row=LetterRow, which=(LetterRow.settled_at < before,))


def notices(*, before: datetime, read_before: datetime) -> Sweep:
    """Give old notices. read_before: what was read earlier may go sooner."""
    which = (or_(NoticeRow.created_at < before, NoticeRow.read_at < read_before),)
    return Sweep(name="notices", row=NoticeRow, which=which)


def reports(*, resolved_before: datetime) -> Sweep:
    """Give reports that were done with long ago."""
    return Sweep(name="reports", row=ReportRow, which=(ReportRow.resolved_at < resolved_before,))


def log(*, before: datetime) -> Sweep:
    """Give what was done about replies, people and servers long ago."""
    return Sweep(name="log of moderation", row=ModerationRow, which=(ModerationRow.at < before,))
