import ast

import pytest

from fedreview.errors import RemoteRefused, RemoteUnavailable
from fedreview.federation.client import FederationClient
from fedreview.federation.lookup import (
    MOST_KEYS,
    find_actor_document,
    find_document,
    find_key_owner_document,
)
from fedreview.signatures.keys import PrivateKey
from tests.unit.federation.peer import Peer, page, redirect

pytestmark = pytest.mark.anyio

PEM = "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"


def an_actor(id: str, *, key_id: str = "", **changes: object) -> dict[str, object]:
    named = {"id": key_id or f"{id}#main-key", "owner": id, "publicKeyPem": PEM}
    return {"id": id, "type": "Person", "inbox": f"{id}/inbox", "publicKey": named, **changes}


async def test_an_actor_is_believed_where_its_id_says(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    anna = an_actor(peer.url("/anna"))
    peer.serve("/anna", anna)

    assert await find_actor_document(client, peer.url("/anna"), key=key) == anna
    assert len(peer.received) == 1


async def test_an_actor_found_at_its_page_is_fetched_again_at_its_id(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    peer.serve("/@anna", an_actor(peer.url("/anna"), name="stale"))
    peer.serve("/anna", an_actor(peer.url("/anna"), name="fresh"))

    found = await find_actor_document(client, peer.url("/@anna"), key=key)

    assert found["name"] == "fresh"
    assert [request.target for request in peer.received] == ["/@anna", "/anna"]


async def test_an_actor_behind_a_redirect_is_believed_at_the_end_of_it(
    client: FederationClient, peer: Peer, stranger: Peer, key: PrivateKey
) -> None:
    anna = an_actor(stranger.url("/anna"))
    peer.pages["/anna"] = redirect(stranger.url("/anna"))
    stranger.serve("/anna", anna)

    assert await find_actor_document(client, peer.url("/anna"), key=key) == anna


async def test_a_document_that_claims_an_id_of_another_host_is_refused(
    client: FederationClient, peer: Peer, stranger: Peer, key: PrivateKey
) -> None:
    anna = an_actor(peer.url("/anna"))
    peer.serve("/anna", anna)
    stranger.serve("/fake", anna)

    with pytest.raises(RemoteRefused):
        await find_actor_document(client, stranger.url("/fake"), key=key)

    assert peer.received == []


async def test_a_redirect_does_not_lend_its_host_to_what_it_leads_to(
    client: FederationClient, peer: Peer, stranger: Peer, key: PrivateKey
) -> None:
    peer.pages["/go"] = redirect(stranger.url("/fake"))
    stranger.serve("/fake", an_actor(peer.url("/go")))

    with pytest.raises(RemoteRefused):
        await find_actor_document(client, peer.url("/go"), key=key)


async def test_a_document_that_changes_its_id_each_time_is_refused_after_two_fetches(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    for number in range(5):
        peer.serve(f"/{number}", an_actor(peer.url(f"/{number + 1}")))

    with pytest.raises(RemoteRefused):
        await find_actor_document(client, peer.url("/0"), key=key)

    assert len(peer.received) == 2


@pytest.mark.parametrize("named", [None, 7, {}, [], "", "not a url", "urn:uuid:1"])
async def test_a_document_without_a_usable_id_is_refused(
    client: FederationClient, peer: Peer, key: PrivateKey, named: object
) -> None:
    peer.serve("/anna", {"id": named, "type": "Person"})

    with pytest.raises(RemoteRefused):
        await find_document(client, peer.url("/anna"), key=key)


async def test_an_id_with_a_fragment_is_no_place_of_its_own(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    peer.serve("/anna", an_actor(peer.url("/anna#me")))

    with pytest.raises(RemoteRefused):
        await find_document(client, peer.url("/anna#me"), key=key)


@pytest.mark.parametrize("type_", ["Note", "Article", None, ["Note"], 7, {"Person": 1}])
async def test_what_cannot_act_is_no_actor(
    client: FederationClient, peer: Peer, key: PrivateKey, type_: object
) -> None:
    peer.serve("/note", an_actor(peer.url("/note"), type=type_))

    assert await find_document(client, peer.url("/note"), key=key)
    with pytest.raises(RemoteRefused):
        await find_actor_document(client, peer.url("/note"), key=key)


@pytest.mark.parametrize("type_", ["Application", "Group", "Organization", "Service", ["Person"]])
async def test_every_kind_of_actor_is_one(
    client: FederationClient, peer: Peer, key: PrivateKey, type_: object
) -> None:
    peer.serve("/them", an_actor(peer.url("/them"), type=type_))

    assert await find_actor_document(client, peer.url("/them"), key=key)


async def test_a_key_in_the_actor_leads_to_the_actor_in_one_fetch(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    anna = an_actor(peer.url("/anna"))
    peer.serve("/anna", anna)

    assert await find_key_owner_document(client, peer.url("/anna#main-key"), key=key) == anna
    assert len(peer.received) == 1


async def test_a_key_in_a_stub_of_the_actor_leads_to_the_whole_actor(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    key_id, anna = peer.url("/anna/main-key"), peer.url("/anna")
    whole = an_actor(anna, key_id=key_id)
    stub = {name: value for name, value in whole.items() if name != "inbox"}
    peer.serve("/anna/main-key", stub)
    peer.serve("/anna", whole)

    found = await find_key_owner_document(client, key_id, key=key)

    assert found["inbox"] == peer.url("/anna/inbox")


async def test_a_stub_of_what_is_no_actor_after_all_is_refused(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    key_id, anna = peer.url("/anna/main-key"), peer.url("/anna")
    peer.serve("/anna/main-key", an_actor(anna, key_id=key_id))
    peer.serve("/anna", an_actor(anna, key_id=key_id, type="Note"))

    with pytest.raises(RemoteRefused):
        await find_key_owner_document(client, key_id, key=key)


async def test_a_slash_before_the_fragment_leads_to_the_actor_without_it(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    key_id, anna = peer.url("/anna/#main-key"), peer.url("/anna")
    peer.serve("/anna/", an_actor(anna, key_id=key_id))
    peer.serve("/anna", an_actor(anna, key_id=key_id))

    found = await find_key_owner_document(client, key_id, key=key)

    assert found["id"] == anna


@pytest.mark.parametrize("owner_property", ["owner", "controller"])
@pytest.mark.parametrize("embedded", [True, False])
async def test_a_key_that_stands_alone_leads_to_the_owner_it_names(
    client: FederationClient, peer: Peer, key: PrivateKey, owner_property: str, embedded: bool
) -> None:
    key_id, anna = peer.url("/keys/1"), peer.url("/anna")
    owner = {"id": anna} if embedded else anna
    peer.serve("/keys/1", {"id": key_id, "type": "Key", owner_property: owner})
    peer.serve("/anna", an_actor(anna, key_id=key_id))

    found = await find_key_owner_document(client, key_id, key=key)

    assert found["id"] == anna


async def test_a_multikey_among_several_is_found(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    anna = peer.url("/anna")
    multikey = {"id": f"{anna}#ed", "type": "Multikey", "controller": anna}
    peer.serve("/anna", an_actor(anna, assertionMethod=["https://a.example/", multikey]))

    found = await find_key_owner_document(client, f"{anna}#ed", key=key)

    assert found["id"] == anna


@pytest.mark.parametrize("by_id", ["KEY", {"id": "KEY"}, ["other", "KEY"]])
async def test_a_key_that_its_owner_lists_by_id_alone_is_put_in_its_place(
    client: FederationClient, peer: Peer, key: PrivateKey, by_id: object
) -> None:
    key_id, anna = peer.url("/anna/key"), peer.url("/anna")
    standing = {"id": key_id, "type": "CryptographicKey", "owner": anna, "publicKeyPem": PEM}
    listed = ast.literal_eval(repr(by_id).replace("KEY", key_id))
    peer.serve("/anna/key", standing)
    peer.serve("/anna", an_actor(anna, publicKey=listed))

    found = await find_key_owner_document(client, key_id, key=key)

    assert found["id"] == anna
    assert isinstance(found["publicKey"], list)
    assert standing in found["publicKey"]


async def test_a_multikey_that_its_owner_lists_by_id_alone_is_put_in_its_place(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    key_id, anna = peer.url("/keys/ed"), peer.url("/anna")
    standing = {"id": key_id, "type": "Multikey", "controller": anna, "publicKeyMultibase": "z6M"}
    peer.serve("/keys/ed", standing)
    peer.serve("/anna", an_actor(anna, assertionMethod=[key_id]))

    found = await find_key_owner_document(client, key_id, key=key)

    assert found["assertionMethod"] == [standing]


@pytest.mark.parametrize("place", ["verificationMethod", "elsewhere"])
async def test_a_key_listed_by_id_may_stand_among_the_verification_methods(
    client: FederationClient, peer: Peer, key: PrivateKey, place: str
) -> None:
    anna = peer.url("/anna")
    standing = {"id": f"{anna}#ed", "type": "Multikey", "controller": anna}
    peer.serve("/anna", {**an_actor(anna, assertionMethod=[f"{anna}#ed"]), place: [standing]})

    if place == "verificationMethod":
        found = await find_key_owner_document(client, f"{anna}#ed", key=key)
        assert found["assertionMethod"] == [standing]
    else:
        with pytest.raises(RemoteRefused):
            await find_key_owner_document(client, f"{anna}#ed", key=key)


@pytest.mark.parametrize(
    "changes", [{"owner": "https://bob.example/"}, {"owner": None}, {"id": "https://bob.example/k"}]
)
async def test_a_key_that_is_listed_by_id_must_name_its_owner_itself(
    client: FederationClient, peer: Peer, key: PrivateKey, changes: dict[str, object]
) -> None:
    key_id, anna = peer.url("/anna/key"), peer.url("/anna")
    stub = an_actor(anna, key_id=key_id)
    named = {"id": key_id, "owner": anna, "publicKeyPem": PEM, **changes}
    peer.serve("/anna/key", {**stub, "publicKey": named})
    peer.serve("/anna", an_actor(anna, publicKey=key_id))

    with pytest.raises(RemoteRefused):
        await find_key_owner_document(client, key_id, key=key)


async def test_a_key_in_a_stub_may_be_listed_by_id_alone(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    key_id, anna = peer.url("/anna/key"), peer.url("/anna")
    stub = an_actor(anna, key_id=key_id)
    peer.serve("/anna/key", stub)
    peer.serve("/anna", an_actor(anna, publicKey=key_id))

    found = await find_key_owner_document(client, key_id, key=key)

    assert found["publicKey"] == [stub["publicKey"]]


async def test_a_key_that_is_listed_by_id_may_not_be_lent_through_a_redirect(
    client: FederationClient, peer: Peer, stranger: Peer, key: PrivateKey
) -> None:
    key_id, anna = peer.url("/anna/key"), peer.url("/anna")
    peer.pages["/anna/key"] = redirect(stranger.url("/k"))
    stranger.serve("/k", {"id": key_id, "type": "Key", "owner": anna, "publicKeyPem": PEM})
    peer.serve("/anna", an_actor(anna, publicKey=key_id))

    with pytest.raises(RemoteRefused):
        await find_key_owner_document(client, key_id, key=key)


async def test_each_of_several_keys_is_found(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    anna = peer.url("/anna")
    several = [
        {"id": f"{anna}#{n}", "owner": anna, "publicKeyPem": PEM} for n in range(MOST_KEYS + 1)
    ]
    peer.serve("/anna", an_actor(anna, publicKey=several))

    assert await find_key_owner_document(client, f"{anna}#9", key=key)
    with pytest.raises(RemoteRefused):
        await find_key_owner_document(client, f"{anna}#10", key=key)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_key_that_is_not_there_is_refused(
    client: FederationClient, peer: Peer, key: PrivateKey, status: int
) -> None:
    peer.pages["/anna/key"] = page(status=status)

    with pytest.raises(RemoteRefused) as refusal:
        await find_key_owner_document(client, peer.url("/anna/key"), key=key)

    assert refusal.value.status == status


async def test_a_key_that_its_owner_does_not_know_is_refused(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    peer.serve("/uploads/1", {"type": "Key", "owner": peer.url("/anna"), "publicKeyPem": PEM})
    peer.serve("/anna", an_actor(peer.url("/anna")))

    with pytest.raises(RemoteRefused):
        await find_key_owner_document(client, peer.url("/uploads/1"), key=key)


@pytest.mark.parametrize(
    "changes",
    [
        {"publicKey": None},
        {"publicKey": []},
        {"publicKey": "KEY"},
        {"publicKey": {"id": "KEY", "publicKeyPem": PEM}},
        {"publicKey": {"id": "KEY", "owner": "https://bob.example/", "publicKeyPem": PEM}},
        {"publicKey": {"id": "KEY/other", "owner": "ME", "publicKeyPem": PEM}},
        {"publicKey": [{"id": "other"}] * 10 + [{"id": "KEY", "owner": "ME"}]},
        {"type": "Note"},
    ],
)
async def test_an_actor_that_does_not_say_the_key_is_its_own_is_refused(
    client: FederationClient, peer: Peer, key: PrivateKey, changes: dict[str, object]
) -> None:
    anna = {**an_actor(peer.url("/anna")), **changes}
    text = repr(anna).replace("KEY", peer.url("/anna#main-key")).replace("'ME'", repr(anna["id"]))
    peer.serve("/anna", ast.literal_eval(text))

    with pytest.raises(RemoteRefused):
        await find_key_owner_document(client, peer.url("/anna#main-key"), key=key)


async def test_a_key_may_not_name_an_owner_on_another_host(
    client: FederationClient, peer: Peer, stranger: Peer, key: PrivateKey
) -> None:
    key_id, anna = stranger.url("/key"), peer.url("/anna")
    stranger.serve("/key", {"id": key_id, "type": "Key", "owner": anna, "publicKeyPem": PEM})
    peer.serve("/anna", an_actor(anna, key_id=key_id))

    with pytest.raises(RemoteRefused):
        await find_key_owner_document(client, key_id, key=key)

    assert peer.received == []


async def test_a_key_may_not_be_lent_through_a_redirect(
    client: FederationClient, peer: Peer, stranger: Peer, key: PrivateKey
) -> None:
    key_id = peer.url("/go#main-key")
    peer.pages["/go"] = redirect(stranger.url("/mallory"))
    stranger.serve("/mallory", an_actor(stranger.url("/mallory"), key_id=key_id))

    with pytest.raises(RemoteRefused):
        await find_key_owner_document(client, key_id, key=key)


@pytest.mark.parametrize(
    "key_id",
    [
        "",
        "acct:anna@peer.example",
        "anna",
        "#main-key",
        "did:key:z6Mk",
        "urn:uuid:1",
        "ftp://peer.example/key",
        "javascript:1",
        "https://anna@peer.example/key",
        "https://",
    ],
)
async def test_a_key_id_that_is_no_url_is_refused(
    client: FederationClient, key: PrivateKey, key_id: str
) -> None:
    with pytest.raises(RemoteRefused):
        await find_key_owner_document(client, key_id, key=key)


async def test_it_matters_whether_the_keys_host_is_gone_or_just_away(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    peer.pages["/gone"] = page(status=410)
    peer.pages["/away"] = page(status=503)

    with pytest.raises(RemoteRefused) as gone:
        await find_key_owner_document(client, peer.url("/gone#main-key"), key=key)
    with pytest.raises(RemoteUnavailable) as away:
        await find_key_owner_document(client, peer.url("/away#main-key"), key=key)

    assert (gone.value.status, away.value.status) == (410, 503)
