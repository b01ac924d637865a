"""Make a draft of what an author typed, and write a review back as what was typed."""

from collections.abc import Mapping
from itertools import zip_longest

from fedreview.domain.rating import Scale
from fedreview.domain.review import Announcement, Draft, Postscript, Review, Spoilers, Synopsis
from fedreview.domain.upcoming import Upcoming
from fedreview.domain.work import WorkFacts, WorkKind
from fedreview.errors import InvalidInput
from fedreview.services.reading import Reader

POSTSCRIPTS = tuple(f"postscript_{number}" for number in range(1, 6))

FIELDS = (
    "kind",
    "title",
    "original_title",
    "year",
    "creators",
    "length",
    "publisher",
    "platform",
    "links",
    "identifiers",
    "relations",
    "cover_alt",
    "review_title",
    "rating",
    "aspects",
    "finished_on",
    "is_repeat",
    "synopsis",
    "synopsis_source",
    "synopsis_url",
    "body",
    "verdict",
    "sign_off",
    *POSTSCRIPTS,
    "next_kind",
    "next_title",
    "next_year",
    "next_rating",
    "next_note",
    "teaser",
    "spoilers",
    "tags",
    "language",
)
"""The names of what can be typed; all of them texts."""

OF_LINES = frozenset({"links", "identifiers", "relations", "aspects"})
"""Those in which each line is one thing."""

LONGEST_TEASER = 500
LONGEST_SYNOPSIS = 5_000
LONGEST_BODY = 200_000
LONGEST_SIGN_OFF = 1_000
LONGEST_POSTSCRIPT = 10_000

_NEXT = ("next_year", "next_rating", "next_note")


def draft_from_fields(fields: Mapping[str, str], *, scale: Scale, complete: bool = True) -> Draft:
    """Check what was typed, under the names of FIELDS; missing ones are empty.

    scale: the author's.
    complete: whether it is to be published; a draft may lack its text.

    Raises InvalidInput with a message for each field that is wrong, all at once.
    """
    read = Reader(fields)
    work = WorkFacts(
        kind=read.choice("kind", WorkKind, WorkKind.FILM),
        title=read.line("title", needed="Say which work this is about."),
        original_title=read.line("original_title"),
        year=read.year("year"),
        creators=read.names("creators"),
        length=read.line("length"),
        publisher=read.line("publisher"),
        platform=read.line("platform"),
        links=read.links("links"),
        identifiers=read.identifiers("identifiers"),
        relations=read.relations("relations"),
        cover_alt=read.line("cover_alt", limit=1_500),
    )
    draft = Draft(
        work=work,
        title=read.line("review_title") or work.title,
        body=read.text(
            "body", limit=LONGEST_BODY, needed="Write what you think of it." if complete else ""
        ),
        rating=read.rating("rating", scale),
        synopsis=_synopsis(read),
        verdict=read.line("verdict"),
        teaser=read.line("teaser", limit=LONGEST_TEASER),
        spoilers=read.choice("spoilers", Spoilers, Spoilers.NONE),
        tags=read.tags("tags"),
        language=read.language("language"),
        aspects=read.aspects("aspects", scale),
        finished_on=read.day("finished_on"),
        is_repeat=read.switch("is_repeat"),
        sign_off=read.text("sign_off", limit=LONGEST_SIGN_OFF),
        postscripts=_postscripts(read),
        announces=_announcement(read, scale),
    )
    if read.problems:
        raise InvalidInput(read.problems)
    return draft


def announcement_from_fields(fields: Mapping[str, str], *, scale: Scale) -> Announcement:
    """Check what was typed of a work that is announced by itself, under the names of `next_…`.

    Raises InvalidInput with a message for each field that is wrong, all at once.
    """
    read = Reader(fields)
    announced = _announcement(read, scale)
    if announced is None:
        read.problems.setdefault("next_title", "Say which work is to come.")
    if announced is None or read.problems:
        raise InvalidInput(read.problems)
    return announced


def _synopsis(read: Reader) -> Synopsis | None:
    text = read.text("synopsis", limit=LONGEST_SYNOPSIS)
    source, url = read.line("synopsis_source"), read.link("synopsis_url")
    if not text and (source or url):
        read.problems["synopsis"] = "Paste the synopsis that this is the source of, or clear both."
    return Synopsis(text=text, source=source, url=url) if text else None


def _postscripts(read: Reader) -> tuple[Postscript, ...]:
    texts = [read.text(name, limit=LONGEST_POSTSCRIPT) for name in POSTSCRIPTS]
    return tuple(Postscript(text=text) for text in texts if text)


def _announcement(read: Reader, scale: Scale) -> Announcement | None:
    title = read.line("next_title")
    kind = read.choice("next_kind", WorkKind, WorkKind.FILM)
    year, rating = read.year("next_year"), read.rating("next_rating", scale)
    note = read.line("next_note")
    if not title:
        if any(read.line(name) for name in _NEXT):
            read.problems["next_title"] = "Say which work this is about, or clear the rest of it."
        return None
    return Announcement(work=WorkFacts(kind=kind, title=title, year=year), rating=rating, note=note)


def fields_from_review(review: Review, announced: Upcoming | None = None) -> dict[str, str]:
    """Write a review back as what was typed, for the form to show again.

    announced: what it announces.
    """
    facts, synopsis = review.work.facts, review.synopsis
    postscripts = [each.text for each in review.postscripts]
    return {
        "kind": facts.kind.value,
        "title": facts.title,
        "original_title": facts.original_title,
        "year": str(facts.year or ""),
        "creators": ", ".join(facts.creators),
        "length": facts.length,
        "publisher": facts.publisher,
        "platform": facts.platform,
        "links": "\n".join(facts.links),
        "identifiers": "\n".join(each.text for each in facts.identifiers),
        "relations": "\n".join(each.text for each in facts.relations),
        "cover_alt": facts.cover_alt,
        "review_title": "" if review.title == facts.title else review.title,
        "rating": review.rating.number if review.rating else "",
        "aspects": "\n".join(f"{each.name}: {each.rating.number}" for each in review.aspects),
        "finished_on": review.finished_on.isoformat() if review.finished_on else "",
        "is_repeat": "yes" if review.is_repeat else "",
        "synopsis": synopsis.text if synopsis else "",
        "synopsis_source": synopsis.source if synopsis else "",
        "synopsis_url": synopsis.url if synopsis else "",
        "body": review.body,
        "verdict": review.verdict,
        "sign_off": review.sign_off,
        **dict(zip_longest(POSTSCRIPTS, postscripts, fillvalue="")),
        **fields_from_announcement(announced),
        "teaser": review.teaser,
        "spoilers": review.spoilers.value,
        "tags": ", ".join(review.tags),
        "language": review.language,
    }


def fields_from_announcement(announced: Upcoming | None) -> dict[str, str]:
    """Write an announcement back as what was typed, under the names of `next_…`."""
    facts = announced.work.facts if announced else None
    return {
        "next_kind": facts.kind.value if facts else "",
        "next_title": facts.title if facts else "",
        "next_year": str(facts.year or "") if facts else "",
        "next_rating": announced.rating.number if announced and announced.rating else "",
        "next_note": announced.note if announced else "",
    }


def fields_to_begin(announced: Upcoming) -> dict[str, str]:
    """Write down what a review begins with whose work was announced."""
    facts, number = announced.work.facts, announced.rating.number if announced.rating else ""
    return {
        "kind": facts.kind.value,
        "title": facts.title,
        "year": str(facts.year or ""),
        "rating": number,
    }
