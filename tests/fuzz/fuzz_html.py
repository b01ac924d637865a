"""Fuzz what cleans strangers' HTML: nothing that acts comes out, however often it is cleaned.

How to run it by hand: tests/fuzz/README.md.
"""

from tests.fuzz.engine import fuzz, instrumented

with instrumented(__name__):
    from fedreview.content.sanitize import clean_html, clean_text, safe_link

from tests.judges.markup import is_web, quick_faults_of_strangers

LONGEST_HTML = 100_000
LONGEST_LINE = 60


def read(data: bytes) -> None:
    """Read the bytes as a message, as a name and as a link; broken UTF-8 as half characters."""
    text = data.decode("utf-8", "surrogateescape")
    once = clean_html(text)
    assert len(once) <= LONGEST_HTML
    assert not (found := quick_faults_of_strangers(once)), found
    assert clean_html(once) == once

    line = clean_text(text, LONGEST_LINE)
    assert len(line) <= LONGEST_LINE
    assert line == " ".join(line.split())
    line.encode()

    link = safe_link(text)
    assert link is None or (link == text and is_web(link) and safe_link(link) == link)


if __name__ == "__main__":
    fuzz(read)
