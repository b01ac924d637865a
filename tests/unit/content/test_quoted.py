import pytest

from fedreview.content.quoted import without_inline_quote
from fedreview.content.sanitize import clean_html

LINK = '<a href="https://b.example/posts/1">https://b.example/posts/1</a>'


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        # Mastodon
        (f'<p class="quote-inline">RE: {LINK}</p><p>True!</p>', "<p>True!</p>"),
        # Misskey, Akkoma
        (
            f'<p>True!<span class="quote-inline"><br><br>RE: {LINK}</span></p>',
            "<p>True!</p>",
        ),
        (
            f'<span class="h-card quote-inline"><span>RE:</span> {LINK}</span> True!',
            " True!",
        ),
        ("<p>True!</p>", "<p>True!</p>"),
        (f"<p>{LINK}</p>", f"<p>{LINK}</p>"),
    ],
)
def test_the_line_that_stands_for_a_quote_is_left_out(sent: str, left: str) -> None:
    assert without_inline_quote(clean_html(sent)) == clean_html(left)


def test_only_the_first_such_line_is_left_out() -> None:
    line = '<p class="quote-inline">RE:</p>'

    assert without_inline_quote(line + line) == line


def test_a_line_without_an_end_ends_with_the_text() -> None:
    assert without_inline_quote('<p>a</p><span class="quote-inline">RE: <span>') == "<p>a</p>"
