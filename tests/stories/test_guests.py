"""Comments of people who have no account anywhere."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from fedreview.domain.moderation import RepliesMode
from fedreview.domain.review import ReviewId
from fedreview.domain.thread import NoteState
from fedreview.services.guesting import KEEP_ADDRESSES, LASTS, PER_ADDRESS, TRAP
from fedreview.storage import conduct, guests, threads
from fedreview.storage.conversation_tables import GuestRow
from fedreview.storage.threads import StoredNote
from tests.fediverse import PretendActor
from tests.stories.site import Published, Site, follow, said, soup, thread
from tests.stories.test_inbox_thread import reply

pytestmark = pytest.mark.anyio

COMMENT = {"name": "Ellen", "text": "I liked the ending.\n\nIs it on Netflix?"}
AS_JSON = {"Accept": ACTIVITY_JSON}


@pytest.fixture(autouse=True)
def _welcome(site: Site) -> None:
    said = conduct.AuthorConduct(welcomes_guests=True)
    author = site.account()
    with site.parts.database.transaction() as tx:
        conduct.set_of_author(tx, author.id, said)


async def comment(
    where: Site, review: Published, /, *, to: str = "", after: float = 20, **fields: str
) -> httpx.Response:
    """Open the form, take some seconds, and send it."""
    path = f"{review.path}/comment"
    form = (await where.page(f"{path}?to={to}")).select("main form input")
    given = {str(field["name"]): str(field.get("value", "")) for field in form}
    where.clock.advance(timedelta(seconds=after))
    return await where.reader.post(path, data={**given, **COMMENT, **fields})


def kept(site: Site) -> list[StoredNote]:
    with site.parts.database.snapshot() as tx:
        found = [threads.get(tx, note_id) for note_id in tx.scalars(select(GuestRow.note_id))]
    return sorted(found, key=lambda note: note.published_at)


def approve(site: Site, note: StoredNote) -> None:
    with site.parts.database.transaction() as tx:
        threads.change(tx, replace(note, state=NoteState.SHOWN, moderated_at=site.clock()))


def problem(answer: httpx.Response) -> str:
    assert answer.status_code == 422
    return said(soup(answer).select_one(".problems li"))


async def test_a_comment_waits_for_the_author_and_is_shown_then(
    site: Site, review: Published
) -> None:
    page = await site.page(review.path)
    assert page.select_one(f"a[href='{review.path}/comment']")

    answer = await comment(site, review, site="ellen.example", mail="ellen@ellen.example")

    assert answer.headers["location"] == f"{review.path}?done=comment_waits#thoughts"
    (note,) = kept(site)
    assert (note.state, note.held_for, note.local_only) == (NoteState.HELD, "guest", True)
    assert "I liked the ending" not in str(await site.page(review.path))

    approve(site, note)

    shown = await site.page(review.path)
    assert thread(shown) == [(0, "I liked the ending. Is it on Netflix?")]
    assert said(shown.select_one(".thread .who")) == "Ellen guest"
    (link,) = shown.select(".thread .who a")
    assert link["href"] == "https://ellen.example"
    assert "ellen@ellen.example" not in str(shown)


async def test_no_other_server_hears_of_a_comment(
    site: Site, review: Published, alice: PretendActor
) -> None:
    await follow(site, alice)
    before = len(alice.server.received)
    await comment(site, review)
    (note,) = kept(site)
    approve(site, note)
    await site.settle()

    assert len(alice.server.received) == before
    for name in ("replies", "context"):
        collection = await site.document(f"{review.uri}/{name}")
        assert note.uri not in str(collection)
    assert (await site.document(review.uri))["replies"]["totalItems"] == 0
    for address in (note.uri, f"/ap/notes/{note.id}", f"/notes/{note.id}"):
        assert (await site.reader.get(address, headers=AS_JSON)).status_code == 404
    assert (await site.reader.get(f"/interact?do=reply&note={note.id}")).status_code == 404


async def test_a_reply_from_elsewhere_can_be_commented_on_and_one_that_waits_cannot(
    site: Site, review: Published, alice: PretendActor
) -> None:
    sent = await reply(site, alice, "Too dark", review.uri)
    with site.parts.database.snapshot() as tx:
        answered = threads.find(tx, sent["id"])
    assert answered
    page = await site.page(f"{review.path}/comment?to={answered.id}")
    assert said(page.select_one("blockquote")) == "In answer to Alice : Too dark"
    leads = await site.page(f"/interact?do=reply&note={answered.id}")
    assert leads.select_one(f"a[href='{review.path}/comment?to={answered.id}']")

    await comment(site, review, to=answered.id)

    (note,) = kept(site)
    assert note.in_reply_to == sent["id"]
    refused = await site.reader.get(f"{review.path}/comment?to={note.id}")
    assert refused.status_code == 404


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": " "}, "Type the name that your comment is shown under."),
        ({"name": "x" * 61}, "Use at most 60 characters."),
        ({"name": "C R I T I C"}, "That is the name of an author here. Choose another one."),
        ({"text": "  "}, "Write something first."),
        ({"text": "x" * 5_001}, "Use at most 5000 characters."),
        (
            {"site": "javascript:alert(1)"},
            "Type the whole address, such as https://example.org, or leave it empty.",
        ),
        (
            {"mail": "ellen"},
            "Type a whole address, such as you@example.org, or leave it empty.",
        ),
        (
            {"mail": "a@b.example\r\nBcc: x@y.example"},
            "Type a whole address, such as you@example.org, or leave it empty.",
        ),
        ({"after": 1}, "That was quicker than anybody can type. Send it once more."),
        (
            {"after": LASTS.total_seconds() + 1},
            "This form has been open for more than a day. Send it once more.",
        ),
        (
            {"token": "1.made-up"},
            "This form has been open for more than a day. Send it once more.",
        ),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_lost(
    site: Site, review: Published, fields: dict[str, str], expected: str
) -> None:
    answer = await comment(site, review, **fields)  # type: ignore[arg-type]  # `after` is a number

    assert problem(answer) == expected
    assert kept(site) == []
    given = {**COMMENT, **fields}
    assert said(soup(answer).select_one("textarea")).split() == str(given["text"]).split()


async def test_a_form_for_one_reply_is_no_form_for_another(
    site: Site, review: Published, alice: PretendActor
) -> None:
    sent = await reply(site, alice, "Too dark", review.uri)
    with site.parts.database.snapshot() as tx:
        answered = threads.find(tx, sent["id"])
    assert answered
    page = await site.page(f"{review.path}/comment")
    (token,) = page.select("input[name=token]")
    site.clock.advance(timedelta(seconds=20))

    stolen = {**COMMENT, "token": str(token["value"]), "to": answered.id}
    answer = await site.reader.post(f"{review.path}/comment", data=stolen)

    assert problem(answer).startswith("This form has been open")


async def test_what_fills_in_the_hidden_field_goes_to_the_spam(
    site: Site, review: Published
) -> None:
    answer = await comment(site, review, **{TRAP: "Buy pills"})  # type: ignore[arg-type]  # as above

    assert answer.status_code == 303
    (note,) = kept(site)
    assert (note.state, note.held_for) == (NoteState.SPAM, "guest")


async def test_nobody_can_flood_the_author(site: Site, review: Published) -> None:
    for _ in range(PER_ADDRESS):
        assert (await comment(site, review)).status_code == 303

    assert problem(await comment(site, review)).startswith("You have sent several comments")
    site.clock.advance(timedelta(minutes=30))
    assert (await comment(site, review)).status_code == 303


async def test_where_a_comment_came_from_is_forgotten(site: Site, review: Published) -> None:
    await comment(site, review)
    with site.parts.database.snapshot() as tx:
        (hashed,) = tx.scalars(select(GuestRow.address_hash))
    assert "127.0.0.1" not in hashed

    site.clock.advance(KEEP_ADDRESSES + timedelta(minutes=1))
    site.parts.worker.maintaining.tidy()

    with site.parts.database.snapshot() as tx:
        assert list(tx.scalars(select(GuestRow.address_hash))) == [""]
        assert guests.count_since(tx, site.clock() - timedelta(days=9)) == 1


@pytest.mark.parametrize("how", ["not welcome", "closed", "closes"])
async def test_there_is_no_form_where_comments_are_not_wanted(
    site: Site, review: Published, how: str
) -> None:
    author, review_id = site.account(), ReviewId(review.id)
    with site.parts.database.transaction() as tx:
        if how == "not welcome":
            conduct.set_of_author(tx, author.id, conduct.AuthorConduct())
        elif how == "closed":
            conduct.set_of_review(tx, review_id, conduct.ReviewConduct(mode=RepliesMode.CLOSED))
        else:
            conduct.set_of_review(tx, review_id, conduct.ReviewConduct(closes_after_days=7))
    site.clock.advance(timedelta(days=8))

    page = await site.page(review.path)
    answer = await site.reader.post(f"{review.path}/comment", data=COMMENT)

    assert page.select_one(f"a[href='{review.path}/comment']") is None
    assert answer.status_code == 404
    assert kept(site) == []
