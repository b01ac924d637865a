"""Show the conversation under a review or a take, one page at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from fedreview.domain.outline import Outline, outline
from fedreview.domain.review import Review, ReviewState
from fedreview.domain.thread import NoteId, Thread
from fedreview.errors import NotFound
from fedreview.services.assembling import Assembling
from fedreview.services.views import ReplyPlace
from fedreview.storage import outlines, reviews, takes, threads
from fedreview.storage.database import Database, Transaction
from fedreview.storage.threads import StoredNote


def thread_of_review(
    tx: Transaction, assembling: Assembling, review: Review, number: int
) -> Thread:
    """Give a page of the thread under a review; the last one when there are not so many.

    What stands on a page depends on the whole tree, so all of it is read in brief: 10 µs for each
    reply. The words are read of those on the page alone.
    """
    found = _under_review(tx, assembling.urls, review)
    return _page(tx, assembling, found, number, review.author)


def thread_of_take(
    tx: Transaction, assembling: Assembling, take: StoredNote, author: Author | None, number: int
) -> Thread:
    """Give a page of the thread under a take; the last one when there are not so many."""
    return _page(tx, assembling, _under_take(tx, take), number, author)


def page_query(number: int) -> str:
    """Give what is added to the path of a review or take for a page of its thread."""
    return f"?replies={number}" if number > 1 else ""


def _page(
    tx: Transaction, assembling: Assembling, found: Outline, number: int, author: Author | None
) -> Thread:
    page = found.page(number)
    notes = outlines.list_notes(tx, found.wanted(page))
    return found.thread(page, assembling.replies(tx, notes, author))


def _under_review(tx: Transaction, urls: Urls, review: Review) -> Outline:
    ids = (review.id, *review.former_ids)
    roots = (*map(urls.review, ids), urls.review_page(review.slug))
    return outline(roots, outlines.of_review(tx, review.id))


def _under_take(tx: Transaction, take: StoredNote) -> Outline:
    return outline(_roots_of_take(take), outlines.of_take(tx, take.uri))


def _roots_of_take(take: StoredNote) -> Iterable[str]:
    return (take.uri, take.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversing:
    """Finds where a reply stands."""

    database: Database
    urls: Urls

    def place(self, id: NoteId) -> ReplyPlace:
        """Tell on which page a reply stands now.

        Raises NotFound when nobody may read it, or it stands nowhere here.
        """
        with self.database.snapshot() as tx:
            note = threads.get(tx, id)
            if not note.is_in_sight:
                raise NotFound("not to be read by everybody")
            return ReplyPlace(path=self._path(tx, note), uri="" if note.local_only else note.uri)

    def _path(self, tx: Transaction, note: StoredNote) -> str:
        review = reviews.find(tx, note.review_id) if note.review_id else None
        if review:
            if review.state is not ReviewState.PUBLISHED:
                raise NotFound("under a review that is not published")
            found = _under_review(tx, self.urls, review)
            return _spot(f"/reviews/{quote(review.slug)}", found, note)
        take = takes.find_above(tx, note)
        if take and take.is_in_sight and take.id != note.id:
            return _spot(f"/notes/{take.id}", _under_take(tx, take), note)
        if note.author_id is None:
            raise NotFound("it stands under nothing of ours")
        return f"/notes/{note.id}"


def _spot(path: str, found: Outline, note: StoredNote) -> str:
    return f"{path}{page_query(found.number_of(note.id))}#reply-{note.id}"
