"""A note's HTML as plain text, for where there is no HTML."""

import re

from fedreview.content.tokens import Closing, Opening, Text, read_html

_APART = frozenset({"p", "blockquote", "ul", "ol", "pre", "div", *(f"h{n}" for n in range(1, 7))})
"""Between these and what stands beside them is an empty line."""

_SPACES = re.compile(r"[^\S\n]*\n[^\S\n]*")
_LINES = re.compile(r"\n{3,}")


def text_of_html(source: str, limit: int) -> str:
    """Give the words of a note with its lines and paragraphs, cut with … at `limit` characters."""
    parts: list[str] = []
    for piece in read_html(source):
        if isinstance(piece, Text):
            parts.append(" ".join(re.split(r"\s+", piece.text)))
        else:
            parts.append(_break(piece))
    text = _LINES.sub("\n\n", _SPACES.sub("\n", "".join(parts))).strip()
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def _break(tag: Opening | Closing) -> str:
    if tag.name in _APART:
        return "\n\n"
    if isinstance(tag, Closing):
        return ""
    return {"br": "\n", "li": "\n- "}.get(tag.name, "")
