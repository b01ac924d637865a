"""People as they are now: their documents refreshed, their pictures copied."""

import io
import os
import struct
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from bs4 import Tag
from PIL import Image

from fedreview.services.portraying import LARGEST_ORIGINAL, SIDE
from fedreview.storage import portraits
from tests.clock import Clock
from tests.fediverse import Neighbourhood, PretendActor
from tests.stories.site import Prepared, Published, Site, running, said

pytestmark = pytest.mark.anyio

PICTURE = "https://social.example/media/alice.png"


def a_picture(
    colour: str = "red", *, size: tuple[int, int] = (300, 200), kind: str = "PNG", mode: str = "RGB"
) -> bytes:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new(mode, size, colour).save(buffer, kind, exif=exif)
    return buffer.getvalue()


def a_bomb() -> bytes:
    """Give a small file that says it is 60,000 pixels wide and high."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 5_000_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def shows(
    actor: PretendActor, data: bytes, *, media_type: str = "image/png", url: str = PICTURE
) -> None:
    """Give somebody a picture."""
    path = f"/users/{actor.name}"
    document = actor.server.documents[path]
    actor.server.documents[path] = {**document, "icon": {"type": "Image", "url": url}}
    answer = httpx.Response(200, content=data, headers={"Content-Type": media_type})
    actor.server.pages[url.removeprefix(actor.server.url)] = lambda _: answer


def asked(actor: PretendActor) -> list[str]:
    return actor.server.neighbourhood.asked


async def reply(site: Site, actor: PretendActor, review: Published, text: str = "Hello") -> None:
    note = actor.note(text, in_reply_to=review.uri)
    await actor.send(site.inbox, actor.create(note))
    await site.settle()


async def shown_picture(site: Site, review: Published) -> Tag | None:
    return (await site.page(review.path)).select_one(".thread .avatar")


async def copy_of(site: Site, review: Published) -> httpx.Response:
    picture = await shown_picture(site, review)
    assert picture
    assert picture.name == "img"
    return await site.reader.get(str(picture["src"]))


def copies(site: Site) -> list[Path]:
    folder = site.settings.media_dir / "avatars"
    return sorted(folder.iterdir()) if folder.is_dir() else []


async def test_who_writes_is_shown_with_our_copy_of_their_picture(
    site: Site, alice: PretendActor, review: Published
) -> None:
    shows(alice, a_picture())

    await reply(site, alice, review)

    picture = await shown_picture(site, review)
    assert picture
    assert str(picture["src"]).startswith("/media/avatars/")
    assert (picture["alt"], picture["width"], picture["height"]) == ("", "40", "40")
    assert picture["loading"] == "lazy"
    copy = await copy_of(site, review)
    assert copy.headers["content-type"] == "image/webp"
    assert copy.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in copy.headers["cache-control"]
    drawn = Image.open(io.BytesIO(copy.content))
    assert drawn.size == (SIDE, SIDE)
    assert not drawn.getexif()


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "RGB"), ("JPEG", "CMYK"), ("WEBP", "RGBA"), ("GIF", "P"), ("PNG", "LA")],
)
async def test_pictures_of_every_usual_kind_are_copied(
    site: Site, alice: PretendActor, review: Published, kind: str, mode: str
) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (50, 120)).save(buffer, kind)
    shows(alice, buffer.getvalue(), media_type=f"image/{kind.lower()}")

    await reply(site, alice, review)

    assert (await copy_of(site, review)).status_code == 200


async def test_who_has_no_picture_is_shown_with_a_letter_and_nobody_is_asked(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, review)

    letter = await shown_picture(site, review)
    assert letter
    assert (letter.name, said(letter)) == ("span", "A")
    assert site.rows()["errands"] == 0


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (a_bomb(), "image/png"),
        (a_picture(size=(5_000, 5_000)), "image/png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "image/svg+xml"),
        (a_picture()[:60], "image/png"),
        (b"\x89PNG\r\n\x1a\n" + os.urandom(2_000), "image/png"),
        (a_picture(), "text/html"),
        (a_picture(), ""),
        (b"\0" * (LARGEST_ORIGINAL + 1), "image/png"),
        (b"", "image/png"),
    ],
    ids=["bomb", "25 MP", "svg", "cut", "noise", "html", "no type", "too large", "empty"],
)
async def test_what_is_no_picture_for_us_leaves_the_letter(
    site: Site, alice: PretendActor, review: Published, data: bytes, media_type: str
) -> None:
    shows(alice, data, media_type=media_type)

    await reply(site, alice, review)

    letter = await shown_picture(site, review)
    assert said(letter) == "A"
    assert copies(site) == []
    assert site.queues().errands == {"given up": 1}


async def test_a_file_that_unpacks_to_more_than_it_may_is_refused(
    site: Site, alice: PretendActor, review: Published
) -> None:
    compressor = zlib.compressobj(wbits=31)
    packed = compressor.compress(b"\0" * 50_000_000) + compressor.flush()
    shows(alice, b"")
    answer = httpx.Response(
        200,
        headers={"Content-Type": "image/png", "Content-Encoding": "gzip"},
        stream=httpx.ByteStream(packed),
    )
    alice.server.pages["/media/alice.png"] = lambda _: answer

    await reply(site, alice, review)

    assert site.queues().errands == {"given up": 1}
    assert copies(site) == []


async def test_a_picture_is_fetched_once_however_much_they_write(
    site: Site, alice: PretendActor, review: Published
) -> None:
    shows(alice, a_picture())

    for n in range(4):
        await reply(site, alice, review, f"Reply {n}")

    assert asked(alice).count(f"GET {PICTURE}") == 1


async def test_another_picture_takes_the_place_of_the_old(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    shows(alice, a_picture("red"))
    await reply(site, alice, review)
    before = await shown_picture(site, review)
    shows(alice, a_picture("blue"), url="https://social.example/media/new.png")

    now.advance(timedelta(minutes=61))
    await alice.send(site.inbox, alice.activity("Update", alice.document()))
    await site.settle()

    after = await shown_picture(site, review)
    assert before
    assert after
    assert before["src"] != after["src"]
    site.parts.site.maintaining.tidy()
    assert len(copies(site)) == 1


async def test_a_picture_that_was_taken_away_is_shown_no_more(
    site: Site, alice: PretendActor, review: Published
) -> None:
    shows(alice, a_picture())
    await reply(site, alice, review)
    document = alice.server.documents["/users/alice"]
    alice.server.documents["/users/alice"] = {**document, "icon": None}

    await alice.send(site.inbox, alice.activity("Update", alice.document()))
    await site.settle()

    assert said(await shown_picture(site, review)) == "A"


async def test_the_picture_of_somebody_forgotten_is_removed(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    shows(alice, a_picture())
    await reply(site, alice, review)
    assert len(copies(site)) == 1

    await alice.send(site.inbox, alice.activity("Delete", alice.id))
    await site.settle()
    now.advance(timedelta(hours=2))
    site.parts.site.maintaining.tidy()

    assert copies(site) == []


async def test_a_picture_that_nobody_has_yet_is_not_removed_at_once(
    site: Site, alice: PretendActor, review: Published
) -> None:
    shows(alice, a_picture())
    await reply(site, alice, review)
    await alice.send(site.inbox, alice.activity("Delete", alice.id))
    await site.settle()

    site.parts.site.maintaining.tidy()

    assert len(copies(site)) == 1


@pytest.fixture
async def cramped(
    prepared: Prepared, neighbourhood: Neighbourhood, tmp_path: Path
) -> AsyncIterator[Site]:
    """A site with room for the picture of one person."""
    async with running(
        prepared,
        tmp_path / "cramped",
        neighbourhood=neighbourhood,
        FEDREVIEW_AVATAR_CACHE_BYTES="100",
    ) as site:
        yield site


async def test_the_oldest_pictures_go_when_there_are_too_many(
    cramped: Site, alice: PretendActor, bob: PretendActor, now: Clock
) -> None:
    review = await cramped.publish()
    shows(alice, a_picture("red"))
    await reply(cramped, alice, review)
    now.advance(timedelta(minutes=1))
    shows(bob, a_picture("blue"), url="https://small.example/bob.png")
    await reply(cramped, bob, review)
    assert len(copies(cramped)) == 2

    cramped.parts.site.maintaining.tidy()

    page = await cramped.page(review.path)
    assert [each.name for each in page.select(".thread .avatar")] == ["span", "img"]
    assert len(copies(cramped)) == 1


async def test_a_page_is_another_when_a_picture_has_come(
    site: Site, alice: PretendActor, review: Published
) -> None:
    shows(alice, a_picture())
    note = alice.note("Hello", in_reply_to=review.uri)
    await alice.send(site.inbox, alice.create(note))
    alice.server.pages["/media/alice.png"] = lambda _: httpx.Response(503)
    await site.settle()
    before = (await site.reader.get(review.path)).headers["etag"]

    with site.parts.database.transaction() as tx:
        portraits.set_avatar(tx, alice.id, "a" * 32 + ".webp", of=PICTURE)

    assert (await site.reader.get(review.path)).headers["etag"] != before


async def test_followers_and_those_followed_are_shown_with_their_pictures(
    site: Site, alice: PretendActor
) -> None:
    shows(alice, a_picture())

    await alice.send(site.inbox, alice.activity("Follow", site.actor_id))
    await site.settle()

    picture = (await site.desk("/studio/people")).select_one("ul.people .avatar")
    assert picture
    assert str(picture["src"]).startswith("/media/avatars/")


async def test_the_picture_of_somebody_whom_no_page_shows_is_not_fetched(
    site: Site, alice: PretendActor, review: Published
) -> None:
    shows(alice, a_picture())

    await alice.send(site.inbox, alice.activity("Dislike", review.uri))
    await site.settle()

    assert f"GET {PICTURE}" not in asked(alice)


@pytest.mark.parametrize(
    "name",
    ["..%2F..%2Ffedreview.sqlite3", "x.webp", "%00.webp", "a" * 32 + ".webp", "A" * 32 + ".webp"],
)
async def test_only_copies_are_given_out(site: Site, alice: PretendActor, name: str) -> None:
    answer = await site.reader.get(f"/media/avatars/{name}?url=https://social.example/a.png")

    assert answer.status_code in {400, 404}
    assert asked(alice) == []


async def test_a_picture_on_another_server_is_fetched_but_never_over_http(
    site: Site, alice: PretendActor, review: Published
) -> None:
    shows(alice, a_picture(), url="http://social.example/alice.png")

    await reply(site, alice, review)

    assert said(await shown_picture(site, review)) == "A"
    assert not any("http://" in url for url in asked(alice))


async def test_somebody_whose_document_is_old_is_fetched_anew_once_a_day(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    await reply(site, alice, review)
    document = alice.server.documents["/users/alice"]
    alice.server.documents["/users/alice"] = {**document, "name": "Alice the Second"}
    now.advance(timedelta(hours=25))
    looks = asked(alice).count(f"GET {alice.id}")

    await reply(site, alice, review, "Again")
    await reply(site, alice, review, "And again")

    assert asked(alice).count(f"GET {alice.id}") == looks + 1
    who = (await site.page(review.path)).select_one(".thread .who")
    assert said(who).startswith("Alice the Second")


@pytest.mark.parametrize("status", [410, 404, 500])
async def test_somebody_who_cannot_be_fetched_anew_stays_as_they_were(
    site: Site, alice: PretendActor, review: Published, now: Clock, status: int
) -> None:
    await reply(site, alice, review)
    del alice.server.documents["/users/alice"]
    alice.server.pages["/users/alice"] = lambda _: httpx.Response(status)
    now.advance(timedelta(hours=25))

    await reply(site, alice, review, "Still here")

    who = (await site.page(review.path)).select(".thread .who")
    assert [said(each).startswith("Alice") for each in who] == [True, True]
