"""HTML of strangers as plain text."""

import pytest

from fedreview.content.lines import text_of_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("<p>So   <b>true</b>,\n\t yes</p>", "So true, yes"),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n- Two"),
        ("<blockquote><p>Said</p></blockquote>Answer", "Said\n\nAnswer"),
        ('<a href="https://a.example/">here</a> &amp; &lt;there&gt;', "here & <there>"),
        ("One<br/><br/><br/><br/>Two", "One\n\nTwo"),
        ("<script>x</script><p>y", "y"),
    ],
)
def test_lines_and_paragraphs_stay_and_markup_goes(html: str, text: str) -> None:
    assert text_of_html(html, 100) == text


def test_a_long_text_is_cut() -> None:
    assert text_of_html("<p>abc def</p>", 5) == "abc…"
    assert text_of_html("<p>abc d</p>", 5) == "abc d"
