"""Two sites of ours, each a process of its own, whose authors follow and answer each other."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.interop.desk_page import (
    answer_shown,
    follow,
    following,
    is_followed,
    section,
    timeline_shows,
    unfollow,
    words,
)
from tests.interop.peer_process import Peer, is_about
from tests.interop.review_page import ACTIVITY_JSON, FIELDS, form_of, written
from tests.interop.tap import Seen, Tap
from tests.servers import PASSWORD, FedreviewProcess, eventually

pytestmark = [pytest.mark.interop]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A site, what reaches it, its author's browser, and that of a reader."""

    site: FedreviewProcess
    tap: Tap
    desk: httpx.Client
    reader: httpx.Client


@pytest.fixture(scope="module")
def anna(site: FedreviewProcess, to_site: Tap, desk: httpx.Client, reader: httpx.Client) -> House:
    return House(site=site, tap=to_site, desk=desk, reader=reader)


@pytest.fixture(scope="module")
def ben_site(tmp_path_factory: pytest.TempPathFactory, to_other: Tap) -> Iterator[FedreviewProcess]:
    with FedreviewProcess(
        tmp_path_factory.mktemp("ben"),
        environment={"FEDREVIEW_BASE_URL": to_other.url},
        author="ben",
    ) as running:
        to_other.upstream = running.port
        yield running


@pytest.fixture(scope="module")
def ben(ben_site: FedreviewProcess, to_other: Tap) -> Iterator[House]:
    with (
        ben_site.login() as desk,
        httpx.Client(base_url=ben_site.base_url, timeout=30) as reader,
    ):
        yield House(site=ben_site, tap=to_other, desk=desk, reader=reader)


@pytest.fixture
def followed(anna: House, ben: House) -> Iterator[None]:
    """Anna follows ben, as long as the test lasts."""
    follow(anna.desk, ben.site.handle)
    yield
    unfollow(anna.desk, ben.site.actor_id)
    assert _is_followed_by_nobody(ben)


def _is_followed_by_nobody(house: House) -> bool:
    return eventually(lambda: "Nobody follows you yet" in section(house.desk, "followers"))


def test_they_follow_each_other_and_no_more(anna: House, ben: House) -> None:
    for one, two in ((anna, ben), (ben, anna)):
        follow(one.desk, two.site.handle)
        assert one.site.handle in words(section(two.desk, "followers"))

    for one, two in ((anna, ben), (ben, anna)):
        unfollow(one.desk, two.site.actor_id)
        assert _is_followed_by_nobody(two)
        assert following(one.desk, two.site.handle) == ""


def test_every_request_between_them_is_signed_in_the_older_way_and_taken_at_once(
    anna: House, ben: House
) -> None:
    for one, two in ((anna, ben), (ben, anna)):
        follow(one.desk, two.site.handle)
        unfollow(one.desk, two.site.actor_id)
        assert _is_followed_by_nobody(two)

    for house, by in ((anna, ben), (ben, anna)):
        posts = [seen for seen in house.tap.all() if seen.target.endswith("inbox")]
        assert posts
        assert {(seen.scheme, seen.status) for seen in posts} == {("cavage", 202)}
        assert {seen.key_id for seen in posts} == {f"{by.site.actor_id}#main-key"}


@pytest.mark.usefixtures("followed")
def test_a_conversation_goes_back_and_forth(anna: House, ben: House) -> None:
    page = written(ben.desk, ben.reader, "Clay, discussed")
    shown = timeline_shows(anna.desk, "Clay, discussed")

    answer_shown(anna.desk, shown, "I *slept* well.")
    said = page.reply("slept")
    assert "<em>slept</em>" in said.html
    assert anna.site.handle in said.html
    form = {"text": "So did I.", "return_to": httpx.URL(page.url).path}
    assert ben.desk.post(f"/studio/replies/{said.id}/answer", data=form).status_code == 303

    assert page.reply("So did I.").depth == said.depth + 1
    assert page.heading().startswith("2 thoughts on")
    assert eventually(lambda: "So did I." in anna.desk.get("/studio/conversation").text)


@pytest.mark.usefixtures("followed")
def test_a_review_is_changed_and_taken_away_on_both_sides(anna: House, ben: House) -> None:
    page = written(ben.desk, ben.reader, "Clay, at first")
    timeline_shows(anna.desk, "Clay, at first – 8.5/10")

    change = {**FIELDS, "review_title": "Clay, again", "rating": "9", "do": "update"}
    assert ben.desk.post(form_of(page), data=change).status_code == 303
    timeline_shows(anna.desk, "Clay, again – 9/10")
    assert "Clay, at first" not in section(anna.desk, "timeline")

    assert ben.desk.post(f"{form_of(page)}/delete").status_code == 303
    assert ben.desk.post(f"{form_of(page)}/delete-now").status_code == 303
    assert eventually(lambda: "Clay, again" not in section(anna.desk, "timeline"))


@pytest.mark.usefixtures("followed")
def test_an_answer_that_is_taken_back_leaves_the_page_of_the_other(anna: House, ben: House) -> None:
    page = written(ben.desk, ben.reader, "Clay, answered in haste")
    shown = timeline_shows(anna.desk, "Clay, answered in haste")
    number = answer_shown(anna.desk, shown, "Hasty words.")
    page.reply("Hasty words.")

    removed = anna.desk.post(f"/studio/replies/{number}/delete")

    assert removed.status_code == 303
    assert page.comes_to("No thoughts yet on")
    assert "Hasty words." not in page.html()
    assert anna.reader.get(f"/ap/notes/{number}", headers=ACTIVITY_JSON).status_code == 410


def _post(house: House, path: str, **form: str) -> None:
    answer = house.desk.post(path, data=form)
    assert answer.status_code == 303, answer.text


@pytest.mark.usefixtures("followed")
def test_who_is_blocked_follows_no_more_and_is_not_heard_until_the_block_ends(
    anna: House, ben: House
) -> None:
    page = written(ben.desk, ben.reader, "Clay, argued about")
    shown = timeline_shows(anna.desk, "Clay, argued about")
    answer_shown(anna.desk, shown, "Nonsense!")
    page.reply("Nonsense!")

    _post(ben, "/studio/blocks", actor=anna.site.actor_id)
    assert page.comes_to("No thoughts yet on")
    assert anna.site.handle in words(section(ben.desk, "blocked"))
    assert _is_followed_by_nobody(ben)
    assert eventually(lambda: following(anna.desk, ben.site.handle) == "")
    answer_shown(anna.desk, shown, "Still nonsense!")
    (came,) = eventually(lambda: _creates(ben.tap, "Still nonsense!"))
    assert came.status in {202, 403}
    assert "nonsense" not in page.html().lower()

    _post(ben, "/studio/blocks/remove", actor=anna.site.actor_id)
    page.reply("Nonsense!")
    follow(anna.desk, ben.site.handle)


def _creates(tap: Tap, text: str) -> list[Seen]:
    return [seen for seen in tap.all() if text.encode() in seen.body and seen.activity]


def test_who_moves_away_takes_the_followers_of_another_server_along(
    anna: House, ben: House, peer: Peer
) -> None:
    asked = peer.call("follow", actor=ben.site.actor_id)
    peer.wait_for("Accept", is_about(asked["id"]))
    _post(anna, "/studio/accounts", alias=ben.site.handle)

    _post(ben, "/studio/accounts/move", target=anna.site.handle, password=PASSWORD)

    move = peer.wait_for("Move")
    assert move["actor"] == move["document"]["object"] == ben.site.actor_id
    assert move["document"]["target"] == anna.site.actor_id
    assert (move["signature"]["valid"], move["proof"]) == (True, "valid")
    assert peer.call("fetch", url=ben.site.actor_id)["document"]["movedTo"] == anna.site.actor_id
    aliases = peer.call("fetch", url=anna.site.actor_id)["document"]["alsoKnownAs"]
    assert aliases == [ben.site.actor_id]

    peer.call("unfollow", actor=ben.site.actor_id)
    assert _is_followed_by_nobody(ben)
    _post(ben, "/studio/accounts/come-back")
    assert eventually(
        lambda: "movedTo" not in peer.call("fetch", url=ben.site.actor_id)["document"]
    )


def test_whom_the_author_follows_is_followed_to_where_they_move(
    anna: House, ben: House, peer: Peer
) -> None:
    follow(anna.desk, peer.handle())
    follow(anna.desk, peer.handle("carol"))
    _post(ben, "/studio/accounts", alias=peer.handle())

    peer.call("move", target=ben.site.actor_id)
    peer.call("move", target=ben.site.actor_id, **{"as": "carol"})

    assert is_followed(anna.desk, ben.site.handle)
    assert following(anna.desk, peer.handle()) == ""
    assert following(anna.desk, peer.handle("carol"))
    assert eventually(lambda: peer.ask("followers")["bob"] == [])
    assert peer.ask("followers")["carol"] == [anna.site.actor_id]
    unfollow(anna.desk, ben.site.actor_id)
    unfollow(anna.desk, peer.actor("carol"))
    assert _is_followed_by_nobody(ben)
