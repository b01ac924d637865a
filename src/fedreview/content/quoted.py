"""Leave out of a clean text the line that stands in for a quote where none can be shown."""

import re

# Mastodon writes a paragraph, Misskey and Akkoma a span with line breaks before the address.
_BEGIN = re.compile(r'<(p|span) class="(?:[^"<>]* )?quote-inline(?: [^"<>]*)?">')


def without_inline_quote(html: str) -> str:
    """Drop what servers put there for those who know no quotes. html: from `clean_html`.

    Source: FEP-044f, "Compatibility with other quote implementations".
    """
    begin = _BEGIN.search(html)
    if begin is None:
        return html
    end = _end_of(html, begin[1], begin.end())
    return html[: begin.start()] + html[end:]


def _end_of(html: str, tag: str, position: int) -> int:
    """Find where the element that has just been opened ends."""
    depth = 1
    for piece in re.compile(rf"<(/?){tag}(?: [^<>]*)?>").finditer(html, position):
        depth += -1 if piece[1] else 1
        if not depth:
            return piece.end()
    return len(html)
