"""A page is answered in the reader's language, or in the one that the site has chosen."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from fedreview.web.tongues import Tongues
from tests.catalogues import write_catalogue
from tests.fediverse import Neighbourhood
from tests.stories.site import Prepared, Site, running, said, soup

pytestmark = pytest.mark.anyio

GERMAN = {"Accept-Language": "de-CH, en;q=0.5"}


@pytest.fixture
async def site(
    prepared: Prepared, neighbourhood: Neighbourhood, tmp_path: Path
) -> AsyncIterator[Site]:
    """A site that speaks German too."""
    write_catalogue(
        tmp_path / "locale",
        "de",
        {
            "Home": "Startseite",
            "There is nothing here": "Hier ist nichts",
            "Name or password is wrong.": "Name oder Passwort ist falsch.",
        },
    )
    async with running(prepared, tmp_path / "site", neighbourhood=neighbourhood) as site:
        served = site.parts.site
        object.__setattr__(served, "tongues", Tongues(tmp_path / "locale"))
        yield site


def home(answer: httpx.Response) -> tuple[str, str]:
    page = soup(answer)
    root = page.select_one("html")
    return str(root["lang"]) if root else "", said(page.select_one("nav a"))


async def choose(site: Site, language: str) -> httpx.Response:
    form = {"site_title": "Reel", "name": "Critic", "language": language}
    return await site.author.post("/studio/settings", data=form)


async def test_a_kept_page_is_never_answered_in_another_language(site: Site) -> None:
    path = (await site.publish()).path

    for _ in range(2):
        english, german = await site.reader.get(path), await site.reader.get(path, headers=GERMAN)

        assert home(english) == ("en", "Home")
        assert home(german) == ("de", "Startseite")
        assert (
            english.headers["Vary"]
            == german.headers["Vary"]
            == "Accept, Cookie, Accept-Language, Accept-Encoding"
        )
        assert english.headers["ETag"] != german.headers["ETag"]

    known = {"If-None-Match": english.headers["ETag"]}
    assert (await site.reader.get(path, headers=known)).status_code == 304
    assert (await site.reader.get(path, headers={**known, **GERMAN})).status_code == 200


async def test_the_site_may_choose_one_language_for_everybody(site: Site) -> None:
    path = (await site.publish()).path
    before = await site.reader.get(path)

    assert (await choose(site, "de")).status_code == 303

    for address in (path, "/", f"/@{site.username}"):
        after = await site.reader.get(address)
        assert home(after) == ("de", "Startseite")
        assert after.headers["Vary"] == "Accept, Cookie, Accept-Encoding"
    assert (await site.reader.get(path)).headers["ETag"] != before.headers["ETag"]
    await choose(site, "")
    assert home(await site.reader.get(path)) == ("en", "Home")


async def test_the_desk_stays_in_english_and_offers_the_languages(site: Site) -> None:
    await choose(site, "de")

    page = await site.author.get("/studio/settings", headers=GERMAN)

    assert home(page) == ("en", "Home")
    options = soup(page).select("#field-language option")
    assert [(each["value"], said(each)) for each in options] == [
        ("", "Each reader's own"),
        ("en", "English"),
        ("de", "Deutsch"),
    ]
    assert options[2].has_attr("selected")


async def test_a_language_that_is_not_there_cannot_be_chosen(site: Site) -> None:
    answer = await choose(site, "fr")

    assert answer.status_code == 422
    assert "Choose a language from the list." in answer.text


async def test_errors_and_forms_speak_the_readers_language(site: Site) -> None:
    as_page = {**GERMAN, "Accept": "text/html"}

    lost = await site.reader.get("/nowhere", headers=as_page)
    form = {"username": site.username, "password": "wrong"}
    refused = await site.reader.post("/login", data=form, headers=as_page)

    assert said(soup(lost).select_one("h1")) == "Hier ist nichts"
    assert "Name oder Passwort ist falsch." in refused.text
