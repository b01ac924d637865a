"""Pictures: several widths of each, and those from before there were any."""

import io

import httpx
import pytest
from PIL import Image
from sqlalchemy import delete, update

from fedreview.storage.work_tables import MediaRow, MediaVariantRow
from tests.fediverse import Neighbourhood
from tests.stories.site import REVIEW, Published, Site, follow, said, soup

pytestmark = pytest.mark.anyio


def a_picture(width: int = 700, height: int = 900) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


async def publish_with_cover(site: Site) -> Published:
    fields = {**REVIEW, "do": "publish"}
    answer = await site.author.post("/studio/write", data=fields, files={"cover": a_picture()})
    return await site.published_at(answer)


def addresses(srcset: object) -> list[str]:
    return [part.split()[0] for part in str(srcset).split(",")]


async def test_a_page_offers_every_width_and_each_is_there(site: Site) -> None:
    review = await publish_with_cover(site)

    page = await site.page(review.path)

    image, source = page.select_one("img.cover"), page.select_one("picture source")
    assert image
    assert source
    assert (image["width"], image["height"]) == ("700", "900")
    assert image["fetchpriority"] == "high"
    assert len(addresses(source["srcset"])) == len(addresses(image["srcset"])) == 3
    for address in addresses(source["srcset"]):
        found: httpx.Response = await site.reader.get(address)
        assert found.headers["content-type"] == "image/webp"
        assert Image.open(io.BytesIO(found.content)).width <= 700
    front = (await site.page("/")).select_one("picture source")
    assert front
    assert front["srcset"] == source["srcset"]


async def test_the_article_carries_the_blurred_likeness(site: Site) -> None:
    review = await publish_with_cover(site)

    assert len((await site.document(review.uri))["image"]["blurhash"]) == 28


async def test_a_picture_from_before_goes_on_and_gets_its_widths_later(site: Site) -> None:
    review = await publish_with_cover(site)
    with site.parts.database.transaction() as tx:
        tx.execute(delete(MediaVariantRow))
        tx.execute(update(MediaRow).values(blurhash=""))
    picturing = site.parts.site.picturing

    assert (await site.page(review.path)).select_one("img.cover[src]")
    assert not (await site.page(review.path)).select_one("picture source")
    assert "blurhash" not in (await site.document(review.uri))["image"]
    (waiting,) = picturing.without_widths()
    (complete,) = picturing.add_widths([waiting])

    assert complete.name == waiting.name
    assert complete.blurhash
    assert picturing.without_widths() == ()


async def test_a_file_that_is_gone_holds_up_no_other(site: Site) -> None:
    await publish_with_cover(site)
    with site.parts.database.transaction() as tx:
        tx.execute(delete(MediaVariantRow))
    picturing = site.parts.site.picturing
    (waiting,) = picturing.without_widths()
    picturing.find(waiting).unlink()

    assert tuple(picturing.add_widths([waiting])) == ()


async def upload(site: Site, data: bytes, **headers: str) -> httpx.Response:
    return await site.author.post(
        "/studio/pictures", files={"picture": ("a.jpg", data)}, headers=headers
    )


async def test_a_picture_for_the_text_is_kept_and_shown_with_its_size(site: Site) -> None:
    kept = await upload(site, a_picture(), Accept="application/json")

    assert kept.status_code == 201
    assert (kept.json()["width"], kept.json()["height"]) == (700, 900)
    review = await site.publish(body=f'Look.\n\n![A wall]({kept.json()["url"]} "From below")')
    image = (await site.page(review.path)).select_one(".prose figure img")
    assert image
    assert (image["alt"], image["width"]) == ("A wall", "700")
    assert "attachment" not in str((await site.document(review.uri))["content"])


async def test_what_is_no_picture_is_refused_in_words(site: Site) -> None:
    script = await upload(site, b"words", Accept="application/json")
    person = await upload(site, b"words", Accept="text/html")
    too_large = await upload(site, b"\xff" * 15_500_000, Accept="application/json")

    assert script.status_code == person.status_code == too_large.status_code == 422
    assert "That is no JPEG" in script.json()["problem"]
    assert "That is no JPEG" in person.text
    assert "too large" in too_large.json()["problem"]
    assert site.rows()["media"] == 0


async def test_without_a_script_the_markdown_comes_back_to_copy(site: Site) -> None:
    answer = await site.author.post(
        "/studio/pictures",
        data={"alt": "A [very] tall wall"},
        files={"cover": ("a.jpg", a_picture())},
        headers={"Accept": "text/html"},
    )

    assert "![A \\[very\\] tall wall](/media/" in answer.text


async def test_nobody_else_may_send_pictures(site: Site) -> None:
    stranger = await site.reader.post(
        "/studio/pictures",
        files={"picture": ("a.jpg", a_picture())},
        headers={"Accept": "application/json", "Sec-Fetch-Site": "same-origin"},
    )
    elsewhere = await upload(site, a_picture(), **{"Sec-Fetch-Site": "cross-site"})

    assert (stranger.status_code, elsewhere.status_code) == (401, 403)
    assert site.rows()["media"] == 0


async def share_picture(site: Site, review: Published) -> str:
    tag = (await site.page(review.path)).select_one("meta[property='og:image']")
    assert tag
    return str(tag["content"])


async def test_a_link_to_a_review_has_a_picture_that_changes_with_it(site: Site) -> None:
    review = await publish_with_cover(site)
    address = await share_picture(site, review)

    card = await site.reader.get(address)

    assert card.headers["content-type"] == "image/png"
    assert "immutable" in card.headers["cache-control"]
    assert Image.open(io.BytesIO(card.content)).size == (1200, 630)
    same_words = {**REVIEW, "do": "update", "body": "Other words."}
    await site.author.post(f"/studio/reviews/{review.id}", data=same_words)
    assert await share_picture(site, review) == address
    await site.author.post(f"/studio/reviews/{review.id}", data={**same_words, "rating": "2"})
    after = await share_picture(site, review)
    assert after != address
    old = await site.reader.get(address)
    assert old.content == (await site.reader.get(after)).content != card.content
    assert "immutable" not in old.headers["cache-control"]


async def test_what_is_not_public_has_no_share_picture(site: Site, review: Published) -> None:
    address = await share_picture(site, review)
    assert (await site.reader.get(address)).status_code == 200

    await site.author.post(f"/studio/reviews/{review.id}/delete")

    assert (await site.reader.get(address)).status_code == 404
    assert (await site.reader.get("/reviews/nothing/card.png")).status_code == 404


async def test_a_share_picture_that_was_dropped_is_drawn_again(
    site: Site, review: Published
) -> None:
    address = await share_picture(site, review)
    first = await site.reader.get(address)
    for path in site.parts.site.illustrating.folder.iterdir():
        path.unlink()

    assert (await site.reader.get(address)).content == first.content


async def send_portrait(site: Site, data: bytes) -> httpx.Response:
    return await site.author.post("/studio/portrait", files={"avatar": ("me.jpg", data)})


async def test_an_author_has_a_square_picture_everywhere(
    site: Site, review: Published, neighbourhood: Neighbourhood
) -> None:
    server = neighbourhood.server("mastodon.example")
    await follow(site, server.person("mia"))

    assert (await send_portrait(site, a_picture())).status_code == 303
    await site.settle()

    icon = (await site.document(site.actor_id))["icon"]
    kept = await site.reader.get(icon["url"])
    assert Image.open(io.BytesIO(kept.content)).size == (400, 400)
    (update,) = server.activities("Update")
    assert update["object"]["icon"] == icon
    path = icon["url"].removeprefix(site.base_url)
    for page in (review.path, f"/@{site.account().username}"):
        picture = (await site.page(page)).select_one("img.avatar")
        assert picture
        assert picture["src"] == path

    await site.author.post("/studio/portrait/remove")

    assert "icon" not in await site.document(site.actor_id)
    assert not (await site.page(review.path)).select_one("img.avatar")


@pytest.mark.parametrize("data", [b"words", b"\xff" * 15_500_000, b""])
async def test_what_is_no_portrait_is_said_at_its_field(site: Site, data: bytes) -> None:
    answer = await send_portrait(site, data)

    assert answer.status_code == 422
    assert "icture" in said(soup(answer).select_one("#problem-avatar"))
    assert site.account().avatar == ""
