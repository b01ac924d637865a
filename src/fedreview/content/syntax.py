"""The author's Markdown as tokens: CommonMark, tables, strikethrough, footnotes, spoilers."""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from fedreview.content.footnotes import hiding_footnotes_plugin
from fedreview.content.spoilers import spoiler_plugin, unnest

_SCHEME = re.compile(r"[^/?#]*:")
_LINKABLE = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_SPEAKER = re.compile(r"(?:--|—)(?!-)[ ]*")
_END_OF_QUOTE = ["paragraph_close", "blockquote_close"]
_BREAKS = frozenset({"softbreak", "hardbreak"})

# The title of a page is its h1.
_FIRST_HEADING = 2
_LAST_HEADING = 6


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the name that the library calls
        """Allow relative, web and mail addresses; what is refused stays text."""
        return not _SCHEME.match(url) or bool(_LINKABLE.match(url))


# Raw HTML is text like any other. Fifty levels are far below Python's limit for recursion.
_PARSER = _Parser("commonmark", {"html": False, "maxNesting": 50})
_PARSER.enable(["table", "strikethrough"]).use(spoiler_plugin).use(hiding_footnotes_plugin)


def parse(text: str) -> list[Token]:
    """Read an author's Markdown into tokens that can be rendered as they stand.

    Beyond CommonMark the types are ``spoiler_*`` and ``hidden_*`` (see ``spoilers``), ``speaker_*``
    for who says a quotation, and those of the table and footnote plugins. Headings begin at h2.
    What stands within a link has ``meta["in_link"]``.
    """
    tokens = _PARSER.parse(text)
    for token in tokens:
        if token.children:
            token.children = unnest(token.children)
            _mark_links(token.children)
    _shift_headings(tokens)
    return _with_speakers(tokens)


def _mark_links(tokens: Sequence[Token]) -> None:
    in_link = False
    for token in tokens:
        if token.type in {"link_open", "link_close"}:
            in_link = token.nesting > 0
        token.meta["in_link"] = in_link


def _shift_headings(tokens: Sequence[Token]) -> None:
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    shift = _FIRST_HEADING - min((int(token.tag[1]) for token in headings), default=0)
    for token in headings:
        token.tag = f"h{min(_LAST_HEADING, int(token.tag[1]) + shift)}"


def _with_speakers(tokens: Sequence[Token]) -> list[Token]:
    """Find who speaks: a quotation's last line when it begins with ``--`` or a long dash."""
    result: list[Token] = []
    for index, token in enumerate(tokens):
        result.append(token)
        if [next_.type for next_ in tokens[index : index + 2]] != _END_OF_QUOTE:
            continue
        text = result[-2].children or []
        start = _speaker_at(text)
        if start is None or (start == 0 and tokens[index - 3].type == "blockquote_open"):
            continue
        speaker = text[start:]
        speaker[0].content = _SPEAKER.sub("", speaker[0].content, count=1)
        if start:
            result[-2].children = text[: start - 1]
        else:
            del result[-3:]
        result += (
            Token("speaker_open", "", 1, block=True),
            Token("inline", "", 0, children=speaker, block=True),
            Token("speaker_close", "", -1, block=True),
        )
    return result


def _speaker_at(tokens: Sequence[Token]) -> int | None:
    """Find where a paragraph's last line begins, if it names a speaker."""
    start = depth = 0
    for index, token in enumerate(tokens):
        depth += token.nesting
        if token.type in _BREAKS and not depth:
            start = index + 1
    line = tokens[start:]
    dash = _SPEAKER.match(line[0].content) if line and line[0].type == "text" else None
    names_one = dash and (len(line) > 1 or line[0].content != dash[0])
    return start if names_one else None
