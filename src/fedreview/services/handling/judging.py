"""Judge what arrives: by whose review it stands under, who says it, and its words."""

from dataclasses import dataclass, replace
from datetime import datetime

from fedreview.content.links import count_links
from fedreview.content.sanitize import MAX_HTML_LENGTH, clean_text
from fedreview.domain import moderation
from fedreview.domain.actor import AuthorId
from fedreview.domain.moderation import Act, Conduct, Judgement, Rule, Said, Severity, Standing
from fedreview.domain.thread import NoteState
from fedreview.services.handling.context import Context
from fedreview.services.handling.heralding import herald_note
from fedreview.storage import (
    actors,
    conduct,
    domains,
    moderation_log,
    rules,
    threads,
    trust,
)
from fedreview.storage import moderation as kept
from fedreview.storage.database import Transaction
from fedreview.storage.moderation_log import LogEntry
from fedreview.storage.threads import StoredNote

LABEL_LENGTH = 120
"""Characters of a reply that the log keeps, so that one knows it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a note stands. author_id: of whose review or take; conduct: what holds there."""

    author_id: AuthorId
    conduct: Conduct


def what_is_said(note: StoredNote) -> Said:
    """Give the text of a note as rules look at it: title, warning and words, and nothing else."""
    words = clean_text(note.html, MAX_HTML_LENGTH)
    text = "\n".join(part for part in (note.name, note.summary, words) if part)
    return Said(text=text, links=count_links(note.html))


def place_of(tx: Transaction, note: StoredNote) -> Place | None:
    """Find the thread of an author here in which a public note stands, or will stand."""
    if note.audience != "public":
        return None
    if note.review_id:
        owner = conduct.author_of(tx, note.review_id)
        return Place(author_id=owner, conduct=conduct.in_force(tx, note.review_id))
    take = kept.find_take_above(tx, note.in_reply_to) if note.in_reply_to else None
    if take is None or take.author_id is None:
        return None
    in_force = conduct.in_force_under_take(tx, take.author_id, take.published_at)
    return Place(author_id=take.author_id, conduct=in_force)


def keep_new(context: Context, note: StoredNote, *, recipients: set[AuthorId]) -> StoredNote:
    """Keep a new note, shown, held or set aside, and judge what comes home with it.

    recipients: whom it is addressed to or mentions. A note that is deleted already is only a
    place, and nothing in it could be judged.
    """
    tx = context.tx
    is_answered = threads.is_answered(tx, note.uri)
    homeless = kept.list_homeless(tx, note.uri) if is_answered else ()
    judged = _judged(context, note, recipients) if note.state is NoteState.SHOWN else note
    added = threads.add(tx, judged, recipients=recipients, is_answered=is_answered)
    write_down(context, added)
    for each in homeless:
        _judge_at_home(context, threads.get(tx, each.id))
    return added


def keep_edited(context: Context, before: StoredNote, note: StoredNote) -> StoredNote:
    """Keep an edited note. What is held, hidden or set aside stays so, whatever it says now."""
    if note.state is NoteState.SHOWN:
        note = _judged_again(context, before, note)
        write_down(context, note)
    threads.change(context.tx, note)
    return note


def _judged(context: Context, note: StoredNote, recipients: set[AuthorId]) -> StoredNote:
    place = place_of(context.tx, note)
    judgement = _judge(context, note, place) if place else _judge_outside(context, note, recipients)
    return _with(note, judgement, context.now())


def _judged_again(context: Context, before: StoredNote, note: StoredNote) -> StoredNote:
    tx = context.tx
    if before.audience != note.audience:
        # What was a private message comes into the open: there it is new.
        return _judged(context, note, kept.recipients_of(tx, note.id))
    if _same_words(before, note):
        return note
    place = place_of(tx, note)
    if place is None:
        return _judged(context, note, kept.recipients_of(tx, note.id))
    judgement = moderation.judge_edit(
        what_is_said(note),
        _standing(tx, place.author_id, note),
        place.conduct,
        rules.list_(tx),
    )
    return _with(note, judgement, context.now())


def _judge_at_home(context: Context, note: StoredNote) -> None:
    """Judge what has come home to a thread of ours as if it had arrived there.

    Else what is sent before the note that it answers would pass everywhere.
    """
    place = place_of(context.tx, note)
    if place:
        placed = _with(note, _judge(context, note, place), context.now())
        threads.change(context.tx, placed)
        write_down(context, placed)
        herald_note(context.tx, placed, (), now=context.now())


def write_down(context: Context, note: StoredNote) -> None:
    """Write into the log what was not shown at once, and why."""
    if note.state not in {NoteState.HELD, NoteState.SPAM}:
        return
    act = Act.HOLD if note.state is NoteState.HELD else Act.SPAM
    entry = LogEntry(
        batch=context.new_id(),
        author_id=None,
        action=act,
        target_kind="note",
        target=note.id,
        label=label_of(context.tx, note),
        detail=f"{note.held_for} {note.held_detail}".strip(),
        at=context.now(),
    )
    moderation_log.add(context.tx, entry)


def label_of(tx: Transaction, note: StoredNote) -> str:
    """Say whose note it is, and how it begins; of a private one only whose."""
    writer = actors.find(tx, note.actor)
    who = f"@{writer.handle}" if writer else note.actor
    if note.audience != "public":
        return f"{who}: a private message"
    return f"{who}: {clean_text(note.html, LABEL_LENGTH) or note.name or 'no words'}"


def _judge(context: Context, note: StoredNote, place: Place) -> Judgement:
    tx = context.tx
    return moderation.judge(
        what_is_said(note),
        _standing(tx, place.author_id, note),
        place.conduct,
        rules.list_(tx),
        now=context.now(),
    )


def _judge_outside(context: Context, note: StoredNote, recipients: set[AuthorId]) -> Judgement:
    """Judge a mention, a message, or an answer to something of ours elsewhere."""
    known: tuple[Rule, ...] = rules.list_(context.tx)
    if not known:
        return moderation.SHOWN
    standings = [_standing(context.tx, each, note) for each in sorted(recipients)]
    friend = next((each for each in standings if each.is_known), Standing())
    return moderation.judge_message(what_is_said(note), friend, known)


def _standing(tx: Transaction, author_id: AuthorId, note: StoredNote) -> Standing:
    found = trust.acquaintance(tx, author_id, note.actor)
    return Standing(
        is_trusted=found.is_trusted,
        is_followed=found.is_followed,
        is_follower=found.is_follower,
        is_silenced=any(
            block.severity is Severity.SILENCE for block in domains.covering(tx, note.host)
        ),
    )


def _same_words(before: StoredNote, after: StoredNote) -> bool:
    return (before.html, before.name, before.summary) == (after.html, after.name, after.summary)


def _with(note: StoredNote, judgement: Judgement, now: datetime) -> StoredNote:
    if judgement.state is NoteState.SHOWN:
        return note
    return replace(
        note,
        state=judgement.state,
        held_for=judgement.reason,
        held_detail=judgement.detail,
        moderated_at=now if judgement.state is NoteState.SPAM else None,
    )
