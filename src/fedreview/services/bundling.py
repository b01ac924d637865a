"""Make mails of notices: at once, or all of a day together."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import AuthorId
from fedreview.domain.notice import MailChoice, NoticeKind, latest_digest
from fedreview.mail.composing import Envelope, compose
from fedreview.mail.writing import Headline, Item, Link, Words
from fedreview.services.scheduling import zone_of
from fedreview.services.telling import Phrase, Telling, Told, ToldGroup
from fedreview.services.unsubscribing import ALL, make_token
from fedreview.storage import accounts, letters, mailboxes, notices
from fedreview.storage.database import Database, Transaction
from fedreview.storage.mailboxes import Mailbox
from fedreview.storage.notices import Group, Notice

MOST_AT_ONCE = 5
"""Mails to one author within BREATH; what comes after waits, and leaves in one mail."""

BREATH = timedelta(minutes=10)
STALE = timedelta(days=3)
"""What could not be told at once for so long, as while there was no mail server, is no news."""

MOST_ITEMS = 40
"""Of one mail; the others are on the page."""

MOST_READ = 2000

STOP_LABELS = {
    NoticeKind.REPLY: "No more mails about replies",
    NoticeKind.HELD: "No more mails about replies that wait",
    NoticeKind.MENTION: "No more mails about mentions",
    NoticeKind.MESSAGE: "No more mails about private messages",
    NoticeKind.QUOTE: "No more mails about quotes",
    NoticeKind.FOLLOW: "No more mails about followers",
    NoticeKind.LIKE: "No more mails about likes",
    NoticeKind.BOOST: "No more mails about boosts",
    NoticeKind.REPORT: "No more mails about reports",
    NoticeKind.DELIVERY: "No more mails about trouble with delivery",
}
STOP_ALL = "No more mails from this site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundling:
    """Turns what is to be told by mail into mails on their way.

    A notice is marked as told in the transaction in which its mail is kept: each is told once.
    """

    database: Database
    urls: Urls
    telling: Telling
    sender: str
    now: Callable[[], datetime]

    def bundle(self) -> int:
        """Make the mails that are due now; gives how many. Without any it writes nothing."""
        made = 0
        with self.database.snapshot() as tx:
            authors = notices.authors_with_unmailed(tx)
            waiting = [each for each in authors if any(self._due(tx, each).values())]
        for author_id in waiting:
            with self.database.transaction() as tx:
                # Held to the end: two workers would tell the same twice.
                mailbox = mailboxes.find(tx, author_id, lock=True)
                for choice, found in self._due(tx, author_id).items():
                    made += self._write(tx, author_id, mailbox, choice, found)
        return made

    def _due(self, tx: Transaction, author_id: AuthorId) -> Mapping[MailChoice, tuple[Notice, ...]]:
        """Read what is to be told to an author now, by the way they chose for it.

        For a digest counts what came before its hour, so each has all of a day and no day none.
        """
        author = accounts.find_author_by_id(tx, author_id)
        mailbox, chosen = mailboxes.find(tx, author_id), mailboxes.choices(tx, author_id)
        hour, zone = (
            mailbox.digest_hour if mailbox else 0,
            zone_of(author.time_zone if author else ""),
        )
        until = {MailChoice.DIGEST: latest_digest(self.now(), zone, hour)}
        due = {}
        for choice in MailChoice:
            kinds = [kind for kind in NoticeKind if chosen[kind].mail is choice]
            due[choice] = notices.list_unmailed(
                tx, author_id, kinds, limit=MOST_READ, until=until.get(choice)
            )
        if not self._may_go(tx, author_id):
            due[MailChoice.ONCE] = ()
        return due

    def _may_go(self, tx: Transaction, author_id: AuthorId) -> bool:
        return letters.count_since(tx, author_id, since=self.now() - BREATH) < MOST_AT_ONCE

    def _write(
        self,
        tx: Transaction,
        author_id: AuthorId,
        mailbox: Mailbox | None,
        choice: MailChoice,
        found: tuple[Notice, ...],
    ) -> int:
        """Make one mail of what is due by one way; 0 if there is nothing to say."""
        now = self.now()
        notices.end_mailing(tx, [each.id for each in found], now=now)
        if choice is MailChoice.ONCE:
            found = tuple(each for each in found if now - each.created_at < STALE)
        is_wanted = choice is not MailChoice.OFF and mailbox is not None and mailbox.is_confirmed
        if not found or mailbox is None or not is_wanted:
            return 0
        body = self._mail(tx, mailbox, found, is_digest=choice is MailChoice.DIGEST)
        letters.add(tx, author_id, recipient=mailbox.address, body=body, now=now)
        return 1

    def _mail(
        self,
        tx: Transaction,
        mailbox: Mailbox,
        found: tuple[Notice, ...],
        *,
        is_digest: bool,
    ) -> bytes:
        told = self.telling.groups(tx, _grouped(found))
        items = tuple(item for group in told for item in self._items(group, mailbox.shows_private))
        kinds = {each.kind for each in found}
        kind = next(iter(kinds)) if len(kinds) == 1 and not is_digest else None
        token = make_token(tx, mailbox.author_id, kind or ALL, mailbox.address)
        stop = f"{self.urls.base}/mail/stop/{token}"
        title = accounts.find_setting(tx, "title") or "Reviews"
        words = Words(
            subject=_subject(told, len(found), title, is_digest=is_digest),
            opening=_opening(len(found), is_digest=is_digest),
            items=items[:MOST_ITEMS],
            action=Link(label="See all notices", url=f"{self.urls.base}/studio/notices")
            if len(items) > 1
            else None,
            site=Link(label=title, url=self.urls.base),
            settings=f"{self.urls.base}/studio/settings#mail",
            stop=Link(label=STOP_LABELS[kind] if kind else STOP_ALL, url=stop),
        )
        return compose(
            Envelope(
                id=f"notice-{found[-1].id}-{secrets.token_hex(4)}",
                host=self.urls.host,
                sender=self.sender,
                sender_name=title,
                recipient=mailbox.address,
                sent_at=self.now(),
                about=_about(found),
                unsubscribe=stop,
            ),
            words,
        )

    def _items(self, group: ToldGroup, shows_private: bool) -> Iterable[Item]:
        if group.told:
            # Read from the top: the oldest first, as it happened.
            return [self._item(told, shows_private) for told in reversed(group.told)]
        link = self._link("Open", f"/studio/notices/{group.group.newest.id}")
        return [Item(headline=_headline(group.sentence), links=(link,))]

    def _item(self, told: Told, shows_private: bool) -> Item:
        is_hidden = told.notice.kind is NoticeKind.MESSAGE and not shows_private
        links = [self._link("Open", f"/studio/notices/{told.notice.id}")]
        if told.answer:
            links.insert(0, self._link("Answer", told.answer))
        return Item(
            headline=_headline(told.sentence),
            text="" if is_hidden else told.text,
            warning="" if is_hidden else told.warning,
            links=tuple(links),
        )

    def _link(self, label: str, path: str) -> Link:
        return Link(label=label, url=f"{self.urls.base}{path}")


def _grouped(found: Iterable[Notice]) -> tuple[Group, ...]:
    """Put together what is shown as one, in the order of the first of each."""
    groups: dict[tuple[NoticeKind, str], list[Notice]] = {}
    for notice in found:
        groups.setdefault((notice.kind, notice.topic), []).append(notice)
    return tuple(
        Group(
            kind=kind,
            topic=topic,
            count=len(members),
            unread=len(members),
            notices=tuple(reversed(members)),
        )
        for (kind, topic), members in groups.items()
    )


def _headline(sentence: Iterable[Phrase]) -> Headline:
    return tuple((phrase.text, phrase.foreign) for phrase in sentence)


def _subject(told: tuple[ToldGroup, ...], count: int, title: str, *, is_digest: bool) -> str:
    if is_digest:
        return f"{title}: {count} {'notice' if count == 1 else 'notices'}"
    if len(told) == 1:
        return told[0].line
    return f"{told[-1].line}, and more"


def _opening(count: int, *, is_digest: bool) -> tuple[str, ...]:
    if not is_digest:
        return ()
    number = "One thing has" if count == 1 else f"{count} things have"
    return (f"{number} happened since the last of these mails.",)


def _about(found: tuple[Notice, ...]) -> tuple[str, ...]:
    """Give the id under which mails on one thread stand together, if this is on one."""
    reviews = {each.review_id for each in found}
    is_on_one = len(reviews) == 1 and None not in reviews
    return (f"review-{reviews.pop()}",) if is_on_one else ()
