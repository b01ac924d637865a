"""Making us ask: into our own network, without end, or in place of the attacker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from ipaddress import ip_address

import httpx
import pytest

from fedreview.errors import RemoteRefused
from fedreview.federation.client import DOCUMENT_LIMIT_BYTES, MOST_REDIRECTS, FederationClient
from fedreview.federation.guard import AddressPolicy, IPAddress
from tests.clock import Clock
from tests.fediverse import (
    PATIENCE_SECONDS,
    Neighbourhood,
    PretendActor,
    PretendServer,
    a_key,
)
from tests.stories.attacks.tricks import change, hops, point_at, redirect
from tests.stories.site import Published, Site

pytestmark = pytest.mark.anyio

NOT_FOR_US = (
    "http://evil.example/users/mallory",
    "https://127.0.0.1/users/mallory",
    "https://[::1]/users/mallory",
    "https://10.0.0.1/users/mallory",
    "https://169.254.169.254/latest/meta-data/",
    "https://0.0.0.0/users/mallory",
    "https://2130706433/users/mallory",
    "https://0x7f.1/users/mallory",
    "https://localhost/users/mallory",
    "https://intranet/users/mallory",
    "https://evil.example:8080/users/mallory",
    "https://mallory:secret@evil.example/users/mallory",
    "file:///etc/passwd",
    "gopher://evil.example/",
)
OWN_NETWORK = (
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "fc00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
)


Way = Callable[[Site, PretendActor, str], Awaitable[None]]


def gets(neighbourhood: Neighbourhood) -> list[str]:
    return [line for line in neighbourhood.asked if line.startswith("GET")]


async def sign_as(site: Site, mallory: PretendActor, url: str) -> None:
    """Let mallory sign with a key that is said to be at this address."""
    key = a_key(f"{url}#main-key")
    await mallory.send(
        site.inbox, {**mallory.activity("Follow", site.actor_id), "actor": url}, key=key
    )


async def be_followed(site: Site, _: PretendActor, url: str) -> None:
    """Let the author ask to follow this address."""
    await site.author.post("/studio/following", data={"handle": url})


async def name_a_note(site: Site, mallory: PretendActor, url: str) -> None:
    """Let mallory say that a note of theirs is at this address."""
    await point_at(mallory, site, url)


@pytest.mark.parametrize("way", [sign_as, be_followed, name_a_note])
async def test_an_address_in_our_own_network_is_never_asked(
    site: Site, mallory: PretendActor, neighbourhood: Neighbourhood, way: Way
) -> None:
    await mallory.send(site.inbox, mallory.activity("Like", site.actor_id))
    asked = gets(neighbourhood)

    for url in NOT_FOR_US:
        await way(site, mallory, url)
    await site.settle()

    assert gets(neighbourhood) == asked


async def test_a_redirect_into_our_own_network_is_never_followed(
    site: Site, evil: PretendServer, neighbourhood: Neighbourhood
) -> None:
    people = [evil.person(f"mallory{number}") for number in range(len(NOT_FOR_US))]
    for person, url in zip(people, NOT_FOR_US, strict=True):
        evil.pages[f"/users/{person.name}"] = redirect(url)

    answers = [
        await person.send(site.inbox, person.activity("Follow", site.actor_id)) for person in people
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert gets(neighbourhood) == [f"GET {person.id}" for person in people]


async def test_an_inbox_in_our_own_network_gets_nothing(
    site: Site, evil: PretendServer, neighbourhood: Neighbourhood
) -> None:
    for number, url in enumerate(NOT_FOR_US):
        person = evil.person(f"mallory{number}", inbox=url, endpoints={"sharedInbox": url})
        await person.send(site.inbox, person.activity("Follow", site.actor_id))
    await site.settle()

    await site.publish()
    await site.settle()

    posts = [line for line in neighbourhood.asked if line.startswith("POST")]
    assert set(posts) == {f"POST {site.inbox}"}


async def test_a_name_that_leads_into_our_own_network_is_never_connected_to(now: Clock) -> None:
    looked_up: list[str] = []
    waiting = [ip_address(address) for address in OWN_NETWORK for _ in range(4)]

    async def resolve(host: str, _: int) -> Sequence[IPAddress]:
        looked_up.append(host)
        return [ip_address("8.8.8.8"), waiting.pop(0)]

    client = FederationClient(
        policy=AddressPolicy(), base_url="https://reviews.example", now=now, resolver=resolve
    )
    key = a_key("https://reviews.example/actor#main-key")
    url = "https://rebinding.example/"
    for _ in OWN_NETWORK:
        for asked in (
            client.get_document(url, key=key),
            client.get_json(url, accept=("application/jrd+json",)),
            client.get_bytes(url, accept="image/*", limit_bytes=1_000),
            client.post_activity(url, b"{}", key=key),
        ):
            with pytest.raises(RemoteRefused, match="not a public address"):
                await asked

    assert looked_up == ["rebinding.example"] * 4 * len(OWN_NETWORK)
    await client.aclose()


@pytest.mark.parametrize("length", [MOST_REDIRECTS + 1, 100])
async def test_a_hundred_redirects_are_followed_three_times(
    site: Site, mallory: PretendActor, neighbourhood: Neighbourhood, length: int
) -> None:
    hops(mallory.server, "/users/mallory", length)

    answer = await mallory.send(site.inbox, mallory.activity("Follow", site.actor_id))

    assert answer.status_code == 401
    assert len(gets(neighbourhood)) == 1 + MOST_REDIRECTS


async def test_a_redirect_in_a_circle_is_followed_once(
    site: Site, mallory: PretendActor, neighbourhood: Neighbourhood
) -> None:
    mallory.server.pages["/users/mallory"] = redirect(mallory.id)

    answer = await mallory.send(site.inbox, mallory.activity("Follow", site.actor_id))

    assert answer.status_code == 401
    assert neighbourhood.times_asked(mallory.id) == 1


@pytest.mark.parametrize("length", [1, 100])
async def test_webfinger_that_redirects_without_end_is_given_up(
    site: Site, evil: PretendServer, neighbourhood: Neighbourhood, length: int
) -> None:
    def finger(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("hop", "0"))
        following = number if length == 1 else number + 1
        query = f"resource=acct:mallory@evil.example&hop={following}"
        where = f"{evil.url}/finger?{query}"
        evil.pages[f"/finger?{query}"] = finger
        return httpx.Response(302, headers={"Location": where})

    neighbourhood.places["evil.example"] = httpx.MockTransport(finger)

    answer = await site.author.post("/studio/following", data={"handle": "mallory@evil.example"})

    assert answer.status_code == 422
    assert len(gets(neighbourhood)) <= 1 + MOST_REDIRECTS


async def test_a_redirect_of_webfinger_into_our_own_network_is_never_followed(
    site: Site, neighbourhood: Neighbourhood
) -> None:
    neighbourhood.places["evil.example"] = httpx.MockTransport(
        redirect("https://127.0.0.1/.well-known/webfinger")
    )

    answer = await site.author.post("/studio/following", data={"handle": "mallory@evil.example"})

    assert answer.status_code == 422
    assert len(neighbourhood.asked) == 1


async def test_a_hundred_requests_with_one_bad_key_make_us_ask_once(
    site: Site, mallory: PretendActor, neighbourhood: Neighbourhood, review: Published
) -> None:
    ghost = f"{mallory.server.url}/users/nobody"
    key = a_key(f"{ghost}#main-key")
    await mallory.send(
        site.inbox, {**mallory.activity("Like", review.uri), "actor": ghost}, key=key
    )
    asked_for_one = neighbourhood.times_asked(ghost)

    for _ in range(10):
        likes = [{**mallory.activity("Like", review.uri), "actor": ghost} for _ in range(10)]
        answers = await asyncio.gather(*(mallory.send(site.inbox, like, key=key) for like in likes))
        assert {answer.status_code for answer in answers} == {401}

    assert neighbourhood.times_asked(ghost) == asked_for_one


async def test_a_thousand_bad_keys_are_forgotten_in_turn(
    site: Site, mallory: PretendActor, review: Published
) -> None:
    acquainting = site.parts.site.receiving.proving.acquainting

    for number in range(1_100):
        with pytest.raises(RemoteRefused):
            await acquainting.fetch_key_owner(f"{mallory.server.url}/nobody/{number}#main-key")

    assert len(acquainting._failures.kept) <= 1_000
    assert acquainting._in_flight == {}


async def test_one_activity_makes_us_ask_only_so_often(
    site: Site, mallory: PretendActor, neighbourhood: Neighbourhood, review: Published
) -> None:
    victims = [neighbourhood.server(f"victim{number}.example") for number in range(50)]
    note = mallory.note(
        "".join(
            f'<a href="{victim.url}/page">x</a><img src="{victim.url}/i">' for victim in victims
        ),
        in_reply_to=review.uri,
        to=[f"{victim.url}/users/a" for victim in victims],
        tag=[{"type": "Mention", "href": f"{victim.url}/users/a"} for victim in victims],
        attachment=[{"type": "Image", "url": f"{victim.url}/image"} for victim in victims],
        replies=f"{victims[0].url}/replies",
        likes=f"{victims[1].url}/likes",
        shares=f"{victims[2].url}/shares",
        context=f"{victims[3].url}/context",
        quote=f"{victims[4].url}/quoted",
        preview=f"{victims[5].url}/preview",
        icon=f"{victims[6].url}/icon",
    )

    await mallory.send(site.inbox, mallory.create(note))
    await site.settle()

    assert [line for line in neighbourhood.asked if "victim" in line] == []


async def test_no_page_makes_a_reader_or_us_ask_anybody(
    site: Site, mallory: PretendActor, neighbourhood: Neighbourhood, review: Published
) -> None:
    change(mallory, icon={"type": "Image", "url": "https://evil.example/icon.png"})
    note = mallory.note('<img src="https://evil.example/pixel.png">', in_reply_to=review.uri)
    await mallory.send(site.inbox, mallory.create(note))
    await site.settle()
    asked = len(neighbourhood.asked)

    pages = [await site.page(path) for path in (review.path, "/", "/@critic")]
    pages.append(await site.desk("/studio/conversation"))

    assert neighbourhood.asked[asked:] == []
    sources = [str(image["src"]) for page in pages for image in page.select("img[src]")]
    assert [source for source in sources if "evil.example" in source] == []


class Drip(httpx.AsyncByteStream):
    """An answer that never ends. sent_bytes: how long it was when it was cut."""

    def __init__(self) -> None:
        self.sent_bytes = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.sent_bytes += 100
            yield b" " * 100


async def test_an_answer_without_end_is_cut(
    site: Site, evil: PretendServer, mallory: PretendActor
) -> None:
    drip = Drip()
    headers = {"Content-Type": "application/activity+json"}
    evil.pages["/users/mallory"] = lambda _: httpx.Response(200, stream=drip, headers=headers)

    async with asyncio.timeout(PATIENCE_SECONDS):
        answer = await mallory.send(site.inbox, mallory.activity("Follow", site.actor_id))

    assert answer.status_code == 401
    assert drip.sent_bytes <= DOCUMENT_LIMIT_BYTES + 100
