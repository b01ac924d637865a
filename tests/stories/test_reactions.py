"""Reactions as Mastodon, Misskey and Pleroma send them, counted and listed with faces."""

from typing import Any

import httpx
import pytest
from bs4 import Tag

from fedreview.activitypub.vocabulary import PUBLIC
from fedreview.domain.moderation import Who
from fedreview.services.acclaiming import FACES, PAGE
from fedreview.storage import conduct, reactions
from fedreview.storage.database import Transaction
from fedreview.storage.reactions import FIRST, ReactionKind
from tests.fediverse import Document, PretendActor
from tests.stories.site import Published, Site, follow, said
from tests.stories.studio_forms import press
from tests.stories.test_gathering_people import a_picture, shows
from tests.stories.test_inbox_reactions import counts, send
from tests.stories.test_inbox_thread import reply
from tests.stories.test_quotes import QUOTES, request

pytestmark = pytest.mark.anyio

PICTURE = "https://media.social.example/blob.png"
BLOB = {
    "type": "Emoji",
    "name": ":blob:",
    "icon": {"type": "Image", "mediaType": "image/png", "url": PICTURE},
}


def misskey(actor: PretendActor, thing: str, reaction: str, *tags: Document) -> Document:
    return actor.activity(
        "Like", thing, content=reaction, _misskey_reaction=reaction, tag=list(tags)
    )


def pleroma(actor: PretendActor, thing: str, reaction: str, *tags: Document) -> Document:
    return actor.activity("EmojiReact", thing, content=reaction, tag=list(tags))


def quoting(actor: PretendActor, thing: str, name: str = "quoteUrl", **more: Any) -> Document:
    return actor.note("Read this", **{name: thing, **more})


def like(tx: Transaction, thing: str, number: int, site: Site) -> None:
    """Let somebody of whom nothing is known like something."""
    actor = f"https://many.example/users/{number}"
    reactions.add(
        tx,
        activity=f"{actor}/like",
        kind=ReactionKind.LIKE,
        actor=actor,
        object=thing,
        now=site.parts.site.now(),
    )


async def strip(site: Site, path: str) -> Tag:
    """Give what the page says of reactions."""
    found = (await site.page(path)).select_one(".reactions")
    assert found is not None, path
    return found


async def emoji(site: Site, path: str) -> list[str]:
    return [said(each) for each in (await site.page(path)).select(".emoji-counts li")]


async def listed(site: Site, path: str, query: str = "") -> list[str]:
    page = await site.page(f"{path}/reactions{query}")
    return [said(each) for each in page.select(".reactors > li")]


async def test_everybody_who_reacted_is_counted_and_listed_with_their_name(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await send(site, alice, alice.activity("Like", review.uri))
    await send(site, bob, bob.activity("Announce", review.uri), pleroma(bob, review.uri, "🔥"))
    await send(site, alice, alice.create(quoting(alice, review.uri)))

    shown = await strip(site, review.path)
    everybody = await listed(site, review.path)

    assert "1 like, 1 boost, 1 quote across the fediverse" in said(shown)
    assert [said(face) for face in shown.select(".faces bdi")] == ["Alice", "Bob"]
    assert [each.partition(" @")[0] for each in everybody] == [
        "A Alice",
        "B Bob",
        "B Bob",
        "A Alice",
    ]
    assert "Quoted" in everybody[0]
    assert "Read the post by Alice" in everybody[0]
    assert "🔥" in everybody[1]
    assert len(await listed(site, review.path, "?kind=boost")) == 1
    assert (await site.reader.get(f"{review.path}/reactions?kind=hate")).status_code == 404


@pytest.mark.parametrize("shape", [misskey, pleroma])
async def test_emoji_are_grouped_and_are_no_likes(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, shape: Any
) -> None:
    await send(site, alice, shape(alice, review.uri, "❤"), shape(alice, review.uri, ":blob:", BLOB))
    await send(site, bob, shape(bob, review.uri, "❤\ufe0f"), bob.activity("Like", review.uri))

    assert await emoji(site, review.path) == ["❤\ufe0f 2", ":blob: 1"]
    assert await counts(site, review) == (1, 0)


@pytest.mark.parametrize("shape", [misskey, pleroma])
@pytest.mark.parametrize("spelt", ["whole", "only the id", "no id", "another id", "no emoji"])
async def test_one_emoji_is_taken_back_however_it_is_named(
    site: Site, alice: PretendActor, review: Published, shape: Any, spelt: str
) -> None:
    reaction = shape(alice, review.uri, "🔥")
    without = {"id", "content", "_misskey_reaction"} if spelt == "no emoji" else {"id"}
    named = {
        "whole": reaction,
        "only the id": reaction["id"],
        "another id": {**reaction, "id": f"{alice.id}#other"},
    }.get(spelt, {name: value for name, value in reaction.items() if name not in without})
    others = [shape(alice, review.uri, "❤")] if spelt != "no emoji" else []

    await send(site, alice, *others, reaction, alice.activity("Undo", named))

    assert await emoji(site, review.path) == (["❤\ufe0f 1"] if others else [])


@pytest.mark.parametrize(
    "content",
    [
        "x" * 5_000,
        "🔥" * 1_300,
        "<img src=x onerror=alert(1)>",
        "hello",
        ":blob:",
        "﷽",
        7,
        None,
    ],
)
async def test_what_is_no_emoji_is_a_plain_like(
    site: Site, alice: PretendActor, review: Published, content: Any
) -> None:
    await send(site, alice, pleroma(alice, review.uri, content))

    assert await emoji(site, review.path) == []
    assert await counts(site, review) == (1, 0)


async def test_one_person_gives_no_more_than_a_few_emoji(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await send(site, alice, *(pleroma(alice, review.uri, each) for each in "🍏🍎🍐🍊🍋🍌🍉🍇🍓🍈"))

    assert len(await listed(site, review.path)) == 8


async def test_a_like_of_what_is_private_or_deleted_is_not_kept(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    private = alice.note("Psst", to=[site.actor_id], cc=[], in_reply_to=review.uri)
    gone = alice.note("Oops", in_reply_to=review.uri)
    await send(site, alice, alice.create(private), alice.create(gone))
    await send(site, alice, alice.activity("Delete", gone["id"]))

    await send(site, bob, *(bob.activity("Like", each["id"]) for each in (private, gone)))

    assert site.rows()["reactions"] == 0


@pytest.mark.parametrize("name", ["quote", "quoteUri", "quoteUrl", "_misskey_quote"])
async def test_a_post_that_quotes_a_review_is_counted_until_it_is_deleted(
    site: Site, alice: PretendActor, review: Published, name: str
) -> None:
    post = quoting(alice, review.uri, name)

    await send(site, alice, alice.create(post))
    [line] = await listed(site, review.path)
    await send(site, alice, alice.activity("Delete", post["id"]))

    assert "Quoted" in line
    assert await listed(site, review.path) == []


@pytest.mark.parametrize("who", ["nobody", "followers"])
async def test_whom_the_author_does_not_let_quote_is_not_counted(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, who: str
) -> None:
    await follow(site, alice)
    author = site.account()
    with site.parts.database.transaction() as tx:
        conduct.set_of_author(tx, author.id, conduct.AuthorConduct(who_quotes=Who(who)))

    for person in (alice, bob):
        await send(site, person, person.create(quoting(person, review.uri)))

    assert len(await listed(site, review.path)) == (1 if who == "followers" else 0)


async def test_a_post_that_quotes_no_more_or_is_not_public_is_no_quote(
    site: Site, alice: PretendActor, review: Published
) -> None:
    post = quoting(alice, review.uri)
    secret = quoting(alice, review.uri, to=[f"{alice.id}/followers"], cc=[])
    edited = {**post, "quoteUrl": None, "updated": "2026-03-15T12:00:00Z"}

    await send(site, alice, alice.create(secret), alice.create(post))
    before = len(await listed(site, review.path))
    await send(site, alice, alice.activity("Update", edited))

    assert (before, await listed(site, review.path)) == (1, [])


async def test_a_quote_goes_with_the_leave_for_it_and_does_not_come_back(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await send(site, alice, request(alice, review.uri, to=[PUBLIC], cc=[]))
    before = await listed(site, review.path)

    await press(site, QUOTES, "Revoke")
    post = {**quoting(alice, review.uri, "quote"), "id": f"{alice.id}/notes/q1"}
    await send(site, alice, alice.create(post))

    assert len(before) == 1
    assert await listed(site, review.path) == []


async def test_leave_for_a_post_that_is_not_public_shows_nothing_of_it(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await send(site, alice, request(alice, review.uri, to=[f"{alice.id}/followers"]))

    assert await listed(site, review.path) == []


async def test_nobody_quotes_in_somebody_elses_name(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    forged = {**quoting(alice, review.uri), "attributedTo": alice.id}

    await send(site, bob, bob.activity("Create", forged))

    assert await listed(site, review.path) == []


async def test_who_is_blocked_is_neither_shown_nor_counted_until_the_block_ends(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await send(site, alice, alice.activity("Like", review.uri), pleroma(alice, review.uri, "🔥"))
    await send(site, alice, alice.create(quoting(alice, review.uri)))
    await send(site, bob, bob.activity("Like", review.uri))

    await site.author.post("/studio/blocks", data={"actor": alice.id})
    during = (await listed(site, review.path), await emoji(site, review.path))
    totals = await counts(site, review)
    await site.author.post("/studio/blocks/remove", data={"actor": alice.id})

    assert [len(each) for each in during] == [1, 0]
    assert totals == (1, 0)
    assert len(await listed(site, review.path)) == 4


async def test_faces_are_our_copies_and_nobody_is_asked_for_more_than_the_first(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    shows(alice, a_picture())
    shows(bob, a_picture("blue"), url=f"{bob.server.url}/media/bob.png")
    await send(site, alice, alice.activity("Like", review.uri))
    with site.parts.database.transaction() as tx:
        for n in range(FIRST - 1):
            like(tx, review.uri, n, site)

    await send(site, bob, bob.activity("Like", review.uri))

    shown = await strip(site, review.path)
    pictures = [str(image["src"]) for image in shown.select(".faces img")]
    assert len(shown.select(".faces li")) == FACES
    assert len(pictures) == 1
    assert pictures[0].startswith("/media/avatars/")
    assert (await site.reader.get(pictures[0])).status_code == 200
    assert not [each for each in bob.server.neighbourhood.asked if "bob.png" in each]


async def test_a_take_and_an_answer_have_their_strip_and_list(
    site: Site, alice: PretendActor, review: Published
) -> None:
    note_id = (await reply(site, alice, "Hm", review.uri))["id"]
    form = (await site.desk(review.path)).select_one("form[action$='/answer']")
    assert form is not None
    answered = await site.author.post(str(form["action"]), data={"text": "Ha."})
    own = answered.headers["location"].rpartition("#reply-")[2]

    await send(site, alice, pleroma(alice, f"{site.base_url}/ap/notes/{own}", "🔥"))
    await send(site, alice, alice.activity("Like", note_id))

    assert await emoji(site, f"/notes/{own}") == ["🔥 1"]
    assert len(await listed(site, f"/notes/{own}")) == 1
    assert "1 emoji" in said(await site.page(review.path))
    assert (await site.reader.get("/notes/none/reactions")).status_code == 404


async def test_a_long_list_is_turned_page_by_page(site: Site, review: Published) -> None:
    with site.parts.database.transaction() as tx:
        for n in range(PAGE + 1):
            like(tx, review.uri, n, site)

    first = await site.page(f"{review.path}/reactions?kind=like")
    older = first.select_one("a[rel=next]")
    assert older is not None
    second = await site.page(str(older["href"]))
    newer = second.select_one("a[rel=prev]")

    assert [len(page.select(".reactors > li")) for page in (first, second)] == [PAGE, 1]
    assert newer is not None
    assert newer["href"] == f"{review.path}/reactions?kind=like"
    assert "Somebody" in said(second.select_one(".reactors > li"))
    assert len(await listed(site, review.path, "?before=nonsense")) == PAGE


async def test_a_custom_emoji_is_shown_by_our_copy_of_its_picture(
    site: Site, alice: PretendActor, review: Published
) -> None:
    url = f"{alice.server.url}/blob.png"
    answer = httpx.Response(200, content=a_picture(), headers={"Content-Type": "image/png"})
    alice.server.pages["/blob.png"] = lambda _: answer
    tag = {**BLOB, "icon": {"type": "Image", "url": url}}

    await send(site, alice, pleroma(alice, review.uri, ":blob:", tag))

    shown = (await strip(site, review.path)).select_one(".emoji-counts img")
    listed = (await site.page(f"{review.path}/reactions")).select_one(".reactors .emoji")
    assert shown is not None
    assert listed is not None
    assert str(shown["src"]).startswith("/media/copies/")
    assert shown["alt"] == ":blob:"
    assert listed["src"] == shown["src"]
    assert (await site.reader.get(str(shown["src"]))).status_code == 200
