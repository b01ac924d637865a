"""Whose key it is: every way in which servers say it, and some in which nobody should."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from fedreview.services.acquainting import FORGET_FAILURE_AFTER
from fedreview.signatures.keys import PrivateKey, generate_ed25519
from fedreview.signatures.verify import Scheme
from tests.clock import Clock
from tests.fediverse import Document, PretendActor, a_key
from tests.stories.site import Published, Site

pytestmark = pytest.mark.anyio

ED25519_PEM = generate_ed25519()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a server shows a key. documents: by path, besides the actor's."""

    key: PrivateKey
    actor: Document
    documents: dict[str, Document]


def pem_key(actor: PretendActor, key_id: str, **changes: object) -> Document:
    return {"id": key_id, "owner": actor.id, "publicKeyPem": actor.public_pem, **changes}


def multikey(actor: PretendActor, key: PrivateKey) -> Document:
    text = key.public(actor.id).multibase()
    return {
        "id": key.id,
        "type": "Multikey",
        "controller": actor.id,
        "publicKeyMultibase": text,
    }


def gotosocial(actor: PretendActor) -> Shape:
    """A document of the key's own, which shows the actor without its inbox."""
    key_id = f"{actor.id}/main-key"
    described = {**actor.document(), "publicKey": pem_key(actor, key_id)}
    stub = {name: described[name] for name in ("@context", "id", "type", "publicKey")}
    return Shape(
        key=a_key(key_id), actor=described, documents={f"/users/{actor.name}/main-key": stub}
    )


def bookwyrm(actor: PretendActor) -> Shape:
    """A slash before the fragment, at which the actor is shown, too."""
    key_id = f"{actor.id}/#main-key"
    described = {**actor.document(), "publicKey": pem_key(actor, key_id)}
    return Shape(key=a_key(key_id), actor=described, documents={f"/users/{actor.name}/": described})


def standing_alone(type: str) -> Callable[[PretendActor], Shape]:
    def shape(actor: PretendActor) -> Shape:
        key_id = f"{actor.server.url}/keys/1"
        key = pem_key(actor, key_id, type=type)
        described = {**actor.document(), "publicKey": key}
        return Shape(key=a_key(key_id), actor=described, documents={"/keys/1": key})

    return shape


def multikey_inside(actor: PretendActor) -> Shape:
    key = PrivateKey.load(f"{actor.id}#ed25519-key", ED25519_PEM)
    described = {**actor.document(), "assertionMethod": [multikey(actor, key)]}
    return Shape(key=key, actor=described, documents={})


def multikey_standing_alone(actor: PretendActor) -> Shape:
    key = PrivateKey.load(f"{actor.server.url}/keys/ed", ED25519_PEM)
    described = {**actor.document(), "assertionMethod": multikey(actor, key)}
    return Shape(key=key, actor=described, documents={"/keys/ed": multikey(actor, key)})


def rsa_multikey(actor: PretendActor) -> Shape:
    key = a_key(f"{actor.id}#rsa")
    described = {**actor.document(), "publicKey": None, "assertionMethod": [multikey(actor, key)]}
    return Shape(key=key, actor=described, documents={})


def listed_by_id(actor: PretendActor) -> Shape:
    key_id = f"{actor.id}/key"
    described = {**actor.document(), "publicKey": key_id}
    documents = {f"/users/{actor.name}/key": pem_key(actor, key_id, type="Key")}
    return Shape(key=a_key(key_id), actor=described, documents=documents)


def multikey_listed_by_id(actor: PretendActor) -> Shape:
    key = PrivateKey.load(f"{actor.server.url}/keys/ed", ED25519_PEM)
    described = {**actor.document(), "assertionMethod": [key.id]}
    return Shape(key=key, actor=described, documents={"/keys/ed": multikey(actor, key)})


def one_of_several(actor: PretendActor) -> Shape:
    keys = [pem_key(actor, f"{actor.id}#key-{number}") for number in range(3)]
    described = {**actor.document(), "publicKey": keys}
    return Shape(key=a_key(f"{actor.id}#key-2"), actor=described, documents={})


def inside_the_actor(actor: PretendActor) -> Shape:
    return Shape(key=actor.key, actor=actor.document(), documents={})


SHAPES = [
    inside_the_actor,
    gotosocial,
    bookwyrm,
    standing_alone("Key"),
    standing_alone("CryptographicKey"),
    multikey_inside,
    multikey_standing_alone,
    rsa_multikey,
    listed_by_id,
    multikey_listed_by_id,
    one_of_several,
]


def show(actor: PretendActor, shape: Shape) -> None:
    actor.server.documents |= {**shape.documents, f"/users/{actor.name}": shape.actor}


async def likes(site: Site, review: Published) -> int:
    await site.settle()
    document = await site.document(review.uri)
    return int(document["likes"]["totalItems"])


@pytest.mark.parametrize("make", SHAPES, ids=lambda make: make.__qualname__.partition(".")[0])
@pytest.mark.parametrize("scheme", list(Scheme))
async def test_a_key_is_found_wherever_servers_put_it(
    site: Site,
    alice: PretendActor,
    review: Published,
    make: Callable[[PretendActor], Shape],
    scheme: Scheme,
) -> None:
    shape, neighbourhood = make(alice), alice.server.neighbourhood
    show(alice, shape)

    first = await alice.send(
        site.inbox, alice.activity("Like", review.uri), key=shape.key, scheme=scheme
    )
    asked = len(neighbourhood.asked)
    again = await alice.send(
        site.inbox, alice.activity("Like", review.uri), key=shape.key, scheme=scheme
    )

    assert (first.status_code, again.status_code) == (202, 202)
    assert neighbourhood.asked[asked:] == [f"POST {site.inbox}"]
    assert await likes(site, review) == 1


@pytest.mark.parametrize("make", SHAPES, ids=lambda make: make.__qualname__.partition(".")[0])
async def test_a_forger_is_refused_whatever_the_shape(
    site: Site, alice: PretendActor, review: Published, make: Callable[[PretendActor], Shape]
) -> None:
    shape = make(alice)
    show(alice, shape)

    forged = a_key(shape.key.id, "forged")
    answer = await alice.send(site.inbox, alice.activity("Like", review.uri), key=forged)

    assert answer.status_code == 401
    assert await likes(site, review) == 0


@pytest.mark.parametrize(
    "make", [gotosocial, standing_alone("Key"), multikey_standing_alone, listed_by_id]
)
async def test_a_key_that_its_owner_does_not_list_is_refused(
    site: Site, alice: PretendActor, review: Published, make: Callable[[PretendActor], Shape]
) -> None:
    shape = make(alice)
    show(alice, shape)
    alice.server.documents[f"/users/{alice.name}"] = alice.document()

    answer = await alice.send(site.inbox, alice.activity("Like", review.uri), key=shape.key)

    assert answer.status_code == 401
    assert await likes(site, review) == 0


@pytest.mark.parametrize(("status", "times"), [(404, 2), (410, 1)])
async def test_a_key_that_is_not_there_proves_nothing(
    site: Site, alice: PretendActor, review: Published, status: int, times: int
) -> None:
    alice.server.pages["/keys/1"] = lambda _: httpx.Response(status)
    key = a_key(f"{alice.server.url}/keys/1")

    answers = [
        await alice.send(site.inbox, alice.activity("Like", review.uri), key=key) for _ in range(3)
    ]

    assert [answer.status_code for answer in answers] == [401] * 3
    assert alice.server.neighbourhood.times_asked(key.id) == times


async def test_a_server_in_trouble_is_asked_for_the_key_later(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    troubled = {"is_over": False}
    document = alice.document()

    def show(_: httpx.Request) -> httpx.Response:
        if troubled["is_over"]:
            return httpx.Response(200, json=document, headers={"Content-Type": ACTIVITY_JSON})
        return httpx.Response(502)

    alice.server.pages[f"/users/{alice.name}"] = show
    like = alice.activity("Like", review.uri)

    before = await alice.send(site.inbox, like)
    troubled["is_over"] = True
    now.advance(FORGET_FAILURE_AFTER)
    after = await alice.send(site.inbox, like)

    assert (before.status_code, after.status_code) == (503, 202)


@pytest.mark.parametrize(
    "key_id",
    [
        "acct:alice@social.example",
        "alice@social.example",
        "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "urn:uuid:1",
        "ftp://social.example/users/alice",
        "javascript:alert(1)",
        "https://alice@social.example/users/alice#main-key",
        "https://social.example:444/users/alice#main-key",
        "http://social.example/users/alice#main-key",
        "main-key",
        "#main-key",
    ],
)
@pytest.mark.parametrize("scheme", list(Scheme))
async def test_a_key_id_that_is_no_address_of_the_actors_server_is_refused_unasked(
    site: Site, alice: PretendActor, review: Published, key_id: str, scheme: Scheme
) -> None:
    neighbourhood = alice.server.neighbourhood
    asked = len(neighbourhood.asked)

    answer = await alice.send(
        site.inbox, alice.activity("Like", review.uri), key=a_key(key_id), scheme=scheme
    )

    assert answer.status_code == 401
    assert neighbourhood.asked[asked:] == [f"POST {site.inbox}"]


async def test_a_key_that_changes_by_update_is_believed_at_once(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await alice.send(site.inbox, alice.activity("Like", review.uri))
    renewed = alice.server.person("alice", key="renewed")

    update = await alice.send(site.inbox, alice.activity("Update", renewed.document()))
    await site.settle()
    note = renewed.note("With the new key.", in_reply_to=review.uri)
    answer = await renewed.send(site.inbox, renewed.create(note))
    stale = await alice.send(site.inbox, alice.activity("Announce", review.uri))

    assert (update.status_code, answer.status_code) == (202, 202)
    assert stale.status_code == 401


async def test_a_second_key_is_known_without_forgetting_the_first(
    site: Site, alice: PretendActor, review: Published
) -> None:
    keys = [pem_key(alice, f"{alice.id}#main-key"), pem_key(alice, f"{alice.id}#second")]
    alice.server.documents["/users/alice"] = {**alice.document(), "publicKey": keys}

    answers = [
        await alice.send(site.inbox, alice.activity("Like", review.uri), key=a_key(key["id"]))
        for key in [keys[0], keys[1], keys[0]]
    ]

    assert [answer.status_code for answer in answers] == [202] * 3


async def test_a_key_beyond_what_is_safe_is_refused(
    site: Site, alice: PretendActor, review: Published
) -> None:
    padded = f"{'x' * 8_192}{alice.public_pem}"
    alice.server.documents["/users/alice"]["publicKey"]["publicKeyPem"] = padded

    answer = await alice.send(site.inbox, alice.activity("Like", review.uri))

    assert answer.status_code == 401
