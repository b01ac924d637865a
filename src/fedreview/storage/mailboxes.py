"""Where authors get mail, and of which kinds of things they want to hear how."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import exists, select

from fedreview.domain.actor import AuthorId
from fedreview.domain.notice import DEFAULTS, Choice, MailChoice, NoticeKind
from fedreview.storage.conversation_tables import (
    MailboxRow,
    NoticeChoiceRow,
    PushSubscriptionRow,
)
from fedreview.storage.database import Transaction
from fedreview.storage.memory import read_once
from fedreview.storage.upsert import put


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Where an author gets mail. Meanings: MailboxRow."""

    author_id: AuthorId
    address: str
    asked_at: datetime
    confirmed_at: datetime | None = None
    token_hash: str = ""
    digest_hour: int
    shows_private: bool = False

    @property
    def is_confirmed(self) -> bool:
        """Whether its owner has said that it is theirs."""
        return self.confirmed_at is not None


_FIELDS = tuple(field.name for field in fields(Mailbox) if field.name != "author_id")


@read_once
def find(tx: Transaction, author_id: AuthorId, *, lock: bool = False) -> Mailbox | None:
    """Look an author's mailbox up. lock: hold it until the transaction ends."""
    query = select(MailboxRow).where(MailboxRow.author_id == author_id)
    row = tx.scalar(query.with_for_update() if lock else query)
    if row is None:
        return None
    return Mailbox(author_id=author_id, **{name: getattr(row, name) for name in _FIELDS})


def keep(tx: Transaction, mailbox: Mailbox) -> None:
    """Keep a mailbox as it is now."""
    values = {name: getattr(mailbox, name) for name in _FIELDS}
    put(
        tx,
        MailboxRow,
        {"author_id": mailbox.author_id, **values},
        unique=["author_id"],
        renew=_FIELDS,
    )


def remove(tx: Transaction, author_id: AuthorId) -> None:
    """Forget an author's address."""
    row = tx.get(MailboxRow, author_id)
    if row is not None:
        tx.delete(row)
        tx.flush()


@read_once
def choices(tx: Transaction, author_id: AuthorId) -> Mapping[NoticeKind, Choice]:
    """Read how an author wants to hear of each kind."""
    rows = tx.scalars(select(NoticeChoiceRow).where(NoticeChoiceRow.author_id == author_id))
    chosen = {
        NoticeKind(row.kind): Choice(mail=MailChoice(row.mail), push=row.push) for row in rows
    }
    return {**DEFAULTS, **chosen}


def choose(tx: Transaction, author_id: AuthorId, kind: NoticeKind, choice: Choice) -> None:
    """Keep how an author wants to hear of a kind."""
    put(
        tx,
        NoticeChoiceRow,
        {"author_id": author_id, "kind": kind, "mail": choice.mail, "push": choice.push},
        unique=["author_id", "kind"],
        renew=["mail", "push"],
    )


@read_once
def has_browsers(tx: Transaction, author_id: AuthorId) -> bool:
    """Tell whether a browser of the author shows notices."""
    return bool(tx.scalar(select(exists().where(PushSubscriptionRow.author_id == author_id))))
