"""Hide what others wrote from pages, and show it again."""

from dataclasses import dataclass, replace

from fedreview.domain.actor import Author
from fedreview.domain.thread import NoteId, NoteState
from fedreview.errors import NotFound
from fedreview.storage import reviews, takes, threads
from fedreview.storage.database import Database
from fedreview.storage.threads import StoredNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Hiding:
    """Hides and shows replies; the answers below them stay."""

    database: Database

    def set_hidden(self, author: Author, note_id: NoteId, *, hidden: bool) -> StoredNote:
        """Hide somebody's reply from the page, or show it again.

        Raises NotFound when it does not stand under a review or take of this author.
        """
        with self.database.transaction() as tx:
            note = threads.get(tx, note_id)
            review = reviews.find(tx, note.review_id) if note.review_id else None
            take = takes.find_above(tx, note)
            owner = review.author.id if review else take and take.author_id
            if owner != author.id or note.author_id:
                raise NotFound("no such reply under anything of this author")
            if note.state is NoteState.DELETED:
                raise NotFound("the reply has been deleted by its writer")
            changed = replace(note, state=NoteState.HIDDEN if hidden else NoteState.SHOWN)
            threads.change(tx, changed)
        return changed
