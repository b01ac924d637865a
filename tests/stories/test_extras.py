"""What others' notes carry besides text: shown from our own copies, or as words and links."""

import io
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bs4 import Tag
from PIL import Image

from fedreview.domain.extras import Emoji, Extras
from fedreview.domain.moderation import Severity
from fedreview.domain.thread import NoteState
from fedreview.services.copying import BOUNDS, MOST_OF_HOST
from fedreview.storage import copies, domains, threads
from fedreview.storage.conduct import SiteConduct, set_of_site
from fedreview.storage.copies import CopyKind
from fedreview.storage.domains import DomainBlock
from tests.clock import Clock
from tests.fediverse import Document, Neighbourhood, PretendActor, PretendServer
from tests.stories.site import Prepared, Published, Site, running, said, thread
from tests.stories.test_gathering_people import a_bomb, a_picture

pytestmark = pytest.mark.anyio

CAT = "https://social.example/emoji/cat.png"
DUNE = "https://social.example/media/dune.jpg"


def an_emoji(name: str = "cat", url: str = CAT) -> Document:
    return {"type": "Emoji", "name": f":{name}:", "icon": {"type": "Image", "url": url}}


def an_attachment(url: str = DUNE, **more: Any) -> Document:
    return {"type": "Document", "mediaType": "image/jpeg", "url": url, "name": "A dune", **more}


def serve(
    server: PretendServer, url: str, data: bytes | None = None, *, media_type: str = "image/png"
) -> None:
    """Let a server give a picture."""
    body = a_picture() if data is None else data
    server.pages[url.removeprefix(server.url)] = lambda _: httpx.Response(
        200, content=body, headers={"Content-Type": media_type}
    )


def show_pictures(site: Site) -> None:
    with site.parts.database.transaction() as tx:
        set_of_site(tx, SiteConduct(shows_pictures=True))


def files(site: Site) -> list[Path]:
    folder = site.settings.media_dir / "copies"
    return sorted(folder.iterdir()) if folder.is_dir() else []


async def reply(
    site: Site, actor: PretendActor, review: Published, text: str = "Hi :cat:", **more: Any
) -> Document:
    note = actor.note(text, in_reply_to=review.uri, **more)
    await actor.send(site.inbox, actor.create(note))
    await site.settle()
    return note


async def shown(site: Site, review: Published) -> Tag:
    article = (await site.page(review.path)).select_one(".thread .reply")
    assert article
    return article


async def tidy_later(site: Site, now: Clock, **later: int) -> None:
    now.advance(timedelta(**later))
    site.parts.site.maintaining.tidy()


async def test_an_emoji_is_shown_from_our_small_copy(
    site: Site, alice: PretendActor, review: Published
) -> None:
    serve(alice.server, CAT, a_picture(size=(300, 200)))

    await reply(site, alice, review, tag=[an_emoji()])

    image = (await shown(site, review)).select_one(".reply-text img.emoji")
    assert image
    assert (image["alt"], image["width"], image["height"]) == (":cat:", "96", "64")
    copy = await site.reader.get(str(image["src"]))
    assert copy.headers["content-type"] == "image/webp"
    assert copy.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in copy.headers["cache-control"]
    drawn = Image.open(io.BytesIO(copy.content))
    assert drawn.size == (96, 64)
    assert not drawn.getexif()


async def test_an_animated_emoji_stands_still(
    site: Site, alice: PretendActor, review: Published
) -> None:
    frames = [Image.new("RGB", (80, 80), colour) for colour in ("red", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    serve(alice.server, CAT, buffer.getvalue(), media_type="image/gif")

    await reply(site, alice, review, tag=[an_emoji()])

    [path] = files(site)
    with Image.open(path) as drawn:
        assert getattr(drawn, "n_frames", 1) == 1
        assert drawn.convert("RGB").getpixel((5, 5)) == pytest.approx((255, 0, 0), abs=12)


async def test_emoji_in_names_and_warnings_are_shown_too(
    site: Site, alice: PretendActor, review: Published
) -> None:
    serve(alice.server, CAT)
    path = "/users/alice"
    document = alice.server.documents[path]
    named = {"name": "Alice :cat: & <3", "tag": [an_emoji(), an_emoji("unused", f"{CAT}?2")]}
    alice.server.documents[path] = {**document, **named}

    await reply(site, alice, review, "Hello", summary="Spoils :cat:", tag=[an_emoji()])

    article = await shown(site, review)
    name = article.select_one(".who bdi")
    assert name
    assert [each["alt"] for each in name.select("img")] == [":cat:"]
    assert "& <3" in name.get_text()
    assert article.select_one("details.warned > summary img.emoji")
    assert alice.server.neighbourhood.times_asked(f"{CAT}?2") == 0


async def test_an_emoji_of_many_notes_is_fetched_once(
    site: Site, alice: PretendActor, review: Published
) -> None:
    serve(alice.server, CAT)

    for n in range(3):
        await reply(site, alice, review, f"{n} :cat:", tag=[an_emoji()])

    assert alice.server.neighbourhood.times_asked(CAT) == 1
    assert len((await site.page(review.path)).select(".thread img.emoji")) == 3


async def test_an_emoji_that_cannot_be_had_stays_a_word_and_is_not_asked_for_again_soon(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    await reply(site, alice, review, tag=[an_emoji()])
    assert "Hi :cat:" in said(await shown(site, review))

    serve(alice.server, CAT)
    await tidy_later(site, now, days=2)
    await site.settle()
    await reply(site, alice, review, "Again :cat:", tag=[an_emoji()])
    assert alice.server.neighbourhood.times_asked(CAT) == 1

    await tidy_later(site, now, days=6)
    await site.settle()
    assert (await shown(site, review)).select_one("img.emoji")


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (a_bomb(), "image/png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "image/svg+xml"),
        (a_picture(), "text/html"),
        (b"\0" * (BOUNDS[CopyKind.EMOJI].most_bytes + 1), "image/png"),
    ],
    ids=["bomb", "svg", "typed html", "too large"],
)
async def test_what_is_no_picture_for_us_stays_a_word(
    site: Site, alice: PretendActor, review: Published, data: bytes, media_type: str
) -> None:
    serve(alice.server, CAT, data, media_type=media_type)

    await reply(site, alice, review, tag=[an_emoji()])

    assert ":cat:" in said(await shown(site, review))
    assert files(site) == []
    assert site.queues().errands == {"given up": 1}


async def test_a_picture_that_unpacks_to_more_than_it_may_is_refused(
    site: Site, alice: PretendActor, review: Published
) -> None:
    compressor = zlib.compressobj(wbits=31)
    packed = compressor.compress(b"\0" * 50_000_000) + compressor.flush()
    answer = httpx.Response(
        200,
        headers={"Content-Type": "image/png", "Content-Encoding": "gzip"},
        stream=httpx.ByteStream(packed),
    )
    alice.server.pages[CAT.removeprefix(alice.server.url)] = lambda _: answer

    await reply(site, alice, review, tag=[an_emoji()])

    assert site.queues().errands == {"given up": 1}
    assert files(site) == []


async def test_pictures_are_links_with_what_they_are(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(
        site,
        alice,
        review,
        "Look",
        attachment=[
            an_attachment(),
            an_attachment("https://social.example/2", name=None),
            an_attachment("https://social.example/3", mediaType="video/mp4", name="<i>Run</i>"),
            an_attachment("https://social.example/4", mediaType="audio/ogg", name=""),
            an_attachment("https://social.example/5", mediaType="application/pdf", name="Paper"),
            an_attachment("javascript:alert(1)"),
        ],
    )

    links = (await shown(site, review)).select(".attached a")
    assert [said(link) for link in links] == [
        "Picture: A dune",
        "Picture without a description",
        "Film: Run",
        "Sound without a description",
        "File: Paper",
    ]
    assert links[0]["href"] == DUNE
    assert set(links[0]["rel"]) >= {"nofollow", "ugc"}
    assert alice.server.neighbourhood.times_asked(DUNE) == 0


async def test_pictures_are_small_copies_when_the_site_shows_them(
    site: Site, alice: PretendActor, review: Published
) -> None:
    show_pictures(site)
    serve(alice.server, DUNE, a_picture(size=(1_200, 900), kind="JPEG"), media_type="image/jpeg")

    await reply(site, alice, review, "Look", attachment=[an_attachment()])

    image = (await shown(site, review)).select_one(".attached a > img")
    assert image
    assert (image["alt"], image["width"], image["height"]) == ("A dune", "640", "480")
    assert image["loading"] == "lazy"
    assert (await site.reader.get(str(image["src"]))).status_code == 200


async def test_pictures_that_are_allowed_later_come_with_the_next_tidying_and_go_again(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    serve(alice.server, DUNE, a_picture(size=(1_200, 900)))
    await reply(site, alice, review, "Look", attachment=[an_attachment()])

    show_pictures(site)
    await tidy_later(site, now, hours=1)
    await site.settle()
    assert (await shown(site, review)).select_one(".attached img")

    with site.parts.database.transaction() as tx:
        set_of_site(tx, SiteConduct())
    assert (await shown(site, review)).select_one(".attached img") is None
    await tidy_later(site, now, days=8)
    assert files(site) == []


async def test_what_is_sensitive_is_folded(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, review, "Look", sensitive=True, attachment=[an_attachment()])

    article = await shown(site, review)
    assert article.select_one("details.warned .attached")
    assert article.select_one("details.warned .reply-text") is None

    await reply(
        site, alice, review, "More", summary="Sand", sensitive=True, attachment=[an_attachment()]
    )
    folded = (await site.page(review.path)).select(".thread .reply")[1].select("details.warned")
    assert len(folded) == 1
    assert folded[0].select_one(".reply-text")
    assert folded[0].select_one(".attached")


def a_poll(*votes: int, **more: Any) -> Document:
    names = ("Book :cat:", "Film")
    answers = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": number}}
        for name, number in zip(names, votes, strict=True)
    ]
    return {"type": "Question", "oneOf": answers, "endTime": "2027-01-01T00:00:00Z", **more}


async def test_a_poll_is_a_list_with_what_it_has_come_to(
    site: Site, alice: PretendActor, review: Published
) -> None:
    serve(alice.server, CAT)
    note = await reply(
        site, alice, review, "Which?", **a_poll(3, 1), tag=[an_emoji()], url=f"{alice.id}/poll"
    )

    article = await shown(site, review)
    assert [said(each) for each in article.select(".poll li")] == ["Book 75%", "Film 25%"]
    assert article.select_one(".poll img.emoji")
    assert "4 votes. Open until 1 January 2027" in said(article)
    link = article.find("a", string="Vote on the original page")
    assert isinstance(link, Tag)
    assert link["href"] == f"{alice.id}/poll"

    before = (await site.reader.get(review.path)).headers["etag"]
    counted = {**note, **a_poll(1, 3)}
    await alice.send(site.inbox, alice.activity("Update", counted))
    await site.settle()
    answer = await site.reader.get(review.path)
    assert answer.headers["etag"] != before
    article = await shown(site, review)
    assert [said(each) for each in article.select(".poll span")] == ["25%", "75%"]
    assert "edited" not in said(article)


async def test_a_poll_whose_words_change_is_edited(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = await reply(site, alice, review, "Which?", **a_poll(0, 0))
    assert [said(each) for each in (await shown(site, review)).select(".poll li")] == [
        "Book :cat:",
        "Film",
    ]

    changed = {**note, "content": "<p>Which one?</p>", "summary": "Choices", **a_poll(0, 0)}
    await alice.send(site.inbox, alice.activity("Update", changed))
    await site.settle()

    article = await shown(site, review)
    assert "edited" in said(article)
    assert "Content warning: Choices" in said(article)


async def test_a_quote_is_a_line_and_not_said_twice(
    site: Site, alice: PretendActor, review: Published
) -> None:
    quoted = "https://small.example/posts/1"
    line = f'</p><p class="quote-inline">RE: <a href="{quoted}">{quoted}</a></p><p>True!'

    await reply(site, alice, review, line, quote=quoted)

    article = await shown(site, review)
    link = article.find("a", string="Quotes a post on small.example") or article.find(
        "a", href=quoted
    )
    assert isinstance(link, Tag)
    assert said(link) == "Quotes a post on small.example"
    assert "RE:" not in said(article)
    assert "True!" in said(article)


async def test_another_language_than_the_reviews_is_named(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, review, "Ganz schön", contentMap={"de-AT": "<p>Ganz schön</p>"})
    await reply(site, alice, review, "Fine", contentMap={"en-GB": "<p>Fine</p>"})

    german, english = (await site.page(review.path)).select(".thread .reply")
    assert "Language: German (Austria)" in said(german)
    assert "Language" not in said(english)
    words = german.select_one(".reply-text")
    assert words
    assert (words["lang"], words["dir"]) == ("de-AT", "auto")


async def test_the_desk_shows_the_same_and_a_private_picture_is_never_copied(
    site: Site, alice: PretendActor, review: Published
) -> None:
    show_pictures(site)
    serve(alice.server, CAT)
    serve(alice.server, DUNE, a_picture(size=(1_200, 900)))
    private: dict[str, Any] = {"to": [site.actor_id], "cc": []}
    note = alice.note("Psst :cat:", tag=[an_emoji()], attachment=[an_attachment()], **private)

    await alice.send(site.inbox, alice.create(note))
    await site.settle()

    article = (await site.desk("/studio/conversation")).select_one("article.reply")
    assert article
    assert article.select_one(".reply-text img.emoji")
    assert said(article.select_one(".attached a")) == "Picture: A dune"
    assert alice.server.neighbourhood.times_asked(DUNE) == 0


@pytest.mark.parametrize(
    ("domain", "how"),
    [
        ("social.example", {"severity": Severity.SILENCE, "reject_media": True}),
        ("files.example", {"severity": Severity.SUSPEND}),
    ],
)
async def test_a_server_whose_pictures_are_refused_is_not_asked(
    site: Site, alice: PretendActor, review: Published, domain: str, how: dict[str, Any]
) -> None:
    server = alice.server.neighbourhood.server(f"cdn.{domain}")
    url = f"https://cdn.{domain}/cat.png"
    serve(server, url)
    block = DomainBlock(domain=domain, created_at=site.clock(), **how)
    with site.parts.database.transaction() as tx:
        domains.put_block(tx, block)

    await reply(site, alice, review, tag=[an_emoji(url=url)])
    assert alice.server.neighbourhood.times_asked(url) == 0

    with site.parts.database.transaction() as tx:
        domains.remove(tx, domain)
    await reply(site, alice, review, "Again :cat:", tag=[an_emoji(url=url)])
    assert len(files(site)) == 1

    with site.parts.database.transaction() as tx:
        domains.put_block(tx, block)
    await tidy_later(site, site.clock, hours=2)
    assert files(site) == []


async def test_an_errand_that_waits_while_a_server_is_blocked_asks_nobody(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    serve(alice.server, CAT)
    alice.server.pages["/emoji/cat.png"] = lambda _: httpx.Response(503)
    await reply(site, alice, review, tag=[an_emoji()])
    serve(alice.server, CAT)
    with site.parts.database.transaction() as tx:
        block = DomainBlock(
            domain="social.example",
            severity=Severity.NOOP,
            reject_media=True,
            created_at=now(),
        )
        domains.put_block(tx, block)

    now.advance(timedelta(minutes=20))
    await site.settle()

    assert alice.server.neighbourhood.times_asked(CAT) == 1
    assert site.queues().errands == {"done": 1}


async def test_what_a_deleted_reply_had_is_removed_within_hours(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    show_pictures(site)
    serve(alice.server, CAT, a_picture("blue"))
    serve(alice.server, DUNE, a_picture(size=(1_200, 900)))
    first = await reply(
        site, alice, review, "1 :cat:", tag=[an_emoji()], attachment=[an_attachment()]
    )
    await reply(site, alice, review, "2 :cat:", tag=[an_emoji()])
    assert len(files(site)) == 2

    await alice.send(site.inbox, alice.activity("Delete", first["id"]))
    await site.settle()
    await tidy_later(site, now, hours=2)

    assert len(files(site)) == 1
    assert (await shown(site, review)).select_one("img.emoji")

    await alice.send(site.inbox, alice.activity("Delete", alice.id))
    await site.settle()
    await tidy_later(site, now, hours=2)
    assert files(site) == []


async def test_what_an_edit_has_left_out_is_removed(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    serve(alice.server, CAT)
    note = await reply(site, alice, review, tag=[an_emoji()])

    changed = {**note, "content": "<p>Hi</p>", "tag": []}
    await alice.send(site.inbox, alice.activity("Update", changed))
    await site.settle()
    await tidy_later(site, now, hours=2)

    assert files(site) == []


async def test_what_is_in_use_stays_for_years(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    serve(alice.server, CAT)
    await reply(site, alice, review, tag=[an_emoji()])

    await tidy_later(site, now, days=400)
    await tidy_later(site, now, days=8)

    assert (await shown(site, review)).select_one("img.emoji")


async def test_one_server_has_room_for_so_many_copies(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    with site.parts.database.transaction() as tx:
        for n in range(MOST_OF_HOST):
            url = f"https://social.example/{n}"
            copies.ask(tx, url, CopyKind.EMOJI, host="social.example", now=now())
    serve(alice.server, CAT)

    await reply(site, alice, review, tag=[an_emoji()])

    assert alice.server.neighbourhood.times_asked(CAT) == 0


@pytest.fixture
async def cramped(
    prepared: Prepared, neighbourhood: Neighbourhood, tmp_path: Path
) -> AsyncIterator[Site]:
    """A site with room for one emoji."""
    async with running(
        prepared,
        tmp_path / "cramped",
        neighbourhood=neighbourhood,
        FEDREVIEW_COPY_CACHE_BYTES="100",
    ) as site:
        yield site


async def test_what_was_used_longest_ago_goes_when_there_is_too_much(
    cramped: Site, alice: PretendActor, now: Clock
) -> None:
    review = await cramped.publish()
    for name, colour in (("old", "red"), ("new", "blue")):
        url = f"https://social.example/{name}.png"
        serve(alice.server, url, a_picture(colour))
        await reply(cramped, alice, review, f":{name}:", tag=[an_emoji(name, url)])
        now.advance(timedelta(minutes=1))
    assert len(files(cramped)) == 2

    cramped.parts.site.maintaining.tidy()

    page = await cramped.page(review.path)
    assert [each["alt"] for each in page.select(".thread img.emoji")] == [":new:"]
    assert len(files(cramped)) == 1


async def test_a_page_is_another_when_a_copy_has_come_and_when_pictures_are_allowed(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    serve(alice.server, CAT)
    alice.server.pages["/emoji/cat.png"] = lambda _: httpx.Response(503)
    await reply(site, alice, review, tag=[an_emoji()], attachment=[an_attachment()])
    first = (await site.reader.get(review.path)).headers["etag"]

    serve(alice.server, CAT)
    now.advance(timedelta(minutes=20))
    await site.settle()
    second = await site.reader.get(review.path)
    show_pictures(site)
    third = await site.reader.get(review.path)

    assert len({first, second.headers["etag"], third.headers["etag"]}) == 3
    assert 'class="emoji"' in second.text


async def test_what_waits_for_a_look_is_fetched_once_it_is_shown(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    serve(alice.server, CAT)
    held = await reply(site, alice, review)
    with site.parts.database.transaction() as tx:
        note = threads.find(tx, held["id"])
        assert note
        waiting = replace(
            note,
            state=NoteState.HELD,
            extras=Extras(emojis=(Emoji(shortcode="cat", url=CAT),)),
        )
        threads.change(tx, waiting)
    await tidy_later(site, now, hours=1)
    await site.settle()
    assert alice.server.neighbourhood.times_asked(CAT) == 0

    with site.parts.database.transaction() as tx:
        threads.change(tx, replace(waiting, state=NoteState.SHOWN))
    await tidy_later(site, now, hours=1)
    await site.settle()
    assert (await shown(site, review)).select_one("img.emoji")


@pytest.mark.parametrize(
    "name",
    ["..%2F..%2Ffedreview.sqlite3", "x.webp", "%00.webp", "a" * 32 + ".webp", "A" * 32 + ".webp"],
)
async def test_only_copies_are_given_out(site: Site, alice: PretendActor, name: str) -> None:
    answer = await site.reader.get(f"/media/copies/{name}?url=https://social.example/a.png")

    assert answer.status_code in {400, 404}
    assert alice.server.neighbourhood.asked == []


async def test_a_reply_of_nothing_but_a_picture_is_one(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note = alice.note("", in_reply_to=review.uri, attachment=[an_attachment()])
    await alice.send(site.inbox, alice.create({**note, "content": ""}))
    await site.settle()

    article = await shown(site, review)
    assert article.select_one(".reply-text") is None
    assert said(article.select_one(".attached")) == "Picture: A dune"
    assert len(thread(await site.page(review.path))) == 1
