"""What the author types, and what becomes of it when it is wrong."""

import io
import struct
import zlib
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from PIL import Image

from tests.fediverse import PretendActor
from tests.stories.site import REVIEW, Published, Site, said, soup

pytestmark = pytest.mark.anyio

GPS = 0x8825
ORIENTATION = 0x0112


def field(page: BeautifulSoup, name: str) -> Tag:
    found = page.select_one(f"#field-{name}")
    assert found is not None, name
    return found


def typed(page: BeautifulSoup, name: str) -> str:
    """Give what stands in a field."""
    found = field(page, name)
    if found.name == "textarea":
        return found.get_text().replace("\r\n", "\n").removeprefix("\n")
    if found.name == "select":
        chosen = found.select_one("option[selected]")
        return str(chosen["value"]) if chosen else ""
    return str(found.get("value", ""))


def problem_at(page: BeautifulSoup, name: str) -> str:
    described = str(field(page, name).get("aria-describedby", "")).split()
    return said(page.select_one(f"#problem-{name}")) if f"problem-{name}" in described else ""


def a_photo(size: tuple[int, int] = (60, 40)) -> bytes:
    """Make a JPEG that says where and how it was taken, lying on its side."""
    picture = Image.new("RGB", size, "teal")
    exif = picture.getexif()
    exif[ORIENTATION] = 6
    exif.get_ifd(GPS).update({1: "N", 2: (48.0, 8.0, 0.0), 3: "E", 4: (11.0, 34.0, 0.0)})
    exif[0x010F] = "SecretCamera"
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=exif, comment=b"secret comment")
    return buffer.getvalue()


def a_bomb(width: int, height: int) -> bytes:
    """Make a tiny PNG that claims to be huge."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 10_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def publish_with(site: Site, picture: bytes, name: str = "cover.jpg") -> Any:
    return await site.author.post(
        "/studio/write", data={**REVIEW, "do": "publish"}, files={"cover": (name, picture)}
    )


@pytest.mark.parametrize(
    ("rating", "shown"), [("8,5", "8.5/10"), ("8.5/10", "8.5/10"), ("8", "8/10"), ("10", "10/10")]
)
async def test_a_rating_is_read_however_it_is_typed(site: Site, rating: str, shown: str) -> None:
    review = await site.publish(rating=rating)

    assert (await site.document(review.uri))["name"] == f"BLAME! A Netflix Original – {shown}"


async def test_a_review_needs_no_rating(site: Site) -> None:
    article = await site.document((await site.publish(rating="")).uri)

    assert article["name"] == "BLAME! A Netflix Original"
    assert "reviewRating" not in article


@pytest.mark.parametrize("rating", ["11", "-1", "8.3", "good", "8/5", "nan", "1e1"])
async def test_a_rating_off_the_scale_brings_the_form_back_as_it_was(
    site: Site, rating: str
) -> None:
    sent = {
        **REVIEW,
        "rating": rating,
        "body": "  A <b>bold</b> start\n\n& \"quotes\", 'single' ones\n\n\tand a tab",
        "tags": "#anime, netflix & co",
        "links": "https://a.example/1\nhttps://a.example/2",
        "spoilers": "some",
        "language": "pt-BR",
        "verdict": "¡Sí! ↯",
    }

    answer = await site.author.post("/studio/write", data={**sent, "do": "publish"})

    page = soup(answer)
    assert answer.status_code == 422
    assert {name: typed(page, name) for name in sent} == sent
    assert problem_at(page, "rating") != ""
    assert field(page, "rating")["aria-invalid"] == "true"
    assert site.rows()["reviews"] == 0


async def test_every_mistake_is_named_at_once(site: Site) -> None:
    wrong = {
        "title": "",
        "body": "",
        "year": "MMXVII",
        "rating": "11",
        "links": "javascript:alert(1)",
        "synopsis_source": "Netflix",
        "language": "Klingon!",
        "do": "publish",
    }

    page = soup(await site.author.post("/studio/write", data=wrong))

    for name in ("title", "body", "year", "rating", "links", "synopsis"):
        assert problem_at(page, name) != "", name
    assert len(page.select(".problems li")) == 7


async def test_a_draft_may_be_half_finished(site: Site) -> None:
    answer = await site.author.post("/studio/write", data={"title": "BLAME!", "do": "save"})

    assert answer.status_code == 303
    page = await site.desk(answer.headers["location"])
    assert typed(page, "title") == "BLAME!"
    assert "Draft saved." in said(page)


async def test_a_published_review_comes_back_into_the_form_as_it_was_typed(site: Site) -> None:
    review = await site.publish(tags="anime, netflix", synopsis="A city.", synopsis_source="IMDb")

    page = await site.desk(f"/studio/reviews/{review.id}")

    kept = {**REVIEW, "tags": "anime, netflix", "synopsis": "A city.", "synopsis_source": "IMDb"}
    assert {name: typed(page, name) for name in kept} == kept


async def test_a_preview_shows_the_review_and_publishes_nothing(site: Site) -> None:
    before = site.rows()

    answer = await site.author.post("/studio/write", data={**REVIEW, "do": "preview"})

    page = soup(answer)
    assert answer.status_code == 200
    preview = page.select_one("#preview")
    assert "It is definitely worth watching." in said(preview)
    assert typed(page, "body") == REVIEW["body"]
    assert site.rows() == before


async def test_the_preview_alone_forgives_what_is_not_finished(site: Site) -> None:
    sent = {"title": "", "rating": "8.", "body": "So *far*", "cover_kept": ""}

    answer = await site.author.post("/studio/preview", data=sent)

    assert answer.status_code == 200
    assert "So far" in said(soup(answer))
    assert answer.headers["cache-control"] == "no-store"


async def test_a_picture_loses_all_that_it_says_of_its_maker(site: Site) -> None:
    photo = a_photo()
    assert Image.open(io.BytesIO(photo)).getexif().get_ifd(GPS)

    review = await site.published_at(await publish_with(site, photo))

    image = (await site.document(review.uri))["image"]
    kept = await site.reader.get(image["url"])
    picture = Image.open(io.BytesIO(kept.content))
    assert kept.headers["content-type"] == "image/jpeg"
    assert kept.headers["x-content-type-options"] == "nosniff"
    assert dict(picture.getexif()) == {}
    assert b"Secret" not in kept.content
    assert b"secret comment" not in kept.content
    assert (picture.width, picture.height) == (image["width"], image["height"]) == (40, 60)


async def test_a_picture_that_is_too_large_for_a_page_is_made_smaller(site: Site) -> None:
    review = await site.published_at(await publish_with(site, a_photo((4000, 1000))))

    image = (await site.document(review.uri))["image"]

    assert max(image["width"], image["height"]) == 1600


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"Just some words.", "no JPEG, PNG, WebP, GIF or AVIF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no JPEG, PNG, WebP, GIF or AVIF"),
        (a_photo()[:300], "damaged"),
        (a_bomb(10_000, 6_000), "megapixels"),
        (a_bomb(12_000, 8_000), "megapixels"),
        (a_bomb(60_000, 60_000), "megapixels"),
    ],
    ids=["text", "svg", "cut off", "60 megapixels", "96 megapixels", "a bomb"],
)
async def test_what_is_no_usable_picture_is_refused_at_its_field(
    site: Site, data: bytes, message: str
) -> None:
    answer = await publish_with(site, data)

    page = soup(answer)
    assert answer.status_code == 422
    assert message in problem_at(page, "cover")
    assert typed(page, "body") == REVIEW["body"]
    assert site.rows()["reviews"] == site.rows()["media"] == 0


async def test_a_picture_survives_a_mistake_elsewhere_in_the_form(site: Site) -> None:
    wrong = {**REVIEW, "rating": "11", "do": "publish"}
    first = await site.author.post("/studio/write", data=wrong, files={"cover": a_photo()})
    kept = soup(first).select_one("input[name=cover_kept]")
    assert kept is not None

    review = await site.publish(cover_kept=str(kept["value"]))

    assert (await site.document(review.uri))["image"]["width"] == 40


async def test_an_edit_without_a_picture_keeps_the_one_there_is(site: Site) -> None:
    review = await site.published_at(await publish_with(site, a_photo()))
    before = (await site.document(review.uri))["image"]

    changed = {**REVIEW, "verdict": "Yes.", "do": "update"}
    await site.author.post(f"/studio/reviews/{review.id}", data=changed, files={"cover": b""})

    assert (await site.document(review.uri))["image"] == before


async def test_a_form_beyond_the_limit_is_refused(site: Site) -> None:
    answer = await publish_with(site, b"\xff" * 16_000_000)

    assert answer.status_code == 413
    assert site.rows()["reviews"] == 0


@pytest.mark.parametrize("text", ["", "  \n ", "long " * 4_001])
@pytest.mark.parametrize("from_desk", [True, False])
async def test_an_answer_that_cannot_be_sent_comes_back_as_it_was_typed(
    site: Site, alice: PretendActor, review: Published, text: str, from_desk: bool
) -> None:
    note = alice.note("And you?", in_reply_to=review.uri)
    await alice.send(site.inbox, alice.create(note))
    await site.settle()
    form = (await site.desk(review.path)).select_one("form[action$='/answer']")
    assert form is not None

    back = "/studio/conversation" if from_desk else review.path
    answer = await site.author.post(str(form["action"]), data={"text": text, "return_to": back})

    page = soup(answer)
    kept = page.select_one("textarea[name=text][aria-invalid=true]")
    assert answer.status_code == 422
    assert kept is not None
    assert kept.get_text().removeprefix("\n").strip() == text.strip()
    assert said(page.select_one(".problem")) != ""
    assert site.rows()["notes"] == 1
