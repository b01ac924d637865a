"""How things were before somebody decided, and how to bring that back."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Self

from fedreview.domain.actor import Author, AuthorId
from fedreview.domain.moderation import RepliesMode, Rule, Severity, Verdict, Who
from fedreview.domain.review import ReviewId
from fedreview.domain.thread import NoteState
from fedreview.services.spreading import Spreading
from fedreview.storage import conduct, domains, reviews, rules, strokes, trust
from fedreview.storage.conduct import AuthorConduct, ReviewConduct, SiteConduct
from fedreview.storage.database import Transaction
from fedreview.storage.domains import DomainBlock
from fedreview.storage.moderation_log import LogEntry
from fedreview.storage.threads import StoredNote
from fedreview.storage.trust import Trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """How a reply was, as the log keeps it. then: its state after what was done."""

    state: str
    held_for: str
    held_detail: str
    moderated_at: str
    then: str

    @classmethod
    def of_note(cls, note: StoredNote, then: NoteState) -> Self:
        """Remember a reply as it is."""
        return cls(
            state=note.state,
            held_for=note.held_for,
            held_detail=note.held_detail,
            moderated_at=note.moderated_at.isoformat() if note.moderated_at else "",
            then=then,
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `text` has written."""
        return cls(**json.loads(text))

    @property
    def text(self) -> str:
        """Write it down."""
        return json.dumps(asdict(self))

    def applied_to(self, note: StoredNote) -> StoredNote:
        """Give a reply as it was."""
        moderated_at = datetime.fromisoformat(self.moderated_at) if self.moderated_at else None
        return replace(
            note,
            state=NoteState(self.state),
            held_for=self.held_for,
            held_detail=self.held_detail,
            moderated_at=moderated_at,
        )


def memory_of_trust(before: Trusted | None) -> str:
    """Remember whether somebody was trusted."""
    return json.dumps({"trusted": before is not None, "by_hand": bool(before and before.by_hand)})


def memory_of_block(before: DomainBlock | None) -> str:
    """Remember how far a server was kept away."""
    if before is None:
        return "{}"
    return json.dumps({**asdict(before), "created_at": before.created_at.isoformat()})


def memory_of_rule(rule: Rule | None) -> str:
    """Remember a rule, or that there was none."""
    return json.dumps(asdict(rule) if rule else {})


def memory_of_conduct(said: SiteConduct | AuthorConduct | ReviewConduct) -> str:
    """Remember what was said of how a conversation is led."""
    return json.dumps(asdict(said))


def undo_servers(tx: Transaction, batch: str, entries: Iterable[LogEntry]) -> list[LogEntry]:
    """Bring back how far servers were kept away, at one stroke; gives what was undone.

    Left as it is, is what something else was done about since.
    """
    overtaken = strokes.list_overtaken(tx, batch)
    meant = [entry for entry in entries if entry.target not in overtaken]
    before = {entry.target: _block_of(entry.before) for entry in meant}
    domains.put_blocks(tx, filter(None, before.values()))
    domains.remove_many(tx, (target for target, block in before.items() if block is None))
    return meant


def _block_of(memory: str) -> DomainBlock | None:
    kept = json.loads(memory)
    if not kept:
        return None
    moment = datetime.fromisoformat(kept["created_at"])
    return DomainBlock(**{**kept, "severity": Severity(kept["severity"]), "created_at": moment})


def undo_other(
    tx: Transaction, author: Author, entry: LogEntry, *, spreading: Spreading, now: datetime
) -> bool:
    """Bring back how a person, server, rule or conversation was; tells whether that was done.

    spreading: what tells others who may reply to a review from now on.
    """
    match entry.target_kind:
        case "actor":
            _undo_trust(tx, author.id, entry, now=now)
        case "rule":
            _undo_rule(tx, entry, now=now)
        case "site":
            conduct.set_of_site(tx, _site_conduct(entry.before))
        case "author":
            conduct.set_of_author(tx, author.id, _author_conduct(entry.before))
        case "review":
            if conduct.author_of(tx, ReviewId(entry.target)) != author.id:
                return False
            review = reviews.get(tx, entry.target)
            spreading.lead(tx, review, _review_conduct(entry.before))
        case _:
            return False
    return True


def _undo_trust(tx: Transaction, author_id: AuthorId, entry: LogEntry, *, now: datetime) -> None:
    before = json.loads(entry.before)
    trust.remove(tx, author_id, entry.target)
    if before["trusted"]:
        trust.add(tx, author_id, entry.target, by_hand=before["by_hand"], now=now)


def _undo_rule(tx: Transaction, entry: LogEntry, *, now: datetime) -> None:
    before = json.loads(entry.before)
    if before:
        rule = Rule(id=before["id"], phrase=before["phrase"], verdict=Verdict(before["verdict"]))
        rules.add(tx, rule, now=now)
    else:
        rules.remove(tx, entry.target)


def _site_conduct(text: str) -> SiteConduct:
    kept = json.loads(text)
    return SiteConduct(**{**kept, "mode": RepliesMode(kept["mode"])})


def _author_conduct(text: str) -> AuthorConduct:
    kept = json.loads(text)
    return AuthorConduct(
        who_replies=Who(kept["who_replies"]),
        who_quotes=Who(kept["who_quotes"]),
        welcomes_guests=kept["welcomes_guests"],
    )


def _review_conduct(text: str) -> ReviewConduct:
    kept = json.loads(text)
    return ReviewConduct(
        mode=RepliesMode(kept["mode"]) if kept["mode"] else None,
        closes_after_days=kept["closes_after_days"],
        who_replies=Who(kept["who_replies"]) if kept["who_replies"] else None,
        who_quotes=Who(kept["who_quotes"]) if kept["who_quotes"] else None,
    )
