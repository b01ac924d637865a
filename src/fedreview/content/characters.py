"""Characters that hide or deceive: control codes and direction marks."""

import re

# Lone surrogates cannot be encoded at all, and noncharacters are for use inside a program.
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_LINE_END = re.compile(r"\r\n?")

_DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_CLOSED_BY = {
    "\u202a": "\u202c",  # left-to-right embedding
    "\u202b": "\u202c",  # right-to-left embedding
    "\u202d": "\u202c",  # left-to-right override
    "\u202e": "\u202c",  # right-to-left override
    "\u2066": "\u2069",  # left-to-right isolate
    "\u2067": "\u2069",  # right-to-left isolate
    "\u2068": "\u2069",  # first strong isolate
}
_OVERRIDES = {"\u202d", "\u202e"}


def tame(text: str) -> str:
    """Make a stranger's text printable and keep its direction marks inside it.

    Control codes, lone surrogates and noncharacters go; line ends are LF. Embeddings and isolates
    stay where they are closed again within the text, overrides never: no language needs them, and
    they show one address while another is written. The result can be tamed again without change,
    and tamed texts can be joined.
    Source: UAX 9 section 3.3.2, UTR 36 section 2.
    """
    printable = _LINE_END.sub("\n", _UNPRINTABLE.sub("", text))
    if not _DIRECTION.search(printable):
        return printable

    kept: set[int] = set()
    still_open: list[tuple[str, int]] = []
    for mark in _DIRECTION.finditer(printable):
        closer = _CLOSED_BY.get(mark[0])
        if closer:
            still_open.append((closer, mark.start()))
        elif still_open and still_open[-1][0] == mark[0]:
            _, opened_at = still_open.pop()
            if printable[opened_at] not in _OVERRIDES:
                kept |= {opened_at, mark.start()}
    return _DIRECTION.sub(lambda mark: mark[0] if mark.start() in kept else "", printable)


def shorten(text: str, limit: int) -> str:
    """Cut to ``limit`` characters, at least 1, the last of them … where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
