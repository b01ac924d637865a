"""Servers that the site keeps at a distance, each with all its subdomains."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from fedreview.domain.moderation import Severity
from fedreview.errors import NotFound
from fedreview.storage import blocks, queues
from fedreview.storage.blocks import MOST_NAMES
from fedreview.storage.database import Transaction
from fedreview.storage.memory import read_ahead
from fedreview.storage.moderation_tables import DomainBlockRow
from fedreview.storage.sight import in_sight
from fedreview.storage.tables import ActorRow, FollowerRow, FollowingRow, NoteRow, ReactionRow
from fedreview.storage.upsert import put_many


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainBlock:
    """A server that is kept at a distance; the fields of the row."""

    domain: str
    severity: Severity
    created_at: datetime
    reject_media: bool = False
    reject_reports: bool = False
    public_comment: str = ""
    private_comment: str = ""
    obfuscate: bool = False


_RENEWED = (
    "severity",
    "reject_media",
    "reject_reports",
    "public_comment",
    "private_comment",
    "obfuscate",
)


def _block(row: DomainBlockRow) -> DomainBlock:
    return DomainBlock(
        domain=row.domain,
        severity=Severity(row.severity),
        created_at=row.created_at,
        **{name: getattr(row, name) for name in _RENEWED[1:]},
    )


def put_block(tx: Transaction, block: DomainBlock) -> None:
    """Block a server, or change how far; what stands on pages follows at once."""
    put_blocks(tx, [block])


def put_blocks(tx: Transaction, wanted: Iterable[DomainBlock]) -> None:
    """Block servers, or change how far, at one stroke; of the same one twice, the last counts."""
    by_name = {block.domain: block for block in wanted}
    rows = [
        {
            "domain": domain,
            "created_at": block.created_at,
            **{name: getattr(block, name) for name in _RENEWED},
        }
        for domain, block in sorted(by_name.items())
    ]
    put_many(tx, DomainBlockRow, rows, unique=["domain"], renew=_RENEWED)
    follow(tx, by_name)


def remove(tx: Transaction, domain: str) -> DomainBlock:
    """End a block; what it alone kept off pages comes back. Raises NotFound."""
    ended = find(tx, domain)
    if ended is None:
        raise NotFound("no block of this server")
    remove_many(tx, [domain])
    return ended


def remove_many(tx: Transaction, domains: Iterable[str]) -> None:
    """End blocks at one stroke; those that are not there are none."""
    names = sorted(set(domains))
    for some in _portions(names):
        tx.execute(delete(DomainBlockRow).where(DomainBlockRow.domain.in_(some)))
    follow(tx, names)


def follow(tx: Transaction, domains: Iterable[str]) -> None:
    """Let everything that is kept of these servers follow what blocks say now.

    Their notes and reactions, their people, and what waits for delivery to them. However many
    servers: the hosts of which something is kept are read once, and most lists name few of those.
    """
    changed = frozenset(domains)
    noted = _covered(changed, tx.scalars(select(NoteRow.host).distinct()))
    for some in _portions(noted):
        blocks.refresh(tx, NoteRow.host.in_(some))
    reacted = _covered(changed, tx.scalars(select(ReactionRow.host).distinct()))
    for some in _portions(reacted):
        blocks.refresh_reactions(tx, ReactionRow.host.in_(some))
    known = _covered(changed, tx.scalars(select(ActorRow.host).distinct()))
    _veil_people(tx, known, suspended_among(tx, known))
    waiting = _covered(changed, queues.hosts_with_pending(tx))
    suspended = suspended_among(tx, waiting)
    for some in _portions(sorted(suspended)):
        queues.hold_back(tx, some)
    for some in _portions(sorted(set(waiting) - suspended)):
        queues.let_go(tx, some)
    tx.expire_all()


def _covered(domains: frozenset[str], hosts: Iterable[str]) -> list[str]:
    """Give those of the hosts for which a block of one of the domains holds."""
    return sorted(host for host in hosts if not domains.isdisjoint(blocks.names_of(host)))


def _veil_people(tx: Transaction, hosts: Sequence[str], suspended: set[str]) -> None:
    for some in _portions(hosts):
        is_veiled = {host: host in suspended for host in some}
        for veiled in (True, False):
            names = [host for host, each in is_veiled.items() if each is veiled]
            tx.execute(
                update(ActorRow)
                .where(ActorRow.host.in_(names), ActorRow.veiled.is_not(veiled))
                .values(veiled=veiled)
                .execution_options(synchronize_session=False)
            )


def _portions(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + MOST_NAMES] for start in range(0, len(names), MOST_NAMES))


def find(tx: Transaction, domain: str) -> DomainBlock | None:
    """Look a block up by the very name it was made under."""
    row = tx.scalar(select(DomainBlockRow).where(DomainBlockRow.domain == domain))
    return _block(row) if row else None


def find_many(tx: Transaction, domains: Iterable[str]) -> dict[str, DomainBlock]:
    """Look up those of them that are blocked under this very name."""
    return {
        row.domain: _block(row)
        for some in _portions(sorted(set(domains)))
        for row in tx.scalars(select(DomainBlockRow).where(DomainBlockRow.domain.in_(some)))
    }


def list_(tx: Transaction) -> tuple[DomainBlock, ...]:
    """Read all blocks, by name."""
    return tuple(map(_block, tx.scalars(select(DomainBlockRow).order_by(DomainBlockRow.domain))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which blocks are looked for. text: in name or comments; severity: None for any."""

    text: str = ""
    severity: Severity | None = None
    newest_first: bool = False


def list_page(
    tx: Transaction, wanted: Wanted, *, limit: int, offset: int
) -> tuple[DomainBlock, ...]:
    """Read some of the blocks that are looked for, by name or the newest first."""
    order = (
        (DomainBlockRow.created_at.desc(), DomainBlockRow.domain)
        if wanted.newest_first
        else (DomainBlockRow.domain,)
    )
    rows = tx.scalars(
        select(DomainBlockRow)
        .where(*_matching(wanted))
        .order_by(*order)
        .limit(limit)
        .offset(offset)
    )
    return tuple(map(_block, rows))


def count(tx: Transaction, wanted: Wanted | None = None) -> int:
    """Count them."""
    query = select(func.count()).select_from(DomainBlockRow)
    return tx.scalar(query.where(*_matching(wanted or Wanted()))) or 0


def _matching(wanted: Wanted) -> tuple[ColumnElement[bool], ...]:
    which: list[ColumnElement[bool]] = []
    if wanted.text:
        searched = (
            DomainBlockRow.domain,
            DomainBlockRow.public_comment,
            DomainBlockRow.private_comment,
        )
        which.append(or_(*(each.icontains(wanted.text, autoescape=True) for each in searched)))
    if wanted.severity:
        which.append(DomainBlockRow.severity == wanted.severity)
    return tuple(which)


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """Who and what a suspension would take away: followers, people followed, replies in sight."""

    followers: int
    followed: int
    replies: int


def count_concerned(tx: Transaction, domain: str) -> Concerned:
    """Count what there is of a server and its subdomains that a suspension would take away."""
    only = frozenset({domain})
    people = _covered(only, tx.scalars(select(ActorRow.host).distinct()))
    writers = _covered(only, tx.scalars(select(NoteRow.host).distinct()))
    ids = select(ActorRow.id).where(ActorRow.host.in_(people))

    def number(*which: ColumnElement[bool]) -> int:
        return tx.scalar(select(func.count()).where(*which)) or 0

    return Concerned(
        followers=number(FollowerRow.actor.in_(ids)),
        followed=number(FollowingRow.actor.in_(ids)),
        replies=number(NoteRow.host.in_(writers), *in_sight()),
    )


def is_avatar_kept_away(tx: Transaction, name: str) -> bool:
    """Tell whether only people of suspended servers have this copy of a picture."""
    veiled = tx.scalars(select(ActorRow.veiled).where(ActorRow.avatar == name).distinct())
    return set(veiled) == {True}


@read_ahead(DomainBlockRow)
def covering(tx: Transaction, host: str) -> tuple[DomainBlock, ...]:
    """Read the blocks that hold for a host, those of its parents included."""
    return tuple(find_many(tx, blocks.names_of(host)).values())


def foresee(tx: Transaction, hosts: Collection[str]) -> None:
    """Read at once the blocks that hold for these."""
    names = {host: blocks.names_of(host) for host in hosts}
    found = find_many(tx, {name for each in names.values() for name in each})
    for host, each in names.items():
        holding = tuple(found[name] for name in each if name in found)
        covering.know(tx, holding, host)
        is_suspended = any(block.severity is Severity.SUSPEND for block in holding)
        blocks.know_suspended(tx, host, suspended=is_suspended)


def is_suspended(tx: Transaction, host: str) -> bool:
    """Tell whether nothing is wanted from a host."""
    return bool(suspended_among(tx, [host]))


def suspended_among(tx: Transaction, hosts: Iterable[str]) -> set[str]:
    """Tell from which of these nothing is wanted."""
    return blocks.suspended_among(tx, hosts)
