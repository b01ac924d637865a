"""How each kind of server names its things, signs and speaks to us.

Source: the samples of tests/protocol/wire; where a kind has no sample of an
activity, its id has the form of those that it has.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from fedreview.activitypub.vocabulary import ACTIVITY_JSON, ACTIVITY_STREAMS, PUBLIC
from fedreview.signatures.freshness import http_date
from fedreview.signatures.keys import PrivateKey
from tests.fediverse import Document, Neighbourhood

LD_JSON = f'application/ld+json; profile="{ACTIVITY_STREAMS}"'
ALL_THAT_MATTERS = ("(request-target)", "host", "date", "digest")


def _zulu(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of server, with somebody on it.

    ids: the ends of what follows the actor's id, or a whole address.
    public: how it spells who everybody is. context: what stands in ``@context``.
    undoes_by_id: whether an Undo names what it is about without repeating it.
    buries: whether a Delete names a Tombstone in place of an address.
    covered, label, digest, media_type: of its signatures. is_modern: RFC 9421 it is.
    """

    name: str
    actor: str
    ids: Mapping[str, str]
    public: str = PUBLIC
    context: Any = ACTIVITY_STREAMS
    instant: Callable[[datetime], str] = _zulu
    note: Mapping[str, Any] = field(default_factory=dict)
    undoes_by_id: bool = False
    buries: bool = True
    covered: tuple[str, ...] = ALL_THAT_MATTERS
    label: str = "rsa-sha256"
    digest: str = "SHA-256"
    media_type: str = ACTIVITY_JSON
    is_modern: bool = False

    def id(self, name: str) -> str:
        """Give the id of one of its things."""
        end = self.ids[name]
        return end if end.startswith("https:") else f"{self.actor}{end}"

    def does(self, name: str) -> bool:
        """Tell whether this kind of server does such a thing at all."""
        return name in self.ids

    def activity(self, type: str, id: str, object: object, **more: Any) -> Document:
        return {
            "@context": self.context,
            "id": self.id(id),
            "type": type,
            "actor": self.actor,
            "object": object,
            **more,
        }

    def reply(self, to: str, text: str, *, at: datetime, **more: Any) -> Document:
        """Write a public reply as this kind of server writes it."""
        return {
            "id": self.id("note"),
            "type": "Note",
            "attributedTo": self.actor,
            "inReplyTo": to,
            "content": f"<p>{text}</p>",
            "published": self.instant(at),
            "to": [self.public],
            "cc": [f"{self.actor.rstrip('/')}/followers"],
            **self.note,
            **more,
        }

    def undo(self, id: str, undone: Document) -> Document:
        inner = {name: value for name, value in undone.items() if name != "@context"}
        return self.activity("Undo", id, undone["id"] if self.undoes_by_id else inner)

    def delete(self) -> Document:
        grave = {"id": self.id("note"), "type": "Tombstone"}
        return self.activity("Delete", "delete", grave if self.buries else self.id("note"))

    async def send(
        self, neighbourhood: Neighbourhood, inbox: str, activity: Document, *, key: PrivateKey
    ) -> int:
        """Post an activity as this kind of server does; give the status of the answer."""
        body = json.dumps(activity).encode()
        sign = self._signed if self.is_modern else self._signed_as_ever
        headers = sign(inbox, body, key, at=neighbourhood.now())
        request = httpx.Request("POST", inbox, headers=headers, content=body)
        answer = await neighbourhood.handle_async_request(request)
        return answer.status_code

    def _signed_as_ever(
        self, inbox: str, body: bytes, key: PrivateKey, *, at: datetime
    ) -> dict[str, str]:
        """Sign as draft-cavage-http-signatures-12 says."""
        parts = urlsplit(inbox)
        headers = {
            "host": parts.netloc,
            "date": http_date(at),
            "content-type": self.media_type,
            "content-length": str(len(body)),
            "digest": f"{self.digest}={_sha256(body)}",
        }
        values = {**headers, "(request-target)": f"post {parts.path}"}
        lines = "\n".join(f"{name}: {values[name]}" for name in self.covered)
        signature = base64.b64encode(key.sign(lines.encode())).decode()
        label = f'algorithm="{self.label}",' if self.label else ""
        headers["signature"] = (
            f'keyId="{key.id}",{label}headers="{" ".join(self.covered)}",signature="{signature}"'
        )
        return headers

    def _signed(self, inbox: str, body: bytes, key: PrivateKey, *, at: datetime) -> dict[str, str]:
        """Sign as Fedify does by RFC 9421."""
        host = urlsplit(inbox).netloc
        headers = {
            "host": host,
            "date": http_date(at),
            "content-type": self.media_type,
            "content-digest": f"sha-256=:{_sha256(body)}:",
        }
        derived = {"@method": "POST", "@target-uri": inbox, "@authority": host}
        values = {**derived, **headers}
        names = " ".join(f'"{name}"' for name in self.covered)
        about = f'alg="rsa-v1_5-sha256";keyid="{key.id}";created={int(at.timestamp())}'
        lines = [f'"{name}": {values[name]}' for name in self.covered]
        base = "\n".join([*lines, f'"@signature-params": ({names});{about}'])
        signature = base64.b64encode(key.sign(base.encode())).decode()
        headers["signature-input"] = f"sig1=({names});{about}"
        headers["signature"] = f"sig1=:{signature}:"
        return headers


def _sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


MENTION = {
    "type": "Mention",
    "href": "https://reviews.example/users/critic",
    "name": "@critic@reviews.example",
}
CRITIC = MENTION["href"]

mastodon = Kind(
    name="Mastodon",
    actor="https://mastodon.example/ap/users/115500000000000001",
    ids={
        "note": "/statuses/1159",
        "create": "/statuses/1159/activity",
        "update": "/statuses/1159#updates/1714565400",
        "delete": "/statuses/1159#delete",
        "like": "#likes/90311",
        "undo_like": "#likes/90311/undo",
        "boost": "/statuses/1160/activity",
        "undo_boost": "#announces/1160/undo",
        "follow": "https://mastodon.example/5b0f6d0e-4b6e-4a6a-9a70-7f7b1f0c2d11",
        "undo_follow": "#follows/8123/undo",
    },
    context=[ACTIVITY_STREAMS, {"sensitive": "as:sensitive"}, "https://w3id.org/security/v1"],
    note={
        "to": ["https://mastodon.example/ap/users/115500000000000001/followers"],
        "cc": [PUBLIC, CRITIC],
        "summary": None,
        "tag": [MENTION],
        "attachment": [],
    },
    covered=("host", "date", "content-type", "digest", "(request-target)"),
)
misskey = Kind(
    name="Misskey",
    actor="https://misskey.example/users/9xkq2m7a1b",
    ids={
        "note": "https://misskey.example/notes/a1b2c3d4e5",
        "create": "https://misskey.example/notes/a1b2c3d4e5/activity",
        "delete": "https://misskey.example/0f1c2d3e-aaaa-4bbb-8ccc-0123456789ab",
        "like": "https://misskey.example/likes/a1b2c3d4f0",
        "undo_like": "https://misskey.example/likes/a1b2c3d4f0/undo",
        "boost": "https://misskey.example/notes/a1b2c3d4f2/activity",
        "undo_boost": "https://misskey.example/notes/a1b2c3d4f2/undo",
        "follow": "https://misskey.example/follows/9xkq2m7a1b/9xkq2m7a1c",
        "undo_follow": "https://misskey.example/follows/9xkq2m7a1b/9xkq2m7a1c/undo",
    },
    instant=lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.123Z"),
    note={"_misskey_summary": "", "_misskey_content": "x", "sensitive": False},
    covered=("(request-target)", "date", "host", "digest"),
)
pleroma = Kind(
    name="Pleroma",
    actor="https://pleroma.example/users/carol",
    ids={
        "note": "https://pleroma.example/objects/0c6e1d5a",
        "create": "https://pleroma.example/activities/db61d52b",
        "update": "https://pleroma.example/activities/db61d52c",
        "delete": "https://pleroma.example/activities/db61d52d",
        "like": "https://pleroma.example/activities/7d1a5a44",
        "undo_like": "https://pleroma.example/activities/7d1a5a45",
        "boost": "https://pleroma.example/activities/7d1a5a46",
        "undo_boost": "https://pleroma.example/activities/7d1a5a47",
        "follow": "https://pleroma.example/activities/7d1a5a48",
        "undo_follow": "https://pleroma.example/activities/7d1a5a49",
    },
    context=[
        ACTIVITY_STREAMS,
        "https://pleroma.example/schemas/litepub-0.1.jsonld",
        {"@language": "und"},
    ],
    instant=lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.602455Z"),
    note={"actor": "https://pleroma.example/users/carol", "sensitive": None, "bto": [], "bcc": []},
    undoes_by_id=True,
    buries=False,
    covered=("(request-target)", "content-length", "date", "digest", "host"),
)
gotosocial = Kind(
    name="GoToSocial",
    actor="https://gts.example/users/erin",
    ids={
        "note": "/statuses/01JPB7W3QK6M5D0T8Z4Y2X1V9N",
        "create": "/statuses/01JPB7W3QK6M5D0T8Z4Y2X1V9N/activity#Create",
        "update": "/statuses/01JPB7W3QK6M5D0T8Z4Y2X1V9N/activity#Update",
        "delete": "/statuses/01JPB7W3QK6M5D0T8Z4Y2X1V9N/activity#Delete",
        "like": "/liked/01JPB7W3QK6M5D0T8Z4Y2X1V9P",
        "undo_like": "/liked/01JPB7W3QK6M5D0T8Z4Y2X1V9P#Undo",
        "boost": "/statuses/01JPB7W3QK6M5D0T8Z4Y2X1V9Q",
        "undo_boost": "/statuses/01JPB7W3QK6M5D0T8Z4Y2X1V9Q#Undo",
        "follow": "/follow/01JPB7W3QK6M5D0T8Z4Y2X1V9R",
        "undo_follow": "/follow/01JPB7W3QK6M5D0T8Z4Y2X1V9R#Undo",
    },
    note={"to": PUBLIC, "cc": [CRITIC], "tag": MENTION},
    buries=False,
    label="hs2019",
)
pixelfed = Kind(
    name="Pixelfed",
    actor="https://pixelfed.example/users/frank",
    ids={
        "note": "https://pixelfed.example/p/frank/540123456789012345",
        "create": "https://pixelfed.example/p/frank/540123456789012345/activity",
        "delete": "https://pixelfed.example/p/frank/540123456789012345#delete",
        "like": "#likes/54321",
        "undo_like": "#likes/54321/undo",
        "boost": "https://pixelfed.example/p/frank/540123456789012346/activity",
        "undo_boost": "https://pixelfed.example/p/frank/540123456789012346/undo",
        "follow": "#follow/77",
        "undo_follow": "#follow/77/undo",
    },
    instant=lambda moment: moment.isoformat(),
    note={"tag": {"1": MENTION}, "location": None, "attachment": []},
    covered=("(request-target)", "date", "host", "digest", "content-type"),
    media_type=LD_JSON,
)
lemmy = Kind(
    name="Lemmy",
    actor="https://lemmy.example/u/dave",
    ids={
        "note": "https://lemmy.example/comment/38741",
        "create": "https://lemmy.example/activities/create/1e77d67c",
        "update": "https://lemmy.example/activities/update/1e77d67d",
        "delete": "https://lemmy.example/activities/delete/1e77d67e",
        "like": "https://lemmy.example/activities/like/1e77d67f",
        "undo_like": "https://lemmy.example/activities/undo/1e77d680",
    },
    context=["https://join-lemmy.org/context.json", ACTIVITY_STREAMS],
    instant=lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.966208Z"),
    note={
        "audience": "https://lemmy.example/c/movies",
        "to": [PUBLIC, "https://lemmy.example/c/movies"],
        "cc": [CRITIC],
        "mediaType": "text/html",
        "distinguished": False,
        "language": {"identifier": "en", "name": "English"},
    },
    buries=False,
    covered=("(request-target)", "content-type", "date", "digest", "host"),
    label="hs2019",
)
bookwyrm = Kind(
    name="BookWyrm",
    actor="https://bookwyrm.example/user/mouse",
    ids={
        "note": "/note/9",
        "create": "/note/9/activity",
        "update": "#update/9",
        "delete": "/note/9/activity#delete",
        "like": "/favorite/3",
        "undo_like": "/favorite/3#undo",
        "boost": "/boost/4",
        "undo_boost": "/boost/4#undo",
        "follow": "#follows/5",
        "undo_follow": "#follows/5/undo",
    },
    instant=lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.000001+00:00"),
    note={"sensitive": False, "tag": [MENTION], "attachment": []},
    media_type="application/activity+json; charset=utf-8",
)
neodb = Kind(
    name="NeoDB",
    actor="https://neodb.example/@heidi@neodb.example/",
    ids={
        "note": "posts/380919151408919488/",
        "create": "posts/380919151408919488/#create",
        "update": "posts/380919151408919488/#update",
        "delete": "posts/380919151408919488/#delete",
        "like": "likes/12/",
        "undo_like": "likes/12/#undo",
        "boost": "boosts/13/",
        "undo_boost": "boosts/13/#undo",
        "follow": "follow/14/",
        "undo_follow": "follow/14/#undo",
    },
    public="as:Public",
    instant=lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    covered=("(request-target)", "host", "date", "digest", "content-type"),
    media_type="application/json",
)
threads = Kind(
    name="Threads",
    actor="https://threads.example/ap/users/17841400000000001/",
    ids={
        "note": "post/18000000000000001/",
        "create": "post/18000000000000001/activity/",
        "delete": "post/18000000000000001/delete/",
        "like": "like/18000000000000002/",
        "undo_like": "like/18000000000000002/undo/",
        "follow": "follow/18000000000000003/",
        "undo_follow": "follow/18000000000000003/undo/",
    },
    public="as:Public",
    instant=lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S+0000"),
    note={
        "url": [
            {
                "type": "Link",
                "href": "threads://post/C8abcdEFgh",
                "mediaType": "application/x-threads",
            }
        ]
    },
    digest="sha-256",
    label="",
)
wordpress = Kind(
    name="WordPress",
    actor="https://blog.example/author/grace/",
    ids={
        "note": "https://blog.example/?c=148",
        "create": "https://blog.example/?c=148#activity-create-2024-05-01T12:00:00Z",
        "update": "https://blog.example/?c=148#activity-update-2024-05-01T12:00:00Z",
        "delete": "https://blog.example/?c=148#activity-delete",
        "like": "https://blog.example/?c=149#like",
        "undo_like": "https://blog.example/?c=149#undo",
        "follow": "https://blog.example/author/grace/#follow-reviews.example",
        "undo_follow": "https://blog.example/author/grace/#undo-follow-reviews.example",
    },
    note={"contentMap": {"en": "<p>map</p>"}, "to": [PUBLIC, CRITIC]},
)
ghost = Kind(
    name="Ghost",
    actor="https://ghost.example/.ghost/activitypub/users/index",
    ids={
        "note": "https://ghost.example/.ghost/activitypub/note/6f2b1a7e",
        "create": "https://ghost.example/.ghost/activitypub/create/0d1f5c9e",
        "update": "https://ghost.example/.ghost/activitypub/update/0d1f5c9f",
        "delete": "https://ghost.example/.ghost/activitypub/delete/0d1f5ca0",
        "like": "https://ghost.example/.ghost/activitypub/like/0d1f5ca1",
        "undo_like": "https://ghost.example/.ghost/activitypub/undo/0d1f5ca2",
        "boost": "https://ghost.example/.ghost/activitypub/announce/0d1f5ca3",
        "undo_boost": "https://ghost.example/.ghost/activitypub/undo/0d1f5ca4",
        "follow": "https://ghost.example/.ghost/activitypub/follow/0d1f5ca5",
        "undo_follow": "https://ghost.example/.ghost/activitypub/undo/0d1f5ca6",
    },
    public="as:Public",
    context=["https://w3id.org/identity/v1", ACTIVITY_STREAMS, {"Emoji": "toot:Emoji"}],
    note={"to": "as:Public", "cc": CRITIC},
    covered=("@method", "@target-uri", "@authority", "host", "date", "content-digest"),
    is_modern=True,
)
mitra = Kind(
    name="Mitra",
    actor="https://mitra.example/users/judy",
    ids={
        "note": "https://mitra.example/objects/0190a1b2",
        "create": "https://mitra.example/activities/create/0190a1b2",
        "update": "https://mitra.example/activities/update/0190a1b3",
        "delete": "https://mitra.example/activities/delete/0190a1b4",
        "like": "https://mitra.example/activities/like/0190a1b5",
        "undo_like": "https://mitra.example/activities/undo/0190a1b6",
        "boost": "https://mitra.example/objects/0190a1b7",
        "undo_boost": "https://mitra.example/activities/undo/0190a1b8",
        "follow": "https://mitra.example/activities/follow/0190a1b9",
        "undo_follow": "https://mitra.example/activities/undo/0190a1ba",
    },
    undoes_by_id=True,
    buries=False,
    covered=("(request-target)", "host", "date", "digest", "content-type"),
    media_type=LD_JSON,
)

KINDS = (
    mastodon,
    misskey,
    pleroma,
    gotosocial,
    pixelfed,
    lemmy,
    bookwyrm,
    neodb,
    threads,
    wordpress,
    ghost,
    mitra,
)
