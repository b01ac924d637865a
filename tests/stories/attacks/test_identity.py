"""Posing as somebody else, or as a server."""

import pytest

from fedreview.activitypub.vocabulary import ACTIVITY_JSON, ACTIVITY_STREAMS, PUBLIC
from tests.fediverse import Neighbourhood, PretendActor, PretendServer, a_key
from tests.stories.attacks.tricks import change, create, point_at, upload
from tests.stories.site import Published, Site, said, thread
from tests.stories.wire import stored

pytestmark = pytest.mark.anyio

OTHER_MEDIA_TYPES = (
    "text/plain",
    "application/json",
    "application/octet-stream",
    "application/ld+json",
    'application/ld+json; profile="https://evil.example/ns"',
    "text/html",
    "image/png",
    "",
)
RESTRUCTURED = ("@graph", "@included", "@reverse", "@id", "@type")
NO_ACCOUNTS = (
    "ftp://evil.example/users/mallory",
    "https://mallory:secret@evil.example/users/mallory",
    "#mallory",
    "javascript:alert(1)",
    "acct:mallory@evil.example",
    "https:///users/mallory",
    "//evil.example/users/mallory",
    "data:application/activity+json,{}",
    "",
)


@pytest.mark.parametrize("media_type", OTHER_MEDIA_TYPES)
async def test_an_upload_on_a_file_host_is_nobody(
    site: Site, neighbourhood: Neighbourhood, media_type: str
) -> None:
    files = neighbourhood.server("files.example")
    person = files.person("mallory")
    document = files.documents.pop("/users/mallory")
    files.pages["/users/mallory"] = upload(document, media_type)

    answer = await person.send(site.inbox, person.activity("Follow", site.actor_id))

    assert answer.status_code == 401
    assert site.rows()["actors"] == site.rows()["followers"] == 0


@pytest.mark.parametrize("media_type", OTHER_MEDIA_TYPES)
async def test_an_upload_on_a_file_host_is_no_reply(
    site: Site, alice: PretendActor, review: Published, media_type: str
) -> None:
    note = alice.note("Uploaded.", in_reply_to=review.uri)
    document = {"@context": ACTIVITY_STREAMS, **note}
    alice.server.pages["/media/1"] = upload({**document, "id": f"{alice.server.url}/media/1"})
    await point_at(alice, site, f"{alice.server.url}/media/1")
    as_activity = thread(await site.page(review.path))

    alice.server.pages["/media/2"] = upload(
        {**document, "id": f"{alice.server.url}/media/2"}, media_type
    )
    await point_at(alice, site, f"{alice.server.url}/media/2")

    assert thread(await site.page(review.path)) == as_activity == [(0, "Uploaded.")]


async def test_an_actor_document_cannot_make_somebody_of_another_host(
    site: Site, alice: PretendActor, mallory: PretendActor
) -> None:
    change(mallory, id=alice.id, url=alice.id, preferredUsername="alice")

    answer = await mallory.send(site.inbox, mallory.activity("Follow", site.actor_id))

    assert answer.status_code == 401
    assert site.rows()["actors"] == 0


async def test_a_note_cannot_be_served_in_the_name_of_another_host(
    site: Site, alice: PretendActor, mallory: PretendActor, review: Published
) -> None:
    forged = alice.note("I, Alice.", in_reply_to=review.uri)
    mallory.server.pages["/notes/1"] = upload({"@context": ACTIVITY_STREAMS, **forged})

    status = await point_at(mallory, site, f"{mallory.server.url}/notes/1")

    assert status == 202
    assert thread(await site.page(review.path)) == []


async def test_a_neighbour_cannot_make_a_private_message_public(
    site: Site, alice: PretendActor, neighbour_of_alice: PretendActor, review: Published
) -> None:
    message = alice.note("Between us.", in_reply_to=review.uri, to=[site.actor_id], cc=[])
    await create(alice, site, message)
    widened = {**message, "to": [PUBLIC], "updated": "2024-05-01T13:00:00Z"}

    for forged in (widened, {**widened, "attributedTo": neighbour_of_alice.id}):
        await neighbour_of_alice.send(site.inbox, neighbour_of_alice.activity("Update", forged))
    await site.settle()

    assert thread(await site.page(review.path)) == []
    assert "Between us." in str(await site.desk("/studio/conversation"))


async def test_a_neighbour_cannot_write_over_somebodys_reply(
    site: Site, alice: PretendActor, neighbour_of_alice: PretendActor, review: Published
) -> None:
    note = alice.note("A wall.", in_reply_to=review.uri)
    await create(alice, site, note)
    stolen = {**note, "attributedTo": neighbour_of_alice.id, "content": "Trudy was here."}

    await create(neighbour_of_alice, site, stolen)
    await neighbour_of_alice.send(site.inbox, neighbour_of_alice.activity("Update", stolen))
    await neighbour_of_alice.send(site.inbox, neighbour_of_alice.activity("Delete", note["id"]))
    await site.settle()

    page = await site.page(review.path)
    assert thread(page) == [(0, "A wall.")]
    assert alice.handle in said(page.select_one(".thread .who"))


async def test_a_neighbour_cannot_end_somebodys_account(
    site: Site, alice: PretendActor, neighbour_of_alice: PretendActor, review: Published
) -> None:
    await create(alice, site, alice.note("A wall.", in_reply_to=review.uri))

    for end in ("Delete", "Move", "Block"):
        activity = neighbour_of_alice.activity(end, alice.id, target=neighbour_of_alice.id)
        await neighbour_of_alice.send(site.inbox, activity)
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "A wall.")]


@pytest.mark.parametrize("id", NO_ACCOUNTS)
async def test_an_account_needs_a_plain_web_address(
    site: Site, mallory: PretendActor, id: str
) -> None:
    follow = {**mallory.activity("Follow", site.actor_id), "actor": id}

    answer = await mallory.send(site.inbox, follow)

    assert answer.status_code in {400, 401}
    assert site.rows()["actors"] == site.rows()["arrivals"] == 0


@pytest.mark.parametrize("name", RESTRUCTURED)
async def test_a_signed_activity_cannot_be_restructured(
    site: Site, alice: PretendActor, review: Published, name: str
) -> None:
    create = alice.create(alice.note("Moved about.", in_reply_to=review.uri))
    moved = {"@context": ACTIVITY_STREAMS, name: [create], **create}

    answer = await alice.send(site.inbox, moved)

    assert answer.status_code == 400
    assert stored(site) == []


@pytest.mark.parametrize("name", RESTRUCTURED)
async def test_a_fetched_note_cannot_be_restructured(
    site: Site, alice: PretendActor, review: Published, name: str
) -> None:
    note = alice.note("Moved about.", in_reply_to=review.uri)
    path = note["id"].removeprefix(alice.server.url)
    alice.server.documents[path] = {"@context": ACTIVITY_STREAMS, name: [note], **note}

    await point_at(alice, site, note["id"])

    assert stored(site) == []


async def test_a_linked_data_signature_proves_nothing(
    site: Site, alice: PretendActor, mallory: PretendActor, review: Published
) -> None:
    await create(alice, site, alice.note("I was here.", in_reply_to=review.uri))
    forged = alice.create(alice.note("I, Alice.", in_reply_to=review.uri))
    forged["signature"] = {
        "type": "RsaSignature2017",
        "creator": alice.key.id,
        "created": "2024-05-01T12:00:00Z",
        "signatureValue": "Zm9yZ2Vk",
    }

    await mallory.send(site.inbox, forged)
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "I was here.")]


@pytest.mark.parametrize(
    "proof",
    [
        {"type": "DataIntegrityProof"},
        {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-jcs-2022",
            "proofPurpose": "assertionMethod",
            "verificationMethod": "https://social.example/users/alice#main-key",
            "created": "2024-05-01T12:00:00Z",
            "proofValue": "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq",
        },
        {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-jcs-2022",
            "proofPurpose": "assertionMethod",
            "verificationMethod": "https://evil.example/users/mallory#main-key",
            "created": "2024-05-01T12:00:00Z",
            "proofValue": "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq",
        },
    ],
    ids=["empty", "of alice's key", "of mallory's own key"],
)
async def test_a_made_up_proof_proves_nothing(
    site: Site, alice: PretendActor, mallory: PretendActor, review: Published, proof: object
) -> None:
    forged = alice.create(alice.note("I, Alice.", in_reply_to=review.uri))

    await mallory.send(site.inbox, {**forged, "proof": proof})
    await site.settle()

    assert thread(await site.page(review.path)) == []


async def test_a_key_that_names_its_owner_but_is_not_named_by_them_is_nobodys(
    site: Site, alice: PretendActor, social: PretendServer, review: Published
) -> None:
    stray = f"{social.url}/media/key.json"
    key = a_key(stray, "stray")
    social.documents["/media/key.json"] = {
        "@context": [ACTIVITY_STREAMS, "https://w3id.org/security/v1"],
        "id": stray,
        "type": "Key",
        "owner": alice.id,
        "publicKeyPem": social.person("trudy", key="stray").public_pem,
    }

    answer = await alice.send(site.inbox, alice.activity("Like", review.uri), key=key)

    assert answer.status_code == 401
    assert stored(site) == []


async def test_a_document_with_a_key_and_no_owner_is_no_key(
    site: Site, mallory: PretendActor, review: Published
) -> None:
    own = mallory.document()["publicKey"]
    change(mallory, publicKey={"id": own["id"], "publicKeyPem": own["publicKeyPem"]})

    answer = await mallory.send(site.inbox, mallory.activity("Like", review.uri))

    assert answer.status_code == 401
    assert stored(site) == []


async def test_what_a_group_passes_on_is_not_believed_without_its_origin(
    site: Site, alice: PretendActor, mallory: PretendActor, review: Published
) -> None:
    forged = alice.create(alice.note("I, Alice.", in_reply_to=review.uri))

    for type_ in ("Announce", "Add"):
        await mallory.send(site.inbox, mallory.activity(type_, forged))
    await site.settle()

    assert thread(await site.page(review.path)) == []


@pytest.mark.parametrize(
    "host", ["SOCIAL.example", "social.example.", "ｓｏｃｉａｌ.example", "social.example:443"]
)
async def test_another_spelling_of_a_host_makes_no_second_alice(
    site: Site, alice: PretendActor, review: Published, host: str
) -> None:
    await create(alice, site, alice.note("A wall.", in_reply_to=review.uri))
    respelt = {
        **alice.create(alice.note("Another.", in_reply_to=review.uri)),
        "actor": alice.id.replace("social.example", host),
    }

    await alice.send(site.inbox, respelt)
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "A wall.")]
    assert site.rows()["actors"] == 1


async def test_a_shared_inbox_elsewhere_does_not_aim_us_at_another_server(
    site: Site, neighbourhood: Neighbourhood, mallory: PretendActor
) -> None:
    victim = neighbourhood.server("victim.example")
    change(mallory, endpoints={"sharedInbox": f"{victim.url}/inbox"})
    await mallory.send(site.inbox, mallory.activity("Follow", site.actor_id))
    await site.settle()

    await site.publish()
    await site.settle()

    assert victim.received == []
    assert len(mallory.server.activities("Create")) == 1


async def test_our_own_media_type_is_the_only_one_an_actor_is_read_in(
    site: Site, mallory: PretendActor
) -> None:
    document = mallory.server.documents.pop("/users/mallory")
    mallory.server.pages["/users/mallory"] = upload(document, f"{ACTIVITY_JSON}; charset=utf-8")

    answer = await mallory.send(site.inbox, mallory.activity("Follow", site.actor_id))

    assert answer.status_code == 202
