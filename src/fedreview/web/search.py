"""The search page: a form that asks by GET, and what was found."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from urllib.parse import urlencode

from starlette.responses import Response

from fedreview.content.terms import MOST_CHARACTERS, wanted_from_text
from fedreview.domain.work import WorkKind
from fedreview.services.searching import FoundPage, Order, Question
from fedreview.web.pages import public_page
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.tongues import later

FIELDS = ("q", "kind", "year", "from", "to", "author", "tag", "language", "sort")
_LONGEST_FILTER = 100

_NO_YEAR = later("Type a year, such as 1995.")
_NO_RATING = later("Type a number from 0 to 10, such as 7.5.")

T = TypeVar("T")


def question_from_query(query: Mapping[str, str]) -> tuple[Question, dict[str, str]]:
    """Read what is looked for, and what of it could not be read: a message for each field.

    What could not be read does not count.
    """
    problems: dict[str, str] = {}

    def read(name: str, parse: Callable[[str], T], message: str) -> T | None:
        text = query.get(name, "").strip()
        try:
            return parse(text) if text else None
        except (ValueError, InvalidOperation):
            problems[name] = message
            return None

    return (
        Question(
            wanted=wanted_from_text(query.get("q", "")),
            # Chosen from a list: nobody types these.
            kind=read("kind", WorkKind, ""),
            year=read("year", _year, _NO_YEAR),
            lowest=read("from", _of_ten, _NO_RATING),
            highest=read("to", _of_ten, _NO_RATING),
            author=_short(query, "author"),
            tag=_short(query, "tag").removeprefix("#"),
            language=_short(query, "language"),
            order=read("sort", Order, "") or Order.BEST,
        ),
        {name: message for name, message in problems.items() if message},
    )


def _short(query: Mapping[str, str], name: str) -> str:
    return query.get(name, "").strip()[:_LONGEST_FILTER]


def _year(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 4):
        raise ValueError(text)
    return int(text)


def _of_ten(text: str) -> int:
    """Read a rating as thousandths."""
    if len(text) > 6:
        raise ValueError(text)
    value = Decimal(text.replace(",", "."))
    if not 0 <= value <= 10:
        raise ValueError(text)
    return int(value * 1000)


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else 1


async def get_search(request: Request) -> Response:
    """Show the form, and what was found when something is looked for."""
    site = site_of(request)
    asked = {name: request.query_params.get(name, "") for name in FIELDS}
    asked["q"] = asked["q"][:MOST_CHARACTERS]
    question, problems = question_from_query(asked)
    is_asking = bool(question.wanted) or question != Question(order=question.order)
    choices = await in_thread(site.searching.choices)
    found: FoundPage | None = None
    if is_asking:
        number = _page_number(request.query_params.get("page", ""))
        found = await in_thread(site.searching.find, question, page=number)
    return await public_page(
        request,
        "search.html",
        asked=asked,
        problems=problems,
        kinds=tuple(WorkKind),
        orders=tuple(Order),
        choices=choices,
        found=found,
        filtered=bool(
            {name for name in FIELDS if name not in {"q", "sort"} and asked[name].strip()}
        ),
        newer=_address(asked, found.page - 1) if found and found.page > 1 else None,
        older=_address(asked, found.page + 1) if found and found.page < found.pages else None,
    )


def _address(asked: Mapping[str, str], page: int) -> str:
    kept = {name: value for name, value in asked.items() if value}
    return "/search?" + urlencode({**kept, "page": page} if page > 1 else kept)
