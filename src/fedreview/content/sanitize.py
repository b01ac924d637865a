"""Strangers' HTML, names and links made safe to keep and to show."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never
from urllib.parse import urlsplit

import nh3

from fedreview.content.characters import shorten, tame
from fedreview.content.tokens import Closing, Opening, Text, attributes_of, read_html

MAX_HTML_LENGTH = 100_000
MAX_LINK_LENGTH = 2_048
# Deep enough for any message a person wrote; browsers themselves stop at 512.
MAX_DEPTH = 32

_LINK_REL = "nofollow noopener noreferrer ugc"
_INLINE = frozenset(
    {"a", "b", "code", "del", "em", "i", "rp", "rt", "ruby", "s", "span", "strong", "u"}
)
_BLOCK = frozenset({"blockquote", "li", "ol", "p", "pre", "ul"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# Not on the list, but the texts of two of them must not run together.
_LIKE_A_PARAGRAPH = frozenset(
    {"article", "aside", "dd", "details", "div", "dl", "dt", "figcaption"}
)
_LIKE_A_PARAGRAPH |= {"figure", "footer", "header", "hr", "section", "summary", "table", "td", "th"}
_LIKE_A_PARAGRAPH |= {"address", "caption", "legend", "main", "tr"}
_BREAKING = _BLOCK | _HEADINGS | _LIKE_A_PARAGRAPH | {"br"}

# Mastodon keeps every class that begins like a microformat. A reply stands within the h-entry of
# our review, where a stranger's "p-rating" or "u-url" would speak for the review: the few that
# mentions need are kept, and those that name something only within a card.
_CLASSES = frozenset({"h-card", "hashtag", "mention", "quote-inline"})
_CARD_CLASSES = _CLASSES | {"p-name", "u-url"}
# Our style sheet hides what is in the one and puts dots after the other, as Mastodon does.
_SHORTENING = ("invisible", "ellipsis")
_WITH_CLASS = frozenset({"a", "p", "span"})

_UNFIT_FOR_LINK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\\<>\"\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CUT_REFERENCE = re.compile(r"&[a-z]*\Z")
_BLANK = " \t\n"

# It parses as a browser does, which alone is no protection: nh3 0.3.8 makes 14 MB out of 16 KB of
# misnested <b>, and keeps any depth. So the rewriter below decides what stays, within bounds, and
# this one sees to it that no mistake of ours lets out more than the list.
_GUARD = nh3.Cleaner(
    tags=set(_INLINE | _BLOCK | {"br"}),
    attributes={"a": {"class", "href"}, "p": {"class"}, "span": {"class"}},
    tag_attribute_values={"a": {"rel": {_LINK_REL}}},
    link_rel=None,
    url_schemes={"http", "https"},
    url_relative="deny",
)


def clean_html(html: str) -> str:
    """Keep of a stranger's HTML what a reply may hold; never raises.

    Only p br span a del s pre blockquote code b strong u i em ul ol li ruby rt rp remain; headings
    become bold paragraphs, other blocks paragraphs, pictures their alternative text, links to
    anything but http and https their text. At most MAX_DEPTH elements deep and MAX_HTML_LENGTH
    characters long, what is longer is cut. Cleaning twice changes nothing more.
    Source: Mastodon 4.6, lib/sanitize_ext/sanitize_config.rb.
    """
    rewriter = _Rewriter()
    for piece in read_html(_cut(html)):
        match piece:
            case Text(text):
                rewriter.write(text)
            case Opening():
                rewriter.open(piece)
            case Closing(name):
                rewriter.close(name)
            case unexpected:
                assert_never(unexpected)
        if rewriter.full:
            break
    return _GUARD.clean(rewriter.finish())


def clean_text(text: str, limit: int) -> str:
    """Make one plain line of a stranger's name, title or summary.

    limit: the longest result in characters, at least 1.

    Tags go, character references are decoded once, white space is collapsed.
    """
    parts: list[str] = []
    for piece in read_html(_cut(text)):
        match piece:
            case Text(content):
                parts.append(content)
            case Opening("img"):
                parts.append(attributes_of(piece).get("alt", ""))
            case Opening(name) | Closing(name) if name in _BREAKING:
                parts.append(" ")
            case _:
                pass
    line = " ".join(tame("".join(parts)).split())
    # Cutting can orphan a direction mark, and with that gone two blanks may meet.
    return " ".join(tame(shorten(line, limit)).split())


def safe_link(url: str) -> str | None:
    """Give the address back when it is one to show as a link, else None.

    http or https with a host, no user name or password, no white space, control or direction
    characters, at most MAX_LINK_LENGTH characters.
    """
    if len(url) > MAX_LINK_LENGTH or tame(url) != url or _UNFIT_FOR_LINK.search(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    # Hosts and ports have many ways to be wrong: browsers and the guard agree on them.
    return url if "href" in _GUARD.clean(f'<a href="{_escape(url)}"></a>') else None


@dataclass(slots=True, kw_only=True)
class _Element:
    """An element that is open.

    name: as the stranger wrote it, which is what its end tag says; "" for one of ours.
    tag: the element it became.
    link: where it leads, escaped; "" when it is no link.
    written: False until there is something in it, so that empty ones never appear.
    begins_at: how many pieces were written before its content.
    """

    name: str
    tag: str
    opening: str
    closing: str
    link: str = ""
    is_card: bool = False
    written: bool = False
    begins_at: int = 0


class _Rewriter:
    """Writes well-formed HTML of the allowed elements, whatever it is told to write.

    No paragraph holds a block, no link a link, no list item stands outside a list: so a browser
    reads the result as it stands here, and moves nothing.
    """

    def __init__(self) -> None:
        self.full = False
        self._out: list[str] = []
        self._open: list[_Element] = []
        self._length = 0  # with the end tags still to come

    def write(self, text: str) -> None:
        waiting = [element for element in self._open if not element.written]
        text = tame(text)
        if any(element.tag == "pre" for element in waiting):
            text = text.lstrip("\n")  # a browser drops the first one
        elif not text.strip(_BLANK) and self._awaits_block(waiting):
            return
        self._put(_escape(text), waiting)

    def open(self, tag: Opening) -> None:
        if tag.name == "br":
            waiting = [element for element in self._open if not element.written]
            if not self._awaits_block(waiting):
                self._put("<br>", waiting)
        elif tag.name == "img":
            self.write(attributes_of(tag).get("alt", ""))
        elif tag.name in _INLINE:
            self._open_inline(tag)
        elif tag.name in _BREAKING:
            self._open_block(tag)

    def close(self, name: str) -> None:
        names = _HEADINGS if name in _HEADINGS else {name}
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index].name in names:
                self._close_down_to(index)
                return

    def finish(self) -> str:
        self._close_down_to(0)
        return "".join(self._out)

    def _open_inline(self, tag: Opening) -> None:
        attributes = attributes_of(tag) if tag.name in _WITH_CLASS else {}
        link = ""
        if tag.name == "a":
            url = safe_link(attributes.get("href", "").strip(_BLANK))
            if url is None:
                return
            link = _escape(url)
            self._close_down_to(self._index_of("a"))
        elif tag.name in {"rt", "rp"}:
            ruby = self._index_of("ruby")
            if ruby == len(self._open):
                return
            self._close_down_to(ruby + 1)
        elif tag.name == "ruby" and self._index_of("ruby") < len(self._open):
            return
        self._push(tag.name, tag.name, self._class_of(attributes, tag.name), link)

    def _open_block(self, tag: Opening) -> None:
        name = tag.name if tag.name in _BLOCK else "p"
        if name == "li":
            around = self._index_of("ul", "ol", "blockquote", "pre")
            if around < len(self._open) and self._open[around].tag in {"ul", "ol"}:
                self._close_down_to(around + 1)
            else:
                name = "p"
        self._close_down_to(self._index_of("p"))
        self._push(tag.name, name, self._class_of(attributes_of(tag), "p") if name == "p" else "")
        if tag.name in _HEADINGS:
            # Without a name of the stranger's: only the end of the heading ends it.
            self._push("", "strong", "")

    def _push(self, name: str, tag: str, classes: str, link: str = "") -> None:
        if len(self._open) >= MAX_DEPTH:
            return
        target = f' href="{link}" rel="{_LINK_REL}"' if link else ""
        self._open.append(
            _Element(
                name=name,
                tag=tag,
                opening=f"<{tag}{classes}{target}>",
                closing=f"</{tag}>",
                link=link,
                is_card="h-card" in classes,
            )
        )

    def _class_of(self, attributes: Mapping[str, str], tag: str) -> str:
        allowed = _CARD_CLASSES if any(element.is_card for element in self._open) else _CLASSES
        names = dict.fromkeys(attributes.get("class", "").split())
        shortening = [name for name in _SHORTENING if name in names]
        if shortening and tag == "span" and self._index_of("a") < len(self._open):
            return _class(shortening[0])
        kept = " ".join(name for name in names if name in allowed)
        return _class(kept) if kept else ""

    def _index_of(self, *tags: str) -> int:
        """Find the innermost of these elements; past the end when none is open."""
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index].tag in tags:
                return index
        return len(self._open)

    def _awaits_block(self, waiting: list[_Element]) -> bool:
        """Tell whether blanks would stand at the start of a block, where they mean nothing."""
        preformatted = self._index_of("pre") < len(self._open)
        return not preformatted and any(element.tag in _BLOCK for element in waiting)

    def _put(self, markup: str, waiting: list[_Element]) -> None:
        needed = sum(len(element.opening) + len(element.closing) for element in waiting)
        room = max(0, MAX_HTML_LENGTH - self._length - needed)
        if len(markup) > room:
            self.full = True
            markup = "" if markup == "<br>" else _CUT_REFERENCE.sub("", markup[:room]).rstrip()
        if not markup:
            return
        for element in waiting:
            element.written = True
            self._out.append(element.opening)
            element.begins_at = len(self._out)
        self._out.append(markup)
        self._length += needed + len(markup)

    def _close_down_to(self, index: int) -> None:
        while len(self._open) > index:
            element = self._open.pop()
            if element.written:
                self._unhide(element)
                self._out.append(element.closing)

    def _unhide(self, element: _Element) -> None:
        """Show all that a link says, unless all that it says is where it leads.

        Source: Mastodon CVE-2023-36462, where a part that is hidden made a link seem to lead
        to somebody else's server.
        """
        content = self._out[element.begins_at :]
        text = "".join(piece for piece in content if not piece.startswith("<"))
        if not element.link or text.rstrip("/") == element.link.rstrip("/"):
            return
        for name in _SHORTENING:
            shortened = f"<span{_class(name)}>"
            content = ["<span>" if piece == shortened else piece for piece in content]
        self._out[element.begins_at :] = content


def _class(names: str) -> str:
    return f' class="{names}"'


def _escape(text: str) -> str:
    """Escape for text and attributes, in the very form in which the guard writes."""
    for character, reference in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("\u00a0", "&nbsp;"),
    ):
        text = text.replace(character, reference)
    return text


def _cut(html: str) -> str:
    """Cut what is too long, after a whole word or tag where there is one near."""
    if len(html) <= MAX_HTML_LENGTH:
        return html
    near = MAX_HTML_LENGTH - 200
    boundary = max(html.rfind(end, near, MAX_HTML_LENGTH) for end in " \n>")
    return html[: boundary + 1 if boundary >= 0 else MAX_HTML_LENGTH]
