"""Answer in a thread, and take an answer back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape

from fedreview.activitypub import acts, build
from fedreview.activitypub.dialects.neodb import Mark
from fedreview.activitypub.policy import Policy
from fedreview.activitypub.urls import Urls
from fedreview.content.markdown import (
    has_spoilers,
    hashtags,
    render_federated,
    render_page,
)
from fedreview.domain.actor import ActorId, Author, RemoteActor
from fedreview.domain.review import Review
from fedreview.domain.thread import NoteId, NoteState
from fedreview.domain.work import Work
from fedreview.errors import InvalidInput, NotAllowed, NotFound
from fedreview.services.inviting import policy_of_note
from fedreview.services.rendering import take_html
from fedreview.services.sending import Sending
from fedreview.storage import actors, audience, queues, reviews, takes, threads
from fedreview.storage.database import Database, Transaction
from fedreview.storage.threads import StoredNote

LONGEST_ANSWER = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Writes and deletes the author's answers."""

    database: Database
    urls: Urls
    sending: Sending
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def answer(self, author: Author, note_id: NoteId, text: str) -> StoredNote:
        """Answer a note: kept, shown and queued for its writer and the followers together.

        Raises NotFound, InvalidInput for field "text", NotAllowed for a private message,
        which must not be answered in public.
        """
        text = text.strip()
        if not text:
            raise InvalidInput({"text": "Write something first."})
        if len(text) > LONGEST_ANSWER:
            raise InvalidInput({"text": f"Use at most {LONGEST_ANSWER} characters."})
        with self.database.transaction() as tx:
            answered = threads.get(tx, note_id)
            if answered.state is NoteState.DELETED:
                raise NotFound("the note has been deleted")
            if answered.audience != "public":
                raise NotAllowed("a private message has no public answer")
            kept = self._keep(tx, author, answered, text)
        self.sending.wake()
        return kept

    def _keep(self, tx: Transaction, author: Author, answered: StoredNote, text: str) -> StoredNote:
        new_id = self.new_id()
        review = reviews.get(tx, answered.review_id) if answered.review_id else None
        writer = None if answered.author_id else actors.find(tx, answered.actor)
        language = review.language if review else answered.language or "en"
        kept = threads.add(
            tx,
            StoredNote(
                id=NoteId(new_id),
                uri=self.urls.note(new_id),
                type="Note",
                actor=self.urls.actor(author.username),
                in_reply_to=answered.uri,
                html=render_page(text),
                published_at=self.now(),
                arrived_at=self.now(),
                audience="public",
                review_id=answered.review_id,
                author_id=author.id,
                context=self.urls.context(review.id) if review else answered.context,
                source=text,
                language=language,
                url=self._page(tx, new_id, answered, review),
            ),
        )
        self._send(tx, author, kept, writer)
        return kept

    def _page(
        self, tx: Transaction, note_id: str, answered: StoredNote, review: Review | None
    ) -> str:
        if review:
            return f"{self.urls.review_page(review.slug)}#reply-{note_id}"
        take = takes.find_above(tx, answered)
        return f"{take.url}#reply-{note_id}" if take else self.urls.note_page(note_id)

    def _send(
        self, tx: Transaction, author: Author, note: StoredNote, writer: RemoteActor | None
    ) -> None:
        policy = policy_of_note(tx, note, author, now=self.now())
        document = note_document(note, author, writer, self.urls, policy=policy)
        outgoing = self.sending.prepare(
            lambda uri: build.about("Create", uri, document, now=self.now()),
            author_id=author.id,
            about=note.uri,
            listed=True,
        )
        inboxes = audience.inboxes_of_public(tx, author.id, named=writer)
        self.sending.queue(tx, outgoing, inboxes)

    def delete(self, author: Author, note_id: NoteId) -> StoredNote:
        """Take an own answer away, everywhere. Raises NotFound when it is not the author's."""
        with self.database.transaction() as tx:
            note = threads.get(tx, note_id)
            if note.author_id != author.id or note.state is NoteState.DELETED:
                raise NotFound("no such answer of this author")
            now = self.now()
            gone = replace(note, html="", source="", state=NoteState.DELETED, updated_at=now)
            threads.change(tx, gone)
            inboxes = self._inboxes(tx, author, note)
            queues.forget(tx, note.uri)
            tombstone = build.tombstone(note.uri, deleted_at=now, former_type="Note")
            outgoing = self.sending.prepare(
                lambda uri: acts.deletion(uri, author, tombstone, self.urls),
                author_id=author.id,
                about=note.uri,
                listed=False,
            )
            self.sending.queue(tx, outgoing, inboxes)
        self.sending.wake()
        return gone

    def _inboxes(self, tx: Transaction, author: Author, note: StoredNote) -> set[str]:
        """Give where the answer may be known, the one who was answered included."""
        parent = threads.find(tx, note.in_reply_to)
        writer = actors.find(tx, parent.actor) if parent else None
        known = audience.inboxes_that_may_know(tx, author.id, note.uri, review_id=None)
        return known | ({writer.delivery_inbox} if writer else set())


def note_document(
    note: StoredNote,
    author: Author,
    writer: RemoteActor | None,
    urls: Urls,
    *,
    policy: Policy,
    counts: build.Counts | None = None,
    work: Work | None = None,
) -> build.Document:
    """Describe an author's answer, with a mention of whom it answers, or a take.

    work: which the take is about.
    """
    is_take = takes.is_take(note)
    content = (
        take_html(note.source, work, note.rating, urls)
        if is_take
        else _mention_html(writer) + render_federated(note.source, base_url=urls.base)
    )
    return build.note(
        build.Answer(
            id=note.id,
            author=author,
            in_reply_to=note.in_reply_to,
            content=content,
            source=note.source,
            language=note.language,
            published_at=note.published_at,
            url=note.url,
            mention=(ActorId(writer.id), writer.handle) if writer else None,
            context=note.context,
            updated_at=note.updated_at,
            warning=note.summary or _spoiler_warning(note.source, work),
            tags=hashtags(note.source) if is_take else (),
            mark=_mark(note, work) if work else None,
        ),
        urls,
        policy,
        counts,
    )


def _spoiler_warning(source: str, work: Work | None) -> str:
    """Say what a post is folded under where single words cannot be covered, as on Mastodon."""
    if not has_spoilers(source):
        return ""
    return f"Spoilers for {work.facts.title}" if work else "Spoilers"


def _mark(note: StoredNote, work: Work) -> Mark:
    return Mark(
        uri=note.uri,
        page=note.url,
        actor=note.actor,
        work=work,
        rating=note.rating,
        comment=note.source,
        published_at=note.published_at,
        updated_at=note.updated_at,
    )


def _mention_html(writer: RemoteActor | None) -> str:
    """Name whom we answer, in the form that Mastodon knows for a mention."""
    if writer is None:
        return ""
    name = escape(writer.handle.partition("@")[0])
    url = escape(writer.url or writer.id)
    return (
        f'<p><span class="h-card" translate="no"><a href="{url}" class="u-url mention">'
        f"@<span>{name}</span></a></span></p>"
    )
