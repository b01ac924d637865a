"""The author follows people of a foreign server, and its followers hear of every change."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.interop.desk_page import (
    answer_shown,
    follow,
    following,
    section,
    timeline_shows,
    unfollow,
    words,
)
from tests.interop.peer_process import Peer, is_about
from tests.interop.review_page import ACTIVITY_JSON, FIELDS, PUBLIC, form_of, written
from tests.servers import FedreviewProcess, eventually, free_port

pytestmark = [pytest.mark.interop]


def _follow_count(site: FedreviewProcess, reader: httpx.Client) -> int:
    answer = reader.get(f"{site.actor_id}/following", headers=ACTIVITY_JSON)
    return int(answer.raise_for_status().json()["totalItems"])


@pytest.fixture
def followed(desk: httpx.Client, peer: Peer) -> Iterator[None]:
    """The author follows bob, as long as the test lasts."""
    follow(desk, peer.handle("bob"))
    yield
    unfollow(desk, peer.actor("bob"))
    eventually(lambda: not peer.ask("followers")["bob"])


@pytest.mark.parametrize("typed", ["handle", "address"])
def test_somebody_is_followed_and_unfollowed(
    site: FedreviewProcess, desk: httpx.Client, reader: httpx.Client, peer: Peer, typed: str
) -> None:
    person = {"handle": "bob", "address": "carol"}[typed]
    before, seen = _follow_count(site, reader), {got["id"] for got in peer.received()}

    follow(desk, peer.handle(person), typed=peer.actor(person) if typed == "address" else "")

    asked = peer.wait_for("Follow", lambda got: got["id"] not in seen)
    assert asked["document"]["object"] == peer.actor(person)
    assert asked["actor"] == site.actor_id
    assert asked["signature"]["valid"]
    assert peer.ask("followers")[person] == [site.actor_id]
    assert _follow_count(site, reader) == before + 1
    assert peer.ask("state")["undelivered"] == []

    unfollow(desk, peer.actor(person))

    undo = peer.wait_for("Undo", is_about(asked["id"]))
    assert undo["actor"] == site.actor_id
    assert undo["signature"]["valid"]
    assert undo["document"]["object"]["object"] == peer.actor(person)
    assert eventually(lambda: peer.ask("followers")[person] == [])
    assert following(desk, peer.handle(person)) == ""
    assert _follow_count(site, reader) == before


def test_who_is_not_there_cannot_be_followed(desk: httpx.Client, peer: Peer) -> None:
    nobody = desk.post("/studio/following", data={"handle": peer.handle("nobody")})
    nowhere = desk.post("/studio/following", data={"handle": f"@bob@127.0.0.1:{free_port()}"})

    assert nobody.status_code == nowhere.status_code == 422
    assert "Nobody was found there." in nobody.text
    assert "Their server does not answer." in nowhere.text


@pytest.mark.usefixtures("followed")
def test_what_the_followed_write_is_shown_changed_and_taken_away(
    desk: httpx.Client, peer: Peer
) -> None:
    note = peer.call("reply", content="The kiln is on tonigth.")
    shown = timeline_shows(desk, "The kiln is on tonigth.")
    assert peer.handle() in words(shown)
    assert note["id"] in shown

    peer.call("edit", note=note["id"], content="The kiln is on tonight.")
    timeline_shows(desk, "The kiln is on tonight.")
    assert "tonigth" not in section(desk, "timeline")

    peer.call("delete", note=note["id"])
    assert eventually(lambda: "The kiln is on" not in section(desk, "timeline"))


@pytest.mark.usefixtures("followed")
def test_the_author_answers_what_the_followed_write(
    site: FedreviewProcess, desk: httpx.Client, peer: Peer
) -> None:
    note = peer.call("reply", content="Has anybody seen it?")
    shown = timeline_shows(desk, "Has anybody seen it?")

    answer_shown(desk, shown, "I have.")

    create = peer.wait_for(
        "Create", lambda got: got["document"]["object"].get("inReplyTo") == note["id"]
    )
    assert create["actor"] == site.actor_id
    assert create["signature"]["valid"]
    assert create["proof"] == "valid"
    assert "I have." in create["document"]["object"]["content"]
    assert peer.actor() in create["document"]["object"]["cc"]


def test_what_strangers_write_to_their_followers_is_not_shown(
    site: FedreviewProcess, desk: httpx.Client, peer: Peer
) -> None:
    follow(desk, peer.handle("bob"))
    unfollow(desk, peer.actor("bob"))
    eventually(lambda: not peer.ask("followers")["bob"])
    follow(desk, peer.handle("carol"))
    # Sent to the author's inbox all the same, by naming her.
    peer.call("reply", content="Come back!", mention=[site.actor_id])
    eventually(lambda: "Come back!" in desk.get("/studio/conversation").text)

    peer.call("reply", content="Welcome.", **{"as": "carol"})

    timeline_shows(desk, "Welcome.")
    assert "Come back!" not in section(desk, "timeline")
    unfollow(desk, peer.actor("carol"))


@pytest.mark.usefixtures("follower")
def test_a_changed_review_reaches_followers(
    site: FedreviewProcess, desk: httpx.Client, reader: httpx.Client, peer: Peer
) -> None:
    page = written(desk, reader, "Clay, at first")
    first = peer.wait_for("Create", is_about(page.ap_id))["document"]["object"]

    changes = {"review_title": "Clay, again", "rating": "9", "body": "Seen twice.", "do": "update"}
    answer = desk.post(form_of(page), data={**FIELDS, **changes})

    assert answer.status_code == 303, answer.text
    update = peer.wait_for("Update", is_about(page.ap_id))
    article = update["document"]["object"]
    assert update["actor"] == site.actor_id
    assert update["signature"]["valid"]
    assert update["proof"] == "valid"
    assert update["document"]["to"] == [PUBLIC]
    assert article == {k: v for k, v in page.document().items() if k != "@context"}
    assert "updated" not in first
    assert article["updated"] >= article["published"] == first["published"]
    assert article["name"].endswith("– 9/10")
    assert "Seen twice." in article["content"]
    assert peer.call("fetch", url=page.ap_id)["document"]["name"] == article["name"]


@pytest.mark.usefixtures("follower")
def test_a_deleted_review_is_deleted_at_followers(
    site: FedreviewProcess, desk: httpx.Client, reader: httpx.Client, peer: Peer
) -> None:
    page = written(desk, reader, "Clay, regretted")
    peer.wait_for("Create", is_about(page.ap_id))

    desk.post(f"{form_of(page)}/delete")
    answer = desk.post(f"{form_of(page)}/delete-now")

    assert answer.status_code == 303, answer.text
    delete = peer.wait_for("Delete", is_about(page.ap_id))
    assert delete["actor"] == site.actor_id
    assert delete["signature"]["valid"]
    assert delete["proof"] == "valid"
    assert delete["document"]["to"] == [PUBLIC]
    assert delete["document"]["object"]["type"] == "Tombstone"
    assert delete["document"]["object"]["formerType"] == "Article"
    assert reader.get(page.url).status_code in {404, 410}
    gone = reader.get(page.ap_id, headers=ACTIVITY_JSON)
    assert gone.status_code == 410
    assert gone.json()["type"] == "Tombstone"


@pytest.mark.usefixtures("follower")
def test_a_changed_profile_reaches_followers(
    site: FedreviewProcess, desk: httpx.Client, peer: Peer
) -> None:
    form = {
        "site_title": "Kilns",
        "tagline": "",
        "name": "Anna of the Kilns",
        "summary": "Watches pots.",
    }

    answer = desk.post("/studio/settings", data=form)

    assert answer.status_code == 303, answer.text
    update = peer.wait_for("Update", is_about(site.actor_id))
    person = update["document"]["object"]
    assert update["signature"]["valid"]
    assert update["proof"] == "valid"
    assert person["type"] == "Person"
    assert person["name"] == "Anna of the Kilns"
    assert "Watches pots." in person["summary"]
    fetched = peer.call("fetch", url=site.actor_id)["document"]
    assert {k: v for k, v in fetched.items() if k != "@context"} == person


def _shown_note(desk: httpx.Client, peer: Peer, content: str) -> tuple[str, str]:
    """Let bob write something; gives its id and the number that it has here."""
    note = peer.call("reply", content=content)
    number = re.search(r'id="reply-([^"]+)"', timeline_shows(desk, content))
    assert number
    return note["id"], number[1]


@pytest.mark.usefixtures("followed")
@pytest.mark.parametrize(("act", "type"), [("like", "Like"), ("boost", "Announce")])
def test_a_reaction_of_the_author_reaches_the_writer_and_is_taken_back(
    *, site: FedreviewProcess, desk: httpx.Client, peer: Peer, act: str, type: str
) -> None:
    note, number = _shown_note(desk, peer, f"Something to {act}.")

    assert desk.post(f"/studio/notes/{number}/{act}").status_code == 303
    given = peer.wait_for(type, lambda got: got["document"]["object"] == note)
    assert desk.post(f"/studio/notes/{number}/un{act}").status_code == 303
    undo = peer.wait_for("Undo", is_about(given["id"]))

    for got in (given, undo):
        assert got["actor"] == site.actor_id
        assert got["signature"]["valid"]
        assert got["proof"] == ("valid" if act == "boost" else "none")


@pytest.mark.usefixtures("followed")
def test_a_report_reaches_the_writers_server_in_the_name_of_the_site(
    site: FedreviewProcess, desk: httpx.Client, peer: Peer
) -> None:
    note, number = _shown_note(desk, peer, "Buy kilns, cheap!")

    reported = desk.post(f"/studio/notes/{number}/report", data={"comment": "Advertising."})

    assert reported.status_code == 303
    flag = peer.wait_for("Flag")
    assert flag["actor"] == f"{site.base_url}/actor"
    assert flag["signature"]["key"] == f"{site.base_url}/actor#main-key"
    assert flag["document"]["object"] == [peer.actor(), note]
    assert flag["document"]["content"] == "Advertising."


def test_a_report_from_the_peer_waits_on_the_desk(
    *, site: FedreviewProcess, desk: httpx.Client, reader: httpx.Client, peer: Peer
) -> None:
    page = written(desk, reader, "Clay, reported")

    peer.call("flag", objects=[site.actor_id, page.ap_id], content="Too much clay.")

    waiting = eventually(lambda: _mentions(desk.get("/studio/reports").text, "Too much clay."))
    assert "Clay, reported" in waiting


def _mentions(html: str, text: str) -> str:
    said = words(html)
    return said if text in said else ""


def test_a_follower_who_blocks_the_author_follows_no_more(
    site: FedreviewProcess, desk: httpx.Client, peer: Peer
) -> None:
    asked = peer.call("follow", actor=site.actor_id, **{"as": "carol"})
    peer.wait_for("Accept", is_about(asked["id"]))
    assert peer.handle("carol") in words(section(desk, "followers"))

    peer.call("block", actor=site.actor_id, **{"as": "carol"})

    assert eventually(lambda: peer.handle("carol") not in words(section(desk, "followers")))
