"""Looking a work up fills in what is empty, and nothing else."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.fediverse import Neighbourhood
from tests.stories.site import Prepared, Site, running, said, soup
from tests.unit.federation.catalogue_answers import OPENLIBRARY

pytestmark = pytest.mark.anyio

TYPED = {
    "kind": "book",
    "title": "the long corridor",
    "year": "1991",
    "creators": "",
    "body": "Half of it",
    "do": "look-up",
}


class Library(httpx.AsyncBaseTransport):
    """OpenLibrary, as far as a search goes."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/search.json"
        return httpx.Response(200, content=json.dumps(OPENLIBRARY).encode())


@pytest.fixture
async def curious(
    prepared: Prepared, neighbourhood: Neighbourhood, tmp_path: Path
) -> AsyncIterator[Site]:
    """A site that may ask OpenLibrary and Wikidata; the second one is away."""
    neighbourhood.places["openlibrary.org"] = Library()
    async with running(
        prepared,
        tmp_path / "curious",
        neighbourhood=neighbourhood,
        FEDREVIEW_CATALOGUES="openlibrary,wikidata",
    ) as site:
        yield site


def filled(page: BeautifulSoup) -> dict[str, str]:
    form = page.select_one("form[data-guard]")
    assert form is not None
    fields = {str(each["name"]): str(each.get("value", "")) for each in form.select("input[name]")}
    areas = {str(each["name"]): each.text.strip() for each in form.select("textarea[name]")}
    return {**fields, **areas}


async def test_candidates_come_with_the_form_as_it_was_typed(curious: Site) -> None:
    answer = await curious.author.post("/studio/write", data=TYPED)

    page = soup(answer)
    offered = [said(each) for each in page.select(".candidates li")]
    assert answer.status_code == 200
    assert offered[0].startswith("The Long Corridor , 1990, Ida Storm, Storm Nils")
    assert "OpenLibrary" in offered[0]
    assert "Wikidata does not answer." in said(page.select_one("#candidates"))
    assert filled(page)["body"] == "Half of it"


async def test_choosing_one_fills_in_only_what_is_empty_and_says_what(curious: Site) -> None:
    offered = filled(soup(await curious.author.post("/studio/write", data=TYPED)))

    sent = {**offered, "kind": "book", "do": "take-0"}
    page = soup(await curious.author.post("/studio/write", data=sent))

    now = filled(page)
    assert (now["title"], now["year"], now["body"]) == ("the long corridor", "1991", "Half of it")
    assert (now["creators"], now["length"]) == ("Ida Storm, Storm Nils", "310 pages")
    assert now["identifiers"] == "openlibrary: OL45804W"
    assert now["cover_from"] == "https://covers.openlibrary.org/b/id/6498519-L.jpg"
    assert said(page.select_one("#candidates")) == (
        "Filled in: made by; length; what catalogues call it; address of a picture. "
        "What you had written stays."
    )
    assert curious.rows()["reviews"] == 0


async def test_htmx_gets_the_candidates_alone(curious: Site) -> None:
    sent = {"title": "The Long Corridor", "kind": "book"}
    answer = await curious.author.post("/studio/look-up", data=sent)

    assert len(soup(answer).select(".candidates li")) == 2
    assert "<html" not in answer.text


async def test_without_a_title_nobody_is_asked(curious: Site, neighbourhood: Neighbourhood) -> None:
    answer = await curious.author.post("/studio/look-up", data={"title": " ", "kind": "nonsense"})

    assert said(soup(answer)) == "Type the title first."
    assert neighbourhood.asked == []


@pytest.mark.parametrize(
    "packed", ["", "no JSON", "[]", '{"title": "Mine now", "year": 5, "body": "gone"}']
)
async def test_a_candidate_that_was_tampered_with_changes_nothing(
    curious: Site, packed: str
) -> None:
    sent = {**TYPED, "candidate-0": packed, "do": "take-0"}
    page = soup(await curious.author.post("/studio/write", data=sent))

    now = filled(page)
    assert (now["title"], now["year"], now["body"]) == ("the long corridor", "1991", "Half of it")
    assert "Nothing was empty that it knows." in said(page.select_one("#candidates"))


async def test_where_no_catalogue_is_set_there_is_no_button_and_nobody_is_asked(
    site: Site, neighbourhood: Neighbourhood
) -> None:
    page = await site.desk("/studio/write")
    await site.author.post("/studio/look-up", data={"title": "Corridor", "kind": "book"})

    assert page.select_one("button[value=look-up]") is None
    assert neighbourhood.asked == []


async def test_a_reader_cannot_make_the_site_ask(
    curious: Site, neighbourhood: Neighbourhood
) -> None:
    answer = await curious.reader.post("/studio/look-up", data={"title": "Corridor"})

    assert answer.status_code in {303, 401, 403}
    assert neighbourhood.asked == []
