"""How many links a text has that lead elsewhere."""

import re

from fedreview.content.tokens import Closing, Opening, Text, attributes_of, read_html

_NAMING = {"mention": "@", "hashtag": "#"}
"""Classes of links that only name somebody or something, and what their text begins with.

Anybody can write the class; who also writes the text so has made no better link than a mention.
"""
_BARE = re.compile(r"https?://", re.IGNORECASE)


def count_links(html: str) -> int:
    """Count the links of a text that was cleaned, and addresses that stand there without one.

    Mentions and hashtags are no links.
    """
    count = 0
    inside: str | None = None
    text = ""
    for piece in read_html(html):
        match piece:
            case Opening("a"):
                inside, text = attributes_of(piece).get("class", ""), ""
            case Closing("a") if inside is not None:
                count += not _is_name(inside, text)
                inside = None
            case Text(words) if inside is not None:
                text += words
            case Text(words):
                count += len(_BARE.findall(words))
            case _:
                pass
    return count


def _is_name(classes: str, text: str) -> bool:
    signs = {sign for name, sign in _NAMING.items() if name in classes.split()}
    return text.strip()[:1] in signs
