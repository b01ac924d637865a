"""A cover by its address: fetched once, guarded, and never at the cost of what was typed."""

import httpx
import pytest

from fedreview.storage import domains
from tests.clock import Clock
from tests.factories import a_domain_block
from tests.fediverse import Neighbourhood, PretendServer
from tests.stories.site import REVIEW, Published, Site, said, soup
from tests.stories.test_forms import a_photo

pytestmark = pytest.mark.anyio

POSTER = "https://pictures.example/poster.jpg"


@pytest.fixture
def pictures(neighbourhood: Neighbourhood) -> PretendServer:
    server = neighbourhood.server("pictures.example")
    offer(server, a_photo())
    return server


def offer(server: PretendServer, data: bytes, *, media_type: str = "image/jpeg") -> None:
    answer = httpx.Response(200, content=data, headers={"Content-Type": media_type})
    server.pages["/poster.jpg"] = lambda _: answer


def redirect(server: PretendServer, target: str) -> None:
    answer = httpx.Response(302, headers={"Location": target})
    server.pages["/poster.jpg"] = lambda _: answer


async def send(site: Site, address: str, **more: str) -> httpx.Response:
    sent = {**REVIEW, "do": "publish", "cover_from": address, **more}
    return await site.author.post("/studio/write", data=sent)


async def problem(site: Site, address: str) -> str:
    """Give what is said at the field, after checking that nothing typed was lost."""
    answer = await send(site, address)

    assert answer.status_code == 422
    page = soup(answer)
    field, body = page.select_one("#field-cover_from"), page.select_one("#field-body")
    assert field
    assert field["value"] == address
    assert said(body) == REVIEW["body"]
    assert page.select_one(".problems a[href='#field-cover_from']")
    return said(page.select_one("#problem-cover_from"))


async def test_a_picture_is_taken_from_its_address(site: Site, pictures: PretendServer) -> None:
    published = await site.published_at(await send(site, POSTER))

    cover = (await site.page(published.path)).select_one("img.cover")
    assert cover
    picture = await site.reader.get(str(cover["src"]))
    assert picture.headers["content-type"] == "image/jpeg"


async def test_it_is_fetched_once_though_the_form_comes_back(
    site: Site, pictures: PretendServer
) -> None:
    first = soup(await send(site, POSTER, rating="11"))
    kept, field = first.select_one("input[name=cover_kept]"), first.select_one("#field-cover_from")
    assert kept
    assert field
    assert field["value"] == ""

    published = await site.publish(cover_kept=str(kept["value"]), cover_from="")

    assert (await site.page(published.path)).select_one("img.cover")
    assert pictures.neighbourhood.times_asked(POSTER) == 1


async def test_the_preview_while_typing_fetches_nothing(
    site: Site, pictures: PretendServer
) -> None:
    await site.author.post("/studio/preview", data={**REVIEW, "cover_from": POSTER})

    assert pictures.neighbourhood.asked == []


async def test_a_chosen_file_goes_before_an_address(site: Site, pictures: PretendServer) -> None:
    sent = {**REVIEW, "do": "publish", "cover_from": POSTER}
    answer = await site.author.post(
        "/studio/write", data=sent, files={"cover": ("cover.jpg", a_photo())}
    )

    assert answer.status_code == 303
    assert pictures.neighbourhood.asked == []


async def test_a_published_review_gets_a_cover_by_address(
    site: Site, pictures: PretendServer, review: Published
) -> None:
    changed = {**REVIEW, "do": "update", "cover_from": POSTER}
    await site.author.post(f"/studio/reviews/{review.id}", data=changed)

    assert (await site.page(review.path)).select_one("img.cover")


@pytest.mark.parametrize(
    "address",
    [
        "http://pictures.example/poster.jpg",
        "https://127.0.0.1/poster.jpg",
        "https://[::1]/poster.jpg",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/poster.jpg",
        "https://me:secret@pictures.example/poster.jpg",
        "https://pictures.example:8443/poster.jpg",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "poster.jpg",
    ],
)
async def test_nobody_is_asked_for_an_address_inside_or_of_another_kind(
    site: Site, pictures: PretendServer, address: str
) -> None:
    assert "no picture" in await problem(site, address)
    assert pictures.neighbourhood.asked == []


@pytest.mark.parametrize(
    "target", ["https://127.0.0.1/", "http://pictures.example/x", "https://pictures.example:22/"]
)
async def test_a_redirect_does_not_lead_inside(
    site: Site, pictures: PretendServer, target: str
) -> None:
    redirect(pictures, target)

    assert "no picture" in await problem(site, POSTER)
    assert pictures.neighbourhood.asked == [f"GET {POSTER}"]


async def test_a_redirect_within_the_rules_is_followed(site: Site, pictures: PretendServer) -> None:
    pictures.pages["/real.jpg"] = pictures.pages["/poster.jpg"]
    redirect(pictures, "/real.jpg")

    assert (await send(site, POSTER)).status_code == 303


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"<html>", "text/html"),
        (b"<svg/>", "image/svg+xml"),
        (b"\xff" * 15_000_000, "image/jpeg"),
        (b"", "image/jpeg"),
    ],
    ids=["a page", "a drawing", "too large", "empty"],
)
async def test_what_is_no_picture_is_said_at_the_field(
    site: Site, pictures: PretendServer, data: bytes, media_type: str
) -> None:
    offer(pictures, data, media_type=media_type)

    assert "picture" in await problem(site, POSTER)
    assert site.rows()["media"] == 0


async def test_a_server_that_is_slow_or_away_is_said_at_the_field(
    site: Site, pictures: PretendServer
) -> None:
    pictures.is_down = True

    assert "does not answer" in await problem(site, POSTER)


async def test_nothing_is_fetched_from_a_blocked_host(
    site: Site, pictures: PretendServer, now: Clock
) -> None:
    with site.parts.database.transaction() as tx:
        domains.put_block(tx, a_domain_block("pictures.example"))

    assert "no picture" in await problem(site, POSTER)
    assert pictures.neighbourhood.asked == []
