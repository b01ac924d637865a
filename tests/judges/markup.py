"""HTML judged by parsers that are not ours, against a list that is not imported from the code."""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Protocol

import html5lib

XHTML = "{http://www.w3.org/1999/xhtml}"

# Source: Mastodon 4.6, lib/sanitize_ext/sanitize_config.rb, less what a reply has no use for.
_PLAIN = "br del s pre blockquote code b strong u i em ul ol li ruby rt rp"
_PLAIN_OF_AUTHORS = (
    "p br hr em strong s del code pre blockquote ul h2 h3 h4 h5 h6 table thead tbody tr "
    "summary footer cite span"
)
OF_STRANGERS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_PLAIN.split(), frozenset[str]()),
    "a": frozenset({"href", "rel", "class"}),
    "p": frozenset({"class"}),
    "span": frozenset({"class"}),
}
OF_AUTHORS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_PLAIN_OF_AUTHORS.split(), frozenset[str]()),
    "a": frozenset({"href", "rel", "id", "class", "aria-label"}),
    "img": frozenset({"src", "alt", "loading"}),
    "ol": frozenset({"start"}),
    "li": frozenset({"id"}),
    "sup": frozenset({"class"}),
    "section": frozenset({"class"}),
    "details": frozenset({"class"}),
    "label": frozenset({"class"}),
    "input": frozenset({"type", "aria-label", "autocomplete"}),
    "td": frozenset({"class"}),
    "th": frozenset({"class"}),
}

CLASSES = frozenset(
    {"h-card", "u-url", "p-name", "mention", "hashtag", "ellipsis", "invisible", "quote-inline"}
)
REL = frozenset({"nofollow", "noopener", "noreferrer", "ugc"})
DEEPEST = 32
VOID = frozenset({"br", "hr", "img", "input"})

# What a browser takes for white space around an address, and drops within it.
_AROUND = "".join(map(chr, range(0x21)))
_WITHIN = re.compile(r"[\t\n\r]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_WEB = re.compile(r"https?://[^\s/?#@\\]+(?:[/?#][^\s\\<>\"\x00-\x20\x7f-\x9f]*)?", re.IGNORECASE)


class Element(Protocol):
    """As much of an element of ElementTree as is asked for here."""

    tag: object
    attrib: Mapping[str, str]

    def iter(self) -> Iterator["Element"]: ...


def scheme_of(address: str) -> str:
    """Give the scheme that a browser would follow, "" for a relative address."""
    found = _SCHEME.match(_WITHIN.sub("", address.strip(_AROUND)))
    return found[1].lower() if found else ""


def is_web(address: str) -> bool:
    """Tell whether it is http or https with a host and nobody's name before it."""
    return bool(_WEB.fullmatch(address))


def elements(html: str) -> tuple[list[tuple[str, Mapping[str, str]]], list[str]]:
    """Give what a browser would make of a piece of HTML, and where it would stumble."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=True)
    root: Element = parser.parseFragment(html)
    faults = [f"the parser met {code} {data}" for _, code, data in parser.errors]
    found = []
    for element in root.iter():
        if not isinstance(element.tag, str):
            faults.append(f"a comment or the like: {element.tag!r}")
        elif element.tag.startswith("{") and not element.tag.startswith(XHTML):
            faults.append(f"a foreign element: {element.tag}")
        elif element.tag != "DOCUMENT_FRAGMENT":
            found.append((element.tag.removeprefix(XHTML), element.attrib))
    return found, faults


def faults_of_strangers(html: str) -> list[str]:
    """List what a stranger's cleaned HTML holds and must not."""
    found, faults = elements(html)
    return faults + [fault for tag, has in found for fault in _faults_of_tag(tag, has)]


def _faults_of_tag(tag: str, has: Mapping[str, str | None]) -> Iterator[str]:
    if tag not in OF_STRANGERS:
        yield f"the element {tag}"
    elif odd := has.keys() - OF_STRANGERS[tag]:
        yield f"attributes {odd} of {tag}"
    if tag == "a" and not is_web(has.get("href") or ""):
        yield f"a link to {has.get('href')!r}"
    if tag == "a" and frozenset((has.get("rel") or "").split()) != REL:
        yield f"a link that vouches: {has.get('rel')!r}"
    if odd_classes := set((has.get("class") or "").split()) - CLASSES:
        yield f"classes {odd_classes}"


def faults_of_authors(html: str) -> list[str]:
    """List what an author's rendered text holds and must not; its links may be relative."""
    found, faults = elements(html)
    faults = [fault for fault in faults if "a comment" in fault or "a foreign" in fault]
    for tag, has in found:
        if tag not in OF_AUTHORS or has.keys() - OF_AUTHORS[tag]:
            faults.append(f"{tag} with {sorted(has)}")
        addresses = [has[name] for name in ("href", "src") if name in has]
        faults += [
            f"an address {address!r}"
            for address in addresses
            if scheme_of(address) not in {"", "http", "https", "mailto"}
        ]
    return faults


class _Tags(HTMLParser):
    """The same judgement at a fraction of the cost, for fuzzing."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.faults += _faults_of_tag(tag, dict(attrs))
        if tag not in VOID:
            self.open.append(tag)
        if len(self.open) > DEEPEST:
            self.faults.append(f"{len(self.open)} levels")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"an end of {tag} out of place")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"an instruction: {data}")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"a section: {data}")


def quick_faults_of_strangers(html: str) -> list[str]:
    """List the same with the standard library's parser, which knows less of browsers."""
    tags = _Tags()
    tags.feed(html)
    tags.close()
    return tags.faults + [f"{name} stays open" for name in tags.open]
