"""Catalogues are asked politely, and whatever they answer does no harm."""

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from fedreview.domain.work import WorkKind
from fedreview.errors import RemoteFailure
from fedreview.federation.catalogues import anilist, musicbrainz, openlibrary, wikidata
from fedreview.federation.catalogues.anilist import AniList
from fedreview.federation.catalogues.candidates import Adapter, Candidate
from fedreview.federation.catalogues.choosing import adapters
from fedreview.federation.catalogues.musicbrainz import MusicBrainz, Pace
from fedreview.federation.catalogues.openlibrary import OpenLibrary
from fedreview.federation.catalogues.wikidata import Wikidata
from fedreview.federation.client import FederationClient
from fedreview.services.looking_up import LookingUp
from fedreview.settings import _CATALOGUES
from tests.unit.federation import catalogue_answers as answers
from tests.unit.federation.peer import Page, Peer, Received, hang_up, page, silent

pytestmark = pytest.mark.anyio

TITLE = "The Long Corridor"
PATHS = {
    "openlibrary": "/search.json",
    "anilist": "/",
    "musicbrainz": "/ws/2/release-group",
    "wikidata": "/w/api.php",
}
KINDS = {
    "openlibrary": WorkKind.BOOK,
    "anilist": WorkKind.ANIME,
    "musicbrainz": WorkKind.MUSIC,
    "wikidata": WorkKind.FILM,
}


def at(peer: Peer, name: str) -> Adapter:
    """Give the adapter with this name, for a catalogue that lives at the peer."""
    base = peer.url("")
    made: dict[str, Adapter] = {
        "openlibrary": OpenLibrary(base=base),
        "anilist": AniList(base=base),
        "musicbrainz": MusicBrainz(base=base),
        "wikidata": Wikidata(base=base),
    }
    return made[name]


def asked(request: Received) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}


def shown(candidate: Candidate) -> dict[str, object]:
    facts = candidate.facts
    return {
        "title": facts.title,
        "original": facts.original_title,
        "year": facts.year,
        "creators": facts.creators,
        "length": facts.length,
        "publisher": facts.publisher,
        "identifiers": [each.text for each in facts.identifiers],
        "note": candidate.note,
        "cover": candidate.cover_url,
        "url": candidate.url,
    }


async def test_openlibrary_knows_books(peer: Peer, client: FederationClient) -> None:
    peer.serve("/search.json", answers.OPENLIBRARY, type_="application/json")

    found = await at(peer, "openlibrary").look_up(client, TITLE, WorkKind.BOOK)

    assert asked(peer.received[0])["title"] == TITLE
    assert shown(found[0]) == {
        "title": TITLE,
        "original": "",
        "year": 1990,
        "creators": ("Ida Storm", "Storm Nils"),
        "length": "310 pages",
        "publisher": "",
        "identifiers": ["openlibrary: OL45804W"],
        "note": "",
        "cover": "https://covers.openlibrary.org/b/id/6498519-L.jpg",
        "url": "https://openlibrary.org/works/OL45804W",
    }
    assert (found[1].facts.year, found[1].facts.length, found[1].cover_url) == (None, "", "")


async def test_anilist_knows_anime(peer: Peer, client: FederationClient) -> None:
    peer.serve("/", answers.ANILIST, type_="application/json")

    found = await at(peer, "anilist").look_up(client, TITLE, WorkKind.ANIME)

    request = peer.received[0]
    question = json.loads(request.body)
    assert (request.method, request.header("content-type")) == ("POST", "application/json")
    assert request.header("signature") is None
    assert question["variables"] == {"title": TITLE, "type": "ANIME", "most": 5}
    assert shown(found[0]) == {
        "title": TITLE,
        "original": "長い廊下",
        "year": 2018,
        "creators": ("Ida Storm",),
        "length": "13 episodes",
        "publisher": "North Light",
        "identifiers": ["anilist: anime/21827", "mal: anime/33352"],
        "note": "Nagai Rouka",
        "cover": "https://s4.anilist.co/cover.jpg",
        "url": "https://anilist.co/anime/21827",
    }
    assert (found[1].facts.title, found[1].facts.length) == ("Rouka", "61 min")


@pytest.mark.parametrize(
    ("volumes", "length"), [(10, "10 volumes"), (1, "1 volume"), ("<b>", ""), (None, "")]
)
def test_anilist_counts_the_volumes_of_manga(volumes: object, length: str) -> None:
    answer = copy.deepcopy(answers.ANILIST)
    media = answer["data"]["Page"]["media"][0]
    media.update(volumes=volumes, episodes=None, coverImage={"extraLarge": "javascript:alert(1)"})

    (candidate, _) = anilist.parse(answer, WorkKind.MANGA)

    assert (candidate.facts.length, candidate.cover_url) == (length, "")
    assert candidate.url == "https://anilist.co/manga/21827"


async def test_musicbrainz_knows_albums_and_who_is_asking(
    peer: Peer, client: FederationClient
) -> None:
    peer.serve("/ws/2/release-group", answers.MUSICBRAINZ, type_="application/json")

    found = await at(peer, "musicbrainz").look_up(client, 'The "Long" Corridor\\', WorkKind.MUSIC)

    request = peer.received[0]
    assert asked(request)["query"] == 'releasegroup:"The  Long  Corridor "'
    assert "(+https://reviews.example)" in (request.header("user-agent") or "")
    assert shown(found[0]) == {
        "title": TITLE,
        "original": "",
        "year": 1998,
        "creators": ("Ida", "Nils"),
        "length": "",
        "publisher": "",
        "identifiers": [f"musicbrainz: release-group/{answers.MBID}"],
        "note": "Album",
        "cover": "",
        "url": f"https://musicbrainz.org/release-group/{answers.MBID}",
    }


async def test_musicbrainz_is_asked_once_a_second() -> None:
    now, waits = [100.0], list[float]()

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    pace = Pace(clock=lambda: now[0], wait=wait)
    await pace.turn()
    now[0] += 0.25
    await pace.turn()
    now[0] += 5
    await pace.turn()

    assert waits == [0.75]


def wikidata_page(*, film: Page | None = None) -> Page:
    """Answer as Wikidata does; film: in place of what it says of the film."""
    items = {"Q200": answers.WIKIDATA_PLACE, "Q300": answers.WIKIDATA_UNNAMED}

    async def answer(request: Received, writer: Any) -> None:
        question = asked(request)
        if question["action"] == "wbsearchentities":
            document = answers.WIKIDATA_SEARCH
        elif question["ids"] == "Q7":
            document = answers.WIKIDATA_PEOPLE
        elif question["ids"] == "Q100" and film:
            await film(request, writer)
            return
        else:
            entity = items.get(question["ids"], answers.WIKIDATA_FILM)
            document = {"entities": {question["ids"]: entity}}
        await page(json.dumps(document).encode(), type_="application/json")(request, writer)

    return answer


async def test_wikidata_knows_works_and_who_made_them(peer: Peer, client: FederationClient) -> None:
    peer.pages["/w/api.php"] = wikidata_page()

    found = await at(peer, "wikidata").look_up(client, TITLE, WorkKind.FILM)

    assert [asked(each).get("search") for each in peer.received] == [TITLE, *[None] * 4]
    assert [candidate.facts.title for candidate in found] == [TITLE, "Korridoren"]
    assert shown(found[0]) == {
        "title": TITLE,
        "original": "Den långa korridoren",
        "year": 1998,
        "creators": ("Ida Storm",),
        "length": "104 min",
        "publisher": "",
        "identifiers": ["wikidata: Q100", "imdb: tt0123456"],
        "note": "1998 film by Ida Storm",
        "cover": "",
        "url": "https://www.wikidata.org/wiki/Q100",
    }


async def test_wikidata_does_without_an_item_that_is_too_large(
    peer: Peer, client: FederationClient
) -> None:
    peer.pages["/w/api.php"] = wikidata_page(film=page(b" " * 1_000_001))

    found = await at(peer, "wikidata").look_up(client, TITLE, WorkKind.FILM)

    assert [candidate.facts.title for candidate in found] == ["Korridoren"]


async def test_wikidata_that_knows_nothing_is_asked_once(
    peer: Peer, client: FederationClient
) -> None:
    peer.serve("/w/api.php", {"search": []})

    assert await at(peer, "wikidata").look_up(client, TITLE, WorkKind.FILM) == ()
    assert len(peer.received) == 1


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize(
    "answer",
    [
        page(b"<html>", type_="text/html"),
        page(b"[]"),
        page(status=500),
        page(status=429, Retry_After="60"),
        page(status=404),
        page(b" " * 1_000_001),
        hang_up,
        silent,
    ],
    ids=["garbage", "list", "500", "429", "404", "huge", "hangs up", "silent"],
)
async def test_a_catalogue_that_fails_is_named_and_no_error(
    peer: Peer, client: FederationClient, name: str, answer: Page
) -> None:
    peer.pages[PATHS[name]] = answer
    adapter = at(peer, name)
    looking_up = LookingUp(client=client, adapters=(adapter,), patience=timedelta(milliseconds=300))

    found = await looking_up.look_up(TITLE, KINDS[name])

    assert (found.candidates, found.silent) == ((), (adapter.label,))


async def test_one_that_fails_does_not_take_the_others_along(
    peer: Peer, client: FederationClient
) -> None:
    peer.serve("/search.json", answers.OPENLIBRARY)
    peer.pages["/w/api.php"] = page(status=503)
    both = (at(peer, "openlibrary"), at(peer, "wikidata"), at(peer, "musicbrainz"))

    found = await LookingUp(client=client, adapters=both).look_up(TITLE, WorkKind.BOOK)

    assert ([each.source for each in found.candidates], found.silent) == (
        ["OpenLibrary", "OpenLibrary"],
        ("Wikidata",),
    )


async def test_nobody_is_asked_for_nothing(peer: Peer, client: FederationClient) -> None:
    looking_up = LookingUp(client=client, adapters=(at(peer, "openlibrary"),))

    found = await looking_up.look_up("  ", WorkKind.BOOK)

    assert (found.candidates, found.silent, peer.received) == ((), (), [])


async def test_a_question_follows_no_redirect(peer: Peer, client: FederationClient) -> None:
    peer.pages["/"] = page(status=302, Location="/elsewhere")

    with pytest.raises(RemoteFailure):
        await client.post_json(peer.url("/"), b"{}")

    assert len(peer.received) == 1


GARBAGE: list[Any] = [
    None,
    5,
    "text",
    [],
    {},
    [None, 5, "x", [[]]],
    {"en": None},
    True,
    {"id": []},
    "x" * 5_000,
]
PARSES: dict[str, tuple[Callable[[Any], tuple[Candidate, ...]], dict[str, Any]]] = {
    "openlibrary": (lambda a: openlibrary.parse(a, WorkKind.BOOK), answers.OPENLIBRARY),
    "anilist": (lambda a: anilist.parse(a, WorkKind.ANIME), answers.ANILIST),
    "musicbrainz": (lambda a: musicbrainz.parse(a, WorkKind.MUSIC), answers.MUSICBRAINZ),
    "wikidata": (
        lambda a: wikidata.parse(a, WorkKind.SERIES, ids=["Q100"], labels={}),
        {"entities": {"Q100": answers.WIKIDATA_FILM}},
    ),
}


def spoiled(document: Any, rubbish: Any) -> list[Any]:
    """Give a document many times, each with rubbish in another place."""
    if isinstance(document, dict):
        inside = [(key, each) for key in document for each in spoiled(document[key], rubbish)]
        return [rubbish, *({**document, key: each} for key, each in inside)]
    if isinstance(document, list):
        inside_list = [
            (place, each) for place, item in enumerate(document) for each in spoiled(item, rubbish)
        ]
        return [
            rubbish,
            *([*document[:place], each, *document[place + 1 :]] for place, each in inside_list),
        ]
    return [rubbish]


@pytest.mark.parametrize("name", PARSES)
@pytest.mark.parametrize("rubbish", GARBAGE, ids=lambda each: str(each)[:12])
def test_rubbish_anywhere_in_an_answer_is_left_out(name: str, rubbish: Any) -> None:
    parse, document = PARSES[name]

    for answer in spoiled(document, rubbish):
        for candidate in parse(answer):
            assert 0 < len(candidate.facts.title) <= 200
            assert candidate.url.startswith("https://")
            assert wikidata.parse_people(answer, WorkKind.FILM) is not None
            assert wikidata.parse_labels(answer) is not None


def test_the_settings_know_every_catalogue() -> None:
    assert {each.name for each in adapters(_CATALOGUES)} == set(_CATALOGUES)
    assert [each.name for each in adapters(["wikidata", "anilist"])] == ["anilist", "wikidata"]
    assert adapters([]) == ()
