import re
import sys
import unicodedata
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.content.markdown import plain_text, render_federated, render_page
from fedreview.content.sanitize import clean_html, clean_text, safe_link
from fedreview.content.tokens import read_html
from tests.judges.markup import (
    faults_of_authors,
    faults_of_strangers,
    is_web,
    quick_faults_of_strangers,
    scheme_of,
)
from tests.property.effort import examples
from tests.property.markup import HTML, LINKS, MARKDOWN

LONGEST_HTML = 100_000
OPAQUE = ("script", "style", "svg", "math", "iframe", "object", "template", "textarea", "title")
UNITS = (
    "<a<a", "<", "<a b='", "<!--", "&#", "&", "<b><p>x", "<ul><li>", "<p></b>", "</p>", "\u2067",
    "<ruby><rt>", "<a href=https://x.example/ class='u-url mention'>y", "<script>x</script>",
    "<i a=1 a=2>", "<pre>\n", "a ", "<span class=h-card>", "<svg><p>", "<h1></h2>", "<br>", "\x00",
)  # fmt: skip


def calls_of(work: Callable[[str], object], text: str) -> int:
    """Count the calls that the work takes, of Python's functions and of built-in ones."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work(text)
    finally:
        sys.setprofile(before)
    return count


@examples(200)
@given(HTML)
def test_a_browser_finds_nothing_in_a_cleaned_message_that_acts(html: str) -> None:
    assert faults_of_strangers(clean_html(html)) == []


@examples(150)
@given(HTML)
def test_cleaning_again_changes_nothing(html: str) -> None:
    once = clean_html(html)

    assert clean_html(once) == once
    assert len(once) <= LONGEST_HTML
    assert quick_faults_of_strangers(once) == []


@examples(200)
@given(HTML, HTML)
def test_two_cleaned_messages_are_clean_together(one: str, other: str) -> None:
    assert faults_of_strangers(clean_html(one) + clean_html(other)) == []


@pytest.mark.parametrize("name", OPAQUE)
@examples(10)
@given(html=HTML, end=st.sampled_from((">", " >", "\n>", "/>", " x='y'>")))
def test_what_stands_in_a_script_and_its_like_is_not_shown(name: str, html: str, end: str) -> None:
    before = clean_html(html)

    for opening in (name, name.upper()):
        message = f"{before}<{opening}{end}SHOWN<b>SHOWN</b></{name}>after"
        assert "SHOWN" not in clean_html(message)
        assert "SHOWN" not in clean_text(message, LONGEST_HTML)


@examples(150)
@given(LINKS)
def test_a_link_that_is_shown_leads_to_the_web(link: str) -> None:
    shown = safe_link(link)

    assert shown is None or (shown == link and is_web(link))
    assert shown is None or scheme_of(link) in {"http", "https"}


@examples(150)
@given(LINKS)
def test_a_link_in_a_message_leads_to_the_web(link: str) -> None:
    for quote in ("'", '"', ""):
        assert faults_of_strangers(clean_html(f"<p><a href={quote}{link}{quote}>x</a></p>")) == []


@examples(150)
@given(HTML, st.integers(1, 40))
def test_a_name_is_one_printable_line_within_its_limit(html: str, limit: int) -> None:
    line = clean_text(html, limit)

    assert len(line) <= limit
    assert line == " ".join(line.split())
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in line)
    assert not re.search("[\u202d\u202e]", line)


@pytest.mark.parametrize("work", [clean_html, lambda text: clean_text(text, 100)])
@pytest.mark.parametrize("unit", UNITS)
def test_twice_the_text_is_at_most_twice_the_work(unit: str, work: Callable[[str], object]) -> None:
    short, long = unit * (8_000 // len(unit)), unit * (16_000 // len(unit))
    work(short)

    assert calls_of(work, long) <= 2.2 * calls_of(work, short) + 500


@examples(100)
@given(HTML)
def test_a_text_has_no_more_pieces_than_characters(html: str) -> None:
    assert sum(1 for _ in read_html(html)) <= len(html)


@examples(150)
@given(MARKDOWN)
def test_an_authors_page_holds_nothing_that_acts(text: str) -> None:
    assert faults_of_authors(render_page(text)) == []


@examples(150)
@given(MARKDOWN)
def test_what_is_sent_of_an_author_holds_nothing_that_acts(text: str) -> None:
    sent = render_federated(text, base_url="https://reviews.example/reviews/dune")

    assert faults_of_authors(sent) == []
    assert faults_of_strangers(clean_html(sent)) == []


@examples(150)
@given(MARKDOWN)
def test_an_authors_text_is_rendered_alike_each_time(text: str) -> None:
    base = "https://reviews.example/reviews/dune"
    first = (render_page(text), render_federated(text, base_url=base), plain_text(text))

    render_page("[^1]: a note\n\n" + text)

    assert (render_page(text), render_federated(text, base_url=base), plain_text(text)) == first
