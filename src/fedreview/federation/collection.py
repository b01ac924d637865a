"""Walk through another server's collection, page by page, and stop in time."""

from fedreview.errors import RemoteRefused
from fedreview.federation.client import FederationClient
from fedreview.federation.reading import Json
from fedreview.signatures.keys import PrivateKey

COLLECTION_TYPES = frozenset(
    {"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"}
)


async def find_items(
    client: FederationClient,
    url: str,
    *,
    key: PrivateKey | None,
    most_items: int = 200,
    most_pages: int = 10,
) -> list[Json]:
    """Give the first items of a collection, ids or embedded objects as they come.

    most_pages: requests, at most.

    Stays on the collection's host, asks for no page twice and never enters a collection within
    the collection. Nothing is known of the items; an embedded one is a stranger's word.

    Raises RemoteRefused or RemoteUnavailable as ``get_document``.
    Source: PeerTube CVE-2025-32947, a server kept busy by pages without end.
    """
    home = client.policy.check_url(url).netloc
    items: list[Json] = []
    seen: set[str] = set()
    next_page: Json = url
    while isinstance(next_page, str) and len(items) < most_items and len(seen) < most_pages:
        address = client.policy.check_url(next_page)
        if address.netloc != home or str(address) in seen:
            break
        seen.add(str(address))
        document = await client.get_document(str(address), key=key)
        if client.policy.check_url(document.url).netloc != home:
            raise RemoteRefused(f"a page of {url[:200]!r} on another host")
        next_page = _take(document.json, items)
    return items[:most_items]


def _take(page: dict[str, Json], items: list[Json]) -> Json:
    """Add a page's items, and those of a first page inside it; give what comes next."""
    type_ = page.get("type")
    if not isinstance(type_, str) or type_ not in COLLECTION_TYPES:
        raise RemoteRefused("not a collection")
    for name in ("items", "orderedItems"):
        found = page.get(name)
        items.extend(found if isinstance(found, list) else [] if found is None else [found])
    first = page.get("first")
    if isinstance(first, dict):
        return _take({**first, "first": None}, items)
    return first or page.get("next")
