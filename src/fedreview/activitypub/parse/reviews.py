"""Our own reviews, read back: every field that their author typed."""

from collections.abc import Mapping

from fedreview.activitypub.parse.properties import entries, members
from fedreview.activitypub.vocabulary import Json

MOST_FIELDS = 100
LONGEST_FIELD = 200_000


def fields_from_article(document: Mapping[str, Json]) -> dict[str, str]:
    """Read what the form had, as far as a server of this kind says it; {} for any other.

    What is no text, or too long, is left out. Tags come without their #.
    """
    fields: dict[str, str] = {}
    for entry in entries(document.get("schema:additionalProperty"))[:MOST_FIELDS]:
        item = members(entry)
        name, text = item.get("schema:propertyID"), item.get("schema:value")
        if _is_text(name) and _is_text(text):
            fields[str(name)] = str(text)
    if not fields:
        return {}
    source = members(document.get("source"))
    if source.get("mediaType") == "text/markdown" and _is_text(source.get("content")):
        fields["body"] = str(source["content"])
    spoken = members(document.get("contentMap"))
    if len(spoken) == 1:
        fields["language"] = next(iter(spoken))
    fields["tags"] = ", ".join(_tags(document.get("tag")))
    return fields


def _tags(value: Json) -> list[str]:
    found = (members(entry) for entry in entries(value)[:MOST_FIELDS])
    names = (each.get("name") for each in found if each.get("type") == "Hashtag")
    return [name.removeprefix("#") for name in names if isinstance(name, str)]


def _is_text(value: Json) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_FIELD
