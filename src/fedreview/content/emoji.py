"""Put small pictures in the place of ``:shortcode:`` in texts that are safe already."""

import re
from collections.abc import Mapping
from html import escape

from fedreview.domain.extras import Miniature

# Tags are passed over whole. In clean HTML no attribute has an angle bracket in it; and where one
# stood there after all, this would stop before it. A colon that ends one name can begin the next.
_PIECE = re.compile(r"<(?P<end>/?)(?P<tag>[a-z0-9]*)[^<>]*>|:(?P<code>[\w.+@-]{1,100})(?=:)")
_LITERAL = frozenset({"code", "pre"})

MOST_SHOWN = 100
"""In one text: a picture takes forty times as much room on the page as its short code."""


def with_emojis(html: str, emojis: Mapping[str, Miniature]) -> str:
    """Show the emoji of a text.

    html: that is safe to show: what `clean_html` gave, or escaped text. Between tags only, and
    not in code, ``:shortcode:`` becomes a picture, of those that are among `emojis`, the first
    MOST_SHOWN times. Takes time that grows with the length of the text alone.
    """
    if not emojis:
        return html
    made: list[str] = []
    done = position = literal = 0
    while len(made) < 2 * MOST_SHOWN and (piece := _PIECE.search(html, position)):
        position = piece.end()
        found = emojis.get(piece["code"] or "")
        if piece["tag"] in _LITERAL:
            literal += -1 if piece["end"] else 1
        elif found and not literal:
            made += html[done : piece.start()], _image(piece["code"], found)
            # The closing colon belongs to it.
            done = position = position + 1
    return "".join((*made, html[done:]))


def _image(shortcode: str, picture: Miniature) -> str:
    name = escape(f":{shortcode}:")
    return (
        f'<img class="emoji" src="{escape(picture.path)}" alt="{name}" title="{name}"'
        f' width="{picture.width}" height="{picture.height}" loading="lazy" decoding="async">'
    )
