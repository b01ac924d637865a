"""Answer in a thread: a note, a message, or one's own review."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fedreview.activitypub import build
from fedreview.activitypub.urls import Urls
from fedreview.content.markdown import render_page
from fedreview.domain.actor import Author
from fedreview.domain.answer import Answer
from fedreview.domain.circle import Circle, Named
from fedreview.domain.review import Review, ReviewState
from fedreview.domain.thread import NoteId, NoteState
from fedreview.errors import InvalidInput, NotAllowed, NotFound
from fedreview.services.inviting import policy_of_note
from fedreview.services.messaging import Messaging
from fedreview.services.naming import (
    authors_among,
    circle_around,
    elsewhere_among,
    people_of_text,
)
from fedreview.services.phrasing import known_people, note_document
from fedreview.services.reading import Reader
from fedreview.services.sending import Sending
from fedreview.storage import audience, circles, messages, reviews, takes, threads
from fedreview.storage.database import Database, Transaction
from fedreview.storage.threads import StoredNote

LONGEST_ANSWER = 20_000
LONGEST_WARNING = 300

NOTHING = "Write something first."
TOO_LONG = f"Use at most {LONGEST_ANSWER} characters."
LONG_WARNING = f"Use at most {LONGEST_WARNING} characters for the content warning."
NO_LANGUAGE = "Type a language tag such as en or pt-BR."


def answer_from_fields(fields: Mapping[str, str]) -> Answer:
    """Check what was typed into "text", "warning" and "language"; the last two may be missing.

    Raises InvalidInput with a message for each field that is wrong, all at once; each is one
    of a few sentences, for they stand on public pages in the language of the site.
    """
    read = Reader(fields)
    text = read.text("text", limit=LONGEST_ANSWER, needed=NOTHING)
    warning = read.line("warning", limit=LONGEST_WARNING)
    language = read.language("language") if read.line("language") else ""
    if len(text) > LONGEST_ANSWER:
        read.problems["text"] = TOO_LONG
    if len(warning) > LONGEST_WARNING:
        read.problems["warning"] = LONG_WARNING
    if read.problems:
        raise InvalidInput(read.problems)
    return Answer(text=text, warning=warning, language=language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Writes the author's answers: kept, shown and queued together."""

    database: Database
    urls: Urls
    sending: Sending
    messaging: Messaging
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def answer(self, author: Author, note_id: NoteId, answer: Answer) -> StoredNote:
        """Answer a note: for its writer, whom the text names, and the followers.

        A private message is answered privately, and what other servers hear nothing of is
        answered here alone.

        Raises NotFound; NotAllowed for what waits to be approved.
        """
        with self.database.transaction() as tx:
            answered = threads.get(tx, note_id)
            require_answerable(tx, author, answered)
            if answered.audience == "public":
                review = reviews.get(tx, answered.review_id) if answered.review_id else None
                kept = self._keep(tx, author, answer, answered=answered, review=review)
            else:
                kept = self.messaging.reply(tx, author, answered, answer)
        self.sending.wake()
        return kept

    def comment(self, author: Author, review_id: str, answer: Answer) -> StoredNote:
        """Answer a published review itself, such as one's own. Raises NotFound."""
        with self.database.transaction() as tx:
            review = reviews.get(tx, review_id)
            if review.state is not ReviewState.PUBLISHED:
                raise NotFound("not published")
            kept = self._keep(tx, author, answer, answered=None, review=review)
        self.sending.wake()
        return kept

    def _keep(
        self,
        tx: Transaction,
        author: Author,
        answer: Answer,
        *,
        answered: StoredNote | None,
        review: Review | None,
    ) -> StoredNote:
        new_id, me = self.new_id(), self.urls.actor(author.username)
        circle = circle_around(tx, self.urls, author, note=answered, review=review)
        in_text = people_of_text(tx, self.urls, author, answer.text, circle)
        writer = answered.actor if answered else self._writer_of(review)
        ids = [writer, *(person.actor for person in in_text)]
        is_local = answered is not None and answered.local_only
        # Nobody elsewhere is told of what stands here alone, so nobody elsewhere is named in it.
        named = (
            each for each in ids if each != me and not (is_local and not self.urls.is_ours(each))
        )
        people = known_people(tx, self.urls, named)
        kept = threads.add(
            tx,
            StoredNote(
                id=NoteId(new_id),
                uri=self.urls.note(new_id),
                type="Note",
                actor=me,
                in_reply_to=answered.uri if answered else self._uri_of(review),
                html=render_page(answer.text, circle=Circle(people)),
                published_at=self.now(),
                arrived_at=self.now(),
                audience="public",
                review_id=review.id if review else None,
                author_id=author.id,
                context=self.urls.context(review.id)
                if review
                else (answered.context if answered else ""),
                source=answer.text,
                summary=answer.warning,
                language=answer.language or language_around(answered, review),
                url=self._page(tx, new_id, answered, review),
                local_only=is_local,
            ),
        )
        authors = authors_among(tx, self.urls, people)
        circles.set_named(tx, kept.id, [each.actor for each in people], authors=authors)
        if not kept.local_only:
            self._send(tx, author, kept, people)
        return kept

    def _writer_of(self, review: Review | None) -> str:
        return self.urls.actor(review.author.username) if review else ""

    def _uri_of(self, review: Review | None) -> str:
        return self.urls.review(review.id) if review else ""

    def _page(
        self, tx: Transaction, note_id: str, answered: StoredNote | None, review: Review | None
    ) -> str:
        if review:
            return f"{self.urls.review_page(review.slug)}#reply-{note_id}"
        take = takes.find_above(tx, answered) if answered else None
        return f"{take.url}#reply-{note_id}" if take else self.urls.note_page(note_id)

    def _send(
        self, tx: Transaction, author: Author, note: StoredNote, people: tuple[Named, ...]
    ) -> None:
        policy = policy_of_note(tx, note, author, now=self.now())
        document = note_document(note, author, people, self.urls, policy=policy)
        outgoing = self.sending.prepare(
            lambda uri: build.about("Create", uri, document, now=self.now()),
            author_id=author.id,
            about=note.uri,
            listed=True,
        )
        named = elsewhere_among(tx, people)
        inboxes = audience.inboxes_of_public(tx, author.id, named=named)
        self.sending.queue(tx, outgoing, inboxes)


def require_answerable(tx: Transaction, author: Author, note: StoredNote) -> None:
    """Refuse what cannot be answered.

    Raises NotFound for what is gone, set aside, or a private message to somebody else;
    NotAllowed for what waits to be approved.
    """
    if note.state not in {NoteState.SHOWN, NoteState.HIDDEN, NoteState.HELD}:
        raise NotFound("the note has been deleted")
    if note.audience != "public" and not messages.is_party(tx, author.id, note):
        raise NotFound("no message to this author")
    if note.state is NoteState.HELD:
        raise NotAllowed("a reply that waits is answered when it is approved")


def language_around(note: StoredNote | None, review: Review | None) -> str:
    """Give the language in which an answer is probably written."""
    spoken = note.language if note else ""
    return spoken or (review.language if review else "") or "en"
