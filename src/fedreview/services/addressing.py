"""Where an author gets mail, of what, and when."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from fedreview.domain.notice import DIGEST_HOUR, Choice, MailChoice, NoticeKind
from fedreview.errors import InvalidInput
from fedreview.mail.addresses import is_mail_address
from fedreview.mail.composing import Envelope, compose
from fedreview.mail.writing import Link, Words
from fedreview.storage import accounts, letters, mailboxes, notices
from fedreview.storage.database import Database, Transaction
from fedreview.storage.letters import Fate
from fedreview.storage.mailboxes import Mailbox

CONFIRM_WITHIN = timedelta(days=2)
ASK_AGAIN_AFTER = timedelta(minutes=1)
TEST_AGAIN_AFTER = timedelta(minutes=1)

ADDRESS, HOUR = "mail_address", "digest_hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """What an author has chosen. can_mail: whether the site has a mail server at all.

    fate: what became of the last mail to them, or None.
    """

    can_mail: bool
    mailbox: Mailbox | None
    choices: Mapping[NoticeKind, Choice]
    fate: Fate | None

    @property
    def hour(self) -> int:
        """When digests leave."""
        return self.mailbox.digest_hour if self.mailbox else DIGEST_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """Keeps addresses and choices. sender: where mails come from, "" without a mail server."""

    database: Database
    urls: Urls
    sender: str
    now: Callable[[], datetime]
    wake: Callable[[], None]

    def settings(self, author: Author) -> MailSettings:
        """Read what an author has chosen."""
        with self.database.snapshot() as tx:
            return MailSettings(
                can_mail=bool(self.sender),
                mailbox=mailboxes.find(tx, author.id),
                choices=mailboxes.choices(tx, author.id),
                fate=letters.find_last(tx, author.id),
            )

    def choose_address(self, author: Author, typed: str) -> None:
        """Send a link to an address; nothing else goes there before it is opened.

        Raises InvalidInput for ADDRESS.
        """
        address = self._usable(typed)
        token = secrets.token_urlsafe(24)
        with self.database.transaction() as tx:
            before = mailboxes.find(tx, author.id, lock=True)
            if before and self.now() - before.asked_at < ASK_AGAIN_AFTER:
                raise InvalidInput({ADDRESS: "Wait a minute before you have another link sent."})
            self._forget(tx, author)
            mailbox = Mailbox(
                author_id=author.id,
                address=address,
                asked_at=self.now(),
                token_hash=_digest(token),
                digest_hour=before.digest_hour if before else DIGEST_HOUR,
                shows_private=before.shows_private if before else False,
            )
            mailboxes.keep(tx, mailbox)
            self._ask(tx, author, mailbox, token)
        self.wake()

    def _usable(self, typed: str) -> str:
        if not self.sender:
            raise InvalidInput({ADDRESS: "This server sends no mail. Its admin can set that up."})
        address = typed.strip()
        if not is_mail_address(address):
            raise InvalidInput({ADDRESS: "Type a mail address such as name@mail.example."})
        return address

    def _forget(self, tx: Transaction, author: Author) -> None:
        """Send nothing more to the address before; what was to be told there is in the desk."""
        letters.cancel(tx, author.id)
        notices.leave_unmailed(tx, author.id, NoticeKind, now=self.now())

    def _ask(self, tx: Transaction, author: Author, mailbox: Mailbox, token: str) -> None:
        link = f"{self.urls.base}/studio/mail/confirm?token={token}"
        handle = self.urls.handle(author.username)
        self._post(
            tx,
            mailbox,
            subject="Confirm your mail address",
            opening=(f"Somebody, hopefully you, wants notices for @{handle} to come here.",),
            action=Link(label="Yes, send them to me", url=link),
            closing=(
                "The link works for two days, where you are signed in.",
                "If this was not you, do nothing: you will get no other mail.",
            ),
        )

    def confirm(self, author: Author, token: str) -> bool:
        """Take an address as the author's own; tells whether the link still holds."""
        with self.database.transaction() as tx:
            mailbox = mailboxes.find(tx, author.id, lock=True)
            if mailbox is None or not hmac.compare_digest(mailbox.token_hash, _digest(token)):
                return False
            if self.now() - mailbox.asked_at >= CONFIRM_WITHIN:
                return False
            mailboxes.keep(tx, replace(mailbox, confirmed_at=self.now(), token_hash=""))
        return True

    def remove_address(self, author: Author) -> None:
        """Send the author no mail any more."""
        with self.database.transaction() as tx:
            self._forget(tx, author)
            mailboxes.remove(tx, author.id)

    def choose(self, author: Author, form: Mapping[str, str]) -> None:
        """Keep of what the author hears, how and when.

        What has no field, as of mail where there is no mail server, stays as it is; boxes that
        are not ticked are not sent. Raises InvalidInput with a message for each field.
        """
        mail = {kind: form[field_of(kind)] for kind in NoticeKind if field_of(kind) in form}
        problems = {
            field_of(kind): "Choose no mail, daily, or at once."
            for kind, typed in mail.items()
            if typed not in set(MailChoice)
        }
        if form.get(HOUR, str(DIGEST_HOUR)) not in _HOURS:
            problems[HOUR] = "Choose an hour from the list."
        if problems:
            raise InvalidInput(problems)
        with self.database.transaction() as tx:
            for kind, before in mailboxes.choices(tx, author.id).items():
                choice = Choice(
                    mail=MailChoice(mail.get(kind, before.mail)),
                    push=form.get(push_field_of(kind)) == "yes",
                )
                mailboxes.choose(tx, author.id, kind, choice)
            mailbox = mailboxes.find(tx, author.id, lock=True)
            if mailbox and HOUR in form:
                shows_private = form.get("shows_private") == "yes"
                kept = replace(mailbox, digest_hour=int(form[HOUR]), shows_private=shows_private)
                mailboxes.keep(tx, kept)

    def send_test(self, author: Author) -> None:
        """Send the author a mail that says no more than that mail arrives.

        Raises InvalidInput for ADDRESS when there is no address, or one was sent just now.
        """
        with self.database.transaction() as tx:
            mailbox = mailboxes.find(tx, author.id, lock=True)
            if mailbox is None or not mailbox.is_confirmed or not self.sender:
                raise InvalidInput({ADDRESS: "Give an address and confirm it first."})
            last = letters.find_last(tx, author.id)
            if last and self.now() - last.created_at < TEST_AGAIN_AFTER:
                text = "A mail was sent within the last minute. Look whether it has arrived."
                raise InvalidInput({ADDRESS: text})
            self._post(
                tx,
                mailbox,
                subject="A test mail",
                opening=("If you can read this, notices reach you by mail.",),
            )
        self.wake()

    def _post(
        self,
        tx: Transaction,
        mailbox: Mailbox,
        *,
        subject: str,
        opening: tuple[str, ...],
        action: Link | None = None,
        closing: tuple[str, ...] = (),
    ) -> None:
        title = accounts.find_setting(tx, "title") or "Reviews"
        words = Words(
            subject=f"{title}: {subject}",
            opening=opening,
            action=action,
            closing=closing,
            site=Link(label=title, url=self.urls.base),
            settings=f"{self.urls.base}/studio/settings#mail",
        )
        envelope = Envelope(
            id=f"settings-{secrets.token_hex(8)}",
            host=self.urls.host,
            sender=self.sender,
            sender_name=title,
            recipient=mailbox.address,
            sent_at=self.now(),
        )
        body = compose(envelope, words)
        letters.add(tx, mailbox.author_id, recipient=mailbox.address, body=body, now=self.now())


_HOURS = frozenset(map(str, range(24)))


def field_of(kind: NoticeKind) -> str:
    """Give the name of the field in which mail of a kind is chosen."""
    return f"mail_{kind.value}"


def push_field_of(kind: NoticeKind) -> str:
    """Give the name of the box that is ticked for what browsers are to show."""
    return f"push_{kind.value}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
