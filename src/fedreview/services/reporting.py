"""What is reported: to us by other servers, and by us to them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from fedreview.activitypub import acts
from fedreview.activitypub.origin import host
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import Audience
from fedreview.domain.actor import Author, RemoteActor
from fedreview.domain.thread import NoteId, NoteState
from fedreview.errors import InvalidInput, NotFound
from fedreview.services.desk_views import ReportedThing, ReportItem, Reports
from fedreview.services.sending import Sending
from fedreview.storage import accounts, actors, messages, reports, reviews, threads
from fedreview.storage.database import Database, Transaction
from fedreview.storage.reports import Report
from fedreview.storage.threads import StoredNote

LONGEST_COMMENT = 5_000
OPEN_SHOWN = 100
RESOLVED_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Reportable:
    """A note that can be reported to the server of its writer, with who that is."""

    note: StoredNote
    writer: RemoteActor


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """Shows the reports that arrived, and sends those that an author makes."""

    database: Database
    urls: Urls
    sending: Sending
    now: Callable[[], datetime]

    def reports(self) -> Reports:
        """Give the reports that wait for somebody, and the last that were done with."""
        with self.database.snapshot() as tx:
            return Reports(
                waiting=self._items(tx, reports.list_open(tx, limit=OPEN_SHOWN)),
                resolved=self._items(tx, reports.list_resolved(tx, limit=RESOLVED_SHOWN)),
            )

    def count_open(self) -> int:
        """Count the reports that wait for somebody."""
        with self.database.snapshot() as tx:
            return reports.count_open(tx)

    def set_resolved(self, report_id: str, *, resolved: bool) -> None:
        """Be done with a report, or not after all. Raises NotFound."""
        with self.database.transaction() as tx:
            reports.resolve(tx, report_id, resolved_at=self.now() if resolved else None)

    def _items(self, tx: Transaction, found: tuple[Report, ...]) -> tuple[ReportItem, ...]:
        return tuple(
            ReportItem(
                id=report.id,
                host=host(report.actor),
                content=report.content,
                things=tuple(self._thing(tx, uri) for uri in report.objects),
                received_at=report.received_at,
            )
            for report in found
        )

    def _thing(self, tx: Transaction, uri: str) -> ReportedThing:
        """Say what is reported in a few words, and where it is to be seen."""
        username, review_id = self.urls.username(uri), self.urls.review_id(uri)
        author = accounts.find_author(tx, username) if username else None
        if author:
            return ReportedThing(kind="author", label=author.name, url=f"/@{author.username}")
        review = reviews.find(tx, review_id) if review_id else None
        if review:
            url = f"/reviews/{quote(review.slug)}"
            return ReportedThing(kind="review", label=review.heading, url=url)
        note = threads.find(tx, uri)
        if note is None or note.state is NoteState.DELETED:
            return ReportedThing(kind="gone", label=uri, url="")
        return self._reply(tx, note)

    def _reply(self, tx: Transaction, note: StoredNote) -> ReportedThing:
        writer = actors.find(tx, note.actor)
        if note.author_id:
            return ReportedThing(kind="answer", label="", url=note.url)
        review = reviews.find(tx, note.review_id) if note.review_id else None
        here = f"/replies/{note.id}" if review else note.url
        return ReportedThing(
            kind="reply",
            label=writer.name if writer else "",
            url=here if note.is_in_sight else "",
            # A message to one author is not for the others, whoever reports it.
            note=note if note.audience == Audience.PUBLIC else None,
            handle=writer.handle if writer else "",
            host=note.host,
        )

    def said(self, report_id: str) -> str:
        """Give what was written with a report, to be passed on; "" when there is no such one."""
        with self.database.snapshot() as tx:
            found = reports.find(tx, report_id)
        return found.content[:LONGEST_COMMENT] if found else ""

    def reportable(self, author: Author, note_id: NoteId) -> Reportable:
        """Give a note with its writer. Raises NotFound when this author cannot report it."""
        with self.database.snapshot() as tx:
            return _reportable(tx, author, note_id)

    def report(self, author: Author, note_id: NoteId, comment: str) -> RemoteActor:
        """Report a note and its writer to their server; gives the writer.

        In the name of the site and not of the author, as Mastodon does it.
        Raises NotFound, InvalidInput for field "comment".
        """
        comment = comment.strip()
        if len(comment) > LONGEST_COMMENT:
            raise InvalidInput({"comment": f"Use at most {LONGEST_COMMENT} characters."})
        with self.database.transaction() as tx:
            found = _reportable(tx, author, note_id)
            flag = self.sending.prepare(
                lambda uri: acts.flag(
                    uri,
                    self.urls.instance_actor,
                    reported=found.writer.id,
                    objects=[found.note.uri],
                    comment=comment,
                ),
                author_id=None,
                about=found.note.uri,
                listed=False,
                proved=False,
            )
            self.sending.queue(tx, flag, [found.writer.inbox])
        self.sending.wake()
        return found.writer


def _reportable(tx: Transaction, author: Author, note_id: NoteId) -> Reportable:
    note = threads.get(tx, note_id)
    writer = None if note.author_id else actors.find(tx, note.actor)
    is_theirs = note.audience == "public" or messages.is_party(tx, author.id, note)
    if writer is None or note.state is NoteState.DELETED or not is_theirs:
        raise NotFound("nothing that could be reported")
    return Reportable(note=note, writer=writer)
