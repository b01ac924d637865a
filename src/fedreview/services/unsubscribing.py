"""Stop mails with one click, by a link that only who got such a mail can have."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from fedreview.domain.actor import AuthorId
from fedreview.domain.notice import MailChoice, NoticeKind
from fedreview.storage import accounts, letters, mailboxes, notices
from fedreview.storage.database import Database, Transaction

ALL = "all"
_SECRET = "mail_secret"  # noqa: S105  (the name of a setting)
_LONGEST_TOKEN = 200


def make_token(tx: Transaction, author_id: AuthorId, scope: str, address: str) -> str:
    """Make the secret part of a link that stops mails.

    scope: a NoticeKind, or ALL. The link works for as long as the author has this address.
    """
    secret = accounts.find_setting(tx, _SECRET)
    if secret is None:
        secret = secrets.token_hex(32)
        accounts.set_setting(tx, _SECRET, secret)
    return f"{author_id}.{scope}.{_proof(secret, author_id, scope, address)}"


def _proof(secret: str, author_id: str, scope: str, address: str) -> str:
    text = f"{author_id}\n{scope}\n{address}".encode()
    return hmac.new(bytes.fromhex(secret), text, hashlib.sha256).hexdigest()[:40]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What a link stops: mails of one kind, or all with None."""

    author_id: AuthorId
    kind: NoticeKind | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribing:
    """Answers those links, whoever is signed in or not."""

    database: Database
    now: Callable[[], datetime]

    def find(self, token: str) -> Stop | None:
        """Tell what a link stops; None when it is none of ours, or its address is not in use."""
        with self.database.snapshot() as tx:
            return _read(tx, token)

    def stop(self, token: str) -> bool:
        """Stop those mails, those on their way too; tells whether the link holds."""
        with self.database.transaction() as tx:
            found = _read(tx, token)
            if found is None:
                return False
            self._stop(tx, found)
        return True

    def _stop(self, tx: Transaction, stop: Stop) -> None:
        kinds = tuple(NoticeKind) if stop.kind is None else (stop.kind,)
        chosen = mailboxes.choices(tx, stop.author_id)
        for kind in kinds:
            quiet = replace(chosen[kind], mail=MailChoice.OFF)
            mailboxes.choose(tx, stop.author_id, kind, quiet)
        notices.leave_unmailed(tx, stop.author_id, kinds, now=self.now())
        if stop.kind is None:
            letters.cancel(tx, stop.author_id)


def _read(tx: Transaction, token: str) -> Stop | None:
    parts = token.split(".") if len(token) <= _LONGEST_TOKEN and token.isascii() else []
    secret = accounts.find_setting(tx, _SECRET)
    if len(parts) != 3 or secret is None:
        return None
    author_id, scope, proof = parts
    mailbox = mailboxes.find(tx, AuthorId(author_id))
    if mailbox is None or not mailbox.is_confirmed or scope not in {ALL, *NoticeKind}:
        return None
    right = _proof(secret, author_id, scope, mailbox.address)
    if not hmac.compare_digest(proof, right):
        return None
    kind = None if scope == ALL else NoticeKind(scope)
    return Stop(author_id=AuthorId(author_id), kind=kind)
