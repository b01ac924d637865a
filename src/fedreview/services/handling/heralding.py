"""Note what an author should hear of, in the unit of work that makes it true."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from fedreview.activitypub.origin import host
from fedreview.activitypub.vocabulary import Audience
from fedreview.domain.actor import Author, AuthorId
from fedreview.domain.notice import FRESH, MailChoice, NoticeKind
from fedreview.domain.review import ReviewId
from fedreview.domain.thread import NoteId, NoteState
from fedreview.services.handling.context import Context
from fedreview.services.scheduling import zone_of
from fedreview.storage import accounts, blocks, conduct, mailboxes, notices, reviews, threads
from fedreview.storage.database import Transaction
from fedreview.storage.notices import NewNotice
from fedreview.storage.reactions import ReactionKind
from fedreview.storage.threads import StoredNote

HIGHEST = 50
"""How far to go up from a note to find whose conversation it is."""

_REACTIONS = {
    ReactionKind.LIKE: NoticeKind.LIKE,
    ReactionKind.EMOJI: NoticeKind.LIKE,
    ReactionKind.BOOST: NoticeKind.BOOST,
    ReactionKind.QUOTE: NoticeKind.QUOTE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What happened, before it is known who hears of it.

    subject: what tells it from others of its kind; of a reaction as storage.notices says. thing:
    what it is about; news of one kind, day and thing is shown as one.
    """

    kind: NoticeKind
    subject: str
    thing: str
    note_id: NoteId | None = None
    review_id: ReviewId | None = None
    actor: str = ""
    host: str = ""
    detail: str = ""


def herald_note(
    tx: Transaction, note: StoredNote, recipients: Collection[AuthorId], *, now: datetime
) -> None:
    """Tell authors of a note that was kept, once each: whose it answers, and whom it names.

    note: as kept, with what was made of it. recipients: the authors whom it is addressed to or
    mentions. Of what waits only those hear whose review or note it answers, however old it is.
    """
    if note.author_id or note.veiled:
        return
    is_public = note.audience == Audience.PUBLIC
    if note.state is NoteState.HELD and is_public:
        _tell(tx, _answered(tx, note), _about_note(NoticeKind.HELD, note), now=now)
    elif note.state is not NoteState.SHOWN or now - note.published_at > FRESH:
        return
    elif not is_public:
        _tell(tx, recipients, _about_note(NoticeKind.MESSAGE, note, thing=note.actor), now=now)
    else:
        answered = _answered(tx, note)
        _tell(tx, answered, _about_note(NoticeKind.REPLY, note), now=now)
        others = [author_id for author_id in recipients if author_id not in answered]
        _tell(tx, others, _about_note(NoticeKind.MENTION, note), now=now)


def _about_note(kind: NoticeKind, note: StoredNote, *, thing: str = "") -> News:
    return News(
        kind=kind,
        subject=note.uri,
        thing=thing or note.review_id or note.in_reply_to or note.uri,
        note_id=note.id,
        review_id=note.review_id,
        actor=note.actor,
        host=note.host,
    )


def _answered(tx: Transaction, note: StoredNote) -> set[AuthorId]:
    """Give whose review a note stands under, and whose note it answers, at whatever distance."""
    found: set[AuthorId] = set()
    if note.review_id:
        found.add(conduct.author_of(tx, note.review_id))
    above = note.in_reply_to
    for _ in range(HIGHEST):
        parent = threads.find(tx, above) if above else None
        if parent is None:
            break
        if parent.author_id:
            found.add(parent.author_id)
            break
        above = parent.in_reply_to
    return found


def herald_follow(tx: Transaction, author: Author, *, actor: str, host: str, now: datetime) -> None:
    """Tell an author who follows them now; of one and the same person once."""
    news = News(kind=NoticeKind.FOLLOW, subject=actor, thing="", actor=actor, host=host)
    _tell(tx, [author.id], news, now=now)


def herald_reaction(
    context: Context, kind: ReactionKind, activity: str, *, actor: str, thing: str
) -> None:
    """Tell an author who likes, boosts or quotes what they wrote.

    activity: of a quote, the post that quotes. thing: id of the review or note.
    """
    tx = context.tx
    note = threads.find(tx, thing)
    review_id = note.review_id if note else ReviewId(context.urls.review_id(thing) or "")
    review = reviews.find(tx, review_id) if review_id else None
    author_id = note.author_id if note else review.author.id if review else None
    if author_id is None:
        return
    news = News(
        kind=_REACTIONS[kind],
        subject=activity if kind is ReactionKind.QUOTE else f"{thing} {actor}",
        thing=thing,
        note_id=note.id if note else None,
        review_id=review.id if review else None,
        actor=actor,
        host=host(actor),
    )
    _tell(tx, [author_id], news, now=context.now())


def herald_report(tx: Transaction, *, id: str, origin: str, now: datetime) -> None:
    """Tell every author that another server reports something here. origin: of that server."""
    news = News(kind=NoticeKind.REPORT, subject=id, thing="", detail=origin)
    _tell(tx, [author.id for author in accounts.list_authors(tx)], news, now=now)


def herald_trouble(
    tx: Transaction, author_id: AuthorId, *, host: str, detail: str, now: datetime
) -> None:
    """Tell an author that something does not arrive; of each host once a day.

    detail: what is the matter, as the end of a sentence that begins with the host.
    """
    day = _day(tx, author_id, now)
    news = News(
        kind=NoticeKind.DELIVERY,
        subject=f"{host} {day}",
        thing="",
        actor=host,
        detail=detail,
    )
    _tell(tx, [author_id], news, now=now)


def herald_lost_mail(
    tx: Transaction, author_id: AuthorId, *, address: str, reason: str, now: datetime
) -> None:
    """Tell an author in the desk that their mail does not arrive; once a day."""
    notices.add(
        tx,
        NewNotice(
            author_id=author_id,
            kind=NoticeKind.DELIVERY,
            subject=f"mail {_day(tx, author_id, now)}",
            topic=f"mail {_day(tx, author_id, now)}",
            created_at=now,
            detail=f"A mail to {address} was given up: {reason}",
            push=mailboxes.has_browsers(tx, author_id),
        ),
    )


def _tell(tx: Transaction, authors: Iterable[AuthorId], news: News, *, now: datetime) -> None:
    """Keep the news for each of these authors, but of nobody who is kept away."""
    if news.host and blocks.suspended_among(tx, [news.host]):
        return
    # In order: two workers that took the same rows in different orders would wait for each other.
    for author_id in sorted(set(authors)):
        if news.actor and blocks.is_blocked(tx, author_id, news.actor):
            continue
        _keep(tx, author_id, news, now=now)


def _keep(tx: Transaction, author_id: AuthorId, news: News, *, now: datetime) -> None:
    choice = mailboxes.choices(tx, author_id)[news.kind]
    mailbox = mailboxes.find(tx, author_id)
    gets_mail = mailbox is not None and mailbox.is_confirmed
    notices.add(
        tx,
        NewNotice(
            author_id=author_id,
            kind=news.kind,
            subject=news.subject,
            topic=f"{_day(tx, author_id, now)} {news.thing}",
            created_at=now,
            note_id=news.note_id,
            review_id=news.review_id,
            actor=news.actor,
            detail=news.detail,
            mail=gets_mail and choice.mail is not MailChoice.OFF,
            push=choice.push and mailboxes.has_browsers(tx, author_id),
        ),
    )


def _day(tx: Transaction, author_id: AuthorId, now: datetime) -> str:
    """Give the day on the author's calendar."""
    author = accounts.find_author_by_id(tx, author_id)
    return str(now.astimezone(zone_of(author.time_zone if author else "")).date())
