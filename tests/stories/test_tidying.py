"""What is left after months: everything that is shown, and little else."""

import os
import re
from datetime import timedelta

import pytest

from fedreview.services.tidying import KEEP_SETTLED
from fedreview.storage import reactions, sweeping
from tests.clock import Clock
from tests.fediverse import PretendActor
from tests.stories.site import PASSWORD, REVIEW, Published, Site, follow
from tests.stories.test_inbox_thread import reply, send

pytestmark = pytest.mark.anyio

DESK = ("/studio", "/studio/conversation", "/studio/people", "/studio/notices")
BACKLOGS = ("arrivals", "deliveries", "gone")


async def shown(site: Site, review: Published) -> dict[str, str]:
    """Read what visitors, other servers and the author see."""
    html = ("/", review.path, "/feed.atom", f"/@{site.username}")
    documents = (review.uri, f"{review.uri}/replies", f"{site.actor_id}/outbox?page=1")
    pages = {path: (await site.reader.get(path)).raise_for_status().text for path in html}
    read = {url: str(await site.document(url)) for url in documents}
    token, _ = site.parts.site.accounts.sign_in(
        username=site.username, password=PASSWORD, address="192.0.2.1", user_agent="Firefox"
    )
    author = site.browser(token=token)
    desk = {path: (await author.get(path)).raise_for_status().text for path in DESK}
    # How many were delivered of late is a number of the queue, and means the last two weeks.
    desk["/studio"] = re.sub(r"<strong>\d+</strong> <a [^>]*>delivered", "", desk["/studio"])
    await author.aclose()
    return {**pages, **read, **desk}


async def months(site: Site, alice: PretendActor, bob: PretendActor, review: Published) -> None:
    """Let a year of replies, likes, second thoughts and passers-by go by."""
    await follow(site, alice, bob)
    for n in range(4):
        site.clock.advance(timedelta(days=25))
        kept = await reply(site, alice, f"Month {n}", review.uri)
        await send(site, bob, bob.activity("Like", review.uri))
        meant = await reply(site, bob, f"Nonsense {n}", kept["id"])
        await send(site, bob, bob.activity("Delete", meant["id"]))
        liked = bob.activity("Like", kept["id"])
        await send(site, bob, liked, bob.activity("Undo", liked))
        passer_by = bob.server.person(f"passer{n}")
        await send(site, passer_by, passer_by.activity("Like", f"{site.base_url}/ap/reviews/none"))
        edited = {**REVIEW, "review_title": f"Thought over {n} times", "do": "update"}
        answer = await site.author.post(f"/studio/reviews/{review.id}", data=edited)
        assert answer.status_code == 303
        await site.settle()
    site.clock.advance(timedelta(days=250))


async def test_after_months_everything_shown_is_left_and_nothing_else(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await months(site, alice, bob, review)
    before, rows = await shown(site, review), site.rows()

    site.parts.site.maintaining.tidy()

    after, left = await shown(site, review), site.rows()
    assert after == before
    assert "Month 3" in after[review.path]
    assert {name: left[name] for name in BACKLOGS} == dict.fromkeys(BACKLOGS, 0)
    assert min(rows[name] for name in BACKLOGS) > 0
    assert left["notes"] == 4
    assert left["reactions"] == 1
    assert left["actors"] == 2


async def test_what_is_played_again_after_it_was_forgotten_changes_nothing(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    note = alice.note("Only once", in_reply_to=review.uri)
    like = alice.activity("Like", review.uri)
    await send(site, alice, alice.create(note), like)
    now.advance(KEEP_SETTLED + timedelta(days=1))
    site.parts.site.maintaining.tidy()
    before = await shown(site, review)

    await send(site, alice, alice.create(note), like)

    assert site.rows()["notes"] == 1
    assert site.rows()["reactions"] == 1
    assert await shown(site, review) == before


async def test_posts_of_those_who_are_followed_go_after_a_year_unless_answered(
    site: Site, alice: PretendActor, now: Clock
) -> None:
    await site.author.post("/studio/following", data={"handle": alice.handle})
    await site.settle()
    for accept in [alice.activity("Accept", each) for each in alice.server.activities("Follow")]:
        await send(site, alice, accept)
    await send(site, alice, alice.create(alice.note("Good morning")))
    liked = alice.note("It rains")
    await send(site, alice, alice.create(liked))
    assert site.rows()["notes"] == 2
    with site.parts.database.transaction() as tx:
        reactions.add(
            tx,
            activity=f"{site.base_url}/likes/1",
            kind=reactions.ReactionKind.LIKE,
            actor=site.actor_id,
            object=liked["id"],
            now=now(),
        )

    now.advance(timedelta(days=364))
    site.parts.site.maintaining.tidy()
    assert site.rows()["notes"] == 2
    now.advance(timedelta(days=2))
    site.parts.site.maintaining.tidy()

    assert site.rows()["notes"] == 1


async def test_tidying_stops_after_the_step_in_which_it_is_told_to(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "DROPPED_AT_ONCE", 2)
    for _ in range(5):
        await site.browser().post("/login", data={"username": "x", "password": "y"})
    wrong = site.rows()["login_failures"]
    site.clock.advance(timedelta(days=2))
    answers = iter([True, False])

    site.parts.site.maintaining.tidy(go_on=lambda: next(answers))
    left = site.rows()["login_failures"]
    site.parts.site.maintaining.tidy()

    assert (wrong - left, site.rows()["login_failures"]) == (2, 0)


async def test_a_file_that_no_row_names_is_removed_once_it_is_a_day_old(
    site: Site, now: Clock
) -> None:
    folder = site.settings.media_dir
    folder.mkdir(parents=True, exist_ok=True)
    old, young, foreign = (
        folder / name for name in (f"{'0' * 32}.jpg", f"{'1' * 32}.jpg", "notes.txt")
    )
    for path, age in ((old, 25), (young, 1), (foreign, 999)):
        path.write_bytes(b"x")
        stamp = (now() - timedelta(hours=age)).timestamp()
        os.utime(path, (stamp, stamp))

    site.parts.site.maintaining.tidy()

    assert {path.name for path in folder.iterdir() if path.is_file()} == {young.name, foreign.name}
