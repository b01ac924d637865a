"""Which language a page is in, and that it is in that language alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from fedreview.content.markdown import render_page
from fedreview.errors import InvalidInput
from fedreview.services.accounts import password_problem
from fedreview.services.answering import LONGEST_ANSWER, answer_from_fields
from fedreview.services.views import ReactionStrip
from fedreview.web import login, pages
from fedreview.web.history import value_name
from fedreview.web.negotiation import languages_wanted
from fedreview.web.state import Request
from fedreview.web.templating import environment
from fedreview.web.tongues import ENGLISH, Language, Tongues
from tests.catalogues import Words, write_catalogue
from tests.unit.web.test_templates import CONTEXT, a_page

GERMAN: Words = {
    "Verdict": "Fazit",
    "film": "Film",
    "anime": "Anime",
    "Rated %(score)s out of %(best)s": "Bewertet mit %(score)s von %(best)s",
    "By %(author)s": "Von %(author)s",
    'Written by <a href="%(url)s"><bdi>%(name)s</bdi></a>': (
        'Verfasst von <a href="%(url)s"><bdi>%(name)s</bdi></a>'
    ),
    "Show spoiler": "Spoiler & mehr zeigen",
    "Spoiler": "Verrat",
    "Back to the text": "Zurück zum Text",
    "how it ends": "das Ende",
    ("%(num)s like", "%(num)s likes"): ("Gefällt einer Person", "Gefällt %(num)s Personen"),
}


@pytest.fixture
def tongues(tmp_path: Path) -> Tongues:
    write_catalogue(tmp_path, "de", GERMAN)
    write_catalogue(tmp_path, "pt_BR", {"Verdict": "Veredito"})
    write_catalogue(tmp_path, "ar", {"Verdict": "الخلاصة"})
    return Tongues(tmp_path)


def asking(header: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept-language", header.encode())]})


def rendered(language: Language | None, likes: int = 2) -> BeautifulSoup:
    assert language
    site = {**CONTEXT["site"], "language": language.tag}  # type: ignore[dict-item]  # a mixed dict
    template = environment(language).get_template("review.html")
    return BeautifulSoup(
        template.render(
            **{**CONTEXT, "site": site}, page=a_page(reactions=ReactionStrip(likes=likes, boosts=1))
        ),
        "html5lib",
    )


def said(page: BeautifulSoup, selector: str) -> str:
    found = page.select_one(selector)
    assert found, selector
    return " ".join(found.get_text().split())


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", ()),
        ("de", ("de",)),
        ("en;q=0.5, de-AT, fr;q=0.8", ("de-at", "fr", "en")),
        ("de;q=0, fr;q=0.1", ("fr",)),
        ("de;q=nan, fr;q=2, es;q=x, it;q=1", ("it",)),
    ],
)
def test_a_reader_has_languages_in_an_order(header: str, expected: tuple[str, ...]) -> None:
    assert languages_wanted(asking(header)) == expected


def test_an_endless_list_of_languages_is_read_for_a_while_only() -> None:
    assert len(languages_wanted(asking("de," * 100_000))) <= 30
    assert len(languages_wanted(asking("d" * 100_000))[0]) <= 500


@pytest.mark.parametrize(
    ("setting", "wanted", "expected"),
    [
        ("", (), "en"),
        ("", ("de-at", "en"), "de"),
        ("", ("fr", "de"), "de"),
        ("", ("en-us", "de"), "en"),
        ("", ("pt-br",), "pt-BR"),
        ("", ("pt", "*", "../../etc"), "en"),
        ("de", ("pt-br",), "de"),
        ("fr", ("de",), "en"),
    ],
)
def test_the_site_decides_before_the_reader(
    tongues: Tongues, setting: str, wanted: tuple[str, ...], expected: str
) -> None:
    assert tongues.choose(setting, wanted).tag == expected


def test_languages_are_called_what_their_speakers_call_them(tongues: Tongues) -> None:
    assert [language.name for language in tongues.languages] == [
        "English",
        "العربية",
        "Deutsch",
        "Português (Brasil)",
    ]


def test_two_languages_live_in_one_process(tongues: Tongues) -> None:
    german, english = rendered(tongues.find("de")), rendered(ENGLISH)

    assert said(german, ".byline").startswith("Von Ana Núñez 1. Mai 2024")
    assert said(english, ".byline").startswith("By Ana Núñez 1 May 2024")
    assert said(german, ".rating .visually-hidden") == "Bewertet mit 8,5 von 10"
    assert said(english, ".rating .visually-hidden") == "Rated 8.5 out of 10"
    assert said(german, ".tallies").startswith("Gefällt 2 Personen")
    one = rendered(tongues.find("de"), likes=1)
    assert said(one, ".tallies").startswith("Gefällt einer")


def test_machines_read_the_same_number_in_every_language(tongues: Tongues) -> None:
    score = rendered(tongues.find("de")).select_one(".p-rating")

    assert score
    assert (score["value"], score.get_text()) == ("8.5", "8,5")


def test_what_is_not_translated_is_in_english_and_not_empty(tongues: Tongues) -> None:
    portuguese = tongues.find("pt-BR")

    assert said(rendered(portuguese), "details.join summary") == "Add your thought"
    assert portuguese
    assert portuguese.say("") == ""


def test_an_arabic_page_runs_from_right_to_left_around_an_english_review(tongues: Tongues) -> None:
    page = rendered(tongues.find("ar"))

    root, article = page.select_one("html"), page.select_one("article.review")
    conversation = page.select_one(".conversation")
    assert root
    assert article
    assert conversation
    assert (root["lang"], root["dir"], article["dir"]) == ("ar", "rtl", "ltr")
    assert conversation["dir"] == "rtl"
    assert not rendered(ENGLISH).select("html[dir], article.review[dir], .conversation[dir]")


def test_a_name_is_never_read_as_markup_nor_as_a_placeholder(tongues: Tongues) -> None:
    page = a_page()
    name = "<script>%(url)s 100 %</script>"
    object.__setattr__(page["review"].author, "name", name)  # type: ignore[attr-defined]  # frozen
    german = tongues.find("de")
    assert german

    html = environment(german).get_template("review.html").render(**CONTEXT, page=page)

    assert said(BeautifulSoup(html, "html5lib"), "#author-name") == f"Verfasst von {name}"
    assert "<script>%" not in html


def test_a_day_is_that_of_utc(tongues: Tongues) -> None:
    late = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)

    assert ENGLISH.date(late) == "1 March 2026"


def test_what_is_wrong_with_a_password_is_known_to_the_translators() -> None:
    assert password_problem("short")["password"] in login.PROBLEMS


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("text", " "),
        ("text", "x" * (LONGEST_ANSWER + 1)),
        ("warning", "x" * 301),
        ("language", "klingon!"),
    ],
)
def test_what_is_wrong_with_an_answer_is_known_to_the_translators(name: str, typed: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        answer_from_fields({"text": "Fine.", name: typed})

    assert list(caught.value.problems) == [name]
    assert caught.value.problems[name] in pages.PROBLEMS


def test_what_we_say_within_a_text_is_in_the_language_of_the_page(tongues: Tongues) -> None:
    german = tongues.find("de")
    assert german
    text = (
        '`aria-label="Show spoiler"`[^1] >!she dies!<\n\n::: spoiler Spoiler\nAll.\n:::\n\n[^1]: A.'
    )

    html = environment(german).from_string("{{ prose(html) }}").render(html=render_page(text))
    page = BeautifulSoup(html, "html5lib")

    assert said(page, "code") == 'aria-label="Show spoiler"'
    assert said(page, "summary") == "Verrat: Spoiler"
    labels = [each["aria-label"] for each in page.select("[aria-label]")]
    assert sorted(map(str, labels)) == ["Spoiler & mehr zeigen", "Zurück zum Text"]


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("kind", "film", "Film"),
        ("language", "fr", "Französisch"),
        ("spoilers", "full", "das Ende"),
        ("verdict", "full", "full"),
        ("title", "film", "film"),
    ],
)
def test_a_history_names_our_own_words_and_leaves_the_authors(
    tongues: Tongues, field: str, value: str, name: str
) -> None:
    german = tongues.find("de")
    assert german

    assert value_name(german, field, value) == name
