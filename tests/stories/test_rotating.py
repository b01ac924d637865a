"""New keys for old: who follows goes on believing, and a thief of the old ones is not believed."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from fedreview.app import build_parts
from fedreview.errors import NotAllowed
from fedreview.services.rotating import Rotated
from fedreview.services.signing import NOTICE_WITHIN
from fedreview.services.tidying import KEEP_RETIRED_KEYS
from fedreview.signatures import integrity
from fedreview.signatures.keys import PrivateKey, PublicKey
from fedreview.signatures.verify import Scheme
from fedreview.storage import actors, keys, threads
from fedreview.storage.keys import StoredKey
from tests.clock import Clock
from tests.fediverse import (
    Document,
    Neighbourhood,
    PretendActor,
    PretendServer,
    proved,
    signed_post,
)
from tests.stories.site import Site, prepare, running, settle

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


@pytest.fixture
async def follower(site: Site, alice: PretendActor) -> PretendActor:
    """Alice, who follows, and whose server keeps the critic's key."""
    await alice.send(site.author_inbox, alice.activity("Follow", site.actor_id))
    await site.settle()
    return alice


def rotate(site: Site, **how: bool) -> Rotated:
    return site.parts.rotating.rotate(site.account(), **how)


def keys_used(server: PretendServer) -> list[tuple[str, str]]:
    """Give type and key of everything that was taken, in order."""
    return [(each.activity["type"], each.key_id.rpartition("#")[2]) for each in server.received]


def multikeys(actor: Document) -> list[str]:
    return [key["id"].rpartition("#")[2] for key in actor["assertionMethod"]]


def stored(site: Site) -> dict[str, StoredKey]:
    with site.parts.database.snapshot() as tx:
        found = keys.list_of(tx, site.actor_id)
    return {key.id.rpartition("#")[2]: key for key in found}


def with_private_half(keys: dict[str, StoredKey]) -> set[str]:
    return {name for name, key in keys.items() if key.private_pem}


def prove(activity: Document, actor: Document, *, now: Clock) -> None:
    """Check an activity's proof with a key of the actor's document. Raises StopIteration."""
    method = integrity.proof_method(activity)
    key = next(each for each in actor["assertionMethod"] if each["id"] == method)
    public = PublicKey.from_multibase(key["id"], key["controller"], key["publicKeyMultibase"])
    integrity.check_proof(activity, public, now=now())


async def test_new_keys_are_brought_by_the_old_one_and_used_from_then_on(
    site: Site, follower: PretendActor
) -> None:
    await site.publish()
    await site.settle()

    rotated = rotate(site)
    await site.publish(title="NOiSE")
    await site.settle()

    assert rotated == Rotated(key_id=f"{site.actor_id}#main-key-2", told=1)
    assert keys_used(follower.server) == [
        ("Accept", "main-key"),
        ("Create", "main-key"),
        ("Update", "main-key"),
        ("Create", "main-key-2"),
    ]
    assert follower.server.impostors == []
    [update] = follower.server.activities("Update")
    assert update["object"] == await without_context(site)
    assert "proof" not in update


async def without_context(site: Site) -> Document:
    document = await site.document(site.actor_id)
    return {name: value for name, value in document.items() if name != "@context"}


async def test_the_actor_has_one_public_key_and_lists_the_retired_ones_after_the_new(
    site: Site, now: Clock
) -> None:
    before = await site.document(site.actor_id)
    rotate(site)
    now.advance(HOUR)
    rotate(site)

    after = await site.document(site.actor_id)

    assert before["publicKey"]["id"] == f"{site.actor_id}#main-key"
    assert multikeys(before) == ["ed25519-key"]
    assert after["publicKey"]["id"] == f"{site.actor_id}#main-key-3"
    assert after["publicKey"]["publicKeyPem"] != before["publicKey"]["publicKeyPem"]
    assert multikeys(after)[0] == "ed25519-key-3"
    assert set(multikeys(after)[1:3]) == {"ed25519-key-2", "main-key-2"}
    assert set(multikeys(after)[3:]) == {"ed25519-key", "main-key"}


async def test_old_posts_keep_a_proof_that_holds(
    site: Site, follower: PretendActor, now: Clock
) -> None:
    await site.publish()
    rotate(site)
    await site.publish(title="NOiSE")
    await site.settle()

    actor = await site.document(site.actor_id)
    old, new = follower.server.activities("Create")
    prove(old, actor, now=now)
    prove(new, actor, now=now)
    assert old["proof"]["verificationMethod"].endswith("#ed25519-key")
    assert new["proof"]["verificationMethod"].endswith("#ed25519-key-2")
    outbox = await site.document(f"{site.actor_id}/outbox?page=")
    assert old in outbox["orderedItems"]


async def test_a_server_that_was_out_still_gets_the_news_from_the_old_key(
    site: Site, follower: PretendActor, now: Clock
) -> None:
    follower.server.is_down = True
    await site.publish()
    rotate(site)
    await site.publish(title="NOiSE")
    await site.settle()

    now.advance(HOUR)
    rotate(site)
    await site.settle()
    follower.server.is_down = False
    for _ in range(8):
        now.advance(HOUR * 13)
        site.parts.site.maintaining.tidy()
        await site.settle()

    assert keys_used(follower.server)[1:] == [
        ("Create", "main-key"),
        ("Update", "main-key"),
        ("Create", "main-key-2"),
        ("Update", "main-key-2"),
    ]
    assert follower.server.impostors == []


async def test_who_never_kept_the_old_key_is_shown_the_new_one(
    site: Site, follower: PretendActor
) -> None:
    follower.server.known.clear()
    follower.server.documents.clear()
    rotate(site, forget_old=True)

    await site.settle()

    assert keys_used(follower.server)[1:] == [("Update", "main-key-2")]
    assert len(follower.server.knocks) == 1 + 3


async def test_a_site_of_ours_follows_the_change(site: Site, neighbour: Site, now: Clock) -> None:
    await neighbour.author.post("/studio/following", data={"handle": site.handle})
    await settle(site, neighbour)
    rotate(site)
    await settle(site, neighbour)
    published = await site.publish()
    await settle(site, neighbour)

    with neighbour.parts.database.snapshot() as tx:
        arrived = threads.find(tx, published.uri)
        known = actors.find_key(tx, f"{site.actor_id}#main-key-2")
    assert arrived
    assert known
    assert site.queues().deliveries == {"done": 3}


async def test_another_process_notices_within_seconds(
    site: Site, follower: PretendActor, now: Clock
) -> None:
    assert (await site.document(site.actor_id))["publicKey"]["id"].endswith("#main-key")
    command = build_parts(site.settings, now=now)

    command.rotating.rotate(site.account())
    now.advance(NOTICE_WITHIN)
    await site.settle()
    await site.publish()
    await site.settle()
    command.database.close()

    assert (await site.document(site.actor_id))["publicKey"]["id"].endswith("#main-key-2")
    assert keys_used(follower.server)[1:] == [("Update", "main-key"), ("Create", "main-key-2")]


async def test_a_profile_that_changes_in_the_same_second_has_the_new_keys(
    site: Site, follower: PretendActor, now: Clock
) -> None:
    command = build_parts(site.settings, now=now)
    command.rotating.rotate(site.account())
    command.database.close()

    changed = {"name": "The Critic", "summary": "", "site_title": "Reviews", "tagline": ""}
    await site.author.post("/studio/settings", data=changed)
    await site.settle()

    first, second = follower.server.activities("Update")
    assert second["object"]["name"] == "The Critic"
    assert first["object"]["publicKey"] == second["object"]["publicKey"]
    assert keys_used(follower.server)[1:] == [("Update", "main-key"), ("Update", "main-key-2")]


async def test_keys_that_have_not_changed_cost_one_look_in_a_while(
    site: Site, now: Clock, statements: Any
) -> None:
    now.advance(NOTICE_WITHIN)

    with statements.recorded() as seen:
        for _ in range(20):
            site.parts.signing.keys(site.actor_id)

    assert len(seen) == 1


async def test_nobody_waits_for_whoever_looks_whether_keys_have_changed(
    site: Site, now: Clock, statements: Any
) -> None:
    signing = site.parts.signing
    now.advance(NOTICE_WITHIN)

    with signing._looking, statements.recorded() as seen:
        found = signing.keys(site.actor_id)

    assert found.http.id == f"{site.actor_id}#main-key"
    assert seen == []


async def test_a_retired_key_loses_its_private_half_when_nothing_needs_it(
    site: Site, follower: PretendActor, now: Clock
) -> None:
    rotate(site)
    await site.settle()
    site.parts.site.maintaining.tidy()
    before = stored(site)

    now.advance(KEEP_RETIRED_KEYS + HOUR)
    site.parts.site.maintaining.tidy()

    after = stored(site)
    assert before["main-key"].private_pem
    assert with_private_half(after) == {"main-key-2", "ed25519-key-2"}
    assert all(key.public_pem for key in after.values() if key.retired_at)
    assert multikeys(await site.document(site.actor_id)) == ["ed25519-key-2", "ed25519-key"]
    assert site.parts.signing.retired_key(site.actor_id, before["main-key"].id) is None


async def test_a_stolen_key_is_published_no_more_and_signs_only_the_news(
    site: Site, follower: PretendActor, now: Clock
) -> None:
    await site.publish()
    await site.settle()
    rotate(site)
    await site.settle()

    rotate(site, forget_old=True)
    waiting = stored(site)
    await site.settle()
    site.parts.site.maintaining.tidy()

    actor = await site.document(site.actor_id)
    assert multikeys(actor) == ["ed25519-key-3"]
    assert with_private_half(waiting) == {"main-key-2", "main-key-3", "ed25519-key-3"}
    assert with_private_half(stored(site)) == {"main-key-3", "ed25519-key-3"}
    assert keys_used(follower.server)[-1] == ("Update", "main-key-2")
    assert follower.server.impostors == []


async def test_what_a_stolen_key_has_proved_is_proved_anew(
    site: Site, follower: PretendActor, now: Clock
) -> None:
    review = await site.publish()
    follower.server.is_down = True
    await site.publish(title="NOiSE")

    rotate(site, forget_old=True)
    follower.server.is_down = False
    await site.settle()

    actor = await site.document(site.actor_id)
    outbox = await site.document(f"{site.actor_id}/outbox?page=")
    for activity in [*outbox["orderedItems"], *follower.server.activities("Create")]:
        prove(activity, actor, now=now)
        assert activity["proof"]["verificationMethod"].endswith("#ed25519-key-2")
    assert review.uri in json.dumps(outbox)


async def test_what_is_passed_on_for_others_keeps_their_proof(
    site: Site, follower: PretendActor, bob: PretendActor
) -> None:
    body = json.dumps(proved(bob, bob.create(bob.note("Hello.")))).encode()
    with site.parts.database.transaction() as tx:
        site.parts.rotating.sending.forward(
            tx,
            site.account(),
            body=body,
            type="Create",
            about=bob.id,
            inboxes=[f"{follower.server.url}/inbox"],
        )

    rotate(site, forget_old=True)
    await site.settle()

    assert follower.server.forwarded == [body]


async def test_a_thief_of_a_forgotten_key_is_not_believed(
    site: Site, neighbour: Site, neighbourhood: Neighbourhood
) -> None:
    stolen = stored(site)["main-key"]
    thief = PrivateKey.load(stolen.id, stolen.private_pem)
    rotate(site, forget_old=True)
    follow = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{site.actor_id}/forged",
        "type": "Follow",
        "actor": site.actor_id,
        "object": neighbour.actor_id,
    }
    answer = await signed_post(
        neighbourhood, neighbour.inbox, json.dumps(follow).encode(), key=thief
    )

    assert answer.status_code == 401


async def test_the_site_itself_fetches_with_its_new_key(site: Site, alice: PretendActor) -> None:
    seen: list[httpx.Request] = []
    document = alice.document()

    def show(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(
            200, json=document, headers={"Content-Type": "application/activity+json"}
        )

    alice.server.pages["/users/alice"] = show

    rotated = site.parts.rotating.rotate(None)
    await alice.send(site.author_inbox, alice.activity("Follow", site.actor_id))

    instance = await site.document(f"{site.base_url}/actor")
    assert rotated == Rotated(key_id=f"{site.base_url}/actor#main-key-2", told=0)
    assert instance["publicKey"]["id"] == rotated.key_id
    assert f'keyId="{rotated.key_id}"' in seen[0].headers["signature"]


async def test_who_rotates_second_at_the_same_moment_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = site.parts.signing.keys(site.actor_id)
    rotate(site)
    monkeypatch.setattr(site.parts.signing, "keys", lambda _: known)

    with pytest.raises(NotAllowed):
        rotate(site)

    assert set(stored(site)) == {"main-key", "ed25519-key", "main-key-2", "ed25519-key-2"}


async def test_whom_the_author_follows_is_told_too(site: Site, bob: PretendActor) -> None:
    await site.author.post("/studio/following", data={"handle": bob.handle})
    await site.settle()

    rotated = rotate(site)
    await site.settle()

    assert rotated.told == 1
    assert keys_used(bob.server) == [("Follow", "main-key"), ("Update", "main-key")]
    assert bob.server.received[-1].scheme is Scheme.CAVAGE


async def test_keys_are_rotated_on_either_database(
    database_url: str, neighbourhood: Neighbourhood, tmp_path: Path, alice: PretendActor
) -> None:
    (tmp_path / "new").mkdir()
    where: dict[str, Any] = {"FEDREVIEW_DATABASE_URL": database_url}
    prepared = await asyncio.to_thread(
        prepare, "https://reviews.example", "critic", tmp_path / "new", **where
    )
    async with running(prepared, tmp_path / "one", neighbourhood=neighbourhood, **where) as site:
        await alice.send(site.author_inbox, alice.activity("Follow", site.actor_id))
        await site.settle()
        await site.publish()

        for forget_old in (False, True):
            rotate(site, forget_old=forget_old)
        await site.publish(title="NOiSE")
        await site.settle()
        site.parts.site.maintaining.tidy()

        assert keys_used(alice.server) == [
            ("Accept", "main-key"),
            ("Create", "main-key"),
            ("Update", "main-key"),
            ("Update", "main-key-2"),
            ("Create", "main-key-3"),
        ]
        assert with_private_half(stored(site)) == {"main-key-3", "ed25519-key-3"}
        assert multikeys(await site.document(site.actor_id)) == ["ed25519-key-3"]
