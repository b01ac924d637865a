"""Actor documents, and which of the keys in them are the actor's own."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from fedreview.activitypub.origin import find_origin, same_origin
from fedreview.activitypub.parse.extras import parse_emojis
from fedreview.activitypub.parse.properties import (
    LONGEST_NAME,
    LONGEST_SUMMARY,
    address,
    entries,
    members,
    page,
    picture,
    reference,
    required_id,
    required_type,
    text,
    type_name,
    whole_text,
    wording,
)
from fedreview.activitypub.vocabulary import ActorDocument, Json, RemoteKey
from fedreview.domain.actor import ActorId
from fedreview.errors import MalformedActivity

ACTOR_TYPES = frozenset({"Application", "Group", "Organization", "Person", "Service"})

LONGEST_KEY = 8_192
MOST_KEYS = 10
MOST_ALIASES = 256

# Source: Mastodon, app/models/account.rb. Letters spelt out, for ignoring case would also
# take the Kelvin sign for a k.
_USERNAME = re.compile(r"(?=.{1,255}\Z)[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*")


def _webfinger(value: Json) -> str:
    """Read FEP-2c59's address, also from servers that write it as ``@user@host``."""
    handle = text(value, limit=LONGEST_NAME).removeprefix("acct:").removeprefix("@")
    name, _, host = handle.partition("@")
    found = find_origin(f"https://{host}")
    if found is None or set(host) & set("/?#") or not _USERNAME.fullmatch(name):
        return ""
    return f"{name}@{found.removeprefix('https://')}"


def _pem_keys(value: Json) -> Iterator[RemoteKey]:
    for entry in entries(value)[:MOST_KEYS]:
        key = members(entry)
        yield RemoteKey(
            id=address(key.get("id")),
            owner=reference(key.get("owner")),
            pem=whole_text(key.get("publicKeyPem"), limit=LONGEST_KEY),
        )


def _multikeys(value: Json) -> Iterator[RemoteKey]:
    """Read FEP-521a's keys; an entry that is only an id names a key elsewhere in the file."""
    for entry in entries(value)[:MOST_KEYS]:
        key = members(entry)
        if type_name(key.get("type")) == "Multikey":
            yield RemoteKey(
                id=address(key.get("id")),
                owner=reference(key.get("controller")),
                multibase=whole_text(key.get("publicKeyMultibase"), limit=LONGEST_KEY),
            )


def _is_own(key: RemoteKey, owner: ActorId) -> bool:
    """Tell whether a key can be believed to be the actor's.

    An id on another host is not: filed under that id, it would stand in for the key of
    whoever lives there. Source: FEP-fe34.
    """
    return key.owner == owner and same_origin(key.id, owner) and bool(key.pem or key.multibase)


def _keys(document: Mapping[str, Json], owner: ActorId) -> tuple[RemoteKey, ...]:
    found: dict[str, RemoteKey] = {}
    for key in _pem_keys(document.get("publicKey")):
        if _is_own(key, owner):
            found.setdefault(key.id, key)
    for key in _multikeys(document.get("assertionMethod")):
        if _is_own(key, owner):
            found.setdefault(key.id, key)
    return tuple(islice(found.values(), MOST_KEYS))


def _also_known_as(value: Json) -> tuple[str, ...]:
    found = (reference(entry) for entry in entries(value)[:MOST_ALIASES])
    return tuple(dict.fromkeys(filter(None, found)))


def parse_actor(document: Mapping[str, Json]) -> ActorDocument:
    """Read an actor document.

    `keys` holds only those with an id on the actor's own host that name the actor as their
    owner (`publicKey`) or controller (`assertionMethod`), the first where two share an id.
    `webfinger` is a claim, for the host in it to confirm.
    Raises MalformedActivity with the JSON Pointer of the first fault when `id`, `type`, the
    name or `inbox` cannot be used; what else is odd is left out.
    Source: Mastodon, app/services/activitypub/process_account_service.rb.
    """
    actor_id, actor_type = ActorId(required_id(document)), required_type(document)
    if actor_type not in ACTOR_TYPES:
        raise MalformedActivity(f"{actor_type} is no actor", pointer="/type")
    webfinger = _webfinger(document.get("webfinger"))
    username = text(document.get("preferredUsername"), limit=LONGEST_NAME)
    username = username or webfinger.partition("@")[0]
    if not _USERNAME.fullmatch(username):
        raise MalformedActivity("not a name for a handle", pointer="/preferredUsername")
    inbox = reference(document.get("inbox"))
    if not inbox:
        raise MalformedActivity("not an absolute http(s) address", pointer="/inbox")
    return ActorDocument(
        id=actor_id,
        type=actor_type,
        username=username,
        name=wording(document, "name", limit=LONGEST_NAME),
        inbox=inbox,
        shared_inbox=reference(members(document.get("endpoints")).get("sharedInbox"))
        or reference(document.get("sharedInbox")),
        webfinger=webfinger,
        url=page(document.get("url")),
        icon_url=picture(document.get("icon")),
        summary=wording(document, "summary", limit=LONGEST_SUMMARY),
        keys=_keys(document, actor_id),
        also_known_as=_also_known_as(document.get("alsoKnownAs")),
        moved_to=reference(document.get("movedTo")),
        emojis=parse_emojis(document.get("tag")),
    )
