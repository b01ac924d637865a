"""Keep what a published review was before each edit, and show what was changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

from fedreview.content.difference import Piece, differences
from fedreview.content.markdown import plain_text
from fedreview.content.spoilers import SHUT
from fedreview.domain.actor import Author
from fedreview.domain.review import Review, ReviewId, ReviewState, Spoilers
from fedreview.errors import InvalidInput, NotFound
from fedreview.services.drafting import FIELDS, POSTSCRIPTS, fields_from_review
from fedreview.storage import reviews, upcoming, versions
from fedreview.storage.database import Database, Transaction
from fedreview.storage.versions import Version

MARKDOWN = frozenset({"body", "sign_off", *POSTSCRIPTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What was changed in one field; no pieces when only its looks, or what a spoiler hides."""

    field: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One version, with what makes it differ from the one before.

    id: of the version. is_removed: whether the author has taken its words away.
    is_compared: whether there is an older one to compare it with.
    is_current: whether the review is like that now.
    """

    id: int
    at: datetime
    is_removed: bool
    is_compared: bool
    is_current: bool
    changes: tuple[Change, ...]


MOST_SHOWN = 50
"""Edits; whoever edits more often is shown the newest, the oldest of them against the first."""

# Anybody may ask for a history, and to compare long texts takes a tenth of a second.
_plain = lru_cache(maxsize=128)(plain_text)
_differences = lru_cache(maxsize=64)(differences)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Versions of a review, the newest first: up to MOST_SHOWN, and the very first.

    gives_away: whether any of them marks spoilers. What is a spoiler now may have stood open
    once, so what was changed is then shown only to who asks for it.
    """

    review: Review
    url: str
    edits: tuple[Edit, ...]
    gives_away: bool


def keep_version(tx: Transaction, review: Review, *, at: datetime) -> None:
    """Keep a published review as it is from now on, unless it is as it was."""
    fields = _fields(tx, review)
    last = versions.find_last(tx, review.id)
    if last is None or last.fields != fields:
        versions.add(tx, review.id, fields, at)


def keep_first(tx: Transaction, review: Review) -> None:
    """Keep how a review is before an edit, when nothing of it was kept so far."""
    if versions.find_last(tx, review.id) is None:
        at = review.updated_at or review.published_at or review.created_at
        versions.add(tx, review.id, _fields(tx, review), at)


def _fields(tx: Transaction, review: Review) -> dict[str, str]:
    return fields_from_review(review, upcoming.find_announced_in(tx, review.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembering:
    """Reads the history of published reviews, and takes things out of it."""

    database: Database

    def history(self, slug: str) -> History:
        """Give the versions of a published review: the newest, and the first. Raises NotFound."""
        with self.database.snapshot() as tx:
            review = reviews.get_by_slug(tx, slug)
            if review.state is not ReviewState.PUBLISHED:
                raise NotFound("not published")
            kept = versions.list_(tx, review.id, newest=MOST_SHOWN)
        texts = [_texts(each.fields) for each in kept if each.fields is not None]
        return History(
            review=review,
            url=f"/reviews/{quote(review.slug)}",
            edits=tuple(reversed(_edits(kept))),
            gives_away=review.spoilers is not Spoilers.NONE or any(map(_marks_spoilers, texts)),
        )

    def remove_version(self, author: Author, id: ReviewId, version: int) -> Review:
        """Take the words of an old version away, for good; its place in the history stays.

        Raises NotFound, InvalidInput for field "version" when it is the present one.
        """
        with self.database.transaction() as tx:
            review = reviews.get(tx, id)
            if review.author.id != author.id or review.state is not ReviewState.PUBLISHED:
                raise NotFound("no such published review of this author")
            last = versions.find_last(tx, id)
            if last and last.id == version:
                text = "This is how the review is now. Edit the review, then remove this version."
                raise InvalidInput({"version": text})
            versions.empty(tx, id, version)
        return review


def _edits(kept: tuple[Version, ...]) -> list[Edit]:
    """Compare each version with the last one before it that is still there."""
    edits: list[Edit] = []
    before: Mapping[str, str] | None = None
    for version in kept:
        after = _texts(version.fields) if version.fields is not None else None
        edits.append(
            Edit(
                id=version.id,
                at=version.saved_at,
                is_removed=after is None,
                is_compared=before is not None and after is not None,
                is_current=version is kept[-1],
                changes=_changes(before, after) if before and after else (),
            )
        )
        before = after or before
    return edits


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    return tuple(
        Change(field=name, pieces=_differences(_shown(name, before), _shown(name, after)))
        for name in FIELDS
        if before.get(name, "") != after.get(name, "")
    )


def _texts(fields: Mapping[str, str]) -> dict[str, str]:
    """Name the title of the review, which is left empty when it is that of the work."""
    return {**fields, "review_title": fields.get("review_title") or fields.get("title", "")}


def _shown(name: str, fields: Mapping[str, str]) -> str:
    """Give a field as everybody may see it: without what its spoilers hide."""
    text = fields.get(name, "")
    return _plain(text) if name in MARKDOWN else text


def _marks_spoilers(fields: Mapping[str, str]) -> bool:
    is_marked = fields.get("spoilers", "none") != Spoilers.NONE
    return is_marked or any(SHUT in _shown(name, fields) for name in MARKDOWN)
