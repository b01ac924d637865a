"""Write the examples into an empty site."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape

from fedreview.activitypub.origin import host
from fedreview.activitypub.urls import Urls
from fedreview.content.markdown import render_page
from fedreview.domain.actor import ActorId, Author, RemoteActor
from fedreview.domain.rating import TEN_WITH_HALVES
from fedreview.domain.review import Review
from fedreview.domain.thread import NoteId, NoteState
from fedreview.errors import InvalidInput
from fedreview.services.demonstrating.conversation import (
    AUTHOR,
    LOST,
    PEOPLE,
    REVIEW,
    SAYINGS,
    Person,
    Saying,
)
from fedreview.services.demonstrating.covers import draw_cover
from fedreview.services.demonstrating.examples import (
    ASPECTS,
    DISCUSSED,
    EXAMPLES,
    LEGEND,
    Example,
)
from fedreview.services.picturing import Picturing
from fedreview.services.publishing import Publishing
from fedreview.storage import accounts, actors, reactions, reviews, threads
from fedreview.storage.database import Database, Transaction
from fedreview.storage.reactions import ReactionKind
from fedreview.storage.reviews import Filter
from fedreview.storage.threads import StoredNote

_BY_NAME = {person.username: person for person in PEOPLE}

_BETWEEN_REACTIONS = timedelta(minutes=47)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstrating:
    """Fills an empty site with reviews of the past months and a conversation."""

    database: Database
    urls: Urls
    publishing: Publishing
    picturing: Picturing
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def refuse_unless_empty(self) -> None:
        """Raise InvalidInput for field "demo" when the site is in use.

        With a single follower it is: the examples would be delivered to them.
        """
        with self.database.snapshot() as tx:
            authors = accounts.list_authors(tx)
            has_reviews = reviews.count_published(tx, Filter()) > 0 or any(
                reviews.list_drafts(tx, author.id) for author in authors
            )
            has_followers = any(actors.count_followers(tx, author.id) for author in authors)
        if has_reviews:
            raise InvalidInput({"demo": "There are reviews already; it is for an empty site."})
        if has_followers:
            raise InvalidInput({"demo": "Somebody follows already, and would be sent all of it."})

    def fill(self, author: Author) -> Iterator[Example]:
        """Write the examples, oldest first, and give each when it is written.

        Each is kept by itself: whoever stops in between has the ones before.
        """
        with self.database.transaction() as tx:
            for person in PEOPLE:
                actors.save(tx, self._actor(person), keys=())
            if not author.legend.levels and author.scale == TEN_WITH_HALVES:
                accounts.set_manner(tx, replace(author, legend=LEGEND, aspects=ASPECTS))
        for example in EXAMPLES:
            self._write(author, example)
            yield example

    def _write(self, author: Author, example: Example) -> None:
        written_at = self.now() - example.age
        draft, cover_name = example.read()
        if example.finished:
            draft = replace(draft, finished_on=(written_at - example.finished).date())
        cover = self.picturing.keep(draw_cover(cover_name)) if cover_name else None
        backdated = self._publishing_at(written_at)
        if example.is_draft:
            backdated.save_draft(author, draft, cover=cover)
            return
        review = backdated.publish(author, draft, cover=cover)
        with self.database.transaction() as tx:
            uri = self.urls.review(review.id)
            self._react(tx, uri, ReactionKind.LIKE, PEOPLE[: example.likes], written_at)
            self._react(tx, uri, ReactionKind.BOOST, PEOPLE[: example.boosts], written_at)
            if example.name == DISCUSSED:
                self._discuss(tx, review, written_at)

    def _publishing_at(self, moment: datetime) -> Publishing:
        """Give publishing whose clock stands still, back then."""

        def then() -> datetime:
            return moment

        sending = replace(self.publishing.sending, now=then)
        return replace(self.publishing, sending=sending, now=then)

    def _actor(self, person: Person) -> RemoteActor:
        # Their inbox is our own: so an answer that the author tries out is sent to nobody,
        # instead of failing for a week.
        return RemoteActor(
            id=ActorId(person.id),
            type="Person",
            handle=f"{person.username}@{person.host}",
            name=person.name,
            inbox=self.urls.shared_inbox,
            shared_inbox=self.urls.shared_inbox,
            url=person.page,
            icon_url="",
            fetched_at=self.now(),
        )

    def _discuss(self, tx: Transaction, review: Review, published_at: datetime) -> None:
        kept = {
            REVIEW: self.urls.review(review.id),
            LOST: f"{PEOPLE[0].id}/statuses/{LOST}",
        }
        for saying in SAYINGS:
            said_at = published_at + saying.after
            note = self._note(review, saying, kept[saying.answers], said_at)
            threads.add(tx, note)
            kept[saying.key] = note.uri
            likers = [person for person in PEOPLE if person.username != saying.writer]
            self._react(tx, note.uri, ReactionKind.LIKE, likers[: saying.likes], said_at)

    def _note(
        self, review: Review, saying: Saying, in_reply_to: str, said_at: datetime
    ) -> StoredNote:
        new_id = self.new_id()
        note = StoredNote(
            id=NoteId(new_id),
            uri=self.urls.note(new_id),
            type="Note",
            actor=self.urls.actor(review.author.username),
            in_reply_to=in_reply_to,
            html="",
            published_at=said_at,
            arrived_at=said_at,
            audience="public",
            review_id=review.id,
            context=self.urls.context(review.id),
            summary=saying.warning,
            language=saying.language,
            url=f"{self.urls.review_page(review.slug)}#reply-{new_id}",
        )
        if saying.writer == AUTHOR:
            return replace(
                note, author_id=review.author.id, source=saying.text, html=render_page(saying.text)
            )
        person = _BY_NAME[saying.writer]
        return replace(
            note,
            uri=f"{person.id}/statuses/{saying.key}",
            actor=person.id,
            host=host(person.id),
            url=f"{person.page}/{saying.key}",
            html=f"<p>{escape(saying.text)}</p>" if saying.text else "",
            state=NoteState.DELETED if saying.is_deleted else NoteState.SHOWN,
        )

    def _react(
        self,
        tx: Transaction,
        thing: str,
        kind: ReactionKind,
        people: Iterable[Person],
        since: datetime,
    ) -> None:
        for place, person in enumerate(people, start=1):
            reactions.add(
                tx,
                activity=f"{person.id}/{kind}/{self.new_id()}",
                kind=kind,
                actor=person.id,
                object=thing,
                now=since + place * _BETWEEN_REACTIONS,
            )
