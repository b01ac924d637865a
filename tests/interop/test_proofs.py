"""Integrity proofs (FEP-8b32), and what becomes of activities that somebody else passes on."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.interop.peer_process import Peer, Received, is_about
from tests.interop.review_page import FIELDS, Page, form_of
from tests.interop.tap import Headers, Tap
from tests.servers import FedreviewProcess, eventually

pytestmark = [pytest.mark.interop]


@pytest.fixture
def passing_on(site: FedreviewProcess, other: Peer) -> Iterator[Peer]:
    """Carol's server, which hands on to the author all that it gets."""
    other.call("forward", to=site.actor_id, **{"as": "carol"})
    yield other
    other.call("forward", to=None)


def _has_good_form(proof: dict[str, Any], *, made_by: str) -> bool:
    assert proof["type"] == "DataIntegrityProof"
    assert proof["cryptosuite"] == "eddsa-jcs-2022"
    assert proof["proofPurpose"] == "assertionMethod"
    assert proof["proofValue"].startswith("z")
    assert proof["verificationMethod"].startswith(f"{made_by}#")
    return True


def _changed(body: bytes) -> str:
    """Put other words into a note, and leave its proof as it is."""
    activity = json.loads(body)
    activity["object"]["content"] = "<p>Never said.</p>"
    return json.dumps(activity)


@pytest.mark.usefixtures("follower")
def test_whatever_is_public_of_ours_carries_a_proof_that_the_peer_verifies(
    peer: Peer, desk: httpx.Client, page: Page, site: FedreviewProcess
) -> None:
    question = peer.call("reply", to=page.ap_id, content="Is it on a disc?")
    asked = page.reply("Is it on a disc?")
    form = {"text": "No.", "return_to": httpx.URL(page.url).path}
    assert desk.post(f"/studio/replies/{asked.id}/answer", data=form).status_code == 303
    changed = desk.post(form_of(page), data={**FIELDS, "rating": "9", "do": "update"})
    assert changed.status_code == 303
    peer.wait_for("Update", is_about(page.ap_id))
    assert desk.post(f"{form_of(page)}/delete").status_code == 303
    assert desk.post(f"{form_of(page)}/delete-now").status_code == 303
    peer.wait_for("Delete", is_about(page.ap_id))

    made = [
        peer.wait_for("Create", is_about(page.ap_id)),
        peer.wait_for("Create", lambda got: _answers(got, question["id"])),
        peer.wait_for("Update", is_about(page.ap_id)),
        peer.wait_for("Delete", is_about(page.ap_id)),
    ]

    for got in made:
        assert _has_good_form(got["document"]["proof"], made_by=site.actor_id)
        assert got["proof"] == "valid", got["document"]


def _answers(got: Received, note: str) -> bool:
    inner = got["document"]["object"]
    return isinstance(inner, dict) and inner.get("inReplyTo") == note


@pytest.mark.usefixtures("follower")
def test_others_take_ours_from_whoever_brings_it_for_its_proof_alone(
    peer: Peer, other: Peer, page: Page, to_peer: Tap
) -> None:
    create = peer.wait_for("Create", is_about(page.ap_id))
    (came,) = to_peer.delivered(create["id"])
    inbox = f"{other.origin}/inbox"

    refused = peer.call("relay", inbox=inbox, body=_changed(came.body), **{"as": "carol"})
    taken = peer.call("relay", inbox=inbox, body=came.body.decode(), **{"as": "carol"})

    assert (refused["status"], taken["status"]) == (401, 202)
    got = other.wait_for("Create", is_about(page.ap_id))
    assert got["document"] == create["document"]
    assert (got["signature"]["key"], got["proof"]) == (f"{peer.actor('carol')}#main-key", "valid")


@pytest.fixture
def answered(page: Page, other: Peer) -> str:
    """A reply under the review, by carol of the second server."""
    note: str = other.call("reply", to=page.ap_id, content="Too long.", **{"as": "carol"})["id"]
    page.reply("Too long.")
    return note


def _asked_by_us(tap: Tap, url: str, site: FedreviewProcess) -> list[tuple[str, int]]:
    return [(seen.scheme, seen.status) for seen in tap.fetches(url) if site.base_url in seen.key_id]


@pytest.mark.usefixtures("passing_on")
@pytest.mark.parametrize("is_proved", [True, False])
def test_what_another_server_passes_on_is_believed_for_its_proof_or_asked_about(
    *,
    site: FedreviewProcess,
    peer: Peer,
    other: Peer,
    page: Page,
    answered: str,
    to_site: Tap,
    to_peer: Tap,
    is_proved: bool,
) -> None:
    reply = peer.call("reply", to=answered, content="Too short!", proved=is_proved)

    (came,) = to_site.delivered(f"{reply['id']}#create")
    assert came.key_id == f"{other.actor('carol')}#main-key"
    assert not is_proved or _has_good_form(came.activity["proof"], made_by=peer.actor())
    assert ("proof" in came.activity) == is_proved
    place = page.reply("Too short!")
    assert place.depth == page.reply("Too long.").depth + 1
    assert peer.handle() in place.html
    asked = _asked_by_us(to_peer, reply["id"], site)
    assert asked == ([] if is_proved else [("cavage", 200)])


@pytest.mark.parametrize("is_at_its_origin", [True, False])
def test_whatever_is_put_into_a_proved_note_is_never_shown(
    *,
    site: FedreviewProcess,
    peer: Peer,
    other: Peer,
    page: Page,
    answered: str,
    to_other: Tap,
    to_peer: Tap,
    is_at_its_origin: bool,
) -> None:
    reply = peer.call("reply", to=answered, content="Really said.")
    (came,) = to_other.delivered(f"{reply['id']}#create")
    if not is_at_its_origin:
        peer.call("forget", note=reply["id"])

    other.call("relay", inbox=f"{site.base_url}/inbox", body=_changed(came.body), **{"as": "carol"})

    statuses = eventually(
        lambda: [status for _, status in _asked_by_us(to_peer, reply["id"], site)]
    )
    assert statuses[0] == (200 if is_at_its_origin else 404)
    if is_at_its_origin:
        page.reply("Really said.")
    peer.call("reply", to=page.ap_id, content="The last word.")
    page.reply("The last word.")
    assert "Never said." not in page.html()
    assert ("Really said." in page.html()) == is_at_its_origin


def _called_a_text(headers: Headers) -> Headers:
    return [
        (name, "text/plain" if name.lower() == "content-type" else value) for name, value in headers
    ]


def test_a_like_that_somebody_else_brings_counts_for_its_proof_alone(
    *, site: FedreviewProcess, peer: Peer, other: Peer, page: Page, to_site: Tap
) -> None:
    to_site.meddle = _called_a_text
    like = peer.call("like", object=page.ap_id)["id"]
    stopped = eventually(lambda: to_site.deliveries(like))[0]
    eventually(lambda: peer.ask("state")["undelivered"])
    to_site.meddle = list
    inbox = f"{site.base_url}/inbox"
    unproved = {name: value for name, value in stopped.activity.items() if name != "proof"}

    refused = other.call("relay", inbox=inbox, body=json.dumps(unproved), **{"as": "carol"})
    likes = page.tallies()
    taken = other.call("relay", inbox=inbox, body=stopped.body.decode(), **{"as": "carol"})

    assert (stopped.status, refused["status"], taken["status"]) == (415, 401, 202)
    assert likes.startswith("No likes or boosts")
    assert page.is_liked("1 like")
