"""What the client would rather have: a page or an ActivityStreams document."""

from dataclasses import dataclass
from functools import lru_cache

from fedreview.activitypub.dialects.bookwyrm import SOFTWARE as BOOKWYRM
from fedreview.web.state import Request

_ACTIVITY_TYPES = frozenset({"application/activity+json", "application/ld+json"})
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_BOOKWYRM = BOOKWYRM.encode()
_MOST_TYPES = 30
_LONGEST_LANGUAGES = 500
_LONGEST_ACCEPT = 2_000


@dataclass(frozen=True, slots=True)
class _Wanted:
    media_type: str
    quality: float


def _read(header: str) -> list[_Wanted]:
    wanted = []
    for item in header.split(",")[:_MOST_TYPES]:
        media_type, *parameters = (part.strip() for part in item.split(";"))
        wanted.append(_Wanted(media_type.lower(), _quality(parameters)))
    return wanted


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _best(wanted: list[_Wanted], types: frozenset[str]) -> float:
    return max((item.quality for item in wanted if item.media_type in types), default=0.0)


def preference(accept: bytes) -> tuple[bool, bool]:
    """Tell whether an ActivityStreams document is preferred, and whether a page is, by name."""
    return _preference(accept[:_LONGEST_ACCEPT])


@lru_cache(maxsize=256)
def _preference(accept: bytes) -> tuple[bool, bool]:
    wanted = _read(accept.decode("latin-1"))
    activity, html = _best(wanted, _ACTIVITY_TYPES), _best(wanted, _HTML_TYPES)
    return activity > 0 and activity >= html, html > 0 and html > activity


def _preference_of(request: Request) -> tuple[bool, bool]:
    return preference(request.headers.get("accept", "").encode("latin-1"))


def wants_activity(request: Request) -> bool:
    """Tell whether an ActivityStreams document is preferred to a page.

    A missing profile or q is tolerated: Mastodon sends
    ``application/activity+json, application/ld+json`` and nothing else.
    """
    return _preference_of(request)[0]


def wants_html(request: Request) -> bool:
    """Tell whether a page is asked for by name: what browsers do and servers do not."""
    return _preference_of(request)[1]


def languages_wanted(request: Request) -> tuple[str, ...]:
    """Give the languages that the reader understands, the best first."""
    return languages_in(request.headers.get("accept-language", "").encode("latin-1"))


def languages_in(accept_language: bytes) -> tuple[str, ...]:
    """Give the languages that a header names, the best first.

    Of a strange header the strange part is left out. Source: RFC 9110 section 12.5.4.
    """
    return _languages_in(accept_language[:_LONGEST_LANGUAGES])


@lru_cache(maxsize=256)
def _languages_in(accept_language: bytes) -> tuple[str, ...]:
    wanted = _read(accept_language.decode("latin-1"))
    known = [item for item in wanted if item.media_type and 0 < item.quality <= 1]
    known.sort(key=lambda item: item.quality, reverse=True)
    return tuple(item.media_type for item in known)


def is_bookwyrm(request: Request) -> bool:
    """Tell whether a BookWyrm server asks; it says so in no other way.

    Source: bookwyrm/settings.py, ``BookWyrm (BookWyrm/0.9.2; +https://…)``.
    """
    return bookwyrm_in(request.headers.get("user-agent", "").encode("latin-1"))


def bookwyrm_in(user_agent: bytes) -> bool:
    """Tell the same of a header."""
    return _BOOKWYRM in user_agent.lower()
