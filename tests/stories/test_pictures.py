"""Pictures: several widths of each, and those from before there were any."""

import io

import httpx
import pytest
from PIL import Image
from sqlalchemy import delete, update

from fedreview.storage.work_tables import MediaRow, MediaVariantRow
from tests.stories.site import REVIEW, Published, Site

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
