"""Getting leave to quote what is not to be quoted, or for somebody else."""

import pytest

from tests.fediverse import Document, PretendActor
from tests.stories.attacks.tricks import create
from tests.stories.site import Published, Site
from tests.stories.wire import stored

pytestmark = pytest.mark.anyio


def asking(actor: PretendActor, quoted: str, quoting: str) -> Document:
    return actor.activity("QuoteRequest", quoted, instrument={"id": quoting, "type": "Note"})


async def test_nobody_gets_leave_for_a_post_of_another_host(
    site: Site, alice: PretendActor, mallory: PretendActor, review: Published
) -> None:
    request = asking(mallory, review.uri, f"{alice.id}/notes/1")

    await mallory.send(site.inbox, request)
    await site.settle()

    assert stored(site) == []
    assert mallory.server.received == []


@pytest.mark.parametrize(
    "quoted",
    [
        "https://reviews.example/ap/reviews/0000",
        "https://reviews.example/users/critic",
        "https://social.example/users/alice/notes/1",
        "https://reviews.example.evil.example/ap/reviews/1",
    ],
)
async def test_nobody_gets_leave_for_what_is_not_ours_to_give(
    site: Site, mallory: PretendActor, quoted: str
) -> None:
    await mallory.send(site.inbox, asking(mallory, quoted, f"{mallory.id}/notes/1"))
    await site.settle()

    assert stored(site) == []
    assert mallory.server.received == []


async def test_nobody_gets_leave_for_a_strangers_reply_from_us(
    site: Site, alice: PretendActor, mallory: PretendActor, review: Published
) -> None:
    note = alice.note("A wall.", in_reply_to=review.uri)
    await create(alice, site, note)

    await mallory.send(site.inbox, asking(mallory, note["id"], f"{mallory.id}/notes/1"))
    await site.settle()

    assert site.rows()["quotes"] == 0


async def test_leave_says_for_which_post_it_is_and_is_of_no_use_for_another(
    site: Site, alice: PretendActor, review: Published
) -> None:
    quoting = f"{alice.id}/notes/1"
    await alice.send(site.inbox, asking(alice, review.uri, quoting))
    await site.settle()
    (accept,) = alice.server.activities("Accept")

    stamp = await site.document(accept["result"])

    assert stamp["id"] == accept["result"]
    assert stamp["type"] == "QuoteAuthorization"
    assert stamp["attributedTo"] == site.actor_id
    assert (stamp["interactingObject"], stamp["interactionTarget"]) == (quoting, review.uri)
