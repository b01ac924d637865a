"""Plain text as HTML."""

import pytest

from fedreview.content.plain import html_from_text

REL = 'rel="nofollow noopener noreferrer ugc"'


def link(url: str) -> str:
    return f'<a href="{url}" {REL}>{url}</a>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        (" \n\n ", ""),
        ("One", "<p>One</p>"),
        ("One\ntwo\r\n\r\n  three", "<p>One<br>two</p><p>three</p>"),
        ("<b>&amp;</b>", "<p>&lt;b&gt;&amp;amp;&lt;/b&gt;</p>"),
        (
            "See https://a.example/x?b=1&c=2.",
            f"<p>See {link('https://a.example/x?b=1&amp;c=2')}.</p>",
        ),
        ("(http://a.example)", f"<p>({link('http://a.example')})</p>"),
        ("javascript:alert(1)", "<p>javascript:alert(1)</p>"),
        ("a\u202eb", "<p>ab</p>"),
    ],
)
def test_plain_text_becomes_paragraphs_lines_and_links(text: str, html: str) -> None:
    assert html_from_text(text) == html


def test_a_long_text_takes_a_time_that_grows_with_it() -> None:
    text = "https://" * 2_500 + " " + "x" * 2_500 + "\n" * 2_000

    assert html_from_text(text).startswith("<p>")
