"""Names of people in an author's Markdown: ``@name@host``, or ``@name`` alone."""

import re
from collections.abc import Callable, Iterable, Iterator

from markdown_it.token import Token

from fedreview.domain.circle import Named

MOST_MENTIONS = 20
"""In one text: whoever names more people than that is not talking to them."""

_HANDLE = re.compile(
    r"(?:(?<=\s)|(?<=[(\[“\"'])|^)"
    r"@(?P<handle>[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?"
    r"(?:@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::\d{1,5})?)?)"
    r"(?![\w@])"
)

Find = Callable[[str], Named | None]
"""Gives whom a handle means, or None."""


def with_mentions(tokens: Iterable[Token], find: Find) -> Iterator[Token]:
    """Make tokens of their own of the people named in a paragraph's tokens.

    What stands in a link or in code is left alone, and so is who is not found.
    """
    depth = 0
    for token in tokens:
        depth += (token.type == "link_open") - (token.type == "link_close")
        if token.type == "text" and not depth:
            yield from _divided(token.content, find)
        else:
            yield token


def _divided(text: str, find: Find) -> Iterator[Token]:
    end = 0
    for match in _HANDLE.finditer(text):
        person = find(match["handle"])
        if person:
            yield Token("text", "", 0, content=text[end : match.start()])
            yield Token("mention", "a", 0, content=match[0], meta={"person": person})
            end = match.end()
    yield Token("text", "", 0, content=text[end:])


def handles(tokens: Iterable[Token]) -> Iterator[str]:
    """Give every handle that may name somebody, as typed but for its first @."""
    depth = 0
    for token in tokens:
        depth += (token.type == "link_open") - (token.type == "link_close")
        if token.type == "inline":
            yield from handles(token.children or ())
        elif token.type == "text" and not depth:
            yield from (match["handle"] for match in _HANDLE.finditer(token.content))
