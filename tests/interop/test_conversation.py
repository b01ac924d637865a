"""A conversation of three people on three servers: all of them keep the same thread."""

import re
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest

from tests.interop.peer_process import Peer, is_about
from tests.interop.review_page import ACTIVITY_JSON, NUMBERS, Page, written
from tests.servers import FedreviewProcess, eventually

pytestmark = [pytest.mark.interop]

Known = dict[str, dict[str, Any]]
"""What a foreign server keeps of a conversation: each note with what it answers."""

WORDS = ("quartz", "feldspar", "kaolin", "engobe", "bisque", "celadon", "tenmoku", "majolica")


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A review of anna's, with bob and carol, who each have a server and follow her."""

    site: FedreviewProcess
    desk: httpx.Client
    page: Page
    bobs: Peer
    carols: Peer

    def answer(self, text: str, to: str) -> str:
        """Let anna answer the reply that says this, and give the id of her answer."""
        answered = self.desk.post(
            f"/studio/replies/{self.page.reply(to).id}/answer", data={"text": text}
        )
        assert answered.status_code == 303, answered.text
        number = answered.headers["Location"].rpartition("#reply-")[2]
        return f"{self.site.base_url}/ap/notes/{number}"

    def say(self, peer: Peer, person: str, text: str, *, to: str, naming: list[str]) -> str:
        """Let somebody reply, naming these; comes back when the others have it."""
        said = peer.call("reply", to=to, content=text, mention=naming, **{"as": person})
        self.page.reply(text)
        return str(said["id"])

    def known_to(self, peer: Peer) -> Known:
        """Give what a server keeps of it, from the review down."""
        kept: Known = peer.ask("thread")
        found: Known = {}
        above = {self.page.ap_id}
        while above:
            below = {uri: note for uri, note in kept.items() if note["to"] in above}
            found |= below
            above = set(below)
        return found

    def collection(self, name: str) -> list[str]:
        """Give the ids that a collection of the review lists, page by page."""
        listed: list[str] = []
        url = f"{self.page.ap_id}/{name}?page=1"
        while url:
            document = self.page.client.get(url, headers=ACTIVITY_JSON).raise_for_status().json()
            listed += document.get("orderedItems") or document.get("items") or []
            url = document.get("next", "")
        return listed

    def shown(self) -> list[tuple[int, str]]:
        """Give depth and words of each place on the page, "" where a reply is missing."""
        return [(place.depth, _word(place.html)) for place in self.page.places()]


@pytest.fixture
def talk(
    site: FedreviewProcess, desk: httpx.Client, reader: httpx.Client, peer: Peer, other: Peer
) -> Talk:
    for server, person in ((peer, "bob"), (other, "carol")):
        follow = server.call("follow", actor=site.actor_id, **{"as": person})
        server.wait_for("Accept", is_about(follow["id"]))
    page = written(desk, reader, f"Talk, number {next(NUMBERS)}")
    return Talk(site=site, desk=desk, page=page, bobs=peer, carols=other)


def _word(html: str) -> str:
    """Give which of the words is said there: each note says one, and no two the same."""
    return next((word for word in WORDS if word in html), "")


def _as_on_the_page(known: Known, under: str, depth: int = 0) -> list[tuple[int, str]]:
    """Put what a server keeps into reading order: by time under what is answered."""
    places: list[tuple[int, str]] = []
    for uri, note in sorted(known.items(), key=lambda each: str(each[1]["published"])):
        if note["to"] == under:
            places += [(depth, _word(note["content"])), *_as_on_the_page(known, uri, depth + 1)]
    return places


def _all_keep(talk: Talk, ids: list[str]) -> Known:
    """Wait until both foreign servers keep just these notes, and the same of each."""

    def look() -> Known:
        theirs, others = talk.known_to(talk.bobs), talk.known_to(talk.carols)
        assert set(theirs) == set(ids), f"bob's server has {theirs}"
        assert theirs == others
        return theirs

    return eventually(look)


def _has_changed(server: Peer, edited: str, *, without: str) -> bool:
    kept: Known = server.ask("thread")
    assert without not in kept
    assert kept[edited]["to"] == without
    assert "majolica" in kept[edited]["content"]
    return True


def test_three_people_on_three_servers_see_the_same_thread(talk: Talk) -> None:
    anna, bob, carol = talk.site.actor_id, talk.bobs.actor(), talk.carols.actor("carol")
    review = talk.page.ap_id
    first = talk.say(talk.bobs, "bob", "quartz", to=review, naming=[anna])
    second = talk.answer("feldspar", to="quartz")
    talk.carols.wait_for("Create", is_about(second))
    third = talk.say(talk.carols, "carol", "kaolin", to=second, naming=[anna])
    fourth = talk.say(talk.bobs, "bob", "engobe", to=third, naming=[anna, carol])
    fifth = talk.say(talk.carols, "carol", "bisque", to=fourth, naming=[anna, bob])
    sixth = talk.answer("celadon", to="bisque")
    seventh = talk.say(talk.carols, "carol", "tenmoku", to=review, naming=[anna])
    everything = [first, second, third, fourth, fifth, sixth, seventh]

    known = _all_keep(talk, everything)

    assert [known[uri]["to"] for uri in everything] == [
        review,
        first,
        second,
        third,
        fourth,
        fifth,
        review,
    ]
    assert talk.page.heading().startswith("7 thoughts")
    assert talk.shown() == [
        (0, "quartz"),
        (1, "feldspar"),
        (2, "kaolin"),
        (3, "engobe"),
        (4, "bisque"),
        (5, "celadon"),
        (0, "tenmoku"),
    ]
    assert talk.shown() == _as_on_the_page(known, review)
    assert talk.collection("replies") == everything
    assert talk.collection("context") == [review, *everything]

    talk.bobs.call("edit", note=fourth, content="majolica")
    talk.page.reply("majolica")
    talk.carols.call("delete", note=third, **{"as": "carol"})
    assert talk.page.comes_to("6 thoughts")
    left = [uri for uri in everything if uri != third]

    for server in (talk.bobs, talk.carols):
        assert eventually(partial(_has_changed, server, fourth, without=third))
    assert talk.shown() == [
        (0, "quartz"),
        (1, "feldspar"),
        (2, ""),
        (3, "majolica"),
        (4, "bisque"),
        (5, "celadon"),
        (0, "tenmoku"),
    ]
    assert talk.collection("replies") == left
    assert talk.collection("context") == [review, *left]


def test_a_reply_that_asks_first_is_let_and_the_leave_proves_true(talk: Talk) -> None:
    said = talk.bobs.call("reply", to=talk.page.ap_id, content="Please", asks=True)["id"]

    accept = talk.bobs.wait_for("Accept", lambda got: "result" in got["document"])
    leave = accept["document"]["result"]

    assert eventually(lambda: talk.bobs.ask("state")["leave"][said]) == leave
    assert talk.page.reply("Please").id
    assert talk.collection("replies") == [said]


def test_a_reply_waits_for_the_author_where_she_looks_at_all_of_them(talk: Talk) -> None:
    led = {"replies_mode": "all", "closes_after_days": "", "who_replies": "", "who_quotes": ""}
    number = talk.page.ap_id.rpartition("/")[2]
    set_up = talk.desk.post(f"/studio/reviews/{number}/conduct", data=led)
    assert set_up.status_code == 303, set_up.text
    told = talk.bobs.wait_for("Update", is_about(talk.page.ap_id))["compact"]["object"]
    assert told["interactionPolicy"]["canReply"]["manualApproval"] == "as:Public"

    polite = talk.bobs.call("reply", to=talk.page.ap_id, content="quartz", asks=True)["id"]
    other = {"as": "carol"}
    plain = talk.carols.call("reply", to=talk.page.ap_id, content="kaolin", **other)["id"]
    for word, answered in (("quartz", polite), ("kaolin", plain)):
        _approve(talk.desk, word)
        assert eventually(partial(_is_let, talk, answered))

    assert eventually(lambda: talk.bobs.ask("state")["leave"][polite])
    assert set(talk.collection("replies")) == {polite, plain}
    assert talk.page.comes_to("2 thoughts")


def _approve(desk: httpx.Client, word: str) -> None:
    """Approve the reply that waits and says this."""

    def look() -> str:
        html = desk.get("/studio/waiting").raise_for_status().text
        held = [each for each in html.split('class="held')[1:] if word in each]
        assert held, f"nothing waits that says {word!r}"
        found = re.search(r'name="one" value="(approve [^"]+)"', held[0])
        assert found, held[0]
        return found[1]

    answer = desk.post("/studio/waiting", data={"one": eventually(look)})
    assert answer.status_code == 303, answer.text


def _is_let(talk: Talk, reply: str) -> bool:
    """Tell whether a server of both heard that this reply is let."""
    for server in (talk.bobs, talk.carols):
        for got in server.received():
            document = got["document"]
            asked = document["object"]
            named = asked if isinstance(asked, str) else asked.get("instrument")
            if got["type"] == "Accept" and "result" in document and named == reply:
                return True
    return False
