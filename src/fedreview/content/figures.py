"""Pictures in the author's text: their widths, and captions under them."""

import re
from collections.abc import Sequence

from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from fedreview.content.spoilers import plain
from fedreview.domain.work import Cover

MEDIA_PATH = "/media/"

MOST_PICTURES = 100
"""Of one text; the others are shown all the same, without their size."""

_NAME = re.compile(r"/media/([0-9a-f]{32}\.(?:jpg|png))")
_SIZES = "(min-width: 48rem) 42rem, 92vw"


def picture_names(text: str) -> tuple[str, ...]:
    """Give the file names of ours that stand in a text, each once."""
    return tuple(dict.fromkeys(_NAME.findall(text)))[:MOST_PICTURES]


def make_figures(tokens: Sequence[Token]) -> None:
    """Make a figure of each paragraph that is one picture of ours with a title: its caption."""
    for opened, inline, closed in zip(tokens, tokens[1:], tokens[2:], strict=False):
        children = inline.children or []
        if opened.type != "paragraph_open" or opened.hidden or len(children) != 1:
            continue
        only = children[0]
        is_ours = only.type == "image" and str(only.attrs["src"]).startswith(MEDIA_PATH)
        if is_ours and only.attrGet("title"):
            opened.tag = closed.tag = "figure"
            only.meta["caption"] = str(only.attrs["title"])


def picture_html(token: Token, known: Cover | None) -> str:
    """Write a picture of ours, with the widths that there are when it is known."""
    url = escapeHtml(str(token.attrs["src"]))
    alt = escapeHtml(plain(token.children or ()))
    size = f' width="{known.width}" height="{known.height}"' if known else ""
    image = f'<img src="{url}" alt="{alt}"{size} loading="lazy">'
    widths = ", ".join(
        f"{MEDIA_PATH}{each.name} {each.width}w"
        for each in (known.variants if known else ())
        if each.media_type == "image/webp"
    )
    if widths:
        source = f'<source type="image/webp" srcset="{widths}" sizes="{_SIZES}">'
        image = f"<picture>{source}{image}</picture>"
    caption = token.meta.get("caption")
    return f"{image}<figcaption>{escapeHtml(caption)}</figcaption>" if caption else image
