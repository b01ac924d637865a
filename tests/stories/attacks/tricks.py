"""What the hostile servers of these stories have in common."""

import json
from collections.abc import Mapping

import httpx

from fedreview.activitypub.vocabulary import ACTIVITY_JSON
from tests.fediverse import PretendActor, PretendServer, Reply, a_key
from tests.stories.site import Site


def change(actor: PretendActor, **properties: object) -> None:
    """Let an account's document say something else."""
    actor.server.documents[f"/users/{actor.name}"] |= properties


def upload(document: object, media_type: str = ACTIVITY_JSON) -> Reply:
    """Serve this under a media type of one's own choice."""
    content = json.dumps(document).encode()
    headers = {"Content-Type": media_type} if media_type else {}
    return lambda _: httpx.Response(200, content=content, headers=headers)


def hops(server: PretendServer, path: str, number: int) -> None:
    """Let an address lead to the next one, so many times."""
    for hop in range(number):
        here = path if hop == 0 else f"{path}/{hop}"
        location = f"{server.url}{path}/{hop + 1}"
        server.pages[here] = _redirect(location)


def _redirect(location: str) -> Reply:
    return lambda _: httpx.Response(302, headers={"Location": location})


def redirect(location: str) -> Reply:
    """Send whoever asks to another address."""
    return _redirect(location)


async def create(actor: PretendActor, site: Site, note: Mapping[str, object]) -> int:
    """Let somebody post a note, and the site take notice; give the status of the answer."""
    answer = await actor.send(site.inbox, actor.create(dict(note)))
    await site.settle()
    return answer.status_code


async def end_unsigned(actor: PretendActor, site: Site, times: int) -> list[int]:
    """Tell so often, with a key that cannot be had, that an account ends; give the answers."""
    key = a_key(f"{actor.id}/no-key", "bad")
    ends = [actor.activity("Delete", actor.id) for _ in range(times)]
    return [(await actor.send(site.inbox, end, key=key)).status_code for end in ends]


async def point_at(actor: PretendActor, site: Site, url: str) -> int:
    """Let somebody say that they have made what is at this address."""
    answer = await actor.send(site.inbox, actor.activity("Create", url))
    await site.settle()
    return answer.status_code
