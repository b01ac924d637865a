import pytest

from fedreview.errors import RemoteRefused
from fedreview.federation.client import FederationClient
from fedreview.federation.collection import find_items
from fedreview.signatures.keys import PrivateKey
from tests.unit.federation.peer import Peer, redirect

pytestmark = pytest.mark.anyio


def a_page(*items: object, **more: object) -> dict[str, object]:
    return {"type": "OrderedCollectionPage", "orderedItems": list(items), **more}


async def test_the_items_of_a_small_collection_are_found_at_once(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    peer.serve("/c", {"type": "Collection", "items": ["a", {"id": "b"}]})

    assert await find_items(client, peer.url("/c"), key=key) == ["a", {"id": "b"}]


async def test_a_single_item_needs_no_list(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    peer.serve("/c", {"type": "Collection", "items": "a"})

    assert await find_items(client, peer.url("/c"), key=key) == ["a"]


async def test_pages_are_followed_in_order(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    peer.serve("/c", {"type": "OrderedCollection", "first": peer.url("/c?page=1")})
    peer.serve("/c?page=1", a_page("a", "b", next=peer.url("/c?page=2")))
    peer.serve("/c?page=2", a_page("c"))

    assert await find_items(client, peer.url("/c"), key=key) == ["a", "b", "c"]


async def test_a_first_page_inside_the_collection_is_read_without_a_fetch(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    first = {"type": "CollectionPage", "items": ["a"], "next": peer.url("/2")}
    peer.serve("/c", {"type": "Collection", "first": first})
    peer.serve("/2", a_page("b"))

    assert await find_items(client, peer.url("/c"), key=key) == ["a", "b"]
    assert len(peer.received) == 2


async def test_a_page_that_leads_back_ends_the_walk(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    peer.serve("/c", a_page("a", next=peer.url("/d")))
    peer.serve("/d", a_page("b", next=peer.url("/c#again")))

    assert await find_items(client, peer.url("/c"), key=key) == ["a", "b"]


async def test_pages_without_end_are_left_at_the_limit(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    for number in range(20):
        peer.serve(f"/{number}", a_page(number, next=peer.url(f"/{number + 1}")))

    assert await find_items(client, peer.url("/0"), key=key, most_pages=3) == [0, 1, 2]
    assert len(peer.received) == 3


async def test_items_without_end_are_cut_at_the_limit(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    peer.serve("/c", a_page(*range(500), next=peer.url("/d")))

    assert len(await find_items(client, peer.url("/c"), key=key, most_items=7)) == 7
    assert len(peer.received) == 1


async def test_the_walk_stays_on_its_host(
    client: FederationClient, peer: Peer, stranger: Peer, key: PrivateKey
) -> None:
    peer.serve("/c", a_page("a", next=stranger.url("/d")))
    stranger.serve("/d", a_page("b"))

    assert await find_items(client, peer.url("/c"), key=key) == ["a"]
    assert stranger.received == []


async def test_a_page_that_is_sent_elsewhere_is_refused(
    client: FederationClient, peer: Peer, stranger: Peer, key: PrivateKey
) -> None:
    peer.pages["/c"] = redirect(stranger.url("/d"))
    stranger.serve("/d", a_page("b"))

    with pytest.raises(RemoteRefused):
        await find_items(client, peer.url("/c"), key=key)


@pytest.mark.parametrize(
    "document",
    [
        {"type": "Note", "items": ["a"]},
        {"items": ["a"]},
        {"type": ["Collection"], "items": ["a"]},
        {"type": "Collection", "first": {"type": "Note"}},
    ],
)
async def test_what_is_no_collection_is_refused(
    client: FederationClient, peer: Peer, key: PrivateKey, document: dict[str, object]
) -> None:
    peer.serve("/c", document)

    with pytest.raises(RemoteRefused):
        await find_items(client, peer.url("/c"), key=key)


async def test_a_collection_in_the_collection_is_not_entered(
    client: FederationClient, peer: Peer, key: PrivateKey
) -> None:
    inner = {"type": "Collection", "first": peer.url("/deeper")}
    deep = {"type": "Collection", "first": {"type": "CollectionPage", "first": inner}}
    peer.serve("/c", {"type": "Collection", "items": [inner], "first": deep})

    await find_items(client, peer.url("/c"), key=key)

    assert [request.target for request in peer.received] == ["/c"]
