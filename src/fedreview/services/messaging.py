"""Write private messages: to one person, known to nobody else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedreview.activitypub import build
from fedreview.activitypub.urls import Urls
from fedreview.content.markdown import render_page
from fedreview.domain.actor import Author
from fedreview.domain.answer import Answer
from fedreview.domain.circle import Circle, Named
from fedreview.domain.thread import NoteId, NoteState
from fedreview.errors import InvalidInput, NotFound
from fedreview.services.inviting import policy_of_note
from fedreview.services.naming import authors_among, elsewhere_among
from fedreview.services.phrasing import known_people, note_document
from fedreview.services.sending import Sending
from fedreview.storage import blocks, circles, messages, threads
from fedreview.storage.database import Database, Transaction
from fedreview.storage.threads import StoredNote

BLOCKED = "You block them. Unblock them under People first; then they can answer you as well."


@dataclass(frozen=True, slots=True, kw_only=True)
class Messaging:
    """Writes private messages, each for one person, in their own inbox.

    Whom else a text names stays a word: on other servers a name typed into a private message
    shows it to whom it names, which few who type one want.
    """

    database: Database
    urls: Urls
    sending: Sending
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def write(self, author: Author, actor: str, answer: Answer) -> StoredNote:
        """Write to a person whom this site knows, after the last message if there is one.

        Raises NotFound; InvalidInput for field "text" when the author blocks them.
        """
        with self.database.transaction() as tx:
            before = messages.list_with(tx, author.id, actor, limit=1)
            kept = self._keep(tx, author, actor, answer, after=before[-1] if before else None)
        self.sending.wake()
        return kept

    def reply(
        self, tx: Transaction, author: Author, answered: StoredNote, answer: Answer
    ) -> StoredNote:
        """Answer a private message that the author wrote or was given, as `write` does."""
        actor = self.other_side(tx, answered, author)
        return self._keep(tx, author, actor, answer, after=answered)

    def other_side(self, tx: Transaction, message: StoredNote, author: Author) -> str:
        """Give the id of the person with whom the author exchanged a message."""
        if message.author_id != author.id:
            return message.actor
        return next(iter(circles.named_in(tx, message.id)), "")

    def _keep(
        self,
        tx: Transaction,
        author: Author,
        actor: str,
        answer: Answer,
        *,
        after: StoredNote | None,
    ) -> StoredNote:
        me, new_id = self.urls.actor(author.username), NoteId(self.new_id())
        people = known_people(tx, self.urls, [actor])
        if not people or actor == me:
            raise NotFound("nobody of that id is known here")
        if blocks.is_blocked(tx, author.id, actor):
            raise InvalidInput({"text": BLOCKED})
        kept = threads.add(
            tx,
            StoredNote(
                id=new_id,
                uri=self.urls.note(new_id),
                type="Note",
                actor=me,
                in_reply_to=after.uri if after else "",
                html=render_page(answer.text, circle=Circle(people)),
                published_at=self.now(),
                arrived_at=self.now(),
                audience="private",
                review_id=after.review_id if after else None,
                author_id=author.id,
                source=answer.text,
                summary=answer.warning,
                language=answer.language or (after.language if after else "") or "en",
                url=self.urls.note_page(new_id),
                state=NoteState.SHOWN,
            ),
        )
        authors = authors_among(tx, self.urls, people)
        circles.set_named(tx, kept.id, [actor], authors=authors)
        self.send(tx, author, "Create", kept, people)
        return kept

    def send(
        self,
        tx: Transaction,
        author: Author,
        type: str,
        note: StoredNote,
        people: tuple[Named, ...],
    ) -> None:
        """Queue a message for those whom it is for, in their own inboxes.

        Without a proof: that would let whoever gets it prove to others what was said.
        """
        policy = policy_of_note(tx, note, author, now=self.now())
        document = note_document(note, author, people, self.urls, policy=policy)
        outgoing = self.sending.prepare(
            lambda uri: build.about(type, uri, document, now=self.now()),
            author_id=author.id,
            about=note.uri,
            listed=False,
            proved=False,
        )
        self.sending.queue(tx, outgoing, [each.inbox for each in elsewhere_among(tx, people)])
