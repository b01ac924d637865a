"""BookWyrm: reviews of books as its own `Review`, and the book as `Edition` and `Work`.

It drops every Article without a word, so ours reach its readers in this form only.
Sources: bookwyrm/activitypub/{base_activity,note,book}.py, models/{status,book,fields}.py and
views/helpers.py of 0.9 (2026-08).
"""

import re
from decimal import ROUND_HALF_UP, Decimal

from fedreview.activitypub.dialects.schema import json_number
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS, Json
from fedreview.domain.rating import Rating
from fedreview.domain.review import Review, Spoilers
from fedreview.domain.work import Work, WorkKind

SOFTWARE = "bookwyrm"
"""What it calls itself in NodeInfo and, in other letters, in its User-Agent."""

LONGEST_NAME = 255
LONGEST_TITLE_IN_WARNING = 200
BEST, WORST = Decimal(5), Decimal("0.5")

BOOK_KINDS = frozenset({WorkKind.BOOK, WorkKind.MANGA})
"""What BookWyrm has editions of; among its formats is the graphic novel."""

# The rest it ignores, or would stumble over: of an attachment it wants a picture's `url`, and
# a tag of a work it takes for one more book that is mentioned.
_AS_IN_THE_ARTICLE = (
    "id",
    "type",
    "attributedTo",
    "content",
    "url",
    "published",
    "updated",
    "to",
    "cc",
    "sensitive",
    "context",
    "conversation",
    "replies",
    "likes",
    "shares",
    "interactionPolicy",
)


def _link(start_of_path: str) -> re.Pattern[str]:
    """Match addresses of pages about one book; what follows the key is its title, most often."""
    return re.compile(rf"https?://(?:[a-z]{{2,3}}\.)?{start_of_path}(?:[/?#.-].*)?")


_EDITION_KEYS = {
    "isbn13": _link(r"(?:openlibrary\.org/isbn/|inventaire\.io/entity/isbn:)(97[89][0-9]{10})"),
    "openlibraryKey": _link(r"openlibrary\.org/books/(OL[0-9]{1,12}M)"),
    "goodreadsKey": _link(r"goodreads\.com/book/show/([0-9]{1,12})"),
}
_WORK_KEYS = {
    "openlibraryKey": _link(r"openlibrary\.org/works/(OL[0-9]{1,12}W)"),
    "inventaireId": _link(r"inventaire\.io/entity/(wd:Q[0-9]{1,12})"),
    "wikidata": _link(r"wikidata\.org/wiki/(Q[0-9]{1,12})"),
}


def is_book(work: Work) -> bool:
    """Tell whether BookWyrm can hold this work."""
    return work.facts.kind in BOOK_KINDS


def stars(rating: Rating) -> int | float:
    """Give the score as BookWyrm keeps it, 0.5 to 5 to the hundredth: 8.5 of 10 is 4.25.

    Its column has two places, while its stars show halves.
    """
    exact = rating.rescaled(best=5).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return json_number(max(WORST, min(BEST, exact)))


def bookwyrm_review(article: dict[str, Json], review: Review, urls: Urls) -> dict[str, Json]:
    """Say once more, as BookWyrm's Review, what the Article of a review says.

    article: as `build.article` gives it, with or without ``@context``. Both have one id, so
    that replies, likes, edits and the deletion mean the same thing on every server.

    `summary` is a content warning there, and nothing else.
    """
    shared = ("@context", *_AS_IN_THE_ARTICLE)
    facts = review.work.facts
    document: dict[str, Json] = {
        **{name: article[name] for name in shared if name in article},
        "type": "Review",
        "name": review.title[:LONGEST_NAME],
        "inReplyToBook": urls.work(review.work.id),
        "tag": _hashtags(article["tag"]),
        "attachment": [],
    }
    if review.rating:
        document["rating"] = stars(review.rating)
    if review.spoilers is Spoilers.FULL:
        document["summary"] = f"Spoilers for {facts.title[:LONGEST_TITLE_IN_WARNING]}"
    return document


def _hashtags(tags: Json) -> list[Json]:
    listed = tags if isinstance(tags, list) else []
    return [tag for tag in listed if isinstance(tag, dict) and tag.get("type") == "Hashtag"]


def edition_members(work: Work, urls: Urls) -> dict[str, Json]:
    """Give what BookWyrm needs in the document of a book, beside id and title.

    It cannot do without `work`. What its pages elsewhere tell of ISBN and other
    catalogues lets it find the edition that it may have already.
    """
    facts = work.facts
    members: dict[str, Json] = {
        "work": urls.work_of_edition(work.id),
        "authors": [],
        **_book_members(work, urls),
        **_keys(facts.pages, _EDITION_KEYS),
    }
    if facts.publisher:
        members["publishers"] = [facts.publisher]
    if facts.kind is WorkKind.MANGA:
        members["physicalFormat"] = "GraphicNovel"
    if "isbn13" in members:
        # NeoDB's word for it.
        members["isbn"] = members["isbn13"]
    return members


def bookwyrm_work(work: Work, urls: Urls) -> dict[str, Json]:
    """Describe what is common to all editions of a book, as BookWyrm's Work.

    `editions` stays empty: BookWyrm reads the Work while it is still making the edition that
    led there, and would fetch and make that once more.
    """
    return {
        "@context": ACTIVITY_STREAMS,
        "id": urls.work_of_edition(work.id),
        "type": "Work",
        "title": work.facts.title,
        "authors": [],
        "editions": [],
        **_book_members(work, urls),
        **_keys(work.facts.pages, _WORK_KEYS),
    }


def _book_members(work: Work, urls: Urls) -> dict[str, Json]:
    members: dict[str, Json] = {}
    if work.facts.year:
        members["firstPublishedDate"] = f"{work.facts.year:04}"
    if work.cover:
        members["cover"] = {
            "type": "Document",
            "url": urls.media(work.cover.name),
            "name": work.facts.cover_alt or f"Cover of {work.facts.title}",
        }
    return members


def _keys(links: tuple[str, ...], patterns: dict[str, re.Pattern[str]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, pattern in patterns.items():
        matches = (pattern.fullmatch(link) for link in links)
        keys = (match[1] for match in matches if match)
        key = next((key for key in keys if name != "isbn13" or _is_isbn(key)), None)
        if key:
            found[name] = key
    return found


def _is_isbn(digits: str) -> bool:
    """Check the last digit; BookWyrm computes the older ISBN from the newer."""
    weighted = (int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return sum(weighted) % 10 == 0
