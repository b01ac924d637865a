"""Of whom nothing is wanted, and which notes and reactions that keeps off pages."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    exists,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from fedreview.domain.actor import AuthorId
from fedreview.domain.moderation import Severity
from fedreview.storage.database import Transaction
from fedreview.storage.memory import read_ahead
from fedreview.storage.moderation_tables import BlockRow, DomainBlockRow
from fedreview.storage.prepared import Prepared
from fedreview.storage.tables import NoteRow, ReactionRow, ReviewRow
from fedreview.storage.upsert import add_new

MOST_NAMES = 500
"""In one statement; SQLite takes 32,766 values, PostgreSQL 65,535."""

_FEW_HOSTS = 100
"""Of which all names, with those of their parents, are asked for."""

HOSTS_KEPT = 4_096
"""Of so many we remember under which names they may be blocked."""

_DOMAINS = DomainBlockRow.__table__.c
_ALL_SUSPENDED = select(_DOMAINS.domain).where(_DOMAINS.severity == Severity.SUSPEND)
_SUSPENDED = Prepared(lambda given: _ALL_SUSPENDED.where(_DOMAINS.domain.in_(given("names"))))
_EVERY_SUSPENDED = Prepared(lambda _: _ALL_SUSPENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Somebody whom an author has blocked. activity: id of our Block, which an Undo names."""

    actor: str
    activity: str
    created_at: datetime


def add(tx: Transaction, author_id: AuthorId, actor: str, *, activity: str, now: datetime) -> bool:
    """Block somebody, and hide what they wrote to this author; tells whether that is new."""
    new = {"author_id": author_id, "actor": actor, "activity": activity, "created_at": now}
    if not add_new(tx, BlockRow, new):
        return False
    _refresh_of(tx, actor)
    return True


def remove(tx: Transaction, author_id: AuthorId, actor: str) -> Blocked | None:
    """Block somebody no more, and show again what the block alone had hidden.

    Gives what it was, or None when there was no block.
    """
    row = tx.scalar(
        select(BlockRow).where(BlockRow.author_id == author_id, BlockRow.actor == actor)
    )
    if row is None:
        return None
    ended = _blocked(row)
    tx.execute(delete(BlockRow).where(BlockRow.id == row.id))
    _refresh_of(tx, actor)
    return ended


def _refresh_of(tx: Transaction, actor: str) -> None:
    refresh(tx, NoteRow.actor == actor)
    refresh_reactions(tx, ReactionRow.actor == actor)


def _blocked(row: BlockRow) -> Blocked:
    return Blocked(actor=row.actor, activity=row.activity, created_at=row.created_at)


def list_blocked(tx: Transaction, author_id: AuthorId) -> tuple[Blocked, ...]:
    """Read whom an author has blocked, the newest first."""
    rows = tx.scalars(
        select(BlockRow).where(BlockRow.author_id == author_id).order_by(BlockRow.id.desc())
    )
    return tuple(_blocked(row) for row in rows)


def is_blocked(tx: Transaction, author_id: AuthorId, actor: str) -> bool:
    """Tell whether this author has blocked this actor."""
    return author_id in _blockers(tx, actor)


@read_ahead(BlockRow)
def _blockers(tx: Transaction, actor: str) -> frozenset[str]:
    """Read which authors have blocked this actor."""
    return frozenset(tx.scalars(select(BlockRow.author_id).where(BlockRow.actor == actor)))


def foresee(tx: Transaction, actors: Collection[str]) -> None:
    """Read at once who has blocked these."""
    if not actors:
        return
    rows = tx.execute(
        select(BlockRow.actor, BlockRow.author_id).where(BlockRow.actor.in_(actors))
    ).all()
    for actor in actors:
        by = frozenset(author_id for blocked, author_id in rows if blocked == actor)
        _blockers.know(tx, by, actor)


@lru_cache(maxsize=HOSTS_KEPT)
def names_of(host: str) -> tuple[str, ...]:
    """Give the names under which a host may be blocked: itself, without its port, its parents."""
    name, _, port = host.rpartition(":")
    bare = name if port.isdecimal() and name else host
    labels = bare.split(".")
    parents = (".".join(labels[start:]) for start in range(len(labels)))
    return tuple(dict.fromkeys([host, bare, *parents]))


def suspended_among(tx: Transaction, hosts: Iterable[str]) -> set[str]:
    """Tell from which of these servers nothing is wanted."""
    asked = {host for host in hosts if host}
    unknown = {host for host in asked if not _is_suspended.is_known(tx, host)}
    return {host for host in asked - unknown if _is_suspended(tx, host)} | _suspended(tx, unknown)


def _suspended(tx: Transaction, hosts: set[str]) -> set[str]:
    """Ask it in one statement: who asks for many is told all that are suspended."""
    if not hosts:
        return set()
    if len(hosts) <= _FEW_HOSTS:
        asked = {name for host in hosts for name in names_of(host)}
        rows = _SUSPENDED.ask(tx, names=sorted(asked))
    else:
        rows = _EVERY_SUSPENDED.ask(tx)
    found = {domain for (domain,) in rows}
    if not found:
        return set()
    names = {host: names_of(host) for host in hosts}
    return {host for host, each in names.items() if not found.isdisjoint(each)}


@read_ahead(DomainBlockRow)
def _is_suspended(tx: Transaction, host: str) -> bool:
    return host in _suspended(tx, {host})


def know_suspended(tx: Transaction, host: str, *, suspended: bool) -> None:
    """Let it be known of a server whether nothing is wanted from there."""
    _is_suspended.know(tx, suspended, host)


def may_veil(tx: Transaction, *, actor: str, host: str) -> bool:
    """Tell whether any block could keep off pages what they write.

    Most write from where nobody is blocked: then there is nothing to work out.
    """
    return bool(_blockers(tx, actor)) or bool(suspended_among(tx, [host]))


def refresh(tx: Transaction, *which: ColumnElement[bool]) -> None:
    """Work out anew which of these notes blocks keep off pages.

    What somebody's own state says is not touched: so the end of a block shows just what was
    shown before, and a note that was hidden, held or deleted meanwhile stays so.
    """
    _veil(tx, NoteRow, _is_by_blocked(), which)


def refresh_reactions(tx: Transaction, *which: ColumnElement[bool]) -> None:
    """Work out anew which of these reactions blocks keep off pages and out of counts."""
    _veil(tx, ReactionRow, _is_from_blocked(), which)


def _veil(
    tx: Transaction,
    row: type[NoteRow | ReactionRow],
    by_blocked: ColumnElement[bool],
    which: tuple[ColumnElement[bool], ...],
) -> None:
    hosts = set(tx.scalars(select(row.host).where(*which).distinct()))
    suspended = sorted(suspended_among(tx, hosts))
    veiled = or_(by_blocked, row.host.in_(suspended)) if suspended else by_blocked
    for is_veiled, follows in ((False, veiled), (True, ~veiled)):
        tx.execute(
            update(row)
            .where(*which, row.veiled.is_(is_veiled), follows)
            .values(veiled=not is_veiled)
            .execution_options(synchronize_session=False)
        )
    tx.expire_all()


def _is_by_blocked() -> ColumnElement[bool]:
    """Tell whether a note is by somebody who is blocked where it stands.

    That is: under a review of that author, or elsewhere in answer to a note of theirs.
    """
    answered = aliased(NoteRow)
    under_review = exists().where(
        ReviewRow.id == NoteRow.review_id, ReviewRow.author_id == BlockRow.author_id
    )
    in_answer = exists().where(
        answered.uri == NoteRow.in_reply_to, answered.author_id == BlockRow.author_id
    )
    stands_there = or_(
        under_review.correlate(NoteRow, BlockRow),
        and_(NoteRow.review_id.is_(None), in_answer.correlate(NoteRow, BlockRow)),
    )
    return exists().where(BlockRow.actor == NoteRow.actor, stands_there).correlate(NoteRow)


def _is_from_blocked() -> ColumnElement[bool]:
    """Tell whether a reaction is by somebody who is blocked where the thing stands.

    That is: by the author of the review or of the note, or of the review above the note.
    """
    note, above = aliased(NoteRow), aliased(ReviewRow)
    to_review = exists().where(
        ReviewRow.author_id == BlockRow.author_id,
        ReactionRow.object.like(literal("%/").concat(ReviewRow.id)),
    )
    to_note = exists().where(note.uri == ReactionRow.object, note.author_id == BlockRow.author_id)
    below_review = exists().where(
        note.uri == ReactionRow.object,
        above.id == note.review_id,
        above.author_id == BlockRow.author_id,
    )
    stands_there = or_(
        *(each.correlate(ReactionRow, BlockRow) for each in (to_review, to_note, below_review))
    )
    return exists().where(BlockRow.actor == ReactionRow.actor, stands_there).correlate(ReactionRow)
