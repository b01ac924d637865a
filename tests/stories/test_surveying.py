"""What other servers run is asked politely, and little of the answer is believed."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from fedreview.errors import RemoteUnavailable
from fedreview.services.surveying import Surveying
from fedreview.storage.queue_tables import ErrandRow, HostRow
from tests.clock import Clock
from tests.fediverse import Neighbourhood, PretendActor, PretendServer
from tests.stories.site import Site, follow

pytestmark = pytest.mark.anyio

SCHEMA = "http://nodeinfo.diaspora.software/ns/schema"
WELL_KNOWN = "https://bookwyrm.example/.well-known/nodeinfo"


@pytest.fixture
def server(neighbourhood: Neighbourhood) -> PretendServer:
    return neighbourhood.server("bookwyrm.example")


@pytest.fixture
def surveying(site: Site) -> Surveying:
    parts = site.parts
    return Surveying(database=parts.database, client=parts.client, now=parts.site.now)


def says(server: PretendServer, *links: Any, name: Any = "bookwyrm", minor: str = "0") -> None:
    href = f"{server.url}/nodeinfo/2.{minor}"
    own = {"rel": f"{SCHEMA}/2.{minor}", "href": href}
    server.documents["/.well-known/nodeinfo"] = {"links": [*links] or [own]}
    server.documents[f"/nodeinfo/2.{minor}"] = {"version": "2.0", "software": {"name": name}}


def known(site: Site, host: str = "bookwyrm.example") -> tuple[str, bool] | None:
    with site.parts.database.snapshot() as tx:
        row = tx.get(HostRow, host)
    return (row.software, row.software_at is not None) if row else None


def errands(site: Site) -> list[tuple[str, str]]:
    with site.parts.database.snapshot() as tx:
        return [(row.kind, row.url) for row in tx.scalars(select(ErrandRow).order_by(ErrandRow.id))]


async def test_a_server_says_what_it_runs(
    site: Site, surveying: Surveying, server: PretendServer, neighbourhood: Neighbourhood
) -> None:
    says(server, name="BookWyrm")
    before = len(neighbourhood.asked)

    await surveying.survey(server.url)

    assert known(site) == ("bookwyrm", True)
    assert neighbourhood.asked[before:] == [
        f"GET {WELL_KNOWN}",
        "GET https://bookwyrm.example/nodeinfo/2.0",
    ]


async def test_the_newest_version_is_read(
    site: Site, surveying: Surveying, server: PretendServer
) -> None:
    old, new = (
        {"rel": f"{SCHEMA}/2.{minor}", "href": f"{server.url}/nodeinfo/2.{minor}"}
        for minor in ("0", "1")
    )
    says(server, name="other")
    says(server, old, new, name="bookwyrm", minor="1")

    await surveying.survey(server.url)

    assert known(site) == ("bookwyrm", True)


@pytest.mark.parametrize(
    "links",
    [
        [],
        "nonsense",
        ["nonsense", 5, None],
        [{"rel": f"{SCHEMA}/1.0", "href": "https://bookwyrm.example/nodeinfo/2.0"}],
        [{"rel": f"{SCHEMA}/2.0", "href": "https://evil.example/nodeinfo/2.0"}],
        [{"rel": f"{SCHEMA}/2.0", "href": "http://bookwyrm.example/nodeinfo/2.0"}],
        [{"rel": f"{SCHEMA}/2.0", "href": "/nodeinfo/2.0"}],
        [{"rel": f"{SCHEMA}/2.0", "href": None}],
        [{"rel": ["2.0"], "href": "https://bookwyrm.example/nodeinfo/2.0"}],
    ],
)
async def test_a_server_cannot_send_us_anywhere_else(
    site: Site,
    surveying: Surveying,
    server: PretendServer,
    neighbourhood: Neighbourhood,
    links: Any,
) -> None:
    says(server)
    server.documents["/.well-known/nodeinfo"] = {"links": links}
    before = len(neighbourhood.asked)

    await surveying.survey(server.url)

    assert known(site) == ("", True)
    assert neighbourhood.asked[before:] == [f"GET {WELL_KNOWN}"]


@pytest.mark.parametrize("name", [None, "", 5, ["bookwyrm"], "book wyrm", "<b>", "b" * 65, {}])
async def test_a_name_that_is_none_is_not_kept(
    site: Site, surveying: Surveying, server: PretendServer, name: Any
) -> None:
    says(server, name=name)

    await surveying.survey(server.url)

    assert known(site) == ("", True)


async def test_software_that_is_no_object_is_not_read(
    site: Site, surveying: Surveying, server: PretendServer
) -> None:
    says(server)
    server.documents["/nodeinfo/2.0"] = {"software": "bookwyrm"}

    await surveying.survey(server.url)

    assert known(site) == ("", True)


async def test_a_server_without_nodeinfo_is_left_alone_and_keeps_its_name(
    site: Site, surveying: Surveying, server: PretendServer
) -> None:
    says(server)
    await surveying.survey(server.url)
    server.documents.clear()

    await surveying.survey(server.url)

    assert known(site) == ("bookwyrm", True)


async def test_a_server_that_is_down_is_asked_another_time(
    site: Site, surveying: Surveying, server: PretendServer
) -> None:
    server.is_down = True

    with pytest.raises(RemoteUnavailable):
        await surveying.survey(server.url)

    assert known(site) is None


async def test_an_endless_answer_is_not_read_to_its_end(
    site: Site, surveying: Surveying, server: PretendServer
) -> None:
    huge = json.dumps({"links": ["x" * 3_000_000]})
    server.pages["/.well-known/nodeinfo"] = lambda _: httpx.Response(200, text=huge)

    await surveying.survey(server.url)

    assert known(site) == ("", True)


async def test_a_new_followers_server_is_to_be_asked_once(
    site: Site, server: PretendServer, alice: PretendActor
) -> None:
    mouse, rat = server.person("mouse"), server.person("rat")
    for person in (mouse, rat, mouse, alice):
        await follow(site, person)

    assert errands(site) == [
        ("software", "https://bookwyrm.example"),
        ("software", "https://social.example"),
    ]


async def test_who_was_asked_within_the_week_is_not_asked_again(
    site: Site, surveying: Surveying, server: PretendServer, now: Clock
) -> None:
    says(server)
    await surveying.survey(server.url)
    await follow(site, server.person("mouse"))
    asked_soon = errands(site)

    now.advance(timedelta(days=8))
    await follow(site, server.person("rat"))

    assert asked_soon == []
    assert errands(site) == [("software", "https://bookwyrm.example")]


async def test_tidying_up_has_servers_asked_again_that_we_send_to(
    site: Site, surveying: Surveying, server: PretendServer, now: Clock
) -> None:
    says(server)
    await surveying.survey(server.url)
    await follow(site, server.person("mouse"))
    site.parts.site.maintaining.tidy()
    asked_soon = errands(site)

    now.advance(timedelta(days=8))
    site.parts.site.maintaining.tidy()

    assert asked_soon == []
    assert errands(site) == [("software", "https://bookwyrm.example")]
