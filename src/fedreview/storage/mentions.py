"""Where an author wrote of a work before: reviews of it, and titles in the texts of others."""

import re

from sqlalchemy import ColumnElement, SQLColumnExpression, or_, select

from fedreview.domain.actor import AuthorId
from fedreview.domain.review import Review, ReviewState
from fedreview.storage.database import Transaction
from fedreview.storage.reviews import list_many
from fedreview.storage.tables import ReviewRow
from fedreview.storage.work_tables import WorkRow
from fedreview.storage.works import title_key

MOST = 5
_MOST_LOOKED_AT = 50
_SHORTEST_IN_TEXTS = 3
_LONGEST = 300

# Letters as wide as Japanese ones, which people type in titles by accident.
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_KEPT = (ReviewState.DRAFT, ReviewState.PUBLISHED)


def list_of_title(
    tx: Transaction, author_id: AuthorId, title: str, *, but: str = ""
) -> tuple[Review, ...]:
    """Read the author's reviews and drafts of works with this title, the newest first.

    Of a title that is still being typed the beginning is enough.

    but: the id of the one that is being written.
    """
    same = [WorkRow.original_title.ilike(each, escape="\\") for each in _spellings(title)]
    which = [_begins_with(WorkRow.title_key, title), *same]
    return _read(tx, author_id, or_(*which), but=but)[:MOST]


def _begins_with(column: SQLColumnExpression[str], title: str) -> ColumnElement[bool]:
    """Say in SQL that a spelled title begins like this one; two letters have to be all of it."""
    key = title_key(title)
    is_same: ColumnElement[bool] = column == key
    return column.startswith(key, autoescape=True) if _can_be_searched(key) else is_same


def list_with_title(
    tx: Transaction, author_id: AuthorId, title: str, *, but: str = ""
) -> tuple[Review, ...]:
    """Read the author's published reviews in whose texts this title stands, the newest first.

    Case and width of letters do not count, and a title within a longer word is none. Of each
    text that may have it the database is asked for the newest _MOST_LOOKED_AT.
    """
    key = title_key(title)
    if not _can_be_searched(key):
        return ()
    same = [ReviewRow.body.ilike(f"%{each}%", escape="\\") for each in _spellings(title)]
    is_other = WorkRow.title_key != key
    published = ReviewRow.state == ReviewState.PUBLISHED
    found = _read(tx, author_id, or_(*same), published, is_other, but=but)
    word = _as_word(key)
    return tuple(review for review in found if word.search(title_key(review.body)))[:MOST]


def _read(
    tx: Transaction, author_id: AuthorId, *which: ColumnElement[bool], but: str
) -> tuple[Review, ...]:
    ids = tx.scalars(
        select(ReviewRow.id)
        .join(WorkRow, WorkRow.id == ReviewRow.work_id)
        .where(
            ReviewRow.author_id == author_id,
            ReviewRow.state.in_(_KEPT),
            ReviewRow.id != but,
            *which,
        )
        .order_by(ReviewRow.created_at.desc(), ReviewRow.id.desc())
        .limit(_MOST_LOOKED_AT)
    )
    return list_many(tx, tuple(ids))


def _can_be_searched(key: str) -> bool:
    """Tell whether it is long enough to mean something: two letters may be a word in Chinese."""
    least = _SHORTEST_IN_TEXTS if key.isascii() else _SHORTEST_IN_TEXTS - 1
    return least <= len(key) <= _LONGEST


def _spellings(title: str) -> set[str]:
    r"""Spell a title in the ways that a database may not know to be the same, ready for LIKE.

    SQLite knows small letters and capitals of ASCII only. A backslash escapes.
    """
    typed, key = " ".join(title.split()), title_key(title)
    plain = {typed, key, key.upper(), key.title(), key.capitalize()}
    wide = {each.translate(_WIDE) for each in plain}
    return {re.sub(r"([\\%_])", r"\\\1", each) for each in plain | wide}


def _as_word(key: str) -> re.Pattern[str]:
    """Look for a title that is no part of a longer word; scripts without spaces have none."""
    before = r"(?<!\w)" if _has_words(key[0]) else ""
    after = r"(?!\w)" if _has_words(key[-1]) else ""
    return re.compile(f"{before}{re.escape(key)}{after}")


def _has_words(letter: str) -> bool:
    return letter.isdecimal() or letter.upper() != letter.lower()
