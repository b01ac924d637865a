"""Put the pieces of pages together: cards, replies with their writers, places in lists."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

from fedreview.activitypub.urls import Urls
from fedreview.content.excerpt import excerpt
from fedreview.domain.actor import Author, AuthorId, RemoteActor
from fedreview.domain.review import Review, Spoilers
from fedreview.domain.thread import NoteState, Reply, Writer
from fedreview.domain.work import Work, WorkId
from fedreview.services.depicting import Copied, copied
from fedreview.services.rendering import take_line, without_spoilers, words_for_all
from fedreview.services.views import CardPage, Given, ReviewCard, TakeCard, TheirRating
from fedreview.storage import (
    accounts,
    actors,
    guests,
    ratings,
    reactions,
    reviews,
    takes,
    threads,
    works,
)
from fedreview.storage.database import Transaction
from fedreview.storage.guests import Guest
from fedreview.storage.reactions import ReactionKind
from fedreview.storage.reviews import Cursor, Filter
from fedreview.storage.threads import StoredNote

CARDS_PER_PAGE = 12
EXCERPT_LENGTH = 220
MOST_RATINGS = 200

T = TypeVar("T")


def page_of(found: tuple[T, ...], size: int) -> tuple[tuple[T, ...], bool]:
    """Divide what was found into one page and whether there is another.

    found: what was read with a limit of `size` and one more.
    """
    return found[:size], len(found) > size


def cursor_text(moment: datetime, id: str) -> str:
    """Write where a page of a list ends, ready for a query string."""
    return quote(f"{moment.isoformat()}_{id}")


def cursor_from_text(text: str | None) -> Cursor | None:
    """Read where a page of a list begins; nonsense begins at the top."""
    if not text:
        return None
    moment, _, review_id = text.partition("_")
    try:
        published_at = datetime.fromisoformat(moment)
        # Near the ends of the calendar another zone is out of reach.
        return (published_at.astimezone(UTC), review_id) if published_at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _end(review: Review) -> str:
    return cursor_text(review.published_at or review.created_at, review.id)


@dataclass(frozen=True, slots=True)
class Assembling:
    """Reads what several pages have in common, within their snapshot."""

    urls: Urls

    def listing(
        self, tx: Transaction, wanted: Filter, before: str | None, *, size: int = CARDS_PER_PAGE
    ) -> CardPage:
        """Read one page of a list of reviews, newest first."""
        found = reviews.list_published(tx, wanted, limit=size + 1, before=cursor_from_text(before))
        shown, has_more = page_of(found, size)
        return CardPage(cards=self.cards(tx, shown), older=_end(shown[-1]) if has_more else None)

    def pinned(self, tx: Transaction, author_id: AuthorId) -> tuple[ReviewCard, ...]:
        """Make cards of what an author has pinned, the last pinned first."""
        return self.cards(tx, reviews.list_featured(tx, author_id))

    def cards(self, tx: Transaction, found: tuple[Review, ...]) -> tuple[ReviewCard, ...]:
        """Make cards of reviews, with the number of replies that can be read."""
        counts = threads.count_shown(tx, [review.id for review in found])
        return tuple(
            ReviewCard(
                review=review,
                url=f"/reviews/{quote(review.slug)}",
                cover_url=self.cover_url(review.work),
                excerpt=_card_excerpt(review),
                replies=counts.get(review.id, 0),
            )
            for review in found
        )

    def cover_url(self, work: Work) -> str:
        """Give the path of the work's picture, or ""."""
        return f"/media/{work.cover.name}" if work.cover else ""

    def replies(
        self, tx: Transaction, notes: tuple[StoredNote, ...], review_author: Author | None
    ) -> tuple[Reply, ...]:
        """Make replies of notes, with who wrote them, in four statements for any number.

        And one more where there are guests.
        """
        visitors = guests.find_many(tx, [note.id for note in notes if _is_by_guest(note)])
        people = actors.find_many(tx, (note.actor for note in notes if not note.author_id))
        authors = {author.id: author for author in accounts.list_authors(tx)}
        counts = reactions.count(tx, [note.uri for note in notes])
        ours = copied(tx, notes, people.values())
        return tuple(
            Reply(
                id=note.id,
                uri=note.uri,
                in_reply_to=note.in_reply_to,
                writer=_guest(visitors[note.id])
                if note.id in visitors
                else self._writer(note, people, authors, review_author, ours),
                html=note.html,
                summary=note.summary,
                language=note.language,
                url=note.url,
                published_at=note.published_at,
                updated_at=note.updated_at,
                state=NoteState.REMOVED if note.is_erased else note.state,
                likes=counts.get((note.uri, ReactionKind.LIKE), 0),
                boosts=counts.get((note.uri, ReactionKind.BOOST), 0),
                emoji=counts.get((note.uri, ReactionKind.EMOJI), 0),
                rating=note.rating,
                veiled=note.veiled,
                local_only=note.local_only,
                illustrated=ours.illustrated(note),
            )
            for note in notes
        )

    def people(self, tx: Transaction, actors_: Collection[str]) -> dict[str, Writer]:
        """Give who these are, in three statements for any number; also those we know no more."""
        known = actors.find_many(tx, actors_)
        ours = copied(tx, (), known.values())
        authors: dict[str, Author] = {
            self.urls.actor(each.username): each for each in accounts.list_authors(tx)
        }
        return {
            actor: self._author(authors[actor], actor)
            if actor in authors
            else _writer_elsewhere(actor, known, ours)
            for actor in actors_
        }

    def takes(self, tx: Transaction, notes: tuple[StoredNote, ...]) -> tuple[TakeCard, ...]:
        """Make cards of takes, with the number of replies that can be read."""
        counts = takes.count_replies(tx, [note.uri for note in notes])
        about = {
            work_id: works.get(tx, work_id)
            for work_id in {note.work_id for note in notes}
            if work_id
        }
        cards = []
        for note, reply in zip(notes, self.replies(tx, notes, None), strict=True):
            work = about.get(note.work_id) if note.work_id else None
            cards.append(
                TakeCard(
                    note=reply,
                    work=work,
                    work_url=f"/works/{quote(work.slug)}" if work else "",
                    line=take_line(note.source, note.summary, work, note.rating),
                    replies=counts.get(note.uri, 0),
                )
            )
        return tuple(cards)

    def ratings(self, tx: Transaction, work_id: WorkId) -> tuple[TheirRating, ...]:
        """Give what others give a work, the newest first, with who they are."""
        given = ratings.list_of_work(tx, work_id, limit=MOST_RATINGS)
        people = actors.find_many(tx, (each.actor for each in given))
        ours = copied(tx, (), people.values())
        return tuple(
            TheirRating(
                writer=_writer_elsewhere(each.actor, people, ours),
                rating=each.rating,
                url=each.url,
                published_at=each.published_at,
            )
            for each in given
        )

    def _writer(
        self,
        note: StoredNote,
        people: dict[str, RemoteActor],
        authors: dict[AuthorId, Author],
        review_author: Author | None,
        ours: Copied,
    ) -> Writer:
        author = authors.get(note.author_id) if note.author_id else None
        if author:
            is_author = review_author is not None and author.id == review_author.id
            return self._author(author, note.actor, is_author=is_author)
        return _writer_elsewhere(note.actor, people, ours)

    def _author(self, author: Author, actor: str, *, is_author: bool = False) -> Writer:
        return Writer(
            actor=actor,
            name=author.name,
            handle=self.urls.handle(author.username),
            url=self.urls.person_page(author.username),
            is_author=is_author,
            username=author.username,
            avatar=f"/media/{author.avatar}" if author.avatar else "",
        )

    def given(
        self, tx: Transaction, author: Author, notes: tuple[StoredNote, ...]
    ) -> dict[str, Given]:
        """Tell for each note, by its id, whether the author likes it and has boosted it."""
        return self.given_to(tx, author, [note.uri for note in notes])

    def given_to(self, tx: Transaction, author: Author, uris: list[str]) -> dict[str, Given]:
        """Tell it for notes by their ids."""
        found = reactions.list_given(tx, self.urls.actor(author.username), uris)
        return {
            uri: Given(
                liked=(uri, ReactionKind.LIKE) in found,
                boosted=(uri, ReactionKind.BOOST) in found,
            )
            for uri in uris
        }


def _is_by_guest(note: StoredNote) -> bool:
    return note.local_only and not note.author_id


def _guest(guest: Guest) -> Writer:
    return Writer(actor="", name=guest.name, handle="", url=guest.site, is_guest=True)


def _writer_elsewhere(actor: str, people: Mapping[str, RemoteActor], ours: Copied) -> Writer:
    person = people.get(actor)
    if person is None:
        return Writer(actor=actor, name="Somebody", handle="", url="")
    return Writer(
        actor=actor,
        name=person.name,
        handle=person.handle,
        url=person.url or person.id,
        avatar=avatar_path(person),
        emojis=ours.emojis(person.emojis),
    )


def avatar_path(person: RemoteActor) -> str:
    """Give the path of our small copy of somebody's picture, or ""."""
    return f"/media/avatars/{person.avatar}" if person.avatar else ""


def _card_excerpt(review: Review) -> str:
    written = words_for_all(review)
    if written:
        return excerpt(written, EXCERPT_LENGTH)
    if review.spoilers is Spoilers.NONE:
        return excerpt(without_spoilers(review.body), EXCERPT_LENGTH)
    return excerpt(review.synopsis.text, EXCERPT_LENGTH) if review.synopsis else ""
