"""Small copies of pictures elsewhere, by address: emoji, and pictures that came with replies.

`find_many` gives those that pages can show. To have one made, call `services.copying.want`: it
notes the address here and an errand for it. An address whose picture could not be had stays,
without a file, so that nobody asks again for a while.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import delete, func, literal_column, or_, select, update

from fedreview.storage import accounts
from fedreview.storage.conversation_tables import CopyRow
from fedreview.storage.database import Transaction
from fedreview.storage.extras import extras_from_text
from fedreview.storage.tables import ActorRow, NoteRow, ReactionRow
from fedreview.storage.threads import StoredNote, note_from_row
from fedreview.storage.upsert import put

VERSION = "copies_version"
"""The setting that is another one as soon as pages can show another copy."""

_AT_ONCE = 500
"""Addresses in one statement."""
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class CopyKind(StrEnum):
    """What a copy is made for, which decides how large it may be."""

    EMOJI = "emoji"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A picture elsewhere, and our copy of it; the fields of the row.

    file: "" when there is none yet, or none to be had. width, height: of the copy.
    """

    url: str
    kind: CopyKind
    host: str
    file: str
    width: int
    height: int
    created_at: datetime
    used_at: datetime

    @property
    def path(self) -> str:
        """Where it is on this site, or ""."""
        return f"/media/copies/{self.file}" if self.file else ""


def _copy(row: CopyRow) -> Copy:
    return Copy(
        url=row.url,
        kind=CopyKind(row.kind),
        host=row.host,
        file=row.file,
        width=row.width,
        height=row.height,
        created_at=row.created_at,
        used_at=row.used_at,
    )


def find(tx: Transaction, url: str) -> Copy | None:
    """Look up what is known of a picture elsewhere, whether or not there is a copy."""
    row = tx.get(CopyRow, url)
    return _copy(row) if row else None


def find_known(tx: Transaction, urls: Iterable[str]) -> dict[str, Copy]:
    """Look several up, those without a file too."""
    found: dict[str, Copy] = {}
    for some in some_at_once(urls):
        rows = tx.scalars(select(CopyRow).where(CopyRow.url.in_(some)))
        found |= {row.url: _copy(row) for row in rows}
    return found


def find_many(tx: Transaction, urls: Iterable[str]) -> dict[str, Copy]:
    """Give the copies that there are of these pictures, by their addresses."""
    return {url: copy for url, copy in find_known(tx, urls).items() if copy.file}


def list_hosts_of(tx: Transaction, file: str) -> tuple[str, ...]:
    """Read from which hosts a file was copied."""
    return tuple(tx.scalars(select(CopyRow.host).where(CopyRow.file == file).distinct()))


def count_of_host(tx: Transaction, host: str) -> int:
    """Count what this host has been asked for."""
    return tx.scalar(select(func.count()).where(CopyRow.host == host)) or 0


def ask(tx: Transaction, url: str, kind: CopyKind, *, host: str, now: datetime) -> None:
    """Note that a copy is on its way, at the latest try."""
    new = {
        "url": url,
        "kind": kind,
        "host": host,
        "file": "",
        "width": 0,
        "height": 0,
        "created_at": now,
        "used_at": now,
    }
    put(tx, CopyRow, new, unique=["url"], renew=["kind", "created_at", "used_at"])


def keep(tx: Transaction, url: str, file: str, *, width: int, height: int, now: datetime) -> None:
    """Note the file of a copy that has been made; pages are other ones from now on."""
    made = {"file": file, "width": width, "height": height, "created_at": now, "used_at": now}
    tx.execute(update(CopyRow).where(CopyRow.url == url).values(made))
    _renew_version(tx)


def touch(tx: Transaction, urls: Iterable[str], *, now: datetime) -> None:
    """Note that these are in use."""
    _set_used(tx, urls, now)


def doubt(tx: Transaction, urls: Iterable[str]) -> None:
    """Have it looked at soon whether anything still uses these."""
    _set_used(tx, urls, _LONG_AGO)


def _set_used(tx: Transaction, urls: Iterable[str], moment: datetime) -> None:
    for some in some_at_once(urls):
        tx.execute(update(CopyRow).where(CopyRow.url.in_(some)).values(used_at=moment))


def list_doubtful(tx: Transaction, *, before: datetime) -> tuple[str, ...]:
    """Read the addresses of those that nobody has seen in use since then."""
    return tuple(tx.scalars(select(CopyRow.url).where(CopyRow.used_at < before)))


def list_used(tx: Transaction, *, with_pictures: bool) -> set[str]:
    """Read which addresses notes, people's names and reactions have now."""
    noted = tx.scalars(select(NoteRow.extras).where(NoteRow.extras != ""))
    named = tx.scalars(select(ActorRow.emojis).where(ActorRow.emojis != ""))
    given = tx.scalars(select(ReactionRow.emoji_url).where(ReactionRow.emoji_url != ""))
    used = set(given)
    for text in (*noted, *named):
        extras = extras_from_text(text)
        emojis = {emoji.url for emoji in extras.emojis}
        used |= extras.addresses if with_pictures else emojis
    return used


def list_used_by(tx: Transaction, actor: str) -> set[str]:
    """Read which addresses the notes of one person have."""
    noted = select(NoteRow.extras).where(NoteRow.actor == actor, NoteRow.extras != "")
    return {url for text in tx.scalars(noted) for url in extras_from_text(text).addresses}


def list_files(tx: Transaction) -> tuple[str, ...]:
    """Read the files that there are, each once, what was used last first."""
    last = func.max(CopyRow.used_at)
    return tuple(
        tx.scalars(
            select(CopyRow.file)
            .where(CopyRow.file != "")
            .group_by(CopyRow.file)
            .order_by(last.desc(), CopyRow.file)
        )
    )


def list_notes(tx: Transaction, *, since: datetime, limit: int) -> tuple[StoredNote, ...]:
    """Read the last notes that have more than a text, those that came after an instant."""
    rows = tx.scalars(
        select(NoteRow)
        # Written out, for there is an index of such notes only.
        .where(NoteRow.arrived_at >= since, NoteRow.extras != literal_column("''"))
        .order_by(NoteRow.arrived_at.desc(), NoteRow.id.desc())
        .limit(limit)
    )
    return tuple(map(note_from_row, rows))


def drop(tx: Transaction, urls: Collection[str], *, unused_since: datetime) -> None:
    """Forget these, unless somebody has used them meanwhile."""
    for some in some_at_once(urls):
        unused = (CopyRow.url.in_(some), CopyRow.used_at < unused_since)
        tx.execute(delete(CopyRow).where(*unused))
    if urls:
        _renew_version(tx)


def drop_files(tx: Transaction, files: Collection[str]) -> None:
    """Forget the copies that have these files."""
    for some in some_at_once(files):
        tx.execute(delete(CopyRow).where(CopyRow.file.in_(some)))
    if files:
        _renew_version(tx)


def list_hosts(tx: Transaction) -> tuple[str, ...]:
    """Read of which servers there are copies, or wishes for some."""
    return tuple(tx.scalars(select(CopyRow.host).distinct().order_by(CopyRow.host)))


def drop_of(tx: Transaction, domain: str) -> int:
    """Forget all of a server and its subdomains; gives how many there were."""
    is_there = or_(CopyRow.host == domain, CopyRow.host.endswith(f".{domain}", autoescape=True))
    gone = len(tx.scalars(delete(CopyRow).where(is_there).returning(CopyRow.url)).all())
    if gone:
        _renew_version(tx)
    return gone


def some_at_once(names: Iterable[str]) -> Iterator[list[str]]:
    """Divide names into as many as one statement takes, always in the same order."""
    each = sorted(set(names))
    return (each[start : start + _AT_ONCE] for start in range(0, len(each), _AT_ONCE))


def _renew_version(tx: Transaction) -> None:
    number = int(accounts.find_setting(tx, VERSION) or 0) + 1
    accounts.set_setting(tx, VERSION, str(number))
