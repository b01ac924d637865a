"""What one server passes on of another's, to us and by us."""

import json
from datetime import timedelta

import httpx
import pytest

from fedreview.services.proving import PROOF_LASTS
from fedreview.signatures.integrity import add_proof
from fedreview.signatures.keys import PrivateKey
from tests.clock import Clock
from tests.fediverse import (
    Neighbourhood,
    PretendActor,
    PretendServer,
    proof_key,
    proved,
)
from tests.stories.site import Published, Site, follow, heading, said, thread

pytestmark = pytest.mark.anyio


async def test_a_reply_that_another_passes_on_counts_by_its_writers_proof(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    create = proved(alice, alice.create(alice.note("Passed on.", in_reply_to=review.uri)))

    answer = await bob.send(site.inbox, create)
    await site.settle()

    assert answer.status_code == 202
    assert thread(await site.page(review.path)) == [(0, "Passed on.")]


async def test_a_proof_counts_for_what_only_its_maker_may_say(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    like = proved(alice, alice.activity("Like", review.uri))

    answer = await bob.send(site.inbox, like)
    await site.settle()

    assert answer.status_code == 202
    assert (await site.document(review.uri))["likes"]["totalItems"] == 1


async def test_a_changed_word_breaks_the_proof(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    like = proved(alice, alice.activity("Like", review.uri))

    answer = await bob.send(site.inbox, {**like, "object": f"{review.uri}#x"})

    assert answer.status_code == 401
    assert site.rows()["arrivals"] == 0


async def test_an_old_proof_does_not_speak_for_what_was_undone_long_ago(
    site: Site, alice: PretendActor, bob: PretendActor, now: Clock
) -> None:
    follow = proved(alice, alice.activity("Follow", site.actor_id))
    now.advance(PROOF_LASTS + timedelta(minutes=1))

    answer = await bob.send(site.inbox, follow)

    assert answer.status_code == 401


async def test_a_proof_by_a_neighbour_of_the_actor_does_not_count(
    site: Site, social: PretendServer, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    mallory = social.person("mallory", key="mallory")
    key = proof_key(mallory)
    like = alice.activity("Like", review.uri)

    answer = await bob.send(site.inbox, dict(add_proof(like, key, now=social.neighbourhood.now())))

    assert answer.status_code == 401


async def test_hearsay_is_taken_as_its_origin_has_it(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    note = alice.server.publish(alice.note("What she wrote.", in_reply_to=review.uri))
    told = alice.create({**note, "content": "<p>What he says she wrote.</p>"})

    answer = await bob.send(site.inbox, told)
    await site.settle()

    page = await site.page(review.path)
    assert answer.status_code == 202
    assert thread(page) == [(0, "What she wrote.")]
    assert "alice@social.example" in said(page)


async def test_hearsay_that_its_origin_does_not_know_is_dropped(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    told = alice.create(alice.note("Never written.", in_reply_to=review.uri))

    answer = await bob.send(site.inbox, told)
    await site.settle()

    assert answer.status_code == 202
    assert thread(await site.page(review.path)) == []
    assert site.queues().arrivals == {"given up": 1}


async def test_hearsay_about_nothing_of_ours_asks_nobody(
    site: Site, alice: PretendActor, bob: PretendActor, neighbourhood: Neighbourhood
) -> None:
    told = alice.create(alice.note("To somebody else.", in_reply_to="https://x.example/1"))

    answer = await bob.send(site.inbox, told)
    await site.settle()

    assert answer.status_code == 202
    assert site.rows()["arrivals"] == 0
    assert neighbourhood.times_asked(told["object"]["id"]) == 0


async def test_the_true_word_replaces_hearsay_that_came_first(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    create = alice.create(alice.note("The truth.", in_reply_to=review.uri))
    await bob.send(site.inbox, {**create, "object": {**create["object"], "content": "Lies."}})
    await site.settle()

    await alice.send(site.inbox, create)
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "The truth.")]


@pytest.mark.parametrize("type", ["Like", "Announce", "Follow", "Undo", "Block", "Move", "Flag"])
async def test_nobody_can_pass_on_what_only_the_actor_may_say(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, type: str
) -> None:
    answer = await bob.send(site.inbox, alice.activity(type, review.uri))

    assert answer.status_code == 401
    assert site.rows()["arrivals"] == 0


@pytest.mark.parametrize("status", [404, 410])
async def test_an_end_that_another_tells_of_counts_when_the_note_is_gone(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, status: int
) -> None:
    note = alice.note("Soon gone.", in_reply_to=review.uri)
    await alice.send(site.inbox, alice.create(note))
    await site.settle()
    path = note["id"].removeprefix(alice.server.url)
    alice.server.pages[path] = lambda _: httpx.Response(status)

    await bob.send(site.inbox, alice.activity("Delete", note["id"]))
    await site.settle()

    assert thread(await site.page(review.path)) == []


async def test_an_end_that_another_tells_of_does_not_count_while_the_note_is_there(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    note = alice.server.publish(alice.note("Still there.", in_reply_to=review.uri))
    await alice.send(site.inbox, alice.create(note))
    await site.settle()

    await bob.send(site.inbox, alice.activity("Delete", note["id"]))
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "Still there.")]


async def test_a_tombstone_says_that_a_note_is_gone(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    note = alice.note("Soon gone.", in_reply_to=review.uri)
    await alice.send(site.inbox, alice.create(note))
    await site.settle()
    alice.server.publish({"id": note["id"], "type": "Tombstone"})

    await bob.send(site.inbox, alice.activity("Delete", note["id"]))
    await site.settle()

    assert thread(await site.page(review.path)) == []


async def test_an_edit_that_another_tells_of_is_read_at_the_origin(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    note = alice.note("Before.", in_reply_to=review.uri)
    await alice.send(site.inbox, alice.create(note))
    await site.settle()
    now.advance(timedelta(minutes=1))
    alice.server.publish({**note, "content": "<p>After.</p>", "updated": now().isoformat()})

    await bob.send(site.inbox, alice.activity("Update", {**note, "content": "Forged."}))
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "After.")]


async def test_the_end_of_an_account_whose_key_is_gone_is_asked_for_at_its_origin(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    await alice.send(site.inbox, alice.create(alice.note("Bye.", in_reply_to=review.uri)))
    await site.settle()
    alice.server.say_nothing_of(alice)
    renewed = f"{alice.id}#another-key"
    delete = alice.activity("Delete", alice.id)

    answer = await alice.send(site.inbox, delete, key=PrivateKey(id=renewed, key=alice.key.key))
    await site.settle()

    assert answer.status_code == 202
    assert thread(await site.page(review.path)) == []
    assert site.rows()["actors"] == 0


async def test_the_end_of_an_account_that_is_only_not_found_is_not_believed(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await alice.send(site.inbox, alice.create(alice.note("Here.", in_reply_to=review.uri)))
    await site.settle()
    del alice.server.documents["/users/alice"]
    renewed = PrivateKey(id=f"{alice.id}#another-key", key=alice.key.key)

    answer = await alice.send(site.inbox, alice.activity("Delete", alice.id), key=renewed)
    await site.settle()

    assert answer.status_code == 202
    assert thread(await site.page(review.path)) == [(0, "Here.")]


@pytest.fixture
def movies(neighbourhood: Neighbourhood) -> PretendActor:
    """A community on Lemmy."""
    return neighbourhood.server("lemmy.example").person("movies", type="Group")


async def test_a_comment_that_a_group_passes_on_is_fetched_where_it_is_from(
    site: Site, movies: PretendActor, alice: PretendActor, review: Published
) -> None:
    note = alice.server.publish(alice.note("From her own server.", in_reply_to=review.uri))
    told = alice.create({**note, "content": "<p>From the group.</p>"})

    answer = await movies.send(site.inbox, movies.activity("Announce", told))
    await site.settle()

    assert answer.status_code == 202
    assert thread(await site.page(review.path)) == [(0, "From her own server.")]
    assert (await site.document(review.uri))["shares"]["totalItems"] == 0


async def test_a_comment_that_a_group_passes_on_waits_for_its_writers_server(
    site: Site, movies: PretendActor, alice: PretendActor, review: Published, now: Clock
) -> None:
    note = alice.server.publish(alice.note("From her own server.", in_reply_to=review.uri))
    path = alice.id.removeprefix(alice.server.url)
    alice.server.pages[path] = lambda _: httpx.Response(503)

    await movies.send(site.inbox, movies.activity("Announce", alice.create(note)))
    await site.settle()
    del alice.server.pages[path]
    now.advance(timedelta(hours=1))
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "From her own server.")]


async def test_a_comment_that_a_group_made_up_is_dropped(
    site: Site, movies: PretendActor, alice: PretendActor, review: Published
) -> None:
    told = alice.create(alice.note("Made up.", in_reply_to=review.uri))

    await movies.send(site.inbox, movies.activity("Announce", told))
    await site.settle()

    assert thread(await site.page(review.path)) == []


async def test_an_end_that_a_group_passes_on_counts_when_the_comment_is_gone(
    site: Site, movies: PretendActor, alice: PretendActor, review: Published
) -> None:
    kept = alice.note("Kept.", in_reply_to=review.uri)
    gone = alice.note("Gone.", in_reply_to=review.uri)
    for note in (kept, gone):
        alice.server.publish(note)
        await movies.send(site.inbox, movies.activity("Announce", alice.create(note)))
    await site.settle()
    del alice.server.documents[gone["id"].removeprefix(alice.server.url)]

    for note in (kept, gone):
        delete = alice.activity("Delete", note["id"])
        await movies.send(site.inbox, movies.activity("Announce", delete))
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "Kept.")]


async def test_a_boost_within_a_group_counts_for_nothing(
    site: Site, movies: PretendActor, alice: PretendActor, review: Published
) -> None:
    like = alice.activity("Like", review.uri)

    await movies.send(site.inbox, movies.activity("Announce", like))
    await site.settle()

    document = await site.document(review.uri)
    assert document["likes"]["totalItems"] == document["shares"]["totalItems"] == 0


def forwarded(server: PretendServer) -> list[bytes]:
    """Give the bodies of others' activities that the site brought to this server."""
    return server.forwarded


async def test_a_signed_reply_goes_on_to_the_followers_byte_for_byte(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await follow(site, bob)
    create = proved(alice, alice.create(alice.note("For all.", in_reply_to=review.uri)))

    await alice.send(site.inbox, create)
    await site.settle()

    assert forwarded(bob.server) == [json.dumps(create).encode()]


async def test_a_reply_whose_proof_does_not_hold_stands_here_and_goes_nowhere(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await follow(site, bob)
    create = proved(alice, alice.create(alice.note("For all.", in_reply_to=review.uri)))
    broken = {**create, "published": "2020-01-01T00:00:00Z"}

    await alice.send(site.inbox, broken)
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "For all.")]
    assert forwarded(bob.server) == []


async def test_a_reply_does_not_go_back_to_where_it_is_from(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await follow(site, alice)
    create = proved(alice, alice.create(alice.note("For all.", in_reply_to=review.uri)))

    await alice.send(site.inbox, create)
    await site.settle()

    assert forwarded(alice.server) == []


async def test_what_nobody_else_could_check_stays_here(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await follow(site, bob)

    await alice.send(site.inbox, alice.create(alice.note("Here.", in_reply_to=review.uri)))
    await site.settle()

    assert forwarded(bob.server) == []


async def test_what_was_addressed_to_the_followers_reaches_them(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await follow(site, bob)
    note = alice.note("Here.", in_reply_to=review.uri, cc=[f"{site.actor_id}/followers"])

    await alice.send(site.inbox, alice.create(note))
    await site.settle()

    assert len(forwarded(bob.server)) == 1


@pytest.mark.parametrize("audience", [[], ["https://social.example/users/alice/followers"]])
async def test_what_is_not_public_is_passed_on_to_nobody(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, audience: list[str]
) -> None:
    await follow(site, bob)
    to = [*audience, site.actor_id, f"{site.actor_id}/followers"]
    note = alice.note("For you.", in_reply_to=review.uri, to=to, cc=[])

    await alice.send(site.inbox, proved(alice, alice.create(note)))
    await site.settle()

    assert forwarded(bob.server) == []


async def test_an_edit_and_an_end_follow_the_reply(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    await follow(site, bob)
    note = alice.note("One.", in_reply_to=review.uri)
    edited = {**note, "content": "<p>Two.</p>", "updated": now().isoformat()}
    steps = [
        proved(alice, alice.create(note)),
        proved(alice, alice.activity("Update", edited)),
        proved(alice, alice.activity("Delete", note["id"])),
    ]

    for step in steps:
        await alice.send(site.inbox, step)
        await site.settle()

    assert forwarded(bob.server) == [json.dumps(step).encode() for step in steps]


async def test_a_reply_that_is_gone_before_it_was_passed_on_is_not_passed_on(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    await follow(site, bob)
    bob.server.is_down = True
    note = alice.note("Short-lived.", in_reply_to=review.uri)
    delete = proved(alice, alice.activity("Delete", note["id"]))
    await alice.send(site.inbox, proved(alice, alice.create(note)))
    await site.settle()

    await alice.send(site.inbox, delete)
    bob.server.is_down = False
    now.advance(timedelta(hours=1))
    await site.settle()

    assert forwarded(bob.server) == [json.dumps(delete).encode()]


async def test_hearsay_is_not_passed_on(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, social: PretendServer
) -> None:
    await follow(site, bob)
    carol = alice.server.neighbourhood.server("third.example").person("carol")
    note = alice.server.publish(alice.note("Heard.", in_reply_to=review.uri))

    await carol.send(site.inbox, {**alice.create(note), "signature": {"type": "RsaSignature2017"}})
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "Heard.")]
    assert forwarded(bob.server) == []


async def test_a_reply_passed_on_twice_is_counted_once(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    create = proved(alice, alice.create(alice.note("Once.", in_reply_to=review.uri)))

    for sender in (bob, alice, bob):
        await sender.send(site.inbox, create)
        await site.settle()

    page = await site.page(review.path)
    assert heading(page).startswith("1 thought")
    assert site.rows()["arrivals"] == 1
