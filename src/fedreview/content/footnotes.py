"""Footnotes in the author's Markdown that give no spoiler away."""

from collections.abc import Iterable, Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.footnote.index import footnote_def, footnote_plugin


def hiding_footnotes_plugin(md: MarkdownIt) -> None:
    """Teach the parser footnotes that give no spoiler away; needs the spoiler plugin."""
    footnote_plugin(md, inline=False)
    md.block.ruler.at("footnote_def", _flat_footnote, {"alt": ["paragraph", "reference"]})
    md.core.ruler.before("footnote_tail", "hide_footnotes", _hide_footnotes)


def _flat_footnote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a footnote, but none within a footnote: the plugin would spill the outer one's rest."""
    if silent:
        return footnote_def(state, start, end, True)
    if state.env.get("in_footnote"):
        return False
    state.env["in_footnote"] = True
    found = footnote_def(state, start, end, False)
    state.env["in_footnote"] = False
    return found


def _hide_footnotes(state: StateCore) -> None:
    """Make a spoiler of each footnote that only spoilers refer to, or that stands in one.

    The plugin moves all footnotes to the end, out of the spoiler they belong to.
    """
    shown = _footnotes_in_the_open(state.tokens)
    tokens: list[Token] = []
    label = ""
    for token in state.tokens:
        if token.type == "footnote_reference_close" and label not in shown:
            tokens.append(Token("spoiler_close", "", -1, block=True))
        tokens.append(token)
        if token.type == "footnote_reference_open":
            label = token.meta["label"]
            if label not in shown:
                tokens.append(Token("spoiler_open", "", 1, block=True))
    state.tokens = tokens


def _footnotes_in_the_open(tokens: Sequence[Token]) -> set[str]:
    cited: dict[str, set[str]] = {}
    enclosed: set[str] = set()
    owner = ""  # the text itself
    depth = 0
    for token in tokens:
        if token.type == "footnote_reference_open":
            owner = token.meta["label"]
            if depth:
                enclosed.add(owner)
        elif token.type == "footnote_reference_close":
            owner = ""
        depth += {"spoiler_open": 1, "spoiler_close": -1}.get(token.type, 0)
        if not depth:
            cited.setdefault(owner, set()).update(_open_citations(token.children or ()))

    shown: set[str] = set()
    waiting = [""]
    while waiting:
        found = cited.get(waiting.pop(), set()) - enclosed - shown
        shown |= found
        waiting += found
    return shown


def _open_citations(tokens: Iterable[Token]) -> Iterator[str]:
    depth = 0
    for token in tokens:
        depth += {"hidden_open": 1, "hidden_close": -1}.get(token.type, 0)
        if token.type == "footnote_ref" and not depth:
            yield token.meta["label"]
