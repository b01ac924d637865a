"""What an author does to others as it is sent, compared with the examples in docs/wire/acts/.

After a change that is meant: run this file with ``FEDREVIEW_TEST_RENEW=1``, and read what
`git diff docs/wire` says.
"""

import os

import pytest

from tests.clock import Clock
from tests.fediverse import Document, PretendActor
from tests.stories.site import PASSWORD, Site
from tests.stories.studio_forms import press
from tests.stories.test_documents import EXAMPLES, RENEW, example_of, steady_site
from tests.stories.test_quotes import request

pytestmark = pytest.mark.anyio

__all__ = ["steady_site"]

ACTS = EXAMPLES / "acts"
TALK, PEOPLE = "/studio/conversation", "/studio/people"
NAMES = {
    "block",
    "boost",
    "delete-message",
    "flag",
    "like",
    "message",
    "move",
    "quote-accept",
    "quote-reject",
    "quote-revocation",
    "reject",
    "undo-block",
    "undo-boost",
    "undo-like",
    "update-answer",
}


@pytest.fixture
async def acts(steady_site: Site, alice: PretendActor, now: Clock) -> dict[str, Document]:
    """One of each kind, as they arrive at another server."""
    site, server = steady_site, alice.server
    review = await site.publish()

    async def send(*activities: Document) -> None:
        for activity in activities:
            await alice.send(site.inbox, activity)
            await site.settle()

    note = alice.note("And the wall?", in_reply_to=review.uri)
    await send(alice.activity("Follow", site.actor_id), alice.create(note))
    for _ in range(2):
        await press(site, TALK, "Like")
        await press(site, TALK, "Boost")
        await site.settle()
    link = (await site.desk(TALK)).select_one("article a[href*='/report?']")
    assert link is not None
    await press(site, str(link["href"]), "Send the report", comment="It is spam.")
    await send(request(alice, review.uri))
    await press(site, "/studio/quotes", "Revoke")
    await send(request(alice, review.uri))
    server.documents["/users/alice"]["alsoKnownAs"] = [site.actor_id]
    sent = {"target": f"@{alice.handle}", "password": PASSWORD}
    await press(site, "/studio/accounts", "Move my followers", **sent)
    await press(site, TALK, "Block")
    await site.settle()
    await press(site, PEOPLE, "Unblock")
    await site.settle()
    await answer_and_write(site, alice)

    undone = {each["object"]["type"]: each for each in server.activities("Undo")}
    rejected = {each["object"]["type"]: each for each in server.activities("Reject")}
    return {
        "block": server.activities("Block")[0],
        "boost": server.activities("Announce")[0],
        "delete-message": server.activities("Delete")[-1],
        "flag": server.activities("Flag")[0],
        "like": server.activities("Like")[0],
        "message": server.activities("Create")[-1],
        "move": server.activities("Move")[0],
        "quote-accept": server.activities("Accept")[-1],
        "quote-reject": rejected["QuoteRequest"],
        "quote-revocation": server.activities("Delete")[0],
        "reject": rejected["Follow"],
        "undo-block": undone["Block"],
        "undo-boost": undone["Announce"],
        "undo-like": undone["Like"],
        "update-answer": server.activities("Update")[-1],
    }


async def answer_and_write(site: Site, alice: PretendActor) -> None:
    """Answer and correct that; then write privately and take that back."""
    answered = await press(site, TALK, "Send answer", text="The outer one.")
    await site.settle()
    note_id = answered.headers["location"].rpartition("#reply-")[2]
    words = "The outer one, as @alice knows."
    await press(site, f"/studio/replies/{note_id}/edit", "Save", text=words, warning="A wall")
    talk = f"/studio/messages/talk?with={alice.id}"
    written = await press(site, talk, "Send privately", text="Between us: it is paper.")
    await site.settle()
    note_id = written.headers["location"].rpartition("#reply-")[2]
    await press(site, f"/studio/replies/{note_id}/delete", "Delete it")
    await site.settle()


async def test_every_act_is_as_its_example_says(acts: dict[str, Document]) -> None:
    assert acts.keys() == NAMES
    if os.environ.get(RENEW):
        ACTS.mkdir(parents=True, exist_ok=True)
        for name, document in acts.items():
            (ACTS / f"{name}.json").write_text(example_of(document), encoding="utf-8")

    for name, document in acts.items():
        example = (ACTS / f"{name}.json").read_text(encoding="utf-8")

        assert example_of(document) == example, f"if this is meant, renew it with {RENEW}=1"


async def test_there_is_no_example_of_an_act_that_we_do_not_do() -> None:
    assert {path.stem for path in ACTS.glob("*.json")} == NAMES


async def test_only_public_acts_carry_a_proof(acts: dict[str, Document]) -> None:
    proved = {name for name, document in acts.items() if "proof" in document}

    assert proved == {"boost", "undo-boost", "move", "quote-revocation", "update-answer"}
