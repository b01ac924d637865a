"""A remote server of one person, real sockets and all: for tests of the real programme."""

import json
import threading
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx

from fedreview.signatures import cavage
from fedreview.signatures.keys import PrivateKey, generate_rsa, public_pem

PERSON = "mara"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = "https://www.w3.org/ns/activitystreams"


class RemoteServer:
    """Answers for its person, keeps what comes to the inbox, and signs what it sends.

    refuse: the status with which the inbox answers; 202 takes everything.
    gate: closed, by `clear`, it lets everything wait that comes to an inbox.
    """

    def __init__(self) -> None:
        server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
        server.RequestHandlerClass = self._handler()
        server.daemon_threads = True
        self._server = server
        self.base_url = f"http://127.0.0.1:{server.server_address[1]}"
        self.actor = f"{self.base_url}/users/{PERSON}"
        self.refuse = 202
        self.gate = threading.Event()
        self.gate.set()
        self._pem = generate_rsa()
        self._key = PrivateKey.load(f"{self.actor}#main-key", self._pem)
        self._lock = threading.Lock()
        self._received: list[dict[str, Any]] = []
        self._paths: list[str] = []
        self._sent = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def received(self, activity_type: str) -> list[dict[str, Any]]:
        """Give what came to the inbox of this type, in order, repetitions included."""
        with self._lock:
            return [item for item in self._received if item["type"] == activity_type]

    @property
    def paths(self) -> list[str]:
        """Where what came was sent to, in order: a person's inbox, or any other path."""
        with self._lock:
            return list(self._paths)

    def follow(self, actor: str) -> httpx.Response:
        """Ask to follow somebody, at their personal inbox."""
        return self.post(f"{actor}/inbox", self._activity("Follow", actor))

    def reply(self, inbox: str, in_reply_to: str, text: str, *, at: str = "") -> httpx.Response:
        """Answer something in public, with a note of this person's. at: as for `post`."""
        return self.post(inbox, self.reply_activity(in_reply_to, text), at=at)

    def reply_activity(self, in_reply_to: str, text: str) -> dict[str, Any]:
        """Write the Create of a public reply."""
        self._sent += 1
        note = {
            "id": f"{self.base_url}/notes/{self._sent}",
            "type": "Note",
            "attributedTo": self.actor,
            "inReplyTo": in_reply_to,
            "content": f"<p>{text}</p>",
            "published": datetime.now(UTC).isoformat(),
            "to": [PUBLIC],
            "cc": [],
        }
        return self._activity("Create", note)

    def _activity(self, kind: str, thing: Any) -> dict[str, Any]:
        self._sent += 1
        return {
            "@context": CONTEXT,
            "id": f"{self.base_url}/activities/{self._sent}",
            "type": kind,
            "actor": self.actor,
            "object": thing,
        }

    def post(self, inbox: str, activity: dict[str, Any], *, at: str = "") -> httpx.Response:
        """Sign and send an activity.

        at: where to connect to instead, as a proxy does that has several servers behind it.
        """
        body = json.dumps(activity).encode()
        headers = {"Content-Type": "application/activity+json"} | cavage.sign(
            self._key,
            method="POST",
            url=inbox,
            body=body,
            now=datetime.now(UTC),
            content_type="application/activity+json",
        )
        headers["Host"] = urlsplit(inbox).netloc
        target = f"{at}{urlsplit(inbox).path}" if at else inbox
        return httpx.post(target, content=body, headers=headers, timeout=30)

    def _document(self, path: str, query: str) -> tuple[str, dict[str, Any]] | None:
        if path == f"/users/{PERSON}":
            return "application/activity+json", self._actor_document()
        if path == "/.well-known/webfinger" and "resource" in parse_qs(query):
            host = urlsplit(self.base_url).netloc
            link = {"rel": "self", "type": "application/activity+json", "href": self.actor}
            return "application/jrd+json", {"subject": f"acct:{PERSON}@{host}", "links": [link]}
        return None

    def _actor_document(self) -> dict[str, Any]:
        return {
            "@context": CONTEXT,
            "id": self.actor,
            "type": "Person",
            "preferredUsername": PERSON,
            "name": "Mara Lind",
            "inbox": f"{self.actor}/inbox",
            "publicKey": {
                "id": self._key.id,
                "owner": self.actor,
                "publicKeyPem": public_pem(self._pem),
            },
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        remote = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                found = remote._document(parts.path, parts.query)
                if found is None:
                    self._answer(404)
                else:
                    self._answer(200, found[0], json.dumps(found[1]).encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                remote.gate.wait(60)
                if remote.refuse == 202:
                    with remote._lock:
                        remote._received.append(json.loads(body))
                        remote._paths.append(self.path)
                self._answer(remote.refuse)

            def _answer(self, status: int, media_type: str = "", body: bytes = b"") -> None:
                self.send_response(status)
                if media_type:
                    self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(body)))
                # Who was killed in mid-work hears no answer.
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent."""

        return Handler
