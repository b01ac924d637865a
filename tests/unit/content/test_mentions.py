import pytest

from fedreview.content.markdown import handles_in, mention_html, render_federated, render_page
from fedreview.domain.circle import Circle
from tests.unit.domain.test_circle import CIRCLE, KIM, a_named


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@kim", ["kim"]),
        ("Ask @kim@a.example, or (@lee).", ["kim@a.example", "lee"]),
        ("**@kim** and _@b_c@d.example:8080_", ["kim", "b_c@d.example:8080"]),
        ("@kim, @kim!", ["kim"]),
        ("- in a list @kim\n\n> quoted @lee", ["kim", "lee"]),
        ("me@kim.example", []),
        ("https://a.example/@kim", []),
        ("`@kim` and [a @kim](https://a.example/)", []),
        ("@", []),
        ("@kim@", []),
        ("@@kim", []),
        ("||@kim||", ["kim"]),
    ],
)
def test_a_handle_begins_a_word_outside_links_and_code(text: str, found: list[str]) -> None:
    assert list(handles_in(text)) == found


def test_no_text_names_more_people_than_anybody_talks_to() -> None:
    assert len(handles_in(" ".join(f"@p{number}" for number in range(50)))) == 20


def test_who_is_named_is_linked_as_typed_on_our_pages() -> None:
    html = render_page("Hello @kim and @nobody, see `@kim`.", circle=CIRCLE)

    assert html == (
        '<p>Hello <a href="https://a.example/@kim" class="mention" rel="noopener">@kim</a>'
        " and @nobody, see <code>@kim</code>.</p>\n"
    )


def test_other_servers_are_given_a_mention_as_mastodon_writes_it() -> None:
    html = render_federated("@kim@a.example!", base_url="https://r.example", circle=CIRCLE)

    assert html == (
        '<p><span class="h-card" translate="no"><a href="https://a.example/@kim" '
        'class="u-url mention">@<span>kim</span></a></span>!</p>\n'
    )


def test_names_of_strangers_end_no_attribute_and_no_element() -> None:
    odd = a_named('a"><b@x.example')

    html = mention_html(odd)

    assert "<b" not in html
    assert html.count('"') == 8


def test_without_people_names_are_words() -> None:
    assert render_page("@kim", circle=Circle()) == "<p>@kim</p>\n"
    assert render_page("[@kim](/x)", circle=Circle((KIM,))) == '<p><a href="/x">@kim</a></p>\n'
