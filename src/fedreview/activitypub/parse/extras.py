"""What comes with a note besides its text: emoji, attachments, a poll, what it quotes.

Nothing here is worth refusing a note for: what is odd is left out.
"""

import re
from collections.abc import Iterator, Mapping

from fedreview.activitypub.parse.properties import (
    address,
    entries,
    instant,
    members,
    picture,
    reference,
    text,
    type_name,
    whole_text,
)
from fedreview.activitypub.vocabulary import Json
from fedreview.domain.extras import Attachment, Emoji, Extras, Poll, PollOption

MOST_TAGS = 500
MOST_EMOJIS = 30
MOST_ATTACHMENTS = 8
MOST_OPTIONS = 20
MOST_LOOKED_AT = 100
"""Attachments and answers, usable or not."""
LONGEST_ALT = 10_000
"""What Mastodon keeps (app/models/media_attachment.rb)."""
LONGEST_OPTION = 1_000

_SHORTCODE = re.compile(r":?([\w.+@-]{1,100}):?")
_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,100}")
_MOST_COUNTED = 10**9
_TALLEST = 100_000

_MEDIA = {"Image": "image", "Video": "video", "Audio": "audio", "Document": ""}
"""Types of attachments, and what their media types begin with when nobody says more."""

_QUOTES = ("quote", "quoteUrl", "quoteUri", "_misskey_quote")
"""FEP-044f; Pleroma, Akkoma and Misskey; Fedibird; Misskey before."""

_OBJECT_LINK = re.compile(
    r"application/(?:activity\+json\s*(?:;.*)?"
    r'|ld\+json\s*;\s*profile="https://www\.w3\.org/ns/activitystreams"\s*)',
    re.IGNORECASE,
)


def tags(value: Json) -> Iterator[dict[str, Json]]:
    """Go through the first MOST_TAGS of a `tag`, however many there are in it."""
    for entry in entries(value)[:MOST_TAGS]:
        tag = members(entry)
        yield tag
        # Pixelfed sends one tag as an object that holds the others under numbers.
        yield from (members(inner) for key, inner in tag.items() if key.isdecimal())


def parse_emojis(value: Json) -> tuple[Emoji, ...]:
    """Read the Emoji of a `tag`, each short code once, without its colons."""
    found: dict[str, Emoji] = {}
    for tag in tags(value):
        name = _SHORTCODE.fullmatch(whole_text(tag.get("name"), limit=102))
        url = picture(tag.get("icon"))
        if type_name(tag.get("type")) == "Emoji" and name and url:
            found.setdefault(name[1], Emoji(shortcode=name[1], url=url))
        if len(found) >= MOST_EMOJIS:
            break
    return tuple(found.values())


def parse_extras(document: Mapping[str, Json]) -> Extras:
    """Read what comes with a note. Texts are as sent: nobody has cleaned them yet.

    sensitive: also when one of the attachments is, as Misskey says it.
    """
    attached = [members(entry) for entry in entries(document.get("attachment"))[:MOST_LOOKED_AT]]
    return Extras(
        emojis=parse_emojis(document.get("tag")),
        attachments=_attachments(attached),
        poll=_poll(document),
        quote=_quote(document),
        sensitive=any(each.get("sensitive") is True for each in (document, *attached)),
    )


def _attachments(attached: list[dict[str, Json]]) -> tuple[Attachment, ...]:
    found: dict[str, Attachment] = {}
    for each in attached:
        attachment = _attachment(each)
        if attachment:
            found.setdefault(attachment.url, attachment)
        if len(found) >= MOST_ATTACHMENTS:
            break
    return tuple(found.values())


def _attachment(document: Mapping[str, Json]) -> Attachment | None:
    kind = type_name(document.get("type"))
    url, media_type = _file(document)
    if kind not in _MEDIA or not url:
        return None
    if _MEDIA[kind] and not media_type.startswith(f"{_MEDIA[kind]}/"):
        media_type = f"{_MEDIA[kind]}/*"
    alt = text(document.get("summary"), limit=LONGEST_ALT)
    return Attachment(
        url=url,
        media_type=media_type,
        alt=alt or text(document.get("name"), limit=LONGEST_ALT),
        width=_whole(document.get("width"), most=_TALLEST) or 0,
        height=_whole(document.get("height"), most=_TALLEST) or 0,
    )


def _file(document: Mapping[str, Json]) -> tuple[str, str]:
    """Give the first usable address with its media type; Pleroma lists Links."""
    for entry in entries(document.get("url")):
        link = members(entry)
        if found := address(link.get("href") if link else entry):
            return found, _media_type(link) or _media_type(document)
    return "", ""


def _media_type(document: Mapping[str, Json]) -> str:
    found = text(document.get("mediaType"), limit=130).lower().partition(";")[0].strip()
    return found if _MEDIA_TYPE.fullmatch(found) else ""


def _poll(document: Mapping[str, Json]) -> Poll | None:
    is_multiple = bool(entries(document.get("anyOf")))
    offered = entries(document.get("anyOf" if is_multiple else "oneOf"))[:MOST_LOOKED_AT]
    options = [option for option in map(_option, offered) if option][:MOST_OPTIONS]
    if type_name(document.get("type")) != "Question" or not options:
        return None
    closed = document.get("closed")
    ends_at = instant(document.get("endTime")) or instant(closed)
    return Poll(
        options=tuple(options),
        is_multiple=is_multiple,
        voters=_whole(document.get("votersCount"), most=_MOST_COUNTED),
        ends_at=ends_at.isoformat() if ends_at else "",
    )


def _option(value: Json) -> PollOption | None:
    option = members(value)
    name = text(option.get("name"), limit=LONGEST_OPTION)
    replies = members(option.get("replies"))
    votes = _whole(replies.get("totalItems"), most=_MOST_COUNTED)
    return PollOption(name=name, votes=votes) if name else None


def _quote(document: Mapping[str, Json]) -> str:
    said = (reference(document.get(name)) for name in _QUOTES)
    return next(filter(None, said), "") or next(_object_links(document.get("tag")), "")


def _object_links(value: Json) -> Iterator[str]:
    """Give the objects that the text links to. Source: FEP-e232."""
    for tag in tags(value):
        media_type = text(tag.get("mediaType"), limit=200)
        href = reference(tag.get("href"))
        is_link = type_name(tag.get("type")) == "Link"
        if is_link and href and _OBJECT_LINK.fullmatch(media_type):
            yield href


def _whole(value: Json, *, most: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= most else None
