"""A fediverse in one process: pretend servers, and sites of ours, joined where sockets would be."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import httpx

from fedreview.activitypub.vocabulary import ACTIVITY_JSON, ACTIVITY_STREAMS, PUBLIC
from fedreview.errors import UntrustedSignature
from fedreview.signatures import cavage, rfc9421, verify
from fedreview.signatures.integrity import add_proof
from fedreview.signatures.keys import (
    PrivateKey,
    PublicKey,
    generate_ed25519,
    generate_rsa,
    public_multibase,
    public_pem,
)
from fedreview.signatures.message import Message
from fedreview.signatures.verify import Scheme
from tests.clock import Clock

Document = dict[str, Any]

PATIENCE_SECONDS = 20.0


@cache
def _pem(name: str) -> str:
    """Make the private key of this name once: it takes a while, so accounts share a few."""
    return generate_rsa()


@cache
def _ed25519_pem(name: str) -> str:
    """Make the key for proofs of this name."""
    return generate_ed25519()


@cache
def a_key(id: str, name: str = "good") -> PrivateKey:
    """Give the key of this name under an actor's key id."""
    return PrivateKey.load(id, _pem(name))


@cache
def a_public_pem(name: str = "good") -> str:
    """Give the public half of the key of this name."""
    return public_pem(_pem(name))


class Neighbourhood(httpx.AsyncBaseTransport):
    """Carries requests to whoever lives at a host; stands in place of the whole network.

    asked: every request so far, as ``GET https://…``.
    """

    def __init__(self, now: Clock) -> None:
        self.now = now
        self.places: dict[str, httpx.AsyncBaseTransport] = {}
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url}")
        place = self.places.get(request.url.netloc.decode("ascii"))
        if place is None:
            raise httpx.ConnectError(f"nobody lives at {request.url.host}", request=request)
        return await place.handle_async_request(request)

    async def aclose(self) -> None:
        """Stay open: every site of the neighbourhood closes its own client with this in it."""

    def server(self, host: str, **traits: Any) -> "PretendServer":
        """Let a server move in."""
        server = PretendServer(host=host, neighbourhood=self, **traits)
        self.places[host] = server
        return server

    def times_asked(self, url: str, method: str = "GET") -> int:
        """Count the requests for an address."""
        return self.asked.count(f"{method} {url}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One inbox POST that a pretend server took as proved."""

    activity: Document
    path: str
    scheme: Scheme
    body: bytes
    key_id: str


Reply = Callable[[httpx.Request], httpx.Response]


@dataclass(eq=False, kw_only=True)
class PretendServer(httpx.AsyncBaseTransport):
    """A server somewhere else, which checks signatures as strictly as we do.

    documents: what a GET of a path gives. reads: the signature schemes that it knows.
    shares_inbox: whether its people have one inbox together.
    answers: to the next inbox POSTs, in place of what it would say.
    is_down: whether nobody answers at all. gate: what inbox POSTs wait for, if anything.
    received: what was proved and taken. knocks: the schemes of all POSTs, taken or not.
    forwarded: the bodies of what was brought by somebody else than its actor.
    known: the keys that it keeps, by id. impostors: keys that somebody known signed with, and
    of which no Update had told that was signed with a key known before: to Mastodon another
    person. wants: what a refusal asks for, as ``Accept-Signature``.
    """

    host: str
    neighbourhood: Neighbourhood
    shares_inbox: bool = True
    reads: frozenset[Scheme] = frozenset(Scheme)
    documents: dict[str, Document] = field(default_factory=dict)
    pages: dict[str, Reply] = field(default_factory=dict)
    answers: deque[httpx.Response] = field(default_factory=deque)
    is_down: bool = False
    gate: asyncio.Event | None = None
    received: list[Received] = field(default_factory=list)
    forwarded: list[bytes] = field(default_factory=list)
    knocks: list[str] = field(default_factory=list)
    known: dict[str, PublicKey] = field(default_factory=dict)
    impostors: list[str] = field(default_factory=list)
    wants: str = ""
    numbers: Any = field(default_factory=lambda: count(1))
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"https://{self.host}"

    def person(self, name: str, *, key: str = "good", **changes: Any) -> "PretendActor":
        """Let somebody have an account here, found by id, key and WebFinger."""
        key_id = f"{self.url}/users/{name}#main-key"
        actor = PretendActor(
            server=self, name=name, key=a_key(key_id, key), public_pem=a_public_pem(key)
        )
        self.documents[f"/users/{name}"] = {**actor.document(), **changes}
        return actor

    def publish(self, document: Document) -> Document:
        """Let a document be found at its id; gives it back."""
        target = document["id"].removeprefix(self.url)
        self.documents[target] = {"@context": ACTIVITY_STREAMS, **document}
        return document

    def say_nothing_of(self, actor: "PretendActor") -> None:
        """Take an account away: its document says 410 from now on."""
        path = f"/users/{actor.name}"
        del self.documents[path]
        self.pages[path] = lambda _: httpx.Response(410)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_down:
            raise httpx.ConnectError(f"{self.host} is down", request=request)
        if request.method == "POST":
            return await self._take(request)
        return self._show(request)

    def _show(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode("ascii")
        if target in self.pages:
            return self.pages[target](request)
        if target.startswith("/.well-known/webfinger?"):
            return self._finger(request.url.params["resource"])
        if target in self.documents:
            return httpx.Response(
                200,
                content=json.dumps(self.documents[target]).encode(),
                headers={"Content-Type": ACTIVITY_JSON},
            )
        return httpx.Response(404)

    def _finger(self, resource: str) -> httpx.Response:
        name = resource.removeprefix("acct:").partition("@")[0]
        if f"/users/{name}" not in self.documents:
            return httpx.Response(404)
        link = {"rel": "self", "type": ACTIVITY_JSON, "href": f"{self.url}/users/{name}"}
        return httpx.Response(200, json={"subject": f"acct:{name}@{self.host}", "links": [link]})

    async def _take(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        self.knocks.append("rfc9421" if "signature-input" in request.headers else "cavage")
        if self.gate is not None:
            await self.gate.wait()
        if self.answers:
            return self.answers.popleft()
        activity = json.loads(body)
        try:
            scheme, key = await self._proof(request, body)
        except UntrustedSignature as error:
            return self._refuse(str(error))
        if scheme not in self.reads:
            return self._refuse("a scheme unknown here")
        if activity["actor"] != key.owner:
            # As Mastodon does: taken, and believed only by what is inside.
            self.forwarded.append(body)
            return httpx.Response(202)
        described = activity["object"]
        if activity["type"] == "Update" and described["id"] == key.owner:
            self.known |= _keys_in(described)
        async with self._news:
            self.received.append(
                Received(
                    activity=activity,
                    path=request.url.path,
                    scheme=scheme,
                    body=body,
                    key_id=key.id,
                )
            )
            self._news.notify_all()
        return httpx.Response(202)

    def _refuse(self, reason: str) -> httpx.Response:
        headers = {"Accept-Signature": self.wants} if self.wants else {}
        return httpx.Response(401, json={"error": reason}, headers=headers)

    async def _proof(self, request: httpx.Request, body: bytes) -> tuple[Scheme, PublicKey]:
        message = Message(
            method="POST",
            raw_target=request.url.raw_path,
            headers=tuple((name.lower(), value) for name, value in request.headers.multi_items()),
            body=body,
            origins=frozenset({self.url}),
            hosts=frozenset({self.host}),
        )
        claim = verify.read_claim(message, now=self.neighbourhood.now())
        key = self.known.get(claim.key_id)
        if key is None:
            found = _keys_in(await self._fetched(claim.key_id.partition("#")[0]))
            key = found.get(claim.key_id)
            if key is None:
                raise UntrustedSignature(f"nobody owns {claim.key_id}")
            if any(key.owner == known.owner for known in self.known.values()):
                self.impostors.append(claim.key_id)
        verify.check(claim, key)
        self.known[key.id] = key
        return claim.scheme, key

    async def _fetched(self, url: str) -> Document:
        request = httpx.Request("GET", url, headers={"Accept": ACTIVITY_JSON})
        response = await self.neighbourhood.handle_async_request(request)
        document: Document = json.loads(await response.aread())
        return document

    async def until_received(self, number: int) -> None:
        """Wait until so many activities have been taken. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            await self._news.wait_for(lambda: len(self.received) >= number)

    def activities(self, type: str) -> list[Document]:
        """Give the activities of one type that were taken, in order."""
        return [each.activity for each in self.received if each.activity["type"] == type]


def _keys_in(actor: Document) -> dict[str, PublicKey]:
    """Read an actor's keys, as Mastodon 4.7 does."""
    pem, multikeys = actor["publicKey"], actor.get("assertionMethod", [])
    found = [PublicKey.from_pem(pem["id"], pem["owner"], pem["publicKeyPem"])]
    found += [
        PublicKey.from_multibase(key["id"], key["controller"], key["publicKeyMultibase"])
        for key in multikeys
    ]
    return {key.id: key for key in found if key.owner == actor["id"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class PretendActor:
    """Somebody with an account on a pretend server."""

    server: PretendServer
    name: str
    key: PrivateKey
    public_pem: str

    @property
    def id(self) -> str:
        return f"{self.server.url}/users/{self.name}"

    @property
    def inbox(self) -> str:
        return f"{self.id}/inbox"

    @property
    def handle(self) -> str:
        return f"{self.name}@{self.server.host}"

    def document(self) -> Document:
        """Describe the account as Mastodon would."""
        document: Document = {
            "@context": [ACTIVITY_STREAMS, "https://w3id.org/security/v1"],
            "id": self.id,
            "type": "Person",
            "preferredUsername": self.name,
            "name": self.name.title(),
            "inbox": self.inbox,
            "url": f"{self.server.url}/@{self.name}",
            "publicKey": {
                "id": self.key.id,
                "owner": self.id,
                "publicKeyPem": self.public_pem,
            },
        }
        if self.server.shares_inbox:
            document["endpoints"] = {"sharedInbox": f"{self.server.url}/inbox"}
        return document

    def activity(self, type: str, object: object, **more: Any) -> Document:
        """Make an activity of theirs with an id of its own."""
        return {
            "@context": ACTIVITY_STREAMS,
            "id": f"{self.id}/activities/{next(self.server.numbers)}",
            "type": type,
            "actor": self.id,
            "object": object,
            **more,
        }

    def note(self, content: str, *, in_reply_to: str = "", **more: Any) -> Document:
        """Make a public note of theirs."""
        note: Document = {
            "id": f"{self.id}/notes/{next(self.server.numbers)}",
            "type": "Note",
            "attributedTo": self.id,
            "content": f"<p>{content}</p>",
            "published": self.server.neighbourhood.now().isoformat(),
            "to": [PUBLIC],
            "cc": [f"{self.id}/followers"],
            **more,
        }
        if in_reply_to:
            note["inReplyTo"] = in_reply_to
        return note

    def create(self, note: Document) -> Document:
        """Make the Create of a note, with the id that Mastodon would give it."""
        audience = {name: note[name] for name in ("to", "cc") if name in note}
        return self.activity("Create", note, **audience, id=f"{note['id']}/activity")

    async def send(self, inbox: str, activity: Mapping[str, Any], **signing: Any) -> httpx.Response:
        """Sign an activity and post it; ``signing`` as for `signed_post`."""
        body = json.dumps(activity).encode()
        signing = {"key": self.key, **signing}
        return await signed_post(self.server.neighbourhood, inbox, body, **signing)


def proof_key(actor: PretendActor) -> PrivateKey:
    """Give the actor a key for proofs, and let their document name it."""
    key_id, pem = f"{actor.id}#ed25519-key", _ed25519_pem(actor.name)
    actor.server.documents[f"/users/{actor.name}"]["assertionMethod"] = [
        {
            "id": key_id,
            "type": "Multikey",
            "controller": actor.id,
            "publicKeyMultibase": public_multibase(pem),
        }
    ]
    return PrivateKey.load(key_id, pem)


def proved(actor: PretendActor, activity: Document) -> Document:
    """Add the actor's proof, made now, to an activity (FEP-8b32)."""
    return dict(add_proof(activity, proof_key(actor), now=actor.server.neighbourhood.now()))


async def signed_post(
    neighbourhood: Neighbourhood,
    inbox: str,
    body: bytes,
    *,
    key: PrivateKey,
    scheme: Scheme = Scheme.CAVAGE,
    media_type: str = ACTIVITY_JSON,
    changes: Mapping[str, str] | None = None,
    sent_body: bytes | None = None,
    late_by: Any = None,
) -> httpx.Response:
    """Post with a signature.

    changes: headers that differ from those that were signed. sent_body: what is sent in place
    of the body that was signed. late_by: how long before now it was signed.
    """
    at = neighbourhood.now() - late_by if late_by else neighbourhood.now()
    sign = cavage.sign if scheme is Scheme.CAVAGE else rfc9421.sign
    signed = sign(key, method="POST", url=inbox, body=body, now=at, content_type=media_type)
    request = httpx.Request(
        "POST",
        inbox,
        headers={**signed, "Content-Type": media_type, **(changes or {})},
        content=body if sent_body is None else sent_body,
    )
    response = await neighbourhood.handle_async_request(request)
    await response.aread()
    return response
