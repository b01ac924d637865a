"""Keep servers at a distance, end that again, and exchange lists of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from fedreview.activitypub.blocklists import Line, read_blocklist, write_blocklist
from fedreview.activitypub.servers import read_server
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from fedreview.domain.moderation import Severity
from fedreview.errors import InvalidInput, NotFound
from fedreview.services.undoing import memory_of_block, undo_servers
from fedreview.services.weighing import Plan, name_lines, weigh
from fedreview.storage import domains, moderation_log, strokes
from fedreview.storage.database import Database, Transaction
from fedreview.storage.domains import Concerned, DomainBlock, Wanted
from fedreview.storage.moderation_log import LogEntry

PAGE = 200
LONGEST_COMMENT = 2_000
TARGET = "domain"
ENDED = "let in again"
_ACTS = {
    Severity.SUSPEND: "suspended",
    Severity.SILENCE: "silenced",
    Severity.NOOP: "noted",
}
"""What the log says that somebody did to a server."""


Search = Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """One page of the servers that are kept at a distance.

    total: of all. found: of those that are looked for. page: from 1 to pages.
    """

    servers: tuple[DomainBlock, ...]
    total: int
    found: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A server, before something is done about it.

    present: its own block, or None. above: blocks of what it is a part of.
    concerned: what a suspension would take away.
    """

    domain: str
    present: DomainBlock | None
    above: tuple[DomainBlock, ...]
    concerned: Concerned


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done at one stroke. batch: names it, to undo it. number: of servers."""

    batch: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Distancing:
    """Writes the list of servers that are kept at a distance; what stands on pages follows.

    Whatever is done is written into the log, with what it was before.
    """

    database: Database
    urls: Urls
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    wake: Callable[[], None]

    def servers(self, wanted: Search, *, page: int) -> Servers:
        """Give one page of what is looked for; behind the last page, the last."""
        with self.database.snapshot() as tx:
            total, found = domains.count(tx), domains.count(tx, wanted)
            pages = max(1, ceil(found / PAGE))
            page = min(max(page, 1), pages)
            shown = domains.list_page(tx, wanted, limit=PAGE, offset=(page - 1) * PAGE)
        return Servers(servers=shown, total=total, found=found, page=page, pages=pages)

    def look(self, typed: str) -> Looked:
        """Say what is known of a server. Raises InvalidInput for field "domain"."""
        domain = read_server(typed, own=self._own)
        with self.database.snapshot() as tx:
            present = domains.find(tx, domain)
            above = tuple(each for each in domains.covering(tx, domain) if each.domain != domain)
            concerned = domains.count_concerned(tx, domain)
        return Looked(domain=domain, present=present, above=above, concerned=concerned)

    def put(self, author: Author, fields: Mapping[str, str]) -> Done:
        """Keep a server at a distance, or change how far.

        fields: as the form has them. Raises InvalidInput for "domain", "severity" and comments.
        """
        wanted = self._block(fields)
        with self.database.transaction() as tx:
            before = domains.find(tx, wanted.domain)
            if before == wanted:
                return Done(batch="", number=0)
            domains.put_block(tx, wanted)
            batch = self._log(tx, author, [(before, wanted)])
        self.wake()
        return Done(batch=batch, number=1)

    def remove(self, author: Author, domain: str) -> Done:
        """Keep a server at a distance no more; what was kept away comes back. Raises NotFound."""
        with self.database.transaction() as tx:
            ended = domains.remove(tx, domain)
            batch = self._log(tx, author, [(ended, None)])
        self.wake()
        return Done(batch=batch, number=1)

    def plan(self, data: bytes) -> Plan:
        """Say what a list would change. Raises InvalidInput for field "file"."""
        named = name_lines(read_blocklist(data), own=self._own)
        with self.database.snapshot() as tx:
            present = domains.find_many(tx, (each.domain for each in named))
        return weigh(named, present, now=self.now())

    def import_(self, author: Author | None, data: bytes) -> Done:
        """Take a list over, all of it or nothing, and no block gets weaker.

        author: who does it; None for the command. Raises InvalidInput for field "file".
        """
        named = name_lines(read_blocklist(data), own=self._own)
        with self.database.transaction() as tx:
            present = domains.find_many(tx, (each.domain for each in named))
            writes = weigh(named, present, now=self.now()).writes
            domains.put_blocks(tx, (each.block for each in writes if each.block))
            batch = self._log(tx, author, [(each.before, each.block) for each in writes])
        self.wake()
        return Done(batch=batch, number=len(writes))

    def export(self) -> bytes:
        """Write all blocks as a list that Mastodon reads. Private comments stay here."""
        with self.database.snapshot() as tx:
            found = domains.list_(tx)
        return write_blocklist(map(_line, found))

    def is_undoable(self, batch: str) -> bool:
        """Tell whether a batch can still be undone."""
        with self.database.snapshot() as tx:
            return strokes.is_undoable(tx, batch)

    def undo(self, batch: str) -> Done:
        """Make the servers of a batch what they were before, but for what was done since.

        Raises NotFound when there is no such batch, or it was undone already.
        """
        with self.database.transaction() as tx:
            entries = [
                entry
                for entry in moderation_log.list_batch(tx, batch)
                if entry.target_kind == TARGET and entry.undone_at is None
            ]
            if not entries:
                raise NotFound("nothing that could be undone")
            meant = undo_servers(tx, batch, entries)
            moderation_log.mark_undone(tx, (entry.id for entry in meant), now=self.now())
        self.wake()
        return Done(batch="", number=len(meant))

    @property
    def _own(self) -> str:
        return self.urls.host.lower()

    def _block(self, fields: Mapping[str, str]) -> DomainBlock:
        problems: dict[str, str] = {}
        domain = ""
        try:
            domain = read_server(fields.get("domain", ""), own=self._own)
        except InvalidInput as error:
            problems |= error.problems
        severity = fields.get("severity", "")
        if severity not in set(Severity):
            problems["severity"] = "Choose one of these."
        comments = {name: fields.get(name, "").strip() for name in _COMMENTS}
        too_long = {name for name, text in comments.items() if len(text) > LONGEST_COMMENT}
        problems |= dict.fromkeys(too_long, f"Use at most {LONGEST_COMMENT} characters.")
        if problems:
            raise InvalidInput(problems)
        with self.database.snapshot() as tx:
            before = domains.find(tx, domain)
        return DomainBlock(
            domain=domain,
            severity=Severity(severity),
            created_at=before.created_at if before else self.now(),
            reject_media=fields.get("reject_media") == "yes",
            reject_reports=fields.get("reject_reports") == "yes",
            obfuscate=fields.get("obfuscate") == "yes",
            **comments,
        )

    def _log(
        self,
        tx: Transaction,
        author: Author | None,
        pairs: Iterable[tuple[DomainBlock | None, DomainBlock | None]],
    ) -> str:
        batch, now = self.new_id(), self.now()
        author_id = author.id if author else None
        strokes.add(
            tx,
            (
                LogEntry(
                    batch=batch,
                    author_id=author_id,
                    action=_ACTS[after.severity] if after else ENDED,
                    target_kind=TARGET,
                    target=either.domain,
                    label=either.domain,
                    before=memory_of_block(before),
                    at=now,
                )
                for before, after in pairs
                if (either := after or before)
            ),
        )
        return batch


_COMMENTS = ("public_comment", "private_comment")


def _line(block: DomainBlock) -> Line:
    return Line(
        number=0,
        name=block.domain,
        severity=block.severity,
        reject_media=block.reject_media,
        reject_reports=block.reject_reports,
        public_comment=" ".join(block.public_comment.split()),
        obfuscate=block.obfuscate,
    )
