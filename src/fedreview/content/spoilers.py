"""Spoilers in the author's Markdown: the syntax, and the places where one could slip out.

A block begins with ``::: spoiler Optional title`` and ends with ``:::``; blocks nest. Within a
paragraph a spoiler is ``>!so!<`` or ``||so||``. Where a mark was forgotten more is hidden rather
than less: an open block ends with its parent, an open ``>!`` with its paragraph.

The tokens are ``spoiler_open`` and ``spoiler_close`` for blocks, ``hidden_open`` and
``hidden_close`` within a paragraph.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

SHUT = "[spoiler]"

_SHUT_TYPES = {"spoiler_open": "spoiler_shut", "hidden_open": "hidden_shut"}

_MARKS = frozenset({"hidden_open", "hidden_close"})
_OPENING = re.compile(r":{3,}[ \t]*spoilers?(?![\w-])[ \t:]*(.*)", re.IGNORECASE)
_CLOSING = re.compile(r":{3,}[ \t]*\Z")
_FENCE = re.compile(r"(`{3,}(?=[^`]*\Z)|~{3,})(.*)")

# While blocks are found this stands for ">!" at the start of a line, which would be a block quote.
# A noncharacter, because those are for use inside a program and never part of a text.
_VEILED = "\ufdd0"
_QUOTE_LIKE = re.compile(r"^([ \t>*+.)\-\d]*?)>!", re.MULTILINE)
_BARRED = re.compile(r"\|\|(?=[^\s|])[^|]*(?<=[^\s|])\|\|")


def spoiler_plugin(md: MarkdownIt) -> None:
    """Teach the parser spoilers."""
    md.core.ruler.before("block", "veil_spoilers", _veil)
    md.core.ruler.after("block", "unveil_spoilers", _unveil)
    md.block.ruler.before(
        "fence",
        "spoiler",
        _spoiler_block,
        {"alt": ["paragraph", "reference", "blockquote", "list"]},
    )
    md.block.ruler.at("table", _table_without_cuts, {"alt": ["paragraph", "reference"]})
    md.inline.add_terminator_char("|")
    md.inline.ruler.before("escape", "hidden", _hidden_text)


def plain(tokens: Iterable[Token]) -> str:
    """Give the text of the tokens, one line for a block, each spoiler as ``[spoiler]``."""
    parts: list[str] = []
    hidden = 0
    for token in tokens:
        if token.type in {"spoiler_open", "hidden_open"}:
            parts.append("" if hidden else SHUT)
            hidden += 1
        elif token.type in {"spoiler_close", "hidden_close"}:
            hidden -= 1
        elif not hidden:
            parts.append(_own_text(token))
        if token.block:
            parts.append("\n")
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def shut(tokens: Iterable[Token]) -> Iterator[Token]:
    """Put one mark in the place of each spoiler, whatever is in it.

    The marks are ``spoiler_shut`` for blocks and ``hidden_shut`` within a paragraph.
    """
    depth = 0
    for token in tokens:
        if token.type in _SHUT_TYPES:
            if not depth:
                yield Token(_SHUT_TYPES[token.type], "", 0, block=token.block)
            depth += 1
        elif token.type in {"spoiler_close", "hidden_close"}:
            depth -= 1
        elif not depth:
            token.children = list(shut(token.children or ()))
            yield token


def covers(tokens: Iterable[Token]) -> bool:
    """Tell whether anything stays covered until a reader asks for it."""
    return any(token.type in _SHUT_TYPES or covers(token.children or ()) for token in tokens)


def unnest(tokens: Sequence[Token]) -> list[Token]:
    """Take a paragraph's tokens apart where HTML could not nest them.

    A spoiler within a spoiler is one spoiler, a link within a link one link. A link or picture
    with a spoiler in its text is hidden as a whole: what opens a spoiler cannot stand in a link,
    and the address tells as much.
    """
    result: list[Token] = []
    depth = 0
    for token in _with_whole_links_hidden(list(_with_outer_links(tokens))):
        depth -= token.type == "hidden_close"
        if not depth or token.type not in _MARKS:
            result.append(token)
        depth += token.type == "hidden_open"
    return result


def _own_text(token: Token) -> str:
    if token.type in {"inline", "image"}:
        return plain(token.children or ())
    if token.type in {"softbreak", "hardbreak"}:
        return "\n" if token.type == "hardbreak" else " "
    return token.content


def _with_outer_links(tokens: Iterable[Token]) -> Iterator[Token]:
    """Drop links within links, which the parser lets through where a spoiler is between them."""
    depth = 0
    for token in tokens:
        depth += token.type == "link_open"
        if depth < 2 or token.type not in {"link_open", "link_close"}:
            yield token
        depth -= token.type == "link_close"


def _with_whole_links_hidden(tokens: Sequence[Token]) -> Iterator[Token]:
    hiding_link = False
    for index, token in enumerate(tokens):
        if token.type == "link_open" and _hides(_link_text(tokens, index)):
            hiding_link = True
            yield Token("hidden_open", "", 1)
        if token.type == "image" and _hides([token]):
            token.children = _without_marks(token.children or ())
            yield from (Token("hidden_open", "", 1), token, Token("hidden_close", "", -1))
        else:
            yield token
        if token.type == "link_close" and hiding_link:
            hiding_link = False
            yield Token("hidden_close", "", -1)


def _link_text(tokens: Sequence[Token], index: int) -> Iterator[Token]:
    return takewhile(lambda token: token.type != "link_close", tokens[index:])


def _hides(tokens: Iterable[Token]) -> bool:
    return any(token.type == "hidden_open" or _hides(token.children or ()) for token in tokens)


def _without_marks(tokens: Iterable[Token]) -> list[Token]:
    kept = [token for token in tokens if token.type not in _MARKS]
    for token in kept:
        token.children = _without_marks(token.children or ())
    return kept


def _veil(state: StateCore) -> None:
    text = state.src.replace(_VEILED, "")
    cut_below = False
    cut_rows = []
    for line in reversed(text.split("\n")):
        cut_below = bool(line.strip()) and (cut_below or _is_cut_by_cells(line))
        cut_rows.append(cut_below)
    state.env["cut_rows"] = cut_rows[::-1]
    state.src = _QUOTE_LIKE.sub(rf"\1{_VEILED}", text)


def _is_cut_by_cells(row: str) -> bool:
    """Tell whether the bars of a table would open a spoiler that stands in this line."""
    spans = (after.partition("!<")[0] for after in row.split(">!")[1:])
    return bool(_BARRED.search(row)) or any("|" in span for span in spans)


def _unveil(state: StateCore) -> None:
    for token in state.tokens:
        token.content = token.content.replace(_VEILED, ">!")
        token.info = token.info.replace(_VEILED, ">!")


def _table_without_cuts(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Leave a table be where its cells would cut a spoiler open; as a paragraph it stays shut."""
    if not table(state, start, end, True):
        return False
    return not state.env["cut_rows"][start] and (silent or table(state, start, end, False))


def _spoiler_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    opening = None if state.is_code_block(start) else _OPENING.match(_line(state, start))
    if not opening:
        return False
    if silent:
        return True
    last, is_closed = _end_of_block(state, start, end)
    parent, limit = state.parentType, state.lineMax
    state.parentType = "container"
    state.lineMax = last

    token = state.push("spoiler_open", "", 1)
    # A title stands open for all to read, so what it hides is not in it.
    token.info = plain(state.md.parseInline(opening[1], {}))
    state.md.block.tokenize(state, start + 1, last)
    state.push("spoiler_close", "", -1)

    state.parentType = parent
    state.lineMax = limit
    state.line = last + is_closed
    return True


def _end_of_block(state: StateBlock, start: int, end: int) -> tuple[int, bool]:
    """Find the line after the content, and whether it is a closing mark."""
    depth = 1
    fence = ""
    for number in range(start + 1, end):
        line = _line(state, number)
        if line and state.sCount[number] < state.blkIndent:
            return number, False
        if state.is_code_block(number):
            continue
        if mark := _FENCE.match(line):
            fence = _fence_after(fence, mark)
        elif not fence:
            depth += bool(_OPENING.match(line)) - bool(_CLOSING.match(line))
            if not depth:
                return number, True
    return end, False


def _fence_after(fence: str, mark: re.Match[str]) -> str:
    if not fence:
        return mark[1]
    return "" if mark[1].startswith(fence) and not mark[2].strip() else fence


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _hidden_text(state: StateInline, silent: bool) -> bool:
    """Read one spoiler within a paragraph.

    The end is the first closing mark, be it in code or a link: nothing may carry it past the
    place where the author's eye sees it.
    """
    opener = state.src[state.pos : state.pos + 2]
    begin = state.pos + 2
    closer = {">!": "!<", "||": "||"}.get(opener)
    if not closer or begin > state.posMax:
        return False
    stop = state.src.find(closer, begin, state.posMax)
    if stop < 0 and opener == ">!":
        stop = state.posMax
    text = state.src[begin : max(begin, stop)]
    if not text.strip():
        return False
    limit = state.posMax
    if not silent:
        state.push("hidden_open", "", 1)
        state.pos = begin + len(text) - len(text.lstrip())
        state.posMax = stop
        state.md.inline.tokenize(state)
        state.push("hidden_close", "", -1)
    state.pos, state.posMax = min(stop + 2, limit), limit
    return True
