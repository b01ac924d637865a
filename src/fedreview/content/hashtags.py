"""Hashtags in an author's Markdown: which there are, and where they lead."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile

from markdown_it.token import Token

LONGEST_TAG = 100

_START = re.compile(r"(?:(?<=\s)|(?<=[(\[“])|^)#")

TagPage = Callable[[str], str]
"""Gives the address of all that has a tag."""


def with_hashtags(tokens: Iterable[Token], tag_page: TagPage) -> Iterator[Token]:
    """Make tokens of their own of the hashtags in a paragraph's tokens.

    What stands in a link or in code is left alone.
    """
    depth = 0
    for token in tokens:
        depth += (token.type == "link_open") - (token.type == "link_close")
        if token.type == "text" and not depth:
            yield from _divided(token.content, tag_page)
        else:
            yield token


def _divided(text: str, tag_page: TagPage) -> Iterator[Token]:
    end = 0
    for tag, start in _found(text):
        yield _text(text[end:start])
        yield Token("hashtag", "a", 0, content=tag, meta={"url": tag_page(tag)})
        end = start + 1 + len(tag)
    yield _text(text[end:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _found(text: str) -> Iterator[tuple[str, int]]:
    """Give each hashtag without its mark, and where the mark stands."""
    for mark in _START.finditer(text):
        tag = "".join(takewhile(_may_stand_in_tag, text[mark.end() : mark.end() + LONGEST_TAG]))
        if any(letter.isalpha() for letter in tag):
            yield tag, mark.start()


def _may_stand_in_tag(letter: str) -> bool:
    return letter == "_" or unicodedata.category(letter)[0] in "LMN"


def open_hashtags(tokens: Iterable[Token]) -> Iterator[str]:
    """Give the hashtags that can be read without opening a spoiler, as they are typed."""
    hidden = links = 0
    for token in tokens:
        hidden += token.type in {"spoiler_open", "hidden_open"}
        hidden -= token.type in {"spoiler_close", "hidden_close"}
        links += (token.type == "link_open") - (token.type == "link_close")
        if hidden or links:
            continue
        if token.type == "inline":
            yield from open_hashtags(token.children or ())
        elif token.type == "text":
            yield from (tag for tag, _ in _found(token.content))
