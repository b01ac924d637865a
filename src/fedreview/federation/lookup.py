"""Find who is behind an id, a key or a handle, and believe only the server it belongs to."""

from fedreview.errors import RemoteRefused
from fedreview.federation.client import Document, FederationClient
from fedreview.federation.reading import Json
from fedreview.signatures.keys import PrivateKey

ACTOR_TYPES = frozenset({"Application", "Group", "Organization", "Person", "Service"})
KEY_LISTS = ("publicKey", "assertionMethod")
MOST_KEYS = 10


async def find_document(
    client: FederationClient, url: str, *, key: PrivateKey | None
) -> dict[str, Json]:
    """Fetch a document from the very place that its ``id`` names.

    A document with another id of the same host is fetched once more, at that id.

    Raises RemoteRefused when it still is not where it says it is, else as ``get_document``.
    Source: Mastodon CVE-2024-23832.
    """
    document = await client.get_document(url, key=key)
    return await _settled(client, document, key=key)


async def find_actor_document(
    client: FederationClient, url: str, *, key: PrivateKey | None
) -> dict[str, Json]:
    """Fetch an actor, as ``find_document`` does.

    Raises RemoteRefused also when the document is of something that cannot act.
    """
    document = await find_document(client, url, key=key)
    if not _is_actor(document):
        raise RemoteRefused(f"no actor at {url[:200]!r}")
    return document


async def find_key_owner_document(
    client: FederationClient, key_id: str, *, key: PrivateKey | None
) -> dict[str, Json]:
    """Fetch the actor that a key belongs to, and make sure that the actor says so itself.

    The key may be a part of the actor (``#main-key``), stand alone and name its owner, or, at
    GoToSocial, be shown inside a stub of the actor; BookWyrm puts a slash before the ``#``,
    which leads to a document with another id. An actor that lists its key by id alone gets
    the key put in its place: the key's own document must name the actor, too.

    Raises RemoteRefused unless key and owner live on the same host and the owner's document
    holds a key with this id and this owner.
    """
    found = await client.get_document(key_id.partition("#")[0], key=key)
    owner = _owner_claimed(found.json)
    _require_same_host(client, key_id, owner)
    if _is_actor(found.json):
        document = await _settled(client, found, key=key)
    else:
        document = await find_actor_document(client, owner, key=key)
    if not _is_actor(document) or document["id"] != owner:
        raise RemoteRefused(f"the owner of {key_id[:200]!r} is no actor, or not the one it said")
    entries = _keys_of(document)
    if any(_names_key(entry, key_id, owner) for entry in entries):
        return document
    if any(_is_id_alone(entry, key_id) for entry in entries):
        _require_same_host(client, found.url, key_id)
        shown = [found.json, *_keys_of(found.json), *_listed(document.get("verificationMethod"))]
        key_itself = next((each for each in shown if _names_key(each, key_id, owner)), None)
        if key_itself is not None:
            return _with_key(document, key_id, key_itself)
    raise RemoteRefused(f"{owner[:200]!r} does not own the key {key_id[:200]!r}")


async def _settled(
    client: FederationClient, document: Document, *, key: PrivateKey | None
) -> dict[str, Json]:
    if _is_at_home(client, document):
        return document.json
    home = _text(document.json.get("id"))
    _require_same_host(client, document.url, home)
    again = await client.get_document(home, key=key)
    if not _is_at_home(client, again):
        raise RemoteRefused(f"{again.url} says that it is {again.json.get('id')!r:.200}")
    return again.json


def _is_at_home(client: FederationClient, document: Document) -> bool:
    named = document.json.get("id")
    if not isinstance(named, str) or "#" in named:
        return False
    return str(client.policy.check_url(named)) == document.url


def _require_same_host(client: FederationClient, one: str, other: str) -> None:
    if client.policy.check_url(one).netloc != client.policy.check_url(other).netloc:
        raise RemoteRefused(f"{one[:200]!r} and {other[:200]!r} are of different hosts")


def _owner_claimed(document: dict[str, Json]) -> str:
    if _is_actor(document):
        return _text(document.get("id"))
    return _text(_reference(document.get("owner")) or _reference(document.get("controller")))


def _is_actor(document: dict[str, Json]) -> bool:
    return any(
        isinstance(type_, str) and type_ in ACTOR_TYPES for type_ in _listed(document.get("type"))
    )


def _keys_of(document: dict[str, Json]) -> list[Json]:
    return [
        entry for property_ in KEY_LISTS for entry in _listed(document.get(property_))[:MOST_KEYS]
    ]


def _with_key(document: dict[str, Json], key_id: str, key: Json) -> dict[str, Json]:
    """Put a key in the place of its id."""
    filled: dict[str, Json] = {
        name: [
            key if _is_id_alone(entry, key_id) else entry
            for entry in _listed(document.get(name))[:MOST_KEYS]
        ]
        for name in KEY_LISTS
    }
    return {**document, **filled}


def _is_id_alone(entry: Json, key_id: str) -> bool:
    return entry in (key_id, {"id": key_id})


def _names_key(entry: Json, key_id: str, owner: str) -> bool:
    if not isinstance(entry, dict) or entry.get("id") != key_id:
        return False
    return owner in (_reference(entry.get("owner")), _reference(entry.get("controller")))


def _reference(value: Json) -> Json:
    return value.get("id") if isinstance(value, dict) else value


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise RemoteRefused("a document that does not say what it is, or whose")
    return value
