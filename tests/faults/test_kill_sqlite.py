"""kill -9 in the midst of replies and reviews, on SQLite: nothing is lost, or done twice."""

from pathlib import Path

import pytest

from tests.crowd import Crowd, Senders
from tests.faults.killing import INBOXES, ROUNDS, Member, Story, Troupe, seeded
from tests.servers import FedreviewProcess

pytestmark = pytest.mark.faults


def test_twenty_kills_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    site = FedreviewProcess(tmp_path)
    site.prepare()
    together = Troupe([Member(site, "both", "serve", door=site.own_url)])
    apart = Troupe(
        [
            Member(site, "web", "serve", "--no-worker", door=site.own_url),
            Member(site, "worker", "work"),
        ]
    )
    senders = Senders([site.own_url], f"/users/{site.author}/inbox")
    with Crowd(people=INBOXES) as crowd:
        story = Story(
            site=site,
            crowd=crowd,
            senders=senders,
            look_url=f"sqlite:///file:{tmp_path}/data/fedreview.sqlite3?mode=ro&uri=true",
            chance=seeded(),
        )
        rounds = story.begin()
        story.play(together, rounds[: ROUNDS // 2])
        story.play(apart, rounds[ROUNDS // 2 :])
        story.check_rows()
        assert story.twice, "no kill was in the midst of deliveries"
        assert set(senders.answers) <= {0, 202, 503}
        with together:
            story.check_pages()
    senders.close()
