"""People who move, from there to there, from there to here, and from here to there."""

import pytest

from fedreview.activitypub.vocabulary import PUBLIC
from fedreview.storage import domains
from tests.factories import a_domain_block
from tests.fediverse import Document, Neighbourhood, PretendActor
from tests.stories.site import PASSWORD, Published, Site, said, soup
from tests.stories.studio_forms import press, told
from tests.stories.test_inbox_thread import send

pytestmark = pytest.mark.anyio

PEOPLE = "/studio/people"
ACCOUNTS = "/studio/accounts"


async def accepted(site: Site, actor: PretendActor) -> Document:
    """Let the author follow somebody, who accepts."""
    await site.author.post("/studio/following", data={"handle": f"@{actor.handle}"})
    await site.settle()
    follow = actor.server.activities("Follow")[-1]
    await send(site, actor, actor.activity("Accept", follow))
    return follow


def names(actor: PretendActor, *others: str) -> None:
    """Let an account say that others are the same person's."""
    actor.server.documents[f"/users/{actor.name}"]["alsoKnownAs"] = list(others)


def move(actor: PretendActor, target: str) -> Document:
    return actor.activity("Move", actor.id, target=target)


@pytest.fixture
def new_alice(neighbourhood: Neighbourhood) -> PretendActor:
    return neighbourhood.server("new.example").person("alice")


async def test_who_is_followed_is_followed_on_under_the_new_account(
    site: Site, alice: PretendActor, new_alice: PretendActor
) -> None:
    follow = await accepted(site, alice)
    names(new_alice, alice.id)

    await send(site, alice, move(alice, new_alice.id))

    [asked], [undo] = new_alice.server.activities("Follow"), alice.server.activities("Undo")
    people = said(await site.desk(PEOPLE))
    assert asked["object"] == new_alice.id
    assert undo["object"] == {name: value for name, value in follow.items() if name != "@context"}
    assert "moved here from @alice@social.example" in people
    assert "Has not answered yet" in people


@pytest.mark.parametrize("named", [(), ("https://social.example/users/somebody",)])
async def test_a_move_that_the_new_account_does_not_confirm_does_nothing(
    site: Site, alice: PretendActor, new_alice: PretendActor, named: tuple[str, ...]
) -> None:
    await accepted(site, alice)
    names(new_alice, *named)

    await send(site, alice, move(alice, new_alice.id))

    assert new_alice.server.received == []
    assert "You follow 1" in said(await site.desk(PEOPLE))
    assert alice.server.activities("Undo") == []


async def test_a_move_is_asked_about_afresh_and_not_taken_from_what_is_known(
    site: Site, alice: PretendActor, new_alice: PretendActor
) -> None:
    await accepted(site, alice)
    names(new_alice, alice.id)
    await send(site, new_alice, new_alice.activity("Like", "https://elsewhere.example/1"))
    names(new_alice)

    await send(site, alice, move(alice, new_alice.id))

    assert new_alice.server.activities("Follow") == []


async def test_a_move_of_somebody_whom_nobody_follows_makes_us_fetch_nothing(
    site: Site, alice: PretendActor, new_alice: PretendActor, neighbourhood: Neighbourhood
) -> None:
    names(new_alice, alice.id)

    await send(site, alice, move(alice, new_alice.id))

    assert neighbourhood.times_asked(new_alice.id) == 0


async def test_a_move_to_somebody_who_is_followed_already_only_ends_the_old_following(
    site: Site, alice: PretendActor, new_alice: PretendActor
) -> None:
    await accepted(site, alice)
    await accepted(site, new_alice)
    names(new_alice, alice.id)

    await send(site, alice, move(alice, new_alice.id))

    assert len(new_alice.server.activities("Follow")) == 1
    assert len(alice.server.activities("Undo")) == 1
    assert "You follow 1" in said(await site.desk(PEOPLE))


async def test_nobody_is_moved_to_a_person_whom_the_author_blocks(
    site: Site, alice: PretendActor, new_alice: PretendActor
) -> None:
    await accepted(site, alice)
    await send(site, new_alice, new_alice.activity("Like", "https://elsewhere.example/1"))
    await site.author.post("/studio/blocks", data={"actor": new_alice.id})
    names(new_alice, alice.id)

    await send(site, alice, move(alice, new_alice.id))

    assert new_alice.server.activities("Follow") == []
    assert "You follow nobody yet" in said(await site.desk(PEOPLE))


async def test_nobody_is_moved_to_a_blocked_server_and_it_is_not_asked(
    site: Site, alice: PretendActor, new_alice: PretendActor, neighbourhood: Neighbourhood
) -> None:
    await accepted(site, alice)
    names(new_alice, alice.id)
    with site.parts.database.transaction() as tx:
        domains.put_block(tx, a_domain_block("new.example"))

    await send(site, alice, move(alice, new_alice.id))

    assert neighbourhood.times_asked(new_alice.id) == 0
    assert new_alice.server.received == []
    assert "You follow 1" in said(await site.desk(PEOPLE))


async def test_a_move_to_an_author_here_leaves_the_followings_here_alone(
    site: Site, alice: PretendActor
) -> None:
    await accepted(site, alice)

    await send(site, alice, move(alice, site.actor_id))

    assert "You follow 1" in said(await site.desk(PEOPLE))


async def test_another_account_is_named_by_its_handle_and_told_to_followers(
    site: Site, alice: PretendActor, bob: PretendActor
) -> None:
    await send(site, bob, bob.activity("Follow", site.actor_id))

    answer = await press(site, ACCOUNTS, "Add it", alias=f"@{alice.handle}")
    await site.author.post(ACCOUNTS, data={"alias": alice.id})
    await site.settle()
    added = await site.document(site.actor_id)
    page = await site.desk(ACCOUNTS)
    removed = await press(site, ACCOUNTS, "Remove")

    [update] = bob.server.activities("Update")
    assert (await told(site, answer)).startswith("Added.")
    assert added["alsoKnownAs"] == [alice.id]
    assert update["object"]["alsoKnownAs"] == [alice.id]
    assert (update["to"], "proof" in update) == ([PUBLIC], True)
    assert "@alice@social.example" in said(page.select_one("ul.sessions"))
    assert await told(site, removed) == "Removed."
    assert "alsoKnownAs" not in await site.document(site.actor_id)


@pytest.mark.parametrize(
    ("typed", "said_of_it"),
    [
        ("", "Type a handle"),
        ("@nobody@social.example", "Nobody was found"),
        ("@a@away.example", "does not answer"),
        ("https://reviews.example/users/critic", "somebody on this site"),
    ],
)
async def test_an_account_that_cannot_be_found_is_not_named_and_stays_in_the_field(
    site: Site, alice: PretendActor, typed: str, said_of_it: str
) -> None:
    answer = await site.author.post(ACCOUNTS, data={"alias": typed})

    field = soup(answer).select_one("input[name=alias]")
    assert answer.status_code == 422
    assert said_of_it in said(soup(answer).select_one(".problems"))
    assert field is not None
    assert field.get("value") == typed


async def test_there_is_an_end_to_other_accounts(site: Site, alice: PretendActor) -> None:
    for number in range(10):
        alice.server.person(f"alice{number}")
        await site.author.post(ACCOUNTS, data={"alias": f"@alice{number}@social.example"})

    answer = await site.author.post(ACCOUNTS, data={"alias": f"@{alice.handle}"})

    assert "There can be 10" in said(soup(answer).select_one(".problems"))


async def test_moving_away_needs_the_other_account_to_agree(
    site: Site, alice: PretendActor
) -> None:
    sent = {"target": f"@{alice.handle}", "password": PASSWORD}

    answer = await press(site, ACCOUNTS, "Move my followers", **sent)

    problem = said(soup(answer).select_one(".problems"))
    assert answer.status_code == 422
    assert "does not name this account" in problem
    assert "@critic@reviews.example" in problem
    assert "movedTo" not in await site.document(site.actor_id)


async def test_moving_away_needs_the_password_and_guesses_are_counted(
    site: Site, alice: PretendActor
) -> None:
    names(alice, site.actor_id)
    sent = {"target": f"@{alice.handle}", "password": "wrong"}

    answers = [await site.author.post(f"{ACCOUNTS}/move", data=sent) for _ in range(11)]

    assert "not your password" in said(soup(answers[0]).select_one(".problems"))
    assert "too many wrong passwords" in said(soup(answers[-1]).select_one(".problems"))
    assert "movedTo" not in await site.document(site.actor_id)


async def test_who_has_moved_says_so_everywhere_and_can_come_back(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await send(site, bob, bob.activity("Follow", site.actor_id))
    names(alice, site.actor_id)

    answer = await press(
        site, ACCOUNTS, "Move my followers", target=f"@{alice.handle}", password=PASSWORD
    )
    await site.settle()
    moved = await site.document(site.actor_id)
    page = await site.page("/@critic")
    twice = await site.author.post(
        f"{ACCOUNTS}/move", data={"target": f"@{alice.handle}", "password": PASSWORD}
    )
    await send(site, alice, alice.activity("Follow", site.actor_id))
    back = await press(site, ACCOUNTS, "I am here again")
    await site.settle()

    types = [each.activity["type"] for each in bob.server.received]
    [sent] = bob.server.activities("Move")
    assert (await told(site, answer)).startswith("Moved.")
    assert moved["movedTo"] == alice.id
    assert types == ["Accept", "Update", "Move", "Update"]
    assert (sent["actor"], sent["object"], sent["target"]) == (
        site.actor_id,
        site.actor_id,
        alice.id,
    )
    assert sent["to"] == [f"{site.actor_id}/followers"]
    assert "proof" in sent
    assert "Critic has moved to @alice@social.example" in said(page)
    assert page.select("#follow-handle") == []
    assert "moved already" in said(soup(twice).select_one(".problems"))
    assert len(alice.server.activities("Reject")) == 1
    assert (await told(site, back)).startswith("You are here again.")
    assert "movedTo" not in await site.document(site.actor_id)
    assert "has moved" not in said(await site.page("/@critic"))


async def test_what_was_typed_without_a_session_is_not_lost(site: Site) -> None:
    asked = soup(await site.reader.post(ACCOUNTS, data={"alias": "@a@b.example"}))
    kept = {str(f["name"]): str(f.get("value", "")) for f in asked.select("main input[name]")}

    answer = await site.reader.post(
        "/login", data={**kept, "username": site.username, "password": PASSWORD}
    )

    field = soup(answer).select_one("input[name=alias]")
    assert field is not None
    assert field["value"] == "@a@b.example"
