"""The author's page of people, as the author's browser gets it."""

import re

import httpx

from tests.servers import eventually

PEOPLE = "/studio/people"


def words(html: str) -> str:
    """Give the text of a piece of a page, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def section(desk: httpx.Client, name: str) -> str:
    """Give one section of the page of people: following, followers or timeline."""
    html = desk.get(PEOPLE).raise_for_status().text
    found = re.search(rf'<section aria-labelledby="{name}">(.*?)</section>', html, re.DOTALL)
    assert found, f"there is no {name} on {PEOPLE}"
    return found[1]


def following(desk: httpx.Client, handle: str) -> str:
    """Give the words about somebody whom the author follows; "" when nobody by that handle."""
    for entry in re.findall(r"<li>(.*?)</li>", section(desk, "following"), re.DOTALL):
        if f'<bdi class="handle">{handle}</bdi>' in entry:
            return words(entry)
    return ""


def follow(desk: httpx.Client, handle: str, *, typed: str = "") -> None:
    """Follow somebody, and wait until they have accepted.

    typed: what to type in place of the handle.
    """
    answer = desk.post("/studio/following", data={"handle": typed or handle})
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].startswith(PEOPLE)
    assert is_followed(desk, handle)


def is_followed(desk: httpx.Client, handle: str) -> bool:
    """Wait until somebody whom the author wants to follow has accepted."""

    def look() -> bool:
        entry = following(desk, handle)
        assert entry, f"{handle} is not followed"
        assert "Has not answered yet" not in entry
        assert "Declined" not in entry
        return True

    return eventually(look)


def unfollow(desk: httpx.Client, actor: str) -> None:
    """Follow the actor with this id no more."""
    answer = desk.post("/studio/following/remove", data={"actor": actor})
    assert answer.status_code == 303, answer.text


def timeline_shows(desk: httpx.Client, text: str) -> str:
    """Wait for something in the timeline that says this, and give its HTML."""

    def look() -> str:
        entries: list[str] = re.findall(
            r"<article .*?</article>", section(desk, "timeline"), re.DOTALL
        )
        fitting = [entry for entry in entries if text in words(entry)]
        assert fitting, f"{text!r} is not among {[words(entry) for entry in entries]}"
        return fitting[0]

    return eventually(look)


def answer_shown(desk: httpx.Client, shown: str, text: str) -> str:
    """Answer something that the timeline shows, and give the number of the answer."""
    action = re.search(r'action="(/studio/notes/[^"]+/answer)"', shown)
    assert action, shown
    answer = desk.post(action[1], data={"text": text, "return_to": PEOPLE})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].rpartition("#reply-")[2]
