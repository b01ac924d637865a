"""What a mail says, before it becomes one."""

import re
from dataclasses import dataclass

from fedreview.content.excerpt import excerpt

LONGEST_LINE = 200
"""Characters of a header or heading; names of strangers may be longer."""

# What would end a header, hide in a name, or turn the text around it.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def one_line(text: str, limit: int = LONGEST_LINE) -> str:
    """Give a stranger's text as one line that changes nothing around it."""
    return excerpt(_UNSEEN.sub(" ", text), limit)


Headline = tuple[tuple[str, bool], ...]
"""A line in parts; of each, whether it is a name or title of somebody's, in any script."""


def headline_text(headline: Headline) -> str:
    """Give a headline as one plain line."""
    return one_line("".join(text for text, _ in headline))


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where something can be done about it."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One piece of news. text: plain, of a stranger, or "". warning: stands in place of a text."""

    headline: Headline
    text: str = ""
    warning: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All that a mail says.

    opening: paragraphs before the items. settings: where mails are chosen.
    stop: where they are stopped with one click; None for a mail that was asked for.
    """

    subject: str
    opening: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    action: Link | None = None
    site: Link
    settings: str
    stop: Link | None = None
    closing: tuple[str, ...] = ()


def as_text(words: Words) -> str:
    """Write a mail without any markup."""
    parts = [*words.opening, *map(_item_text, words.items)]
    if words.action:
        parts.append(f"{words.action.label}:\n{words.action.url}")
    parts.extend(words.closing)
    return "\n\n".join(parts) + "\n\n" + _foot(words)


def _item_text(item: Item) -> str:
    lines = [headline_text(item.headline)]
    if item.warning:
        lines.append(f"> Content warning: {one_line(item.warning)}. Open it on the page.")
    elif item.text:
        # Nothing of a stranger begins a line, so none can pass for ours.
        lines.extend(f"> {line}".rstrip() for line in item.text.splitlines())
    lines.extend(f"{link.label}: {link.url}" for link in item.links)
    return "\n".join(lines)


def _foot(words: Words) -> str:
    # "-- " and its space: programs fold what comes after it.
    lines = ["-- ", f"{one_line(words.site.label)}, {words.site.url}"]
    lines.append(f"Choose which mails you get: {words.settings}")
    if words.stop:
        lines.append(f"{words.stop.label}: {words.stop.url}")
    return "\n".join(lines) + "\n"
