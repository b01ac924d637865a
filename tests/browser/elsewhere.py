"""A small server elsewhere on loopback: people with signed replies, and an inbox for answers."""

import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx

from fedreview.activitypub.vocabulary import PUBLIC
from fedreview.signatures import cavage
from fedreview.signatures.keys import PrivateKey, generate_rsa, public_pem

ACTIVITY = "application/activity+json"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]

Document = dict[str, Any]


class Elsewhere:
    """A server with as many people as a test names, all with one key.

    names: what is shown for a user name; others are shown by their user name. emojis: of those
    names, as tags. pictures: PNG files by their paths.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.emojis: list[Document] = []
        self.pictures: dict[str, bytes] = {}
        self.received: list[Document] = []
        self.posts: dict[str, Document] = {}
        self._private_pem = generate_rsa()
        self._numbers = count(1)
        self._started_at = datetime.now(UTC) - timedelta(hours=1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.base_url = f"http://{self.host}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def actor_id(self, username: str) -> str:
        """Give the id of one of its people."""
        return f"{self.base_url}/users/{username}"

    def reply(
        self,
        username: str,
        *,
        about: str,
        html: str,
        to: str = "",
        language: str = "en",
        warning: str = "",
        missing: bool = False,
        stars: float | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> str:
        """Send a public reply to the site that a review is on, and give its id.

        about: the id of the review. to: of what is answered, when it is not the review itself.
        missing: only mint the id, as of a reply that never reached the site.
        stars: what the writer gives the work, as BookWyrm says it. more: what else is in the note.
        """
        number = next(self._numbers)
        note_id = f"{self.base_url}/notes/{number}"
        if missing:
            return note_id
        author = self.actor_id(username)
        note: Document = {
            "id": note_id,
            "type": "Note",
            "attributedTo": author,
            "inReplyTo": to or about,
            # As Mastodon names it: what it answers may still be on its way.
            "conversation": about,
            "content": html,
            "contentMap": {language: html},
            "summary": warning or None,
            # A second apart: the thread is ordered by time.
            "published": (self._started_at + timedelta(seconds=number)).isoformat(),
            "url": f"{self.base_url}/@{username}/{number}",
            "to": [PUBLIC],
            "cc": [f"{author}/followers"],
        }
        if stars is not None:
            note |= {"rating": stars, "inReplyToBook": f"{self.base_url}/book/1"}
        note |= more or {}
        self._send(author, "Create", f"{note_id}/activity", note, to=about)
        return note_id

    def post(self, username: str, html: str) -> str:
        """Post something that nobody sends to the site, and give its id."""
        number = next(self._numbers)
        author, path = self.actor_id(username), f"/notes/{number}"
        self.posts[path] = {
            "@context": CONTEXT,
            "id": f"{self.base_url}{path}",
            "type": "Note",
            "attributedTo": author,
            "content": html,
            "contentMap": {"en": html},
            "published": (self._started_at + timedelta(seconds=number)).isoformat(),
            "url": f"{self.base_url}/@{username}/{number}",
            "to": [PUBLIC],
            "cc": [f"{author}/followers"],
        }
        return f"{self.base_url}{path}"

    def like(self, username: str, *, to: str) -> None:
        """Like something on the site."""
        number = next(self._numbers)
        self._send(self.actor_id(username), "Like", f"{self.base_url}/likes/{number}", to, to=to)

    def react(self, username: str, emoji: str, *, to: str) -> None:
        """Give something on the site an emoji."""
        reaction_id = f"{self.base_url}/reactions/{next(self._numbers)}"
        self._send(self.actor_id(username), "EmojiReact", reaction_id, to, to=to, content=emoji)

    def follow(self, username: str, *, to: str) -> None:
        """Ask to follow an author of the site."""
        number = next(self._numbers)
        activity_id = f"{self.base_url}/follows/{number}"
        self._send(self.actor_id(username), "Follow", activity_id, to, to=to)

    def _send(
        self, actor: str, kind: str, id: str, object: Document | str, *, to: str, **more: str
    ) -> None:
        inbox = f"{to.partition('://')[0]}://{urlsplit(to).netloc}/inbox"
        activity = {
            "@context": CONTEXT,
            "id": id,
            "type": kind,
            "actor": actor,
            "object": object,
            **more,
        }
        if isinstance(object, dict):
            activity |= {"to": object["to"], "cc": object["cc"]}
        body = json.dumps(activity).encode()
        signed = cavage.sign(
            PrivateKey.load(f"{actor}#main-key", self._private_pem),
            method="post",
            url=inbox,
            body=body,
            now=datetime.now(UTC),
            content_type=ACTIVITY,
        )
        with httpx.Client() as client:
            answer = client.post(inbox, content=body, headers={**signed, "Content-Type": ACTIVITY})
        assert answer.status_code == 202, answer.text

    def actor_document(self, username: str) -> Document:
        """Describe one of its people."""
        actor = self.actor_id(username)
        return {
            "@context": CONTEXT,
            "id": actor,
            "type": "Person",
            "preferredUsername": username,
            "name": self.names.get(username, username),
            "url": f"{self.base_url}/@{username}",
            "inbox": f"{actor}/inbox",
            "tag": self.emojis,
            "publicKey": {
                "id": f"{actor}#main-key",
                "owner": actor,
                "publicKeyPem": public_pem(self._private_pem),
            },
        }

    def webfinger(self, resource: str) -> Document:
        """Say where one of its people is."""
        username = resource.removeprefix("acct:").partition("@")[0]
        link = {"rel": "self", "type": ACTIVITY, "href": self.actor_id(username)}
        acting = f"{self.actor_id(username)}?uri={{uri}}"
        way = {"rel": "http://ostatus.org/schema/1.0/subscribe", "template": acting}
        return {"subject": f"acct:{username}@{self.host}", "links": [link, way]}


def _handler(server: Elsewhere) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path == "/.well-known/webfinger":
                (resource,) = parse_qs(address.query)["resource"]
                self._answer(200, "application/jrd+json", server.webfinger(resource))
            elif address.path.startswith("/users/"):
                username = address.path.removeprefix("/users/")
                self._answer(200, ACTIVITY, server.actor_document(username))
            elif address.path in server.pictures:
                self._send(200, "image/png", server.pictures[address.path])
            else:
                post = server.posts.get(address.path)
                self._answer(200 if post else 404, ACTIVITY, post or {})

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            server.received.append(json.loads(self.rfile.read(length)))
            self._answer(202, ACTIVITY, {})

        def _answer(self, status: int, media_type: str, document: Document) -> None:
            self._send(status, media_type, json.dumps(document).encode())

        def _send(self, status: int, media_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what counts is in `received`."""

    return Handler
