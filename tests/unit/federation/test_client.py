import asyncio
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from urllib.parse import urlsplit

import httpx
import pytest

from fedreview import __version__
from fedreview.errors import RemoteRefused, RemoteUnavailable
from fedreview.federation.client import FederationClient
from fedreview.federation.exchange import Deadlines
from fedreview.federation.guard import AddressPolicy
from fedreview.signatures.keys import PrivateKey, PublicKey
from fedreview.signatures.message import Message
from fedreview.signatures.verify import Claim, Scheme, check, read_claim
from tests.unit.federation.conftest import BASE_URL, KEY_ID, NOW, ClientMaker
from tests.unit.federation.peer import (
    ACTIVITY,
    Page,
    Peer,
    Received,
    drip,
    hang_up,
    head,
    in_turn,
    page,
    redirect,
    silent,
)

pytestmark = pytest.mark.anyio

NOTE = {"id": "https://peer.example/notes/1", "type": "Note"}
BODY = json.dumps(NOTE).encode()
HASTY = Deadlines(whole=timedelta(milliseconds=300), farewell=timedelta(milliseconds=50))

Verifier = Callable[[Received, Peer], Claim]


@pytest.fixture
def verify(public_key_pem: str) -> Verifier:
    def verify_received(request: Received, peer: Peer) -> Claim:
        message = Message(
            method=request.method,
            raw_target=request.target.encode(),
            headers=request.headers,
            body=request.body,
            origins=frozenset({peer.url("")}),
            hosts=frozenset({urlsplit(peer.url()).netloc}),
        )
        claim = read_claim(message, now=NOW)
        check(claim, PublicKey.from_pem(KEY_ID, f"{BASE_URL}/actor", public_key_pem))
        return claim

    return verify_received


async def test_a_document_is_fetched_with_a_signature(
    client: FederationClient, peer: Peer, key: PrivateKey, verify: Verifier
) -> None:
    peer.serve("/notes/1", NOTE)

    document = await client.get_document(peer.url("/notes/1#part"), key=key)

    assert document.json == NOTE
    assert document.url == peer.url("/notes/1")
    [request] = peer.received
    assert verify(request, peer).scheme is Scheme.CAVAGE
    assert request.target == "/notes/1"
    assert request.header("user-agent") == f"fedreview/{__version__} (+{BASE_URL})"
    assert request.header("accept") == (
        f'{ACTIVITY}, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
    )


async def test_without_a_key_nothing_is_signed_and_no_one_knocks_twice(
    client: FederationClient, peer: Peer
) -> None:
    peer.pages["/"] = page(status=401)

    with pytest.raises(RemoteRefused) as refusal:
        await client.get_document(peer.url("/"), key=None)

    assert refusal.value.status == 401
    [request] = peer.received
    assert request.header("signature") is None


async def test_a_refused_signature_is_made_again_without_the_query_and_then_as_rfc_9421(
    client: FederationClient, peer: Peer, key: PrivateKey, verify: Verifier
) -> None:
    peer.pages["/n"] = in_turn(page(status=401), page(status=401), page(BODY))

    document = await client.get_document(peer.url("/n?page=1"), key=key)

    assert document.json == NOTE
    assert [request.target for request in peer.received] == ["/n?page=1"] * 3
    claims = [verify(request, peer) for request in peer.received]
    assert [claim.scheme for claim in claims] == [Scheme.CAVAGE, Scheme.CAVAGE, Scheme.RFC9421]
    assert len({request.header("signature") for request in peer.received}) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_document_refused_to_cavage_is_asked_for_with_rfc_9421(
    client: FederationClient, peer: Peer, key: PrivateKey, verify: Verifier, status: int
) -> None:
    peer.pages["/n"] = in_turn(page(status=status), page(BODY))

    document = await client.get_document(peer.url("/n"), key=key)

    assert document.json == NOTE
    _, second = peer.received
    assert verify(second, peer).scheme is Scheme.RFC9421
    assert second.header("date") is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 204, 300, 304])
async def test_a_document_that_is_not_there_is_refused_with_its_status(
    client: FederationClient, peer: Peer, key: PrivateKey, status: int
) -> None:
    peer.pages["/n"] = page(status=status)

    with pytest.raises(RemoteRefused) as refusal:
        await client.get_document(peer.url("/n"), key=key)

    assert refusal.value.status == status


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_busy_server_is_asked_again_later(
    client: FederationClient, peer: Peer, key: PrivateKey, status: int
) -> None:
    peer.pages["/n"] = page(status=status, Retry_After="90")

    with pytest.raises(RemoteUnavailable) as failure:
        await client.get_document(peer.url("/n"), key=key)

    assert failure.value.status == status
    assert failure.value.retry_after == timedelta(seconds=90)


@pytest.mark.parametrize(
    "type_",
    [
        "application/json",
        "text/plain",
        "text/html",
        "application/octet-stream",
        "application/ld+json",
    ],
)
async def test_an_upload_on_a_file_host_is_no_document(
    client: FederationClient, peer: Peer, key: PrivateKey, type_: str
) -> None:
    peer.serve("/upload.json", NOTE, type_=type_)

    with pytest.raises(RemoteRefused):
        await client.get_document(peer.url("/upload.json"), key=key)


async def test_three_redirects_are_followed_and_each_is_signed_for_where_it_leads(
    client: FederationClient, peer: Peer, stranger: Peer, key: PrivateKey, verify: Verifier
) -> None:
    peer.pages["/1"] = redirect("/2?x=1", status=301)
    peer.pages["/2"] = redirect(stranger.url("/3"), status=307)
    stranger.pages["/3"] = redirect("4", status=308)
    stranger.serve("/4", NOTE)

    document = await client.get_document(peer.url("/1"), key=key)

    assert document.url == stranger.url("/4")
    for request in peer.received:
        verify(request, peer)
    for request in stranger.received:
        verify(request, stranger)
    everything = [*peer.received, *stranger.received]
    assert len({request.header("signature") for request in everything}) == 4


@pytest.mark.parametrize(
    ("pages", "asked"),
    [
        ({"/1": redirect("/1")}, 1),
        ({"/1": redirect("/2"), "/2": redirect("/1")}, 2),
        ({f"/{n}": redirect(f"/{n + 1}") for n in range(1, 9)}, 4),
        ({"/1": page(status=302)}, 1),
        ({"/1": redirect("http://[")}, 1),
        ({"/1": redirect("http://127.0.0.1/\t/")}, 1),
        ({"/1": redirect("ftp://127.0.0.1/")}, 1),
        ({"/1": redirect("javascript:alert(1)")}, 1),
        ({"/1": redirect("http://me:secret@127.0.0.1/")}, 1),
    ],
)
async def test_redirects_that_lead_nowhere_are_refused(
    client: FederationClient, peer: Peer, key: PrivateKey, pages: dict[str, Page], asked: int
) -> None:
    peer.pages.update(pages)

    with pytest.raises(RemoteRefused):
        await client.get_document(peer.url("/1"), key=key)

    assert len(peer.received) == asked


@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://0x7f.1/",
        "https://169.254.169.254/latest/meta-data/",
        "http://site.example/",
        "https://site.example:22/",
    ],
)
async def test_a_redirect_into_our_own_network_is_never_asked_for(
    make_client: ClientMaker, key: PrivateKey, location: str
) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"Location": location})

    client = make_client(policy=AddressPolicy(), transport=httpx.MockTransport(answer))

    with pytest.raises(RemoteRefused):
        await client.get_document("https://site.example/", key=key)

    assert asked == ["https://site.example/"]


async def test_a_name_that_leads_into_our_own_network_is_refused(
    make_client: ClientMaker, peer: Peer, key: PrivateKey
) -> None:
    async def resolve(_: str, __: int) -> list[IPv4Address]:
        return [IPv4Address("127.0.0.1")]

    policy = AddressPolicy(ports=frozenset({peer.port}))
    client = make_client(policy=policy, resolver=resolve)

    with pytest.raises(RemoteRefused):
        await client.get_document(f"https://nip.example:{peer.port}/", key=key)

    assert peer.connections == 0


async def test_a_packed_document_is_unpacked(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    peer.pages["/n"] = page(gzip.compress(BODY), Content_Encoding="gzip")

    document = await client.get_document(peer.url("/n"), key=key)

    assert document.json == NOTE
    assert peer.received[0].header("accept-encoding") == "gzip"


@pytest.mark.parametrize(
    "answer",
    [
        page(b" " * 1_000_001),
        page(gzip.compress(b" " * 50_000_000), Content_Encoding="gzip"),
        page(b"not json"),
        page(b"[]"),
        page(BODY, Content_Encoding="br"),
    ],
    ids=["too long", "bomb", "no json", "no object", "brotli"],
)
async def test_a_document_out_of_bounds_is_refused(
    client: FederationClient, peer: Peer, key: PrivateKey, answer: Page
) -> None:
    peer.pages["/n"] = answer

    with pytest.raises(RemoteRefused):
        await client.get_document(peer.url("/n"), key=key)


async def endless(_: Received, writer: asyncio.StreamWriter) -> None:
    """Give a chunked body without end, as fast as it is read."""
    writer.write(head(transfer_encoding="chunked"))
    while True:
        writer.write(b"1000\r\n" + b" " * 4096 + b"\r\n")
        await writer.drain()


async def test_a_body_without_end_is_cut_at_the_limit(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    peer.pages["/n"] = endless

    with pytest.raises(RemoteRefused):
        await client.get_document(peer.url("/n"), key=key)


@pytest.mark.parametrize(
    "answer",
    [
        silent,
        drip(b"HTTP/1.1 200 OK\r\nX-Slow: "),
        drip(head(content_length="100000")),
        drip(head(404, content_length="100000")),
    ],
    ids=["hangs", "drips headers", "drips a body", "drips the body of an error"],
)
async def test_a_server_that_takes_its_time_is_given_up_at_the_deadline(
    make_client: ClientMaker, peer: Peer, key: PrivateKey, answer: Page
) -> None:
    client = make_client(deadlines=HASTY)
    peer.pages["/n"] = answer

    with pytest.raises((RemoteUnavailable, RemoteRefused)) as failure:
        await client.get_document(peer.url("/n"), key=key)

    assert failure.value.status in {None, 404}


async def nonsense(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    writer.close()


async def cut_short(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(head(content_length="1000") + b"{")
    writer.close()


@pytest.mark.parametrize("answer", [hang_up, nonsense, cut_short])
async def test_a_broken_connection_is_worth_another_try(
    client: FederationClient, peer: Peer, key: PrivateKey, answer: Page
) -> None:
    peer.pages["/n"] = answer

    with pytest.raises(RemoteUnavailable) as failure:
        await client.get_document(peer.url("/n"), key=key)

    assert failure.value.status is None


async def test_nobody_at_the_port_is_worth_another_try(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    url = peer.url("/n").replace("127.0.0.1", "127.0.0.44")

    with pytest.raises(RemoteUnavailable):
        await client.get_document(url, key=key)


async def test_cookies_are_not_kept(client: FederationClient, peer: Peer, key: PrivateKey) -> None:
    peer.pages["/n"] = page(BODY, Set_Cookie="a=b")

    await client.get_document(peer.url("/n"), key=key)
    await client.get_document(peer.url("/n"), key=key)

    assert [request.header("cookie") for request in peer.received] == [None, None]
    assert peer.connections == 1


async def test_bytes_come_with_their_headers_and_final_url(
    client: FederationClient, peer: Peer
) -> None:
    peer.pages["/cover"] = redirect("/cover.jpg")
    peer.pages["/cover.jpg"] = page(b"\xff\xd8\xff", type_="image/jpeg")

    answer = await client.get_bytes(peer.url("/cover"), accept="image/*", limit_bytes=3)

    assert (answer.url, answer.status, answer.body) == (
        peer.url("/cover.jpg"),
        200,
        b"\xff\xd8\xff",
    )
    assert answer.headers["content-type"] == "image/jpeg"
    assert peer.received[0].header("accept") == "image/*"
    assert peer.received[0].header("signature") is None


async def test_bytes_over_the_limit_are_refused(client: FederationClient, peer: Peer) -> None:
    peer.pages["/cover"] = page(b"1234")

    with pytest.raises(RemoteRefused):
        await client.get_bytes(peer.url("/cover"), accept="image/*", limit_bytes=3)


async def test_json_may_have_any_media_type(client: FederationClient, peer: Peer) -> None:
    peer.serve("/nodeinfo", {"version": "2.1"}, type_="text/plain")

    found = await client.get_json(peer.url("/nodeinfo"), accept=("application/json", "text/x"))

    assert found == {"version": "2.1"}
    assert peer.received[0].header("accept") == "application/json, text/x"


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_an_activity_is_delivered_with_cavage(
    client: FederationClient, peer: Peer, key: PrivateKey, verify: Verifier, status: int
) -> None:
    peer.pages["/inbox"] = page(status=status)

    delivered = await client.post_activity(peer.url("/inbox"), BODY, key=key)

    assert (delivered.status, delivered.scheme) == (status, Scheme.CAVAGE)
    [request] = peer.received
    assert verify(request, peer).scheme is Scheme.CAVAGE
    assert request.body == BODY
    assert request.header("content-type") == ACTIVITY
    assert (request.header("digest") or "").startswith("SHA-256=")


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refused_delivery_is_tried_with_rfc_9421(
    client: FederationClient, peer: Peer, key: PrivateKey, verify: Verifier, status: int
) -> None:
    peer.pages["/inbox"] = in_turn(page(status=status), page(status=202))

    delivered = await client.post_activity(peer.url("/inbox"), BODY, key=key)

    assert delivered.scheme is Scheme.RFC9421
    schemes = [verify(request, peer).scheme for request in peer.received]
    assert schemes == [Scheme.CAVAGE, Scheme.RFC9421]


async def test_the_scheme_that_worked_last_time_goes_first(
    client: FederationClient, peer: Peer, key: PrivateKey, verify: Verifier
) -> None:
    peer.pages["/inbox"] = in_turn(page(status=202), page(status=401), page(status=202))
    inbox = peer.url("/inbox")

    known = await client.post_activity(inbox, BODY, key=key, scheme=Scheme.RFC9421)
    changed = await client.post_activity(inbox, BODY, key=key, scheme=known.scheme)

    assert (known.scheme, changed.scheme) == (Scheme.RFC9421, Scheme.CAVAGE)
    schemes = [verify(request, peer).scheme for request in peer.received]
    assert schemes == [Scheme.RFC9421, Scheme.RFC9421, Scheme.CAVAGE]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_an_inbox_may_not_redirect(
    client: FederationClient, peer: Peer, stranger: Peer, key: PrivateKey, status: int
) -> None:
    peer.pages["/inbox"] = redirect(stranger.url("/inbox"), status=status)

    with pytest.raises(RemoteUnavailable):
        await client.post_activity(peer.url("/inbox"), BODY, key=key)

    assert stranger.received == []


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 413, 422, 501])
async def test_a_delivery_that_is_not_wanted_is_refused(
    client: FederationClient, peer: Peer, key: PrivateKey, status: int
) -> None:
    peer.pages["/inbox"] = page(status=status)

    with pytest.raises(RemoteRefused) as refusal:
        await client.post_activity(peer.url("/inbox"), BODY, key=key)

    assert refusal.value.status == status


@pytest.mark.parametrize("status", [401, 408, 429, 500, 502, 503])
async def test_a_delivery_that_may_succeed_later_is_unavailable(
    client: FederationClient, peer: Peer, key: PrivateKey, status: int
) -> None:
    peer.pages["/inbox"] = page(status=status, Retry_After="Sun, 01 Mar 2026 13:00:00 GMT")

    with pytest.raises(RemoteUnavailable) as failure:
        await client.post_activity(peer.url("/inbox"), BODY, key=key)

    assert failure.value.status == status
    assert failure.value.retry_after == timedelta(hours=1)


async def test_when_both_schemes_are_refused_the_first_answer_counts(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    peer.pages["/inbox"] = in_turn(page(status=404), page(status=401))

    with pytest.raises(RemoteRefused) as refusal:
        await client.post_activity(peer.url("/inbox"), BODY, key=key)

    assert refusal.value.status == 404


async def test_an_answer_that_is_no_refusal_counts_more_than_the_refusal_before_it(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    peer.pages["/inbox"] = in_turn(page(status=404), page(status=503))

    with pytest.raises(RemoteUnavailable) as failure:
        await client.post_activity(peer.url("/inbox"), BODY, key=key)

    assert failure.value.status == 503


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refused_delivery_is_signed_as_the_server_asks(
    client: FederationClient, peer: Peer, key: PrivateKey, verify: Verifier, status: int
) -> None:
    asked = 'them=("date" "@method" "@target-uri" "content-digest" "content-type");nonce="n1"'
    peer.pages["/inbox"] = in_turn(page(status=status, Accept_Signature=asked), page(status=202))

    delivered = await client.post_activity(peer.url("/inbox"), BODY, key=key)

    first, second = peer.received
    assert delivered.scheme is Scheme.RFC9421
    assert verify(first, peer).scheme is Scheme.CAVAGE
    assert verify(second, peer).scheme is Scheme.RFC9421
    given = second.header("signature-input") or ""
    assert given.startswith(asked.partition(";")[0])
    assert ';nonce="n1"' in given


async def test_a_document_is_asked_for_as_the_server_asks(
    client: FederationClient, peer: Peer, key: PrivateKey, verify: Verifier
) -> None:
    asked = 'them=("@authority" "@path" "@target-uri" "@method");created;expires'
    peer.pages["/n"] = in_turn(page(status=401, Accept_Signature=asked), page(BODY))

    document = await client.get_document(peer.url("/n"), key=key)

    assert document.json == NOTE
    given = peer.received[1].header("signature-input") or ""
    assert given.startswith(asked.partition(";")[0])
    assert ";expires=" in given
    assert verify(peer.received[1], peer).scheme is Scheme.RFC9421


async def test_what_let_us_in_is_remembered_for_the_next_document_of_the_host(
    client: FederationClient, peer: Peer, stranger: Peer, key: PrivateKey, verify: Verifier
) -> None:
    peer.pages["/a"] = in_turn(page(status=404), page(BODY))
    peer.pages["/b"] = in_turn(page(BODY), page(status=401), page(BODY))
    peer.pages["/c"] = stranger.pages["/c"] = page(BODY)

    for path in ("/a", "/b", "/b", "/c"):
        await client.get_document(peer.url(path), key=key)
    await client.get_document(stranger.url("/c"), key=key)

    cavage, rfc9421 = Scheme.CAVAGE, Scheme.RFC9421
    schemes = [verify(request, peer).scheme for request in peer.received]
    assert schemes == [cavage, rfc9421, rfc9421, rfc9421, cavage, cavage]
    assert [verify(request, stranger).scheme for request in stranger.received] == [cavage]


async def test_a_host_that_takes_the_path_alone_is_asked_so_at_once(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    peer.pages["/n"] = in_turn(page(status=401), page(BODY), page(BODY), page(BODY))

    for page_number in (1, 2):
        await client.get_document(peer.url(f"/n?page={page_number}"), key=key)
    await client.get_document(peer.url("/n"), key=key)

    assert len(peer.received) == 4


async def test_each_knock_is_dated_anew(
    make_client: ClientMaker, peer: Peer, key: PrivateKey
) -> None:
    instants = [datetime(2026, 3, 1, 12, 0, second, tzinfo=UTC) for second in (0, 7, 9)]
    client = make_client(now=lambda: instants.pop(0))
    asked = 'a=("@method" "@target-uri" "content-digest")'
    refused = page(status=401, Accept_Signature=asked)
    peer.pages["/inbox"] = in_turn(refused, refused, page(status=202))

    await client.post_activity(peer.url("/inbox"), BODY, key=key, scheme=Scheme.RFC9421)

    first, second, third = peer.received
    assert ";created=1772366400;" in (first.header("signature-input") or "")
    assert ";created=1772366407;" in (second.header("signature-input") or "")
    assert third.header("date") == "Sun, 01 Mar 2026 12:00:09 GMT"


async def test_another_key_of_the_actor_is_shown_when_the_first_is_refused(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    present = replace(key, id=f"{BASE_URL}/actor#main-key-2")
    peer.pages["/inbox"] = in_turn(page(status=401), page(status=401), page(status=202))

    await client.post_activity(peer.url("/inbox"), BODY, key=key, spare_key=present)

    assert f'keyId="{present.id}"' in (peer.received[-1].header("signature") or "")


@pytest.mark.parametrize("answer", [silent, hang_up, nonsense])
async def test_an_inbox_that_does_not_answer_is_unavailable(
    make_client: ClientMaker, peer: Peer, key: PrivateKey, answer: Page
) -> None:
    client = make_client(deadlines=HASTY)
    peer.pages["/inbox"] = answer

    with pytest.raises(RemoteUnavailable):
        await client.post_activity(peer.url("/inbox"), BODY, key=key)


@pytest.mark.parametrize(
    "answer",
    [
        drip(head(202, content_length="100000")),
        cut_short,
        page(b"x" * 200_000),
        endless,
    ],
    ids=["drips", "breaks off", "long", "endless"],
)
async def test_a_delivery_that_was_taken_stays_taken_whatever_the_body_does(
    make_client: ClientMaker, peer: Peer, key: PrivateKey, answer: Page
) -> None:
    client = make_client(deadlines=HASTY)
    peer.pages["/inbox"] = answer

    delivered = await client.post_activity(peer.url("/inbox"), BODY, key=key)

    assert delivered.status in {200, 202}


async def test_each_attempt_is_dated_anew(
    make_client: ClientMaker, peer: Peer, key: PrivateKey
) -> None:
    instants = [datetime(2026, 3, 1, 12, minute, tzinfo=UTC) for minute in (0, 7)]
    client = make_client(now=lambda: instants.pop(0))
    peer.pages["/inbox"] = page(status=202)

    await client.post_activity(peer.url("/inbox"), BODY, key=key)
    await client.post_activity(peer.url("/inbox"), BODY, key=key)

    assert [request.header("date") for request in peer.received] == [
        "Sun, 01 Mar 2026 12:00:00 GMT",
        "Sun, 01 Mar 2026 12:07:00 GMT",
    ]


async def test_an_inbox_of_our_own_network_is_refused(
    make_client: ClientMaker, peer: Peer, key: PrivateKey
) -> None:
    client = make_client(policy=AddressPolicy())

    with pytest.raises(RemoteRefused):
        await client.post_activity(peer.url("/inbox"), BODY, key=key)

    assert peer.connections == 0


async def test_a_hundred_slow_servers_do_not_hold_up_a_quick_one(
    make_client: ClientMaker, peer: Peer, stranger: Peer, key: PrivateKey
) -> None:
    client = make_client()
    peer.pages["/inbox"] = silent
    stranger.pages["/inbox"] = page(status=202)
    async with asyncio.TaskGroup() as tasks:
        slow = [
            tasks.create_task(client.post_activity(peer.url("/inbox"), BODY, key=key))
            for _ in range(120)
        ]

        delivered = await client.post_activity(stranger.url("/inbox"), BODY, key=key)

        for task in slow:
            task.cancel()
    assert delivered.status == 202
