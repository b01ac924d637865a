"""The samples of tests/protocol/wire with the servers that send them, and what is stored then."""

import json
from collections.abc import Iterator
from textwrap import shorten
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from sqlalchemy import select

from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS
from fedreview.domain.thread import NoteState
from fedreview.signatures.keys import PrivateKey
from fedreview.signatures.verify import Scheme
from fedreview.storage.database import Transaction
from fedreview.storage.moderation_tables import ReportRow
from fedreview.storage.tables import (
    ActorRow,
    FollowerRow,
    GoneRow,
    NoteRow,
    QuoteRow,
    ReactionRow,
)
from tests.fediverse import Document, Neighbourhood, PretendServer, a_key, a_public_pem, signed_post
from tests.protocol.wire_samples import raw
from tests.stories.site import Published, Site, said

REVIEW = "https://reviews.example/reviews/dune-part-two"

ACTOR_FILES = (
    "actor_bookwyrm",
    "actor_mastodon",
    "actor_misskey",
    "actor_multikey",
    "actor_threads",
)
"""Samples that are somebody; whoever has none of their own looks like Mastodon's."""

KEYS = {
    "https://bookwyrm.example/user/mouse": "https://bookwyrm.example/user/mouse/#main-key",
    "https://gts.example/users/erin": "https://gts.example/users/erin/main-key",
    "https://keys.example/u/kim": "https://keys.example/k/1",
}
"""What people sign with whose key is not a fragment of their own id."""


def written(name: str) -> Document:
    """Read a sample, with the key of the tests in it."""
    pem = json.dumps(a_public_pem())[1:-1]
    document: Document = json.loads(raw(name).decode().replace("PUBLIC_KEY_PEM", pem))
    return document


def sample(name: str, review: Published) -> Document:
    """Read a sample about this review; what is no activity is wrapped in its owner's Create."""
    document: Document = json.loads(json.dumps(written(name)).replace(REVIEW, review.uri))
    if "actor" in document and "object" in document:
        return document
    owner = document.get("attributedTo") or document.get("owner") or document["id"]
    return {
        "@context": document.pop("@context", ACTIVITY_STREAMS),
        "id": f"{document['id']}#create",
        "type": "Create",
        "actor": owner,
        "object": document,
    }


def _plain_actor(id: str, key_id: str) -> Document:
    """Describe somebody whose kind of server has no actor among the samples."""
    host, path = urlsplit(id).netloc, urlsplit(id).path
    return {
        "@context": [ACTIVITY_STREAMS, "https://w3id.org/security/v1"],
        "id": id,
        "type": "Group" if path.startswith("/c/") else "Person",
        "preferredUsername": path.strip("/").rpartition("/")[2].strip("@").partition("@")[0],
        "inbox": f"{id.rstrip('/')}/inbox",
        "endpoints": {"sharedInbox": f"https://{host}/inbox"},
        "publicKey": {"id": key_id, "owner": id, "publicKeyPem": a_public_pem()},
    }


def server_of(neighbourhood: Neighbourhood, url: str) -> PretendServer:
    """Give the server at the host of an address; it moves in when it is not there yet."""
    host = urlsplit(url).netloc
    place = neighbourhood.places.get(host) or neighbourhood.server(host)
    assert isinstance(place, PretendServer)
    return place


def move_in(neighbourhood: Neighbourhood, actor: str) -> PrivateKey:
    """Let somebody be found as their server shows them, and give what they sign with."""
    server = server_of(neighbourhood, actor)
    samples = {str(document["id"]): document for document in map(written, ACTOR_FILES)}
    key_id = KEYS.get(actor, f"{actor}#main-key")
    document = samples.get(actor) or _plain_actor(actor, key_id)
    path = urlsplit(actor).path
    server.documents[path] = document
    # Django adds the slash that is missing: cutting BookWyrm's fragment leads there.
    server.documents[f"{path}/"] = document
    for name in ("key_gotosocial", "key_standalone"):
        key = written(name)
        if key_id in (key["id"], key.get("publicKey", {}).get("id")):
            server.documents[urlsplit(key_id).path] = key
    return a_key(key_id)


def lives_at(neighbourhood: Neighbourhood, document: Document) -> None:
    """Let a document be found at its id."""
    server_of(neighbourhood, document["id"]).publish(document)


async def post(
    neighbourhood: Neighbourhood,
    site: Site,
    activity: Document,
    *,
    key: PrivateKey | None = None,
    scheme: Scheme = Scheme.CAVAGE,
    has_left: bool = False,
) -> int:
    """Post an activity to the author's inbox, signed by the actor that it names.

    key: in place of their usual one. has_left: whether their server knows nothing of them.

    Gives the status of the answer.
    """
    actor = activity["actor"]
    own_key = move_in(neighbourhood, actor)
    if has_left:
        server_of(neighbourhood, actor).documents.clear()
    body = json.dumps(activity).encode()
    answer = await signed_post(
        neighbourhood, site.author_inbox, body, key=key or own_key, scheme=scheme
    )
    return answer.status_code


def stored(site: Site) -> list[str]:
    """Say in words what is kept of what others sent; what they took back leaves nothing."""
    with site.parts.database.snapshot() as tx:
        words = [*_notes(tx), *_reactions(tx), *_people(tx), *_others(tx)]
    return sorted(words)


def _handles(tx: Transaction) -> dict[str, str]:
    return {actor.id: actor.handle for actor in tx.scalars(select(ActorRow))}


def _notes(tx: Transaction) -> Iterator[str]:
    handles = _handles(tx)
    for note in tx.scalars(select(NoteRow).where(NoteRow.author_id.is_(None))):
        texts = [said(BeautifulSoup(text, "html5lib")) for text in (note.name, note.html)]
        if note.state == NoteState.DELETED and not any(texts):
            continue
        place = " under the review" if note.review_id else ""
        fold = f" ({note.summary})" if note.summary else ""
        text = shorten(": ".join(filter(None, texts)), 40, placeholder=" …")
        yield f"{note.audience} {note.type} of {handles[note.actor]}{place}{fold}: {text}"


def _reactions(tx: Transaction) -> Iterator[str]:
    handles = _handles(tx)
    for reaction in tx.scalars(select(ReactionRow)):
        kind = " ".join(filter(None, (reaction.kind, reaction.emoji)))
        yield f"{kind} of {handles[reaction.actor]}"


def _people(tx: Transaction) -> Iterator[str]:
    handles = _handles(tx)
    for follower in tx.scalars(select(FollowerRow)):
        yield f"{handles[follower.actor]} follows"


def _others(tx: Transaction) -> Iterator[str]:
    handles = _handles(tx)
    for quote in tx.scalars(select(QuoteRow)):
        yield f"leave for {handles[quote.actor]} to quote"
    for report in tx.scalars(select(ReportRow)):
        yield f"report of {urlsplit(report.actor).netloc} on {len(report.objects.splitlines())}"
    for gone in tx.scalars(select(GoneRow)):
        yield f"gone: {gone.id.removeprefix('https://')}"
