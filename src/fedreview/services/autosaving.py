"""Keep what is being typed, so that a closed browser or a second tab loses nothing."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fedreview.domain.actor import Author
from fedreview.domain.autosave import Autosave
from fedreview.domain.review import Review, ReviewState
from fedreview.errors import InvalidInput
from fedreview.services.drafting import FIELDS, fields_from_review
from fedreview.storage import autosaves, reviews, upcoming
from fedreview.storage.database import Database, Transaction

KEPT = (*FIELDS, "base", "publish_on", "cover_kept")
"""The fields that are kept. base: which state of the review they began with."""

LONGEST = 1_000_000
"""Characters of all fields together."""

MOST_FORMS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of an autosave.

    base: the state that the review is in, "" when there is none.
    is_conflict: nothing was kept, for another tab was here at `at` and this one does not know.
    """

    at: datetime
    base: str
    is_conflict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaved:
    """A form that was typed into and not saved. is_new: whether no review is kept of it yet."""

    id: str
    title: str
    saved_at: datetime
    is_new: bool


def state_of(fields: Mapping[str, str]) -> str:
    """Name the state of a review: another one whenever anything in it was changed."""
    texts = {name: fields.get(name, "") for name in FIELDS}
    return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Autosaving:
    """Keeps forms beside the reviews: nothing that anybody else sees is touched."""

    database: Database
    now: Callable[[], datetime]

    def save(
        self,
        author: Author,
        id: str,
        fields: Mapping[str, str],
        *,
        tab: str,
        seen: str,
        anyway: bool = False,
    ) -> Saved:
        """Keep the fields of a form as they are typed, unchecked.

        id: of the review, or what a new one will get.
        tab: which tab of a browser they stand in.
        seen: the time of the autosave that the tab knows, as text; "" when it knows none.
        anyway: whether to write over what another tab has kept.

        Raises InvalidInput when it is more than can be kept.
        """
        kept = {name: fields[name] for name in KEPT if fields.get(name)}
        kept["base"] = fields.get("base", "")
        if sum(map(len, kept.values())) > LONGEST:
            raise InvalidInput({"body": "This is too long to be kept while you type."})
        with self.database.transaction() as tx:
            before, review = autosaves.find(tx, author.id, id), _own(tx, author, id)
            base = _state(tx, review) if review else ""
            if anyway:
                kept["base"] = base
            elif before and before.tab != tab and before.saved_at.isoformat() != seen:
                return Saved(at=before.saved_at, base=base, is_conflict=True)
            elif review and kept["base"] != base:
                at = review.updated_at or review.published_at or review.created_at
                return Saved(at=at, base=base, is_conflict=True)
            if before is None and autosaves.count(tx, author.id) >= MOST_FORMS:
                raise InvalidInput({"body": "Too many reviews are begun and not saved."})
            now = self.now()
            autosaves.save(tx, author.id, Autosave(id=id, fields=kept, tab=tab, saved_at=now))
        return Saved(at=now, base=base)

    def find(self, author: Author, id: str) -> Autosave | None:
        """Look up what is kept of a form."""
        with self.database.snapshot() as tx:
            return autosaves.find(tx, author.id, id)

    def discard(self, author: Author, id: str) -> None:
        """Forget what is kept of a form."""
        with self.database.transaction() as tx:
            autosaves.drop(tx, author.id, id)

    def list_unsaved(self, author: Author) -> tuple[Unsaved, ...]:
        """Give the forms that were typed into and not saved, the newest first."""
        with self.database.snapshot() as tx:
            return tuple(
                Unsaved(
                    id=each.id,
                    title=each.fields.get("review_title") or each.fields.get("title", ""),
                    saved_at=each.saved_at,
                    is_new=_own(tx, author, each.id) is None,
                )
                for each in autosaves.list_(tx, author.id)
            )

    def state(self, review: Review) -> str:
        """Name the state in which a review is now."""
        with self.database.snapshot() as tx:
            return _state(tx, review)


def _own(tx: Transaction, author: Author, id: str) -> Review | None:
    review = reviews.find(tx, id)
    is_own = review and review.author.id == author.id
    is_there = review and review.state in {ReviewState.DRAFT, ReviewState.PUBLISHED}
    return review if is_own and is_there else None


def _state(tx: Transaction, review: Review) -> str:
    return state_of(fields_from_review(review, upcoming.find_announced_in(tx, review.id)))
