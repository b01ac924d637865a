import httpx
import pytest

from fedreview.errors import RemoteRefused
from fedreview.federation.client import FederationClient
from fedreview.federation.guard import AddressPolicy
from fedreview.federation.webfinger import verified_handle, webfinger
from tests.unit.federation.conftest import ClientMaker
from tests.unit.federation.peer import ACTIVITY, Peer, page, redirect

pytestmark = pytest.mark.anyio

WELL_KNOWN = "/.well-known/webfinger"


@pytest.fixture
def client(make_client: ClientMaker) -> FederationClient:
    return make_client(base_url="http://127.0.0.1:8000")


def host(peer: Peer) -> str:
    return f"127.0.0.1:{peer.port}"


def asked(handle: str) -> str:
    return f"{WELL_KNOWN}?resource=acct:{handle}"


def knows(peer: Peer, handle: str, actor: str, *, subject: str = "", type_: str = ACTIVITY) -> None:
    links = [
        {"rel": "http://webfinger.net/rel/profile-page", "href": "https://elsewhere.example/"},
        {"rel": "self", "type": "text/html", "href": "https://elsewhere.example/"},
        {"rel": "self", "type": type_, "href": actor},
    ]
    document = {"subject": f"acct:{subject or handle}", "links": links}
    peer.serve(asked(handle), document, type_="application/jrd+json")


@pytest.mark.parametrize("form", ["anna@{}", "@anna@{}", "acct:anna@{}", " @anna@{} "])
@pytest.mark.parametrize(
    "type_", [ACTIVITY, 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"']
)
async def test_a_handle_leads_to_its_actor(
    client: FederationClient, peer: Peer, form: str, type_: str
) -> None:
    knows(peer, f"anna@{host(peer)}", peer.url("/users/anna"), type_=type_)

    assert await webfinger(client, form.format(host(peer))) == peer.url("/users/anna")
    assert peer.received[0].header("accept") == "application/jrd+json, application/json"


async def test_the_subject_may_be_written_in_other_capitals(
    client: FederationClient, peer: Peer
) -> None:
    knows(peer, f"ANNA@{host(peer)}", peer.url("/anna"), subject=f"anna@{host(peer)}")

    assert await webfinger(client, f"@ANNA@{host(peer)}") == peer.url("/anna")
    assert len(peer.received) == 1


async def test_a_split_domain_is_believed_when_both_halves_agree(
    client: FederationClient, peer: Peer, stranger: Peer
) -> None:
    shown, actor = f"anna@{host(stranger)}", peer.url("/anna")
    knows(peer, f"anna@{host(peer)}", actor, subject=shown)
    knows(stranger, shown, actor)

    assert await webfinger(client, f"anna@{host(peer)}") == actor
    assert await verified_handle(client, actor, "anna") == shown


async def test_a_host_that_sends_webfinger_elsewhere_is_followed(
    client: FederationClient, peer: Peer, stranger: Peer
) -> None:
    handle = f"anna@{host(stranger)}"
    stranger.pages[asked(handle)] = redirect(peer.url(asked(handle)))
    knows(peer, handle, peer.url("/anna"))

    assert await webfinger(client, handle) == peer.url("/anna")


async def test_a_split_domain_that_names_another_actor_is_refused(
    client: FederationClient, peer: Peer, stranger: Peer
) -> None:
    shown = f"anna@{host(stranger)}"
    knows(peer, f"mallory@{host(peer)}", peer.url("/mallory"), subject=shown)
    knows(stranger, shown, stranger.url("/anna"))

    with pytest.raises(RemoteRefused):
        await webfinger(client, f"mallory@{host(peer)}")


async def test_there_is_one_hop_and_no_second(
    client: FederationClient, peer: Peer, stranger: Peer
) -> None:
    actor = peer.url("/anna")
    knows(peer, f"a@{host(peer)}", actor, subject=f"b@{host(stranger)}")
    knows(stranger, f"b@{host(stranger)}", actor, subject=f"a@{host(peer)}")

    with pytest.raises(RemoteRefused):
        await webfinger(client, f"a@{host(peer)}")

    assert len(peer.received) + len(stranger.received) == 2


@pytest.mark.parametrize(
    "handle",
    [
        "",
        "anna",
        "@anna",
        "@@site.example",
        "anna@",
        "anna@site.example@evil.example",
        "anna@site.example/path",
        "anna@site.example?x=",
        "anna@site.example#x",
        "an/na@site.example",
        "an&rel=x@site.example",
        "an%40na@site.example",
        "anna@site example",
        "anna@user:pass",
        "https://site.example/users/anna",
        "mailto:anna@site.example",
        f"{'a' * 129}@site.example",
        f"anna@{'a' * 600}.example",
    ],
)
async def test_what_is_no_handle_is_refused(client: FederationClient, handle: str) -> None:
    with pytest.raises(RemoteRefused):
        await webfinger(client, handle)


@pytest.mark.parametrize("place", ["localhost", "127.0.0.1", "[::1]", "site.example:80", "0x7f.1"])
async def test_a_handle_of_our_own_network_is_refused(make_client: ClientMaker, place: str) -> None:
    client = make_client(policy=AddressPolicy())

    with pytest.raises(RemoteRefused):
        await webfinger(client, f"anna@{place}")


@pytest.mark.parametrize(
    ("written", "asked_of"),
    [
        ("EXAMPLE.com.", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("example.com:443", "example.com"),
    ],
)
async def test_a_host_is_one_host_in_every_spelling(
    make_client: ClientMaker, written: str, asked_of: str
) -> None:
    hosts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(f"{request.url.scheme}://{request.url.host}")
        link = {"rel": "self", "type": ACTIVITY, "href": "https://example.com/anna"}
        return httpx.Response(200, json={"subject": f"acct:anna@{written}", "links": [link]})

    client = make_client(policy=AddressPolicy(), transport=httpx.MockTransport(answer))

    assert await webfinger(client, f"anna@{written}") == "https://example.com/anna"
    assert [httpx.URL(host).raw_host.decode() for host in hosts] == [asked_of]


SELF = {"rel": "self", "type": ACTIVITY, "href": "https://site.example/anna"}


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": None},
        {"subject": 7},
        {"subject": "https://site.example/anna"},
        {"subject": "acct:anna"},
        {"subject": "acct:anna@"},
        {"links": None},
        {"links": SELF},
        {"links": []},
        {"links": [None, 7, "x", {}]},
        {"links": [{**SELF, "rel": "me"}]},
        {"links": [{**SELF, "type": "application/json"}]},
        {"links": [{**SELF, "type": None}]},
        {"links": [{**SELF, "href": None}]},
        {"links": [{**SELF, "href": "javascript:alert(1)"}]},
        {"links": [{**SELF, "href": "//site.example/anna"}]},
    ],
)
async def test_an_answer_that_does_not_name_an_actor_is_refused(
    client: FederationClient, peer: Peer, changes: dict[str, object]
) -> None:
    handle = f"anna@{host(peer)}"
    peer.serve(WELL_KNOWN, {"subject": f"acct:{handle}", "links": [SELF], **changes})

    with pytest.raises(RemoteRefused):
        await webfinger(client, handle)


async def test_an_unknown_handle_is_refused_with_its_status(
    client: FederationClient, peer: Peer
) -> None:
    peer.pages[WELL_KNOWN] = page(status=404)

    with pytest.raises(RemoteRefused) as refusal:
        await webfinger(client, f"nobody@{host(peer)}")

    assert refusal.value.status == 404


async def test_a_handle_is_shown_only_when_it_leads_back_to_the_actor(
    client: FederationClient, peer: Peer
) -> None:
    knows(peer, f"anna@{host(peer)}", peer.url("/anna"))

    assert await verified_handle(client, peer.url("/anna"), "anna") == f"anna@{host(peer)}"
    with pytest.raises(RemoteRefused):
        await verified_handle(client, peer.url("/mallory"), "anna")
