"""Two sites of ours, each a process of its own, whose authors follow and answer each other."""

from collections.abc import Iterator
from dataclasses import dataclass

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
from tests.interop.review_page import ACTIVITY_JSON, FIELDS, form_of, written
from tests.interop.tap import Tap
from tests.servers import FedreviewProcess, eventually

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop")]


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
