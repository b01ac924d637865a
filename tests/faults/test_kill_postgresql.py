"""kill -9 among several processes on one PostgreSQL: nothing is lost, or done twice."""

from pathlib import Path

import pytest

from tests.crowd import Crowd, Senders
from tests.faults.killing import INBOXES, Member, Story, Troupe, seeded
from tests.servers import FedreviewProcess, free_port

pytestmark = pytest.mark.faults


def test_twenty_kills_among_four_processes_lose_nothing_and_do_nothing_twice(
    tmp_path: Path, postgresql_url: str
) -> None:
    site = FedreviewProcess(tmp_path, environment={"FEDREVIEW_DATABASE_URL": postgresql_url})
    site.prepare()
    ports = (site.port, free_port())
    doors = [f"http://127.0.0.1:{port}" for port in ports]
    webs = [
        Member(site, f"web-{port}", "serve", "--no-worker", "--port", str(port), door=door)
        for port, door in zip(ports, doors, strict=True)
    ]
    troupe = Troupe([*webs, Member(site, "worker-1", "work"), Member(site, "worker-2", "work")])
    senders = Senders(doors, f"/users/{site.author}/inbox")
    with Crowd(people=INBOXES) as crowd:
        story = Story(
            site=site, crowd=crowd, senders=senders, look_url=postgresql_url, chance=seeded()
        )
        story.play(troupe, story.begin())
        story.check_rows()
        assert story.twice, "no kill was in the midst of deliveries"
        assert set(senders.answers) <= {0, 202, 503}
        with troupe:
            story.check_pages()
    senders.close()
