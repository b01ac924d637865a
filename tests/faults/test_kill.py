"""kill -9 at the two moments that matter: nothing that was promised may be lost."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.remote import RemoteServer
from tests.servers import FedreviewProcess, eventually

pytestmark = pytest.mark.faults

REVIEW = {
    "kind": "film",
    "title": "The Long Corridor",
    "rating": "8.5",
    "body": "Nobody walks it twice.",
    "do": "publish",
}


@pytest.fixture
def remote() -> Iterator[RemoteServer]:
    with RemoteServer() as server:
        yield server


@pytest.fixture
def site(tmp_path: Path) -> Iterator[FedreviewProcess]:
    with FedreviewProcess(tmp_path) as process:
        yield process


def followed(site: FedreviewProcess, remote: RemoteServer) -> None:
    assert remote.follow(site.actor_id).status_code == 202
    eventually(lambda: remote.received("Accept"))


def test_a_review_whose_303_was_sent_is_delivered_after_kill_9(
    site: FedreviewProcess, remote: RemoteServer
) -> None:
    followed(site, remote)

    with site.login() as author:
        answer = author.post("/studio/write", data=REVIEW)
    site.kill()
    assert answer.status_code == 303
    site.start()

    created = eventually(lambda: remote.received("Create"))
    assert created[0]["object"]["name"] == "The Long Corridor – 8.5/10"
    page = httpx.get(f"{site.own_url}{answer.headers['location'].partition('?')[0]}")
    assert "Nobody walks it twice." in page.text


def test_a_review_that_nobody_could_take_yet_waits_through_kill_9(
    site: FedreviewProcess, remote: RemoteServer
) -> None:
    followed(site, remote)
    remote.refuse = 503

    with site.login() as author:
        answer = author.post("/studio/write", data=REVIEW)
    site.kill()
    site.start()

    assert answer.status_code == 303
    assert remote.received("Create") == []
    with site.login() as author:
        desk = author.get("/studio").text
    assert re.search("<strong>1</strong> (on the way|server does not answer)", desk)


def test_a_reply_whose_202_was_sent_is_shown_after_kill_9(
    site: FedreviewProcess, remote: RemoteServer
) -> None:
    review = site.publish(
        "---\nkind: film\ntitle: The Long Corridor\n---\n\nNobody walks it twice.\n"
    )

    answers = [
        remote.reply(f"{site.actor_id}/inbox", review["id"], f"Thought number {n}.")
        for n in range(5)
    ]
    site.kill()
    assert [answer.status_code for answer in answers] == [202] * 5
    site.start()

    page = eventually(
        lambda: (text := httpx.get(review["url"]).text) and "5 thoughts on" in text and text
    )
    assert all(f"Thought number {n}." in str(page) for n in range(5))


def test_the_same_activity_sent_again_after_kill_9_is_applied_once(
    site: FedreviewProcess, remote: RemoteServer
) -> None:
    review = site.publish(
        "---\nkind: film\ntitle: The Long Corridor\n---\n\nNobody walks it twice.\n"
    )
    reply = remote.reply_activity(review["id"], "Only once, please.")

    remote.post(f"{site.actor_id}/inbox", reply)
    site.kill()
    site.start()
    again = remote.post(f"{site.actor_id}/inbox", reply)

    assert again.status_code == 202
    page = eventually(
        lambda: (text := httpx.get(review["url"]).text) and "1 thought on" in text and text
    )
    assert str(page).count("Only once, please.") == 1
