"""Notes, and what people answer with as if it were one."""

import re
from collections.abc import Mapping

from fedreview.activitypub.origin import fits
from fedreview.activitypub.parse.extras import parse_extras, tags
from fedreview.activitypub.parse.properties import (
    LONGEST_NAME,
    LONGEST_SUMMARY,
    address,
    entries,
    instant,
    members,
    page,
    reference,
    required_id,
    required_type,
    type_name,
    whole_text,
    wording,
)
from fedreview.activitypub.parse.ratings import parse_rating, parse_works
from fedreview.activitypub.vocabulary import PUBLIC, Audience, Json, RemoteNote
from fedreview.domain.actor import ActorId
from fedreview.errors import MalformedActivity

# The last four are BookWyrm's.
NOTE_TYPES = frozenset(
    {
        "Note",
        "Article",
        "Question",
        "Page",
        "Image",
        "Video",
        "Audio",
        "Event",
        "Document",
        "Review",
        "Comment",
        "Quotation",
        "Rating",
    }
)

LONGEST_CONTENT = 500_000
LONGEST_CONTEXT = 2_048
"""Bytes, as of addresses."""
MOST_ADDRESSED = 500
MOST_MENTIONS = 100


_PUBLIC_NAMES = frozenset({PUBLIC, "as:Public", "Public"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}")


def _language(document: Mapping[str, Json]) -> str:
    languages, content = members(document.get("contentMap")), document.get("content")
    same = [key for key, value in languages.items() if isinstance(value, str) and value == content]
    found = next(iter(same or languages), "")
    return found if _LANGUAGE.fullmatch(found) and found != "und" else ""


def _contexts(document: Mapping[str, Json]) -> tuple[str, ...]:
    """Mastodon's own conversations are tag: URIs, so any text may be one."""
    values = document.get("context"), document.get("conversation")
    found = (
        whole_text(members(value).get("id") or value, limit=LONGEST_CONTEXT) for value in values
    )
    return tuple(dict.fromkeys(each for each in found if each and fits(each, LONGEST_CONTEXT)))


def _mentions(value: Json) -> tuple[str, ...]:
    mentions = (tag for tag in tags(value) if type_name(tag.get("type")) == "Mention")
    found = (address(tag.get("href")) for tag in mentions)
    return tuple(dict.fromkeys(filter(None, found)))[:MOST_MENTIONS]


def _recipient(entry: Json) -> str:
    named = entry.get("id") if isinstance(entry, dict) else entry
    return PUBLIC if isinstance(named, str) and named in _PUBLIC_NAMES else address(named)


def _recipients(document: Mapping[str, Json]) -> tuple[tuple[str, ...], Audience]:
    named = [_recipient(entry) for name in ("to", "cc") for entry in entries(document.get(name))]
    audience = Audience.PUBLIC if PUBLIC in named else Audience.PRIVATE
    return tuple(dict.fromkeys(filter(None, named)))[:MOST_ADDRESSED], audience


def audience_of(document: Mapping[str, Json]) -> Audience:
    """Tell whom a note is for, of which perhaps nothing else is read."""
    return _recipients(document)[1]


def _replies(value: Json) -> str:
    """Give the address of the replies; a collection without one can be read in its first page."""
    return reference(value) or reference(members(value).get("first"))


def parse_note(document: Mapping[str, Json]) -> RemoteNote:
    """Read a note as it is embedded in an activity or fetched at its id.

    Of everything but `id` and `type`, what is odd is left out: `attributed_to` is "" when
    nobody is named, and no receiver should take that for anyone.
    `addressed` names the public as `PUBLIC`, however the sender spelt it.
    Raises MalformedActivity when there is no usable id, or the type is not a note's.
    """
    note_id, note_type = required_id(document), required_type(document)
    if note_type not in NOTE_TYPES:
        raise MalformedActivity(f"{note_type} is nothing we read as a note", pointer="/type")
    addressed, audience = _recipients(document)
    return RemoteNote(
        id=note_id,
        type=note_type,
        attributed_to=ActorId(reference(document.get("attributedTo"))),
        in_reply_to=reference(document.get("inReplyTo")),
        content=wording(document, "content", limit=LONGEST_CONTENT),
        summary=wording(document, "summary", limit=LONGEST_SUMMARY),
        name=wording(document, "name", limit=LONGEST_NAME),
        language=_language(document),
        sensitive=document.get("sensitive") is True,
        url=page(document.get("url")),
        published=instant(document.get("published")),
        updated=instant(document.get("updated")),
        contexts=_contexts(document),
        mentions=_mentions(document.get("tag")),
        addressed=addressed,
        audience=audience,
        replies=_replies(document.get("replies")),
        rating=parse_rating(document),
        works=parse_works(document),
        extras=parse_extras(document),
    )
