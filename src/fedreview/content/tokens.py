"""A stranger's HTML as a flat run of texts and tags, read once from left to right."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Possessive quantifiers throughout: the reader can never go back over what it has read, so time
# grows with the length of the input alone, whatever the input is.
_ATTRIBUTE = (
    r"[\s/]*+([^\s/>][^\s/>=]*+)"
    r"(?:\s*+=\s*+(?:\"([^\"]*+)(?:\"|\Z)|'([^']*+)(?:'|\Z)|([^\s>\"'][^\s>]*+)?))?+"
)
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)"
    rf"|<(/?)([a-zA-Z][^\s/>]*+)((?:{re.sub(r'[(](?![?])', '(?:', _ATTRIBUTE)})*+)[\s/]*+(>|\Z)"
    r"|<[!?/][^>]*+>?",
    re.DOTALL,
)

# What stands in these is not text of the message. Some of them hold a language of their own, so
# only the end tag of the same name ends them.
_OPAQUE = frozenset(
    {"iframe", "math", "noembed", "noframes", "object", "script", "select", "style"}
)
_OPAQUE |= {"svg", "template", "textarea", "title", "xmp"}

# int() refuses more than 4,300 decimal digits, and html.unescape lets that error through.
_ENDLESS_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]{9}|[0-9]{9})[0-9a-fA-F]*+;?")


@dataclass(frozen=True, slots=True)
class Text:
    """Text between tags, its character references decoded once."""

    text: str


@dataclass(frozen=True, slots=True)
class Opening:
    """A start tag.

    name: in lower case.
    source: its attributes as they were written; read them with ``attributes_of``.
    """

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Closing:
    """An end tag; its name in lower case."""

    name: str


Piece = Text | Opening | Closing


def read_html(source: str) -> Iterator[Piece]:
    """Read any text as HTML, in time that grows with its length alone.

    Comments, doctypes, a tag that the end of the text cuts off, and everything within scripts,
    styles and other elements that hold no text are left out. Nesting is not looked at.
    """
    position = 0
    while match := _MARKUP.search(source, position):
        if match.start() > position:
            yield Text(_decode(source[position : match.start()]))
        position = match.end()
        name = (match[2] or "").lower()
        if not match[4]:
            continue
        if match[1]:
            yield Closing(name)
        elif name in _OPAQUE:
            position = _end_of(name, source, position)
        else:
            yield Opening(name, match[3])
    if position < len(source):
        yield Text(_decode(source[position:]))


def attributes_of(tag: Opening) -> Mapping[str, str]:
    """Give a tag's attributes, names in lower case, values decoded; the first of a name counts."""
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTES.findall(tag.source):
        found.setdefault(name.lower(), _decode("".join(values)))
    return found


def _end_of(name: str, source: str, position: int) -> int:
    end = re.compile(rf"</{name}(?=[\s/>])[^>]*+>?", re.IGNORECASE).search(source, position)
    return end.end() if end else len(source)


def _decode(text: str) -> str:
    return html.unescape(_ENDLESS_REFERENCE.sub("\ufffd", text))
