"""HTML, links and Markdown as a malicious person writes them."""

import json
from collections.abc import Iterator

from hypothesis import strategies as st

from fedreview.activitypub.vocabulary import Json
from tests.protocol.wire_samples import NAMES, raw

_TAGS = (
    "p br span a del s pre blockquote code b strong u i em ul ol li ruby rt rp h1 h6 div table tr "
    "td caption details summary script style svg math mtext annotation-xml foreignObject iframe "
    "object embed form input button select option textarea title template noscript noembed xmp "
    "plaintext base link meta img image video audio source marquee font frameset body html head"
)
_SCHEMES = ("javascript", "data", "vbscript", "file", "blob", "mailto", "http", "https", "ftp", "")
_NAMES = (
    "href HREF src srcdoc srcset action formaction background poster style class id rel name title "
    "onclick onerror onload onmouseover xlink:href xmlns target download ping data-x is slot"
)
_CLASSES = (
    "h-card u-url p-name mention hashtag invisible ellipsis quote-inline h-entry p-rating e-content"
)
_ODD = (
    "\x00", "\t", "\n", "\r", "\x0c", "\x1f", "\u00a0", "\u2028", "\u202e", "\u2067", "\u2069",
    "\ud800", "\ufdd0", "&Tab;", "&NewLine;", "&colon;", "&#58;", "&#0;", "&#x0A;", "\\", "%0A",
)  # fmt: skip
_NOISE = (
    "<", ">", "</", "/>", "<!--", "-->", "--!>", "<!", "<?", "]]>", "<![CDATA[", "&", "&amp;",
    "&lt;", "&gt;", "&quot;", '"', "'", "=", "&nbsp;", "&copy", "&#x3c;", "&#60", "`", "word",
)  # fmt: skip

_RANDOM = st.text(st.characters(exclude_categories=()), max_size=6)


def _spelt(draw: st.DrawFn, word: str) -> str:
    """Write a word as those do who want it to be overlooked."""
    letters = []
    for letter in word:
        match draw(st.integers(0, 9)):
            case 0:
                letters.append(letter.upper())
            case 1:
                letters.append(f"&#{ord(letter)};")
            case 2:
                letters.append(f"&#x{ord(letter):06x}")
            case 3:
                letters.append(letter + draw(st.sampled_from(_ODD)))
            case _:
                letters.append(letter)
    return "".join(letters)


@st.composite
def _links(draw: st.DrawFn) -> str:
    scheme = draw(st.sampled_from(_SCHEMES) | st.just("https"))
    scheme = _spelt(draw, scheme) if draw(st.booleans()) else scheme
    before = draw(st.just("") | st.sampled_from((" ", "\t", "\x01", "&#9;", "\u00a0")))
    odd = st.sampled_from((":", ":/", ":\\\\", "&colon;//", ":\n//", "//", ""))
    middle = draw(st.just("://") | odd)
    host = draw(
        st.sampled_from(
            (
                "a.example",
                "a.example/@b?c=d&amp;e#f",
                "a.example\\@b.example",
                "[::1]",
                "[",
                "a.example:99999",
                "alert(1)",
                "text/html,<script>alert(1)</script>",
                "bücher.example/ü",
                "ｅxample.com",
                "",
            )
        )
    )
    user = draw(st.just("") | st.sampled_from(("u:p@", "a.example@", "@")))
    return before + scheme + middle + user + host + draw(st.just("") | _RANDOM)


LINKS = _links() | _RANDOM


@st.composite
def _tags(draw: st.DrawFn) -> str:
    name = _spelt(draw, draw(st.sampled_from(_TAGS.split())))
    if draw(st.booleans()):
        return f"</{name}{draw(st.sampled_from(('>', ' >', ' x>', '', '/>')))}"
    parts = [f"<{name}"]
    for _ in range(draw(st.integers(0, 3))):
        attribute = draw(st.sampled_from(_NAMES.split()))
        quote = draw(st.sampled_from(("", "'", '"')))
        value = draw(LINKS | st.lists(st.sampled_from(_CLASSES.split()), max_size=3).map(" ".join))
        parts.append(
            f"{draw(st.sampled_from((' ', '/', chr(10))))}{attribute}={quote}{value}{quote}"
        )
    return "".join(parts) + draw(st.sampled_from((">", "/>", " >", "", ">\n")))


def _contents(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        content = value.get("content")
        if isinstance(content, str):
            yield content
        for inner in value.values():
            yield from _contents(inner)


_REAL = sorted({content for name in NAMES for content in _contents(json.loads(raw(name)))})
_PIECES = _tags() | st.sampled_from((*_NOISE, *_ODD)) | _RANDOM
_DEEP = st.sampled_from(("<blockquote>", "<ul><li>", "<i>", "<ol>")).flatmap(
    lambda tag: st.integers(26, 34).map(lambda levels: tag * levels)
)
_MIXED = st.lists(_PIECES | st.sampled_from(_REAL), max_size=12).map("".join)
HTML = _MIXED | _RANDOM | st.tuples(_DEEP, _MIXED).map("".join)

_MARKS = (
    "\n\n", "\n", "# ", "> ", "- ", "1. ", "    ", "```\n", "~~~", "**", "_", "~~", "`", "![", "](",
    "][", ")", "[", "]", "<", ">", ":", "::: spoiler x\n", ":::\n", ">!", "!<", "||", "|", "|--|\n",
    "| a | b |\n", "[^1]", "[^1]: ", "[x]: ", "/media/a.png", " 'title'", "-- Ann", "* * *\n", "\\",
    "&#106;", "<script>", "<http://a.example>", "<javascript:x>", "<a@b.example>", "---\n", "===\n",
)  # fmt: skip
MARKDOWN = st.lists(st.sampled_from(_MARKS) | LINKS | _PIECES, max_size=25).map("".join)
