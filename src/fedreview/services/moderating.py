"""Decide about replies: approve, hide, delete, call spam, block, trust; and undo all of it."""

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from fedreview.domain.moderation import Act, HoldReason, Severity
from fedreview.domain.thread import NoteState
from fedreview.errors import NotFound
from fedreview.services.blocking import Blocking
from fedreview.services.handling.context import Context
from fedreview.services.handling.forwarding import forward_approved
from fedreview.services.handling.judging import label_of
from fedreview.services.permitting import Permitting
from fedreview.services.sending import Sending
from fedreview.services.spreading import Spreading
from fedreview.services.undoing import (
    Memory,
    memory_of_block,
    memory_of_trust,
    undo_other,
    undo_servers,
)
from fedreview.storage import actors, domains, moderation, moderation_log, threads, trust
from fedreview.storage.database import Database, Transaction
from fedreview.storage.domains import DomainBlock
from fedreview.storage.moderation import SET_ASIDE, Decision
from fedreview.storage.moderation_log import LogEntry
from fedreview.storage.threads import StoredNote

HERE_ONLY = "here only"
"""In the log, of what was approved and could not be passed on to followers' servers."""

WAITING = frozenset({NoteState.HELD})
ASIDE = frozenset(SET_ASIDE)
ANYWHERE = frozenset(NoteState) - {NoteState.DELETED}

_BECOMES = {
    Act.APPROVE: NoteState.SHOWN,
    Act.TRUST: NoteState.SHOWN,
    Act.HIDE: NoteState.HIDDEN,
    Act.DELETE: NoteState.REMOVED,
    Act.SPAM: NoteState.SPAM,
    Act.BLOCK: NoteState.REMOVED,
    Act.BLOCK_SERVER: NoteState.REMOVED,
}
_ABOUT_THE_WRITER = frozenset({HoldReason.FIRST, HoldReason.SILENCED})
"""Reasons that an approval lifts for good: the writer is trusted from then on."""
_LIFTED_BY_TRUST = _ABOUT_THE_WRITER | {HoldReason.LINKS}


@dataclass(frozen=True, slots=True)
class Pick:
    """A reply that was chosen on a page. version: of the words that stood there, "" for any."""

    id: str
    version: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what a form says: the id, a dot, and the version."""
        note_id, _, version = text.partition(".")
        return cls(note_id, version)


def version_of(note: StoredNote) -> str:
    """Name the words of a reply, so that nobody approves others than they have read."""
    words = f"{note.html}\n{note.name}\n{note.summary}"
    return hashlib.sha256(words.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it. left: how many were decided elsewhere, or edited, meanwhile."""

    batch: str
    done: int
    left: int = 0


@dataclass(slots=True, kw_only=True)
class _Stroke:
    """What is done at once, and undone at once. touched: ids of the replies so far."""

    tx: Transaction
    author: Author
    batch: str
    now: datetime
    touched: set[str] = field(default_factory=set)

    def log(
        self, act: Act, kind: str, target: str, label: str, *, before: str = "", detail: str = ""
    ) -> None:
        entry = LogEntry(
            batch=self.batch,
            author_id=self.author.id,
            action=act,
            target_kind=kind,
            target=target,
            label=label,
            at=self.now,
            detail=detail,
            before=before,
        )
        moderation_log.add(self.tx, entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderating:
    """Decides in an author's name; every stroke stands in the log and can be undone."""

    database: Database
    urls: Urls
    sending: Sending
    blocking: Blocking
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def act(
        self, author: Author, act: Act, picks: Iterable[Pick], *, among: Collection[NoteState]
    ) -> Outcome:
        """Do one thing to several replies.

        among: the states that the page showed: what has another by now was decided elsewhere.
        """
        versions = {pick.id: pick.version for pick in picks}
        with self.database.transaction() as tx:
            stroke = _Stroke(tx=tx, author=author, batch=self.new_id(), now=self.now())
            left = len(versions)
            for note in moderation.list_own(tx, author.id, list(versions)):
                if note.id in stroke.touched:
                    # Done already, with another of the same person.
                    left -= 1
                elif note.state in among and versions[note.id] in {"", version_of(note)}:
                    left -= self._do(stroke, act, note)
        self.sending.wake()
        return Outcome(batch=stroke.batch, done=len(stroke.touched), left=left)

    def set_hidden(self, author: Author, note_id: str, *, hidden: bool) -> None:
        """Hide somebody's reply from the page, or show it again; its answers stay.

        Raises NotFound when it does not stand under anything of this author.
        """
        act = Act.HIDE if hidden else Act.APPROVE
        found = self.act(author, act, [Pick(note_id)], among=ANYWHERE)
        if found.left:
            raise NotFound("no such reply under anything of this author")

    def erase(self, author: Author, picks: Iterable[Pick] | None) -> Outcome:
        """Empty what was set aside, for ever. picks: which of it; None for all."""
        with self.database.transaction() as tx:
            stroke = _Stroke(tx=tx, author=author, batch=self.new_id(), now=self.now())
            if picks is None:
                found = moderation.list_set_aside(tx, author.id, limit=None)
            else:
                ids = [pick.id for pick in picks]
                found = moderation.list_own(tx, author.id, ids)
            gone = [note for note in found if note.state in ASIDE]
            for note in gone:
                # Not how it begins: it is to be gone from here as well.
                label = label_of(tx, note).partition(": ")[0]
                stroke.log(Act.ERASE, "note", note.id, label)
            moderation.erase(tx, [note.id for note in gone], now=stroke.now)
        return Outcome(batch=stroke.batch, done=len(gone), left=len(found) - len(gone))

    def _do(self, stroke: _Stroke, act: Act, note: StoredNote) -> bool:
        match act:
            case Act.BLOCK:
                return self._block(stroke, note)
            case Act.BLOCK_SERVER:
                return self._block_server(stroke, note)
            case Act.TRUST:
                return self._trust(stroke, note)
            case _:
                if act is Act.APPROVE and note.held_for in _ABOUT_THE_WRITER:
                    self._keep_trust(stroke, note, by_hand=False)
                return self._set_state(stroke, act, note)

    def _set_state(self, stroke: _Stroke, act: Act, note: StoredNote) -> bool:
        after = replace(
            note, state=_BECOMES[act], held_for="", held_detail="", moderated_at=stroke.now
        )
        if not moderation.decide(stroke.tx, note, _decision(after)):
            return False
        stroke.touched.add(note.id)
        is_well = self._decided(stroke.tx, after, note.state, after.state)
        stroke.log(
            act,
            "note",
            note.id,
            label_of(stroke.tx, note),
            detail="" if is_well else HERE_ONLY,
            before=Memory.of_note(note, after.state).text,
        )
        return True

    def _decided(
        self, tx: Transaction, note: StoredNote, before: NoteState, after: NoteState
    ) -> bool:
        """Do what follows from a decision; tells whether it was passed on as far as is needed.

        The one place where others hear of it: whoever has to tell somebody that a reply is
        shown now, or no more, does it here. note: as it is now.
        """
        is_told = Permitting(sending=self.sending).decided(
            tx, note, accepted=after is NoteState.SHOWN
        )
        if before is NoteState.HELD and after is NoteState.SHOWN and note.is_in_sight:
            return forward_approved(self._context(tx), note) or is_told
        return True

    def _trust(self, stroke: _Stroke, note: StoredNote) -> bool:
        if not note.host:
            # A guest is nobody whom one could know again.
            return self._set_state(stroke, Act.APPROVE, note)
        self._keep_trust(stroke, note, by_hand=True)
        others = moderation.list_held_of(stroke.tx, stroke.author.id, actor=note.actor)
        lifted = [each for each in others if each.held_for in _LIFTED_BY_TRUST]
        self._set_others(stroke, Act.APPROVE, note, lifted)
        return self._set_state(stroke, Act.TRUST, note)

    def _keep_trust(self, stroke: _Stroke, note: StoredNote, *, by_hand: bool) -> None:
        before = trust.add(stroke.tx, stroke.author.id, note.actor, by_hand=by_hand, now=stroke.now)
        if before is None or before.by_hand < by_hand:
            label, memory = _name_of(stroke.tx, note.actor), memory_of_trust(before)
            stroke.log(Act.TRUST, "actor", note.actor, label, before=memory)

    def _block(self, stroke: _Stroke, note: StoredNote) -> bool:
        person = actors.find(stroke.tx, note.actor)
        if person is None:
            return False
        if self.blocking.block_within(stroke.tx, stroke.author, person):
            stroke.log(Act.BLOCK, "actor", person.id, f"@{person.handle}", before="{}")
        return self._set_aside_with_others(stroke, note, actor=person.id)

    def _block_server(self, stroke: _Stroke, note: StoredNote) -> bool:
        name, _, port = note.host.rpartition(":")
        domain = name if name and port.isdecimal() else note.host
        if not domain:
            return False
        before = domains.find(stroke.tx, domain)
        if before is None or before.severity is not Severity.SUSPEND:
            new = before or DomainBlock(
                domain=domain, severity=Severity.SUSPEND, created_at=stroke.now
            )
            domains.put_block(stroke.tx, replace(new, severity=Severity.SUSPEND))
            memory = memory_of_block(before)
            stroke.log(Act.BLOCK_SERVER, "domain", domain, domain, before=memory)
        return self._set_aside_with_others(stroke, note, host=domain)

    def _set_aside_with_others(self, stroke: _Stroke, note: StoredNote, **of: str) -> bool:
        """Set a reply aside with all that waits of the same person or server.

        The block keeps them off pages by itself; this takes them out of the queue.
        """
        others = moderation.list_held_of(stroke.tx, stroke.author.id, **of)
        self._set_others(stroke, Act.DELETE, note, others)
        return self._set_state(stroke, Act.DELETE, threads.get(stroke.tx, note.id))

    def _set_others(
        self, stroke: _Stroke, act: Act, note: StoredNote, others: Iterable[StoredNote]
    ) -> None:
        for each in others:
            if each.id != note.id:
                self._set_state(stroke, act, each)

    def undo(self, author: Author, batch: str) -> Outcome:
        """Undo what was done at one stroke, as far as nobody has done something else since.

        Raises NotFound when there is nothing of this author to undo.
        """
        with self.database.transaction() as tx:
            entries = [
                entry
                for entry in moderation_log.list_batch(tx, batch)
                if entry.author_id == author.id and not entry.undone_at and entry.before
            ]
            if not entries:
                raise NotFound("nothing to undo")
            servers = [entry for entry in entries if entry.target_kind == "domain"]
            undone = undo_servers(tx, batch, servers) if servers else []
            others = [entry for entry in reversed(entries) if entry.target_kind != "domain"]
            undone += [entry for entry in others if self._undo(tx, author, entry)]
            moderation_log.mark_undone(tx, [entry.id for entry in undone], now=self.now())
        self.sending.wake()
        return Outcome(batch=batch, done=len(undone), left=len(entries) - len(undone))

    def _undo(self, tx: Transaction, author: Author, entry: LogEntry) -> bool:
        if entry.target_kind == "note":
            return self._undo_note(tx, author, entry)
        if entry.action == Act.BLOCK:
            return self.blocking.unblock_within(tx, author, entry.target)
        return undo_other(tx, author, entry, spreading=self._spreading, now=self.now())

    def _undo_note(self, tx: Transaction, author: Author, entry: LogEntry) -> bool:
        found = moderation.list_own(tx, author.id, [entry.target])
        memory = Memory.parse(entry.before)
        if not found or found[0].state is not NoteState(memory.then):
            return False
        note = found[0]
        after = memory.applied_to(note)
        if not moderation.decide(tx, note, _decision(after)):
            return False
        self._decided(tx, after, note.state, after.state)
        return True

    @property
    def _spreading(self) -> Spreading:
        return Spreading(urls=self.urls, sending=self.sending, now=self.now)

    def _context(self, tx: Transaction) -> Context:
        return Context(
            tx=tx, urls=self.urls, sending=self.sending, now=self.now, new_id=self.new_id
        )


def _decision(note: StoredNote) -> Decision:
    return Decision(
        state=note.state,
        held_for=note.held_for,
        held_detail=note.held_detail,
        moderated_at=note.moderated_at,
    )


def _name_of(tx: Transaction, actor: str) -> str:
    person = actors.find(tx, actor)
    return f"@{person.handle}" if person else actor
