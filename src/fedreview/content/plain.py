"""Text that somebody typed without any markup, made into HTML."""

import re
from html import escape

from fedreview.content.characters import tame
from fedreview.content.sanitize import clean_html

_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
# What ends a sentence ends no address.
_ADDRESS = re.compile(r"https?://[^\s<>\"']{1,2000}(?<![.,;:!?)\]}…])")


def html_from_text(text: str) -> str:
    """Make paragraphs, line breaks and links of plain text; the links bear what strangers' do."""
    paragraphs = (part.strip() for part in _PARAGRAPH.split(tame(text)))
    return clean_html("".join(f"<p>{_lines(part)}</p>" for part in paragraphs if part))


def _lines(text: str) -> str:
    return "<br>".join(_with_links(line.strip()) for line in text.split("\n"))


def _with_links(line: str) -> str:
    kept, end = [], 0
    for found in _ADDRESS.finditer(line):
        address = escape(found[0])
        kept += [escape(line[end : found.start()]), f'<a href="{address}">{address}</a>']
        end = found.end()
    return "".join([*kept, escape(line[end:])])
