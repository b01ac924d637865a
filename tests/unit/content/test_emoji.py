from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from fedreview.content.emoji import MOST_SHOWN, with_emojis
from fedreview.content.sanitize import clean_html
from fedreview.domain.extras import Miniature

CAT = Miniature(path="/media/copies/cat.webp", width=64, height=64)
EMOJIS = {"cat": CAT, "cat_2": Miniature(path="/media/copies/two.webp", width=90, height=64)}


def shown(html: str) -> str:
    """Give a text with each picture as its alternative text in brackets."""
    soup = BeautifulSoup(with_emojis(html, EMOJIS), "html.parser")
    for image in soup.find_all("img"):
        image.replace_with(f"[{image['alt']}]")
    return str(soup)


def test_an_emoji_is_our_picture_with_its_short_code_as_text() -> None:
    assert with_emojis("<p>Hi :cat:</p>", EMOJIS) == (
        '<p>Hi <img class="emoji" src="/media/copies/cat.webp" alt=":cat:" title=":cat:"'
        ' width="64" height="64" loading="lazy" decoding="async"></p>'
    )


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        (":cat::cat_2:", "[:cat:][:cat_2:]"),
        (":cat:cat_2:", "[:cat:]cat_2:"),
        (":dog:cat:", ":dog[:cat:]"),
        ("::cat::", ":[:cat:]:"),
        ("a:cat:b", "a[:cat:]b"),
        ("\u200b:cat:\u200b", "\u200b[:cat:]\u200b"),
        ("12:30:45 :Cat: :cat :", "12:30:45 :Cat: :cat :"),
        ("<code>:cat:</code> :cat:", "<code>:cat:</code> [:cat:]"),
        (
            "<pre>a<code>:cat:</code> :cat:</pre>:cat:",
            "<pre>a<code>:cat:</code> :cat:</pre>[:cat:]",
        ),
        ("<b>:cat:</b>", "<b>[:cat:]</b>"),
        (":c<b></b>at:", ":c<b></b>at:"),
    ],
)
def test_only_whole_short_codes_in_running_text_are_replaced(html: str, seen: str) -> None:
    assert shown(html) == seen


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://a.example/:cat:" rel="ugc">x</a>',
        '<span class=":cat:">x</span>',
        '<a href="https://a.example/?a=:cat:&amp;b=:cat_2:">x</a>',
    ],
)
def test_attributes_stay_as_they_are(html: str) -> None:
    assert with_emojis(html, EMOJIS) == html


def test_a_text_without_emoji_is_given_back() -> None:
    assert with_emojis("<p>:cat:</p>", {}) == "<p>:cat:</p>"


def test_the_address_of_a_copy_is_escaped() -> None:
    odd = Miniature(path='/"><script>', width=1, height=1)

    assert 'src="/&quot;&gt;&lt;script&gt;"' in with_emojis(":cat:", {"cat": odd})


def test_a_text_of_nothing_but_emoji_does_not_grow_without_end() -> None:
    made = with_emojis(":cat:" * (MOST_SHOWN + 5), EMOJIS)

    assert made.count("<img") == MOST_SHOWN
    assert made.endswith(":cat:" * 5)


@given(st.text(alphabet=':cat_2<>&"=/ ab', max_size=200))
def test_clean_html_with_emoji_has_the_same_text_and_no_other_elements(source: str) -> None:
    clean = clean_html(source)
    made = with_emojis(clean, EMOJIS)

    before, after = (
        html5lib.parseFragment(each, namespaceHTMLElements=False) for each in (clean, made)
    )
    for image in list(after.iter("img")):
        assert image.get("src", "").startswith("/media/copies/")
    assert "".join(words(after)) == "".join(before.itertext())


def words(element: Element) -> Iterator[str]:
    """Give the text of an element, with what stands for its pictures."""
    yield element.get("alt", "") if element.tag == "img" else element.text or ""
    for child in element:
        yield from words(child)
        yield child.tail or ""


@pytest.mark.parametrize(
    "source",
    [":" * 200_000, ":dog" * 50_000, "<" * 200_000, ":" + "a" * 200_000, "<a :" * 50_000],
    ids=["colons", "halves", "angles", "long", "unclosed"],
)
def test_time_grows_with_the_length_alone(source: str) -> None:
    assert len(with_emojis(source, EMOJIS)) == len(source)
