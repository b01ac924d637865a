"""Publish, change and delete takes: short posts, and ratings without a review."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedreview.activitypub import acts, build
from fedreview.activitypub.urls import Urls
from fedreview.content.markdown import render_page
from fedreview.domain.actor import Author
from fedreview.domain.rating import Scale
from fedreview.domain.review import slug_from_title
from fedreview.domain.take import Take
from fedreview.domain.thread import NoteId, NoteState
from fedreview.domain.upcoming import Upcoming, UpcomingId
from fedreview.domain.work import Work, WorkFacts, WorkId, WorkKind
from fedreview.errors import InvalidInput, NotFound
from fedreview.services.counting import counts_of_note
from fedreview.services.inviting import policy_of_note, policy_of_take
from fedreview.services.phrasing import note_document
from fedreview.services.reading import Reader
from fedreview.services.rendering import tag_page
from fedreview.services.sending import Sending
from fedreview.storage import audience, queues, takes, threads, upcoming, works
from fedreview.storage.database import Database, Transaction
from fedreview.storage.threads import StoredNote

FIELDS = ("text", "kind", "title", "year", "rating", "warning", "language", "announces")
"""The names of what can be typed; all of them texts."""

LONGEST_TAKE = 5_000


def take_from_fields(fields: Mapping[str, str], *, scale: Scale) -> Take:
    """Check what was typed, under the names of FIELDS; missing ones are empty.

    scale: the author's.

    Raises InvalidInput with a message for each field that is wrong, all at once.
    """
    read = Reader(fields)
    text = read.text("text", limit=LONGEST_TAKE)
    kind, title = read.choice("kind", WorkKind, WorkKind.FILM), read.line("title")
    year, rating = read.year("year"), read.rating("rating", scale)
    announces = read.switch("announces")
    if not title and (year or announces or read.line("rating")):
        read.problems["title"] = "Say which work this is about, or clear the rest of it."
    elif not text and rating is None:
        read.problems.setdefault("text", "Write something, or rate a work.")
    take = Take(
        text=text,
        work=WorkFacts(kind=kind, title=title, year=year) if title else None,
        rating=rating,
        warning=read.line("warning"),
        language=read.language("language"),
        announces=announces,
    )
    if read.problems:
        raise InvalidInput(read.problems)
    return take


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """Makes takes public and keeps them so: page, activity and deliveries together."""

    database: Database
    urls: Urls
    sending: Sending
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def publish(self, author: Author, take: Take, *, new_id: NoteId | None = None) -> StoredNote:
        """Make a take public and queue it for every follower: both, or neither.

        new_id: which it shall have, so that a form that is sent twice makes one take.
        """
        with self.database.transaction() as tx:
            known = threads.find(tx, self.urls.note(new_id)) if new_id else None
            if known and (known.author_id, known.source) == (author.id, take.text):
                return known
            note_id = NoteId(self.new_id()) if known or new_id is None else new_id
            now = self.now()
            work = self._work(tx, take, None)
            kept = threads.add(
                tx, self._written(_blank(note_id, author, self.urls, now), take, work)
            )
            self._announce_review(tx, author, take, work)
            self._send(tx, author, "Create", kept, work)
        self.sending.wake()
        return kept

    def update(self, author: Author, id: NoteId, take: Take) -> StoredNote:
        """Change a take, and tell every server that may have it.

        Raises NotFound when the author has no such take.
        """
        with self.database.transaction() as tx:
            known = own_take(tx, author, id)
            self._take_back(tx, author, known.work_id)
            work = self._work(tx, take, known)
            # In whole seconds, as times are sent: Mastodon ignores an Update that is not newer.
            after = (known.updated_at or known.published_at) + timedelta(seconds=1)
            changed = replace(self._written(known, take, work), updated_at=max(self.now(), after))
            threads.change(tx, changed)
            self._announce_review(tx, author, take, work)
            works.drop_unused(tx)
            self._send(tx, author, "Update", changed, work)
        self.sending.wake()
        return changed

    def delete(self, author: Author, id: NoteId) -> None:
        """Take it away, everywhere, with what it announced.

        Raises NotFound when the author has no such take.
        """
        with self.database.transaction() as tx:
            known = own_take(tx, author, id)
            self._take_back(tx, author, known.work_id)
            now = self.now()
            gone = replace(
                known,
                html="",
                source="",
                summary="",
                rating=None,
                work_id=None,
                state=NoteState.DELETED,
                updated_at=now,
            )
            threads.change(tx, gone)
            works.drop_unused(tx)
            inboxes = audience.inboxes_that_may_know(tx, author.id, known.uri, review_id=None)
            queues.forget(tx, known.uri)
            tombstone = build.tombstone(known.uri, deleted_at=now, former_type="Note")
            outgoing = self.sending.prepare(
                lambda uri: acts.deletion(uri, author, tombstone, self.urls),
                author_id=author.id,
                about=known.uri,
                listed=False,
            )
            self.sending.queue(tx, outgoing, inboxes)
        self.sending.wake()

    def fields(self, author: Author, id: NoteId) -> dict[str, str]:
        """Write a take back as what was typed. Raises NotFound as `update` does."""
        with self.database.snapshot() as tx:
            known = own_take(tx, author, id)
            work = works.get(tx, known.work_id) if known.work_id else None
            announced = self._announced(tx, author, known.work_id)
        return {
            "text": known.source,
            "kind": work.facts.kind.value if work else "film",
            "title": work.facts.title if work else "",
            "year": str(work.facts.year or "") if work else "",
            "rating": known.rating.number if known.rating else "",
            "warning": known.summary,
            "language": known.language,
            "announces": "yes" if announced else "",
        }

    def scale_of(self, author: Author, id: NoteId) -> Scale:
        """Give the scale of a take: it stays when its author takes another. Raises NotFound."""
        with self.database.snapshot() as tx:
            known = own_take(tx, author, id)
        return known.rating.scale if known.rating else author.scale

    def would_be(self, author: Author, take: Take) -> build.Document:
        """Describe a take as it would be sent, without keeping anything."""
        facts = take.work
        work = Work(id=WorkId("preview"), slug="preview", facts=facts) if facts else None
        with self.database.snapshot() as tx:
            found = works.find_public(tx, facts) if facts else None
            work = works.get(tx, found) if found else work
            policy = policy_of_take(tx, author.id, self.now(), now=self.now())
        blank = _blank(NoteId("preview"), author, self.urls, self.now())
        note = self._written(blank, take, work)
        return note_document(note, author, (), self.urls, policy=policy, work=work)

    def _written(self, note: StoredNote, take: Take, work: Work | None) -> StoredNote:
        return replace(
            note,
            html=render_page(take.text, tag_page=tag_page(self.urls)),
            source=take.text,
            summary=take.warning,
            language=take.language,
            rating=take.rating,
            work_id=work.id if work else None,
        )

    def _work(self, tx: Transaction, take: Take, known: StoredNote | None) -> Work | None:
        """Find the public work that the take names, or make it.

        A work that only this take is about is given the new facts: a typo leaves none behind.
        """
        if take.work is None:
            return None
        found = works.find_public(tx, take.work)
        if found:
            return works.get(tx, found)
        before = known.work_id if known else None
        work_id = before if before and works.is_of_one_note(tx, before) else WorkId(self.new_id())
        facts = (
            take.work.filled_from(works.get(tx, work_id).facts) if work_id == before else take.work
        )
        slug = slug_from_title(facts.title) or work_id
        return works.save(tx, work_id, facts, slug=slug, cover=None)

    def _announced(
        self, tx: Transaction, author: Author, work_id: WorkId | None
    ) -> Upcoming | None:
        found = upcoming.list_open(tx, author.id) if work_id else ()
        return next(
            (each for each in found if each.work.id == work_id and each.announced_in is None), None
        )

    def _take_back(self, tx: Transaction, author: Author, work_id: WorkId | None) -> None:
        announced = self._announced(tx, author, work_id)
        if announced:
            upcoming.drop(tx, announced.id)

    def _announce_review(
        self, tx: Transaction, author: Author, take: Take, work: Work | None
    ) -> None:
        if work and take.announces and not self._announced(tx, author, work.id):
            upcoming.save(
                tx,
                Upcoming(
                    id=UpcomingId(self.new_id()),
                    author=author,
                    work=work,
                    announced_at=self.now(),
                    rating=take.rating,
                ),
            )

    def _send(
        self, tx: Transaction, author: Author, type: str, note: StoredNote, work: Work | None
    ) -> None:
        # Mastodon takes over the numbers of likes and boosts that an Update brings.
        counts = counts_of_note(tx, note.uri)
        policy = policy_of_note(tx, note, author, now=self.now())
        document = note_document(
            note, author, (), self.urls, policy=policy, counts=counts, work=work
        )
        outgoing = self.sending.prepare(
            lambda uri: build.about(type, uri, document, now=self.now()),
            author_id=author.id,
            about=note.uri,
            listed=True,
        )
        inboxes = audience.inboxes_that_may_know(tx, author.id, note.uri, review_id=None)
        self.sending.queue(tx, outgoing, inboxes)


def own_take(tx: Transaction, author: Author, id: NoteId) -> StoredNote:
    """Read a take of this author. Raises NotFound when it is none, or deleted."""
    note = threads.get(tx, id)
    if note.author_id != author.id or not takes.is_take(note) or note.state is NoteState.DELETED:
        raise NotFound("no such take of this author")
    return note


def _blank(id: NoteId, author: Author, urls: Urls, now: datetime) -> StoredNote:
    return StoredNote(
        id=id,
        uri=urls.note(id),
        type="Note",
        actor=urls.actor(author.username),
        in_reply_to="",
        html="",
        published_at=now,
        arrived_at=now,
        audience="public",
        author_id=author.id,
        url=urls.note_page(id),
    )
