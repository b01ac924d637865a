"""Read what an author answers and writes privately: what stands there, and who can be named."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from fedreview.domain.circle import Named
from fedreview.domain.review import Review, ReviewId, ReviewState
from fedreview.domain.thread import NoteId, Thread
from fedreview.errors import NotFound
from fedreview.services.answering import language_around, require_answerable
from fedreview.services.assembling import Assembling
from fedreview.services.conversation_views import (
    Answerable,
    Beside,
    Correctable,
    Exchange,
    TalkItem,
    gist,
    parent_of,
)
from fedreview.services.correcting import own_answer
from fedreview.services.messaging import Messaging
from fedreview.services.naming import circle_around
from fedreview.services.phrasing import known_people
from fedreview.storage import blocks, messages, reviews, takes, threads
from fedreview.storage.database import Database, Transaction
from fedreview.storage.threads import StoredNote

MOST_TALKS = 100
MOST_MESSAGES = 200
"""Of one conversation, the last; who talks more than that does so elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corresponding:
    """Reads the pages on which an author answers."""

    database: Database
    urls: Urls
    assembling: Assembling
    messaging: Messaging

    def answerable(self, author: Author, note_id: NoteId) -> Answerable:
        """Give what is to be answered, and around it. Raises as `Answering.answer` does."""
        with self.database.snapshot() as tx:
            note = threads.get(tx, note_id)
            require_answerable(tx, author, note)
            return self._around(tx, author, note)

    def commentable(self, author: Author, review_id: str) -> Answerable:
        """Give the review that is to be answered itself. Raises NotFound."""
        with self.database.snapshot() as tx:
            review = _published(tx, review_id)
            circle = circle_around(tx, self.urls, author, note=None, review=review)
        return Answerable(
            reply=None,
            parent=None,
            title=review.heading,
            url=f"/reviews/{quote(review.slug)}",
            people=circle.people,
            language=review.language,
        )

    def correctable(self, author: Author, note_id: NoteId) -> Correctable:
        """Give an own answer as it was typed, and what it answers. Raises NotFound."""
        with self.database.snapshot() as tx:
            note = own_answer(tx, author, note_id)
            around = self._around(tx, author, note)
        return Correctable(
            text=note.source,
            warning=note.summary,
            language=note.language,
            answer=around,
        )

    def _around(self, tx: Transaction, author: Author, note: StoredNote) -> Answerable:
        review = reviews.find(tx, note.review_id) if note.review_id else None
        is_private = note.audience != "public"
        circle = circle_around(tx, self.urls, author, note=note, review=review)
        other = self.messaging.other_side(tx, note, author) if is_private else ""
        return Answerable(
            reply=self.assembling.replies(tx, (note,), None)[0],
            parent=parent_of(tx, self.assembling, note),
            title=review.heading if review else "",
            url=self._page(tx, note, review),
            people=() if is_private else circle.people,
            language=language_around(note, review),
            partner=next(iter(known_people(tx, self.urls, [other])), None),
        )

    def _page(self, tx: Transaction, note: StoredNote, review: Review | None) -> str:
        """Give the path of where a note stands on this site, or ""."""
        if note.audience != "public":
            return ""
        if review and review.state is ReviewState.PUBLISHED:
            return f"/reviews/{quote(review.slug)}#reply-{note.id}"
        take = takes.find_above(tx, note)
        return f"{take.url.removeprefix(self.urls.base)}#reply-{note.id}" if take else ""

    def partner_of(self, author: Author, message: StoredNote) -> str:
        """Give the id of the person with whom the author exchanged a message."""
        with self.database.snapshot() as tx:
            return self.messaging.other_side(tx, message, author)

    def people(self, author: Author, note_id: NoteId) -> tuple[Named, ...]:
        """Give whom an answer to a note may name, nobody when it is private. Raises NotFound."""
        return self.answerable(author, note_id).people

    def people_of_review(self, author: Author, review_id: str) -> tuple[Named, ...]:
        """Give whom an answer to this review may name. Raises NotFound."""
        return self.commentable(author, review_id).people

    def beside(
        self, author: Author, thread: Thread, *, review_id: ReviewId | None, note_id: NoteId | None
    ) -> Beside:
        """Give what an author sees beside a thread: their likes and boosts, and who is in it.

        review_id, note_id: of what the thread stands under, a review or a take.
        """
        shown = [entry.reply.uri for entry in thread.entries if entry.reply]
        with self.database.snapshot() as tx:
            given = self.assembling.given_to(tx, author, shown)
            review = reviews.find(tx, review_id) if review_id else None
            note = threads.get(tx, note_id) if note_id else None
            circle = circle_around(tx, self.urls, author, note=note, review=review)
        return Beside(given=given, people=circle.people)

    def talks(self, author: Author) -> tuple[TalkItem, ...]:
        """Give an author's private conversations, the latest first."""
        with self.database.snapshot() as tx:
            found = messages.list_talks(tx, author.id, limit=MOST_TALKS)
            people = self._known(tx, (talk.actor for talk in found))
            items = []
            for talk in found:
                last = messages.list_with(tx, author.id, talk.actor, limit=1)[-1]
                items.append(
                    TalkItem(
                        person=people.get(talk.actor) or _somebody(talk.actor),
                        count=talk.count,
                        latest_at=talk.latest_at,
                        gist=gist(last),
                        is_ours=last.author_id == author.id,
                    )
                )
        return tuple(items)

    def exchange(self, author: Author, actor: str) -> Exchange:
        """Give the messages between an author and one person, the oldest first.

        Raises NotFound when nobody of that id is known here.
        """
        with self.database.snapshot() as tx:
            person = self._known(tx, [actor]).get(actor)
            found = messages.list_with(tx, author.id, actor, limit=MOST_MESSAGES + 1)
            if actor == self.urls.actor(author.username) or not (person or found):
                raise NotFound("nobody of that id is known here")
            notes = found[-MOST_MESSAGES:]
            return Exchange(
                person=person or _somebody(actor),
                is_known=person is not None,
                is_blocked=blocks.is_blocked(tx, author.id, actor),
                messages=self.assembling.replies(tx, notes, None),
                given=self.assembling.given(tx, author, notes),
                has_more=len(found) > MOST_MESSAGES,
                language=notes[-1].language if notes else "",
            )

    def _known(self, tx: Transaction, ids: Iterable[str]) -> dict[str, Named]:
        return {person.actor: person for person in known_people(tx, self.urls, ids)}


def _somebody(actor: str) -> Named:
    """Stand in for a person whose account is gone."""
    return Named(actor=actor, handle="", name="Somebody", url="")


def _published(tx: Transaction, review_id: str) -> Review:
    review = reviews.get(tx, review_id)
    if review.state is not ReviewState.PUBLISHED:
        raise NotFound("not published")
    return review
