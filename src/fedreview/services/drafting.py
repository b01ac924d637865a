"""Make a draft of what an author typed, in the form or in a file, and say what is wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import yaml

from fedreview.content.sanitize import safe_link
from fedreview.domain.rating import Rating, Scale
from fedreview.domain.review import Draft, Review, Spoilers, Synopsis, tags_from_text
from fedreview.domain.work import WorkFacts, WorkKind
from fedreview.errors import InvalidInput

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
    "cover_alt",
    "review_title",
    "rating",
    "synopsis",
    "synopsis_source",
    "synopsis_url",
    "body",
    "verdict",
    "teaser",
    "spoilers",
    "tags",
    "language",
)
"""The names of what can be typed; all of them texts."""

LONGEST_LINE = 300
LONGEST_TEASER = 500
LONGEST_SYNOPSIS = 5_000
LONGEST_BODY = 200_000
MOST_LINKS = 20
MOST_TAGS = 30

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_YEAR = re.compile(r"[12]\d{3}")

# PostgreSQL keeps no zero, and no encoding has halves of a surrogate pair.
_UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")

T = TypeVar("T", WorkKind, Spoilers)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads fields and notes every problem instead of stopping at the first."""

    fields: Mapping[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    def line(self, name: str, *, limit: int = LONGEST_LINE, needed: str = "") -> str:
        """Read one line of plain text; `needed` says what to type when it is empty."""
        text = " ".join(self.fields.get(name, "").split())
        return self._checked(name, text, limit, needed)

    def text(self, name: str, *, limit: int, needed: str = "") -> str:
        """Read a text of several lines."""
        text = self.fields.get(name, "").replace("\r\n", "\n").strip()
        return self._checked(name, text, limit, needed)

    def _checked(self, name: str, text: str, limit: int, needed: str) -> str:
        if len(text) > limit:
            self.problems[name] = f"Use at most {limit:,} characters; these are {len(text):,}."
        elif _UNSTORABLE.search(text):
            self.problems[name] = "There is a character in it that cannot be stored."
        elif needed and not text:
            self.problems[name] = needed
        return text

    def choice(self, name: str, kinds: type[T], default: T) -> T:
        """Read one of several words."""
        text = self.line(name).lower()
        if text and text not in {kind.value for kind in kinds}:
            self.problems[name] = f"Choose one of {', '.join(kind.value for kind in kinds)}."
            return default
        return kinds(text) if text else default

    def year(self, name: str) -> int | None:
        """Read a year, or nothing."""
        text = self.line(name)
        if text and not _YEAR.fullmatch(text):
            self.problems[name] = "Type a year of four digits, or leave it empty."
            return None
        return int(text) if text else None

    def link(self, name: str) -> str:
        """Read one web address, or nothing."""
        text = self.line(name, limit=2_000)
        if text and safe_link(text) is None:
            self.problems[name] = "Type an address that begins with https://, or leave it empty."
        return text

    def links(self, name: str) -> tuple[str, ...]:
        """Read web addresses, one on each line."""
        items = tuple(line.strip() for line in self.fields.get(name, "").split() if line.strip())
        wrong = next((item for item in items if safe_link(item) is None), None)
        if wrong:
            self.problems[name] = f"{wrong[:80]} is no web address; they begin with https://."
        elif len(items) > MOST_LINKS:
            self.problems[name] = f"Use at most {MOST_LINKS} addresses."
        return items

    def names(self, name: str) -> tuple[str, ...]:
        """Read names divided by commas."""
        items = (" ".join(item.split()) for item in self.line(name, limit=1_000).split(","))
        return tuple(dict.fromkeys(item for item in items if item))

    def tags(self, name: str) -> tuple[str, ...]:
        """Read tags."""
        tags = tags_from_text(self.line(name, limit=1_000))
        if len(tags) > MOST_TAGS:
            self.problems[name] = f"Use at most {MOST_TAGS} tags; these are {len(tags)}."
        return tags

    def language(self, name: str) -> str:
        """Read a language tag; nothing is English."""
        text = self.line(name) or "en"
        if not _LANGUAGE.fullmatch(text):
            self.problems[name] = "Type a language tag such as en or pt-BR."
        return text

    def rating(self, name: str, scale: Scale) -> Rating | None:
        """Read a score on the author's scale, or nothing."""
        text = self.line(name)
        if not text:
            return None
        try:
            return Rating.parse(text, scale)
        except InvalidInput as error:
            self.problems.update(error.problems)
            return None


def draft_from_fields(fields: Mapping[str, str], *, scale: Scale, complete: bool = True) -> Draft:
    """Check what was typed, under the names of FIELDS; missing ones are empty.

    scale: the author's.
    complete: whether it is to be published; a draft may lack its text.

    Raises InvalidInput with a message for each field that is wrong, all at once.
    """
    read = _Reader(fields)
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
    )
    if read.problems:
        raise InvalidInput(read.problems)
    return draft


def fields_from_file(text: str) -> tuple[dict[str, str], str]:
    """Read Markdown with YAML front matter as the fields of the form.

    Returns the fields, and the path of a cover picture or "". Lists may stand for what the
    form divides by commas or lines. Raises InvalidInput, also for a field that there is not.
    """
    head, body = _front_matter(text)
    try:
        # BaseLoader: every value stays the text that was typed; 8.50 is not made a float.
        values = yaml.load(head, Loader=yaml.BaseLoader)  # noqa: S506  (makes texts only)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        # The line counts from the top of the file: the first is the ---.
        where = f" in line {mark.line + 2}" if mark else ""
        raise InvalidInput({"front matter": f"It is not YAML{where}: {error.problem}."}) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInput({"front matter": "It is not YAML."}) from error
    if not isinstance(values, dict):
        raise InvalidInput({"front matter": "Write `field: value`, one on each line."})
    unknown = [str(name) for name in values if name not in {*FIELDS, "cover"} - {"body"}]
    if unknown:
        raise InvalidInput(dict.fromkeys(unknown, "There is no such field."))
    fields = {name: _joined(name, value) for name, value in values.items()}
    cover = fields.pop("cover", "")
    return {**fields, "body": body}, cover


def _front_matter(text: str) -> tuple[str, str]:
    lines = text.removeprefix("\ufeff").splitlines()
    if (
        not lines
        or lines[0].rstrip() != "---"
        or "---" not in (line.rstrip() for line in lines[1:])
    ):
        raise InvalidInput(
            {"front matter": "Begin the file with a line ---, the fields, and a line --- again."}
        )
    end = next(n for n, line in enumerate(lines[1:], start=1) if line.rstrip() == "---")
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :])


def _joined(name: str, value: object) -> str:
    if isinstance(value, list):
        return ("\n" if name == "links" else ", ").join(str(item) for item in value)
    if not isinstance(value, str):
        raise InvalidInput({name: "Write one value, or a list."})
    return value


def _synopsis(read: _Reader) -> Synopsis | None:
    text = read.text("synopsis", limit=LONGEST_SYNOPSIS)
    source, url = read.line("synopsis_source"), read.link("synopsis_url")
    if not text and (source or url):
        read.problems["synopsis"] = "Paste the synopsis that this is the source of, or clear both."
    return Synopsis(text=text, source=source, url=url) if text else None


def fields_from_review(review: Review) -> dict[str, str]:
    """Write a review back as what was typed, for the form to show again."""
    facts, synopsis = review.work.facts, review.synopsis
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
        "cover_alt": facts.cover_alt,
        "review_title": "" if review.title == facts.title else review.title,
        "rating": review.rating.number if review.rating else "",
        "synopsis": synopsis.text if synopsis else "",
        "synopsis_source": synopsis.source if synopsis else "",
        "synopsis_url": synopsis.url if synopsis else "",
        "body": review.body,
        "verdict": review.verdict,
        "teaser": review.teaser,
        "spoilers": review.spoilers.value,
        "tags": ", ".join(review.tags),
        "language": review.language,
    }
