"""Every request that leaves this site: guarded, signed, bounded in size and time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpcore
import httpx

from fedreview import __version__
from fedreview.errors import RemoteFailure, RemoteRefused, RemoteUnavailable
from fedreview.federation.guard import AddressPolicy, GuardedNetwork, Resolver, SystemResolver
from fedreview.federation.knocking import (
    KNOCKS,
    REFUSALS,
    Knock,
    next_knock,
    other_scheme,
    signature_headers,
)
from fedreview.federation.reading import (
    ACTIVITY_JSON,
    AS_PROFILE,
    LD_JSON,
    Json,
    is_activity,
    read_body,
    read_json_object,
    read_retry_after,
)
from fedreview.federation.transport import GuardedTransport, tls_context
from fedreview.signatures.keys import PrivateKey
from fedreview.signatures.verify import Scheme

ACCEPT_ACTIVITY = f'{ACTIVITY_JSON}, {LD_JSON}; profile="{AS_PROFILE}"'
DOCUMENT_LIMIT_BYTES = 1_000_000
FAREWELL_LIMIT_BYTES = 65_536
MOST_REDIRECTS = 3

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({408, 429})
# A server that could not fetch our key just now says 401 to a delivery; Mastodon, too, keeps
# trying after it.
_BUSY_INBOX = _BUSY | {401}
_NETWORK_FAILURES = (
    OSError,
    httpx.HTTPError,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long to wait for other servers.

    connect: for looking up the name and connecting; and again for the TLS handshake.
    read, write: between two pieces of an answer or a request.
    whole: for one document with all its redirects and knocks, or for one knock at an inbox.
    farewell: for the rest of an answer whose status said enough.
    """

    connect: timedelta = timedelta(seconds=5)
    read: timedelta = timedelta(seconds=10)
    write: timedelta = timedelta(seconds=10)
    whole: timedelta = timedelta(seconds=30)
    farewell: timedelta = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What another server said.

    url: where it said so, after redirects.
    headers: by lower-case name.
    body: unpacked; empty unless the status is 200.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A JSON object that came as ActivityStreams; nothing in it is checked yet.

    url: where it came from, after redirects. The ``id`` inside may claim another place.
    """

    url: str
    json: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """An inbox took an activity.

    scheme: how the signature was made that opened it.
    """

    status: int
    scheme: Scheme


class FederationClient:
    """Speak to other servers.

    base_url: of this site, for others to see who is asking.
    ca_file: PEM file of certificate authorities to trust besides the system's.
    transport: in place of the whole network, so that two sites of one process can meet; URLs
    are still checked, addresses are not.
    resolver: in place of the system's name look-up.

    Make it inside the running event loop's process, once, and close it with ``aclose``.
    """

    def __init__(
        self,
        *,
        policy: AddressPolicy,
        base_url: str,
        now: Callable[[], datetime],
        ca_file: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        resolver: Resolver | None = None,
        deadlines: Deadlines | None = None,
    ) -> None:
        self.policy = policy
        self.base_url = base_url
        self._now = now
        self._deadlines = deadlines or Deadlines()
        self._names = SystemResolver()
        self._transport = transport or GuardedTransport(
            network=GuardedNetwork(
                policy=policy, resolver=resolver or self._names, deadline=self._deadlines.connect
            ),
            tls=tls_context(ca_file),
        )
        self._user_agent = f"fedreview/{__version__} (+{base_url})"

    async def get_document(self, url: str, *, key: PrivateKey | None) -> Document:
        """Fetch one ActivityStreams document, signed when there is a key.

        Raises RemoteRefused when the answer is anything but such a document within bounds, and
        RemoteUnavailable when there was none.
        """
        answer = await self._get(
            url, accept=ACCEPT_ACTIVITY, limit_bytes=DOCUMENT_LIMIT_BYTES, key=key
        )
        content_type = answer.headers.get("content-type", "")
        if not is_activity(content_type):
            raise RemoteRefused(f"{answer.url} is {content_type[:100]!r}", status=answer.status)
        return Document(url=answer.url, json=read_json_object(answer.body))

    async def get_json(self, url: str, *, accept: tuple[str, ...]) -> dict[str, Json]:
        """Fetch one JSON object that is no ActivityStreams, such as a WebFinger answer.

        accept: media types to ask for. They are not demanded of the answer: many a WebFinger is
        a static file that its host calls text/plain.

        Raises RemoteRefused or RemoteUnavailable.
        """
        answer = await self._get(
            url, accept=", ".join(accept), limit_bytes=DOCUMENT_LIMIT_BYTES, key=None
        )
        return read_json_object(answer.body)

    async def get_bytes(self, url: str, *, accept: str, limit_bytes: int) -> Answer:
        """Fetch anything, unsigned, such as a cover. The caller judges its media type.

        Raises RemoteRefused, also when it is longer than the limit, or RemoteUnavailable.
        """
        return await self._get(url, accept=accept, limit_bytes=limit_bytes, key=None)

    async def post_activity(
        self, inbox: str, body: bytes, *, key: PrivateKey, scheme: Scheme | None = None
    ) -> Delivered:
        """Put one activity into an inbox; when its signature is refused, try the other scheme.

        scheme: what worked last time; None when nothing is known.

        Raises RemoteRefused when trying again is of no use, else RemoteUnavailable. When both
        schemes are refused, the status is that of the first answer.
        """
        target = self.policy.check_url(inbox)
        first = scheme or Scheme.CAVAGE
        answer = await self._post(target, body, key, first)
        if answer.status in REFUSALS:
            second = other_scheme(first)
            better = await self._post(target, body, key, second)
            if _is_success(better):
                return Delivered(status=better.status, scheme=second)
        if not _is_success(answer):
            raise self._failure(answer, busy=_BUSY_INBOX)
        return Delivered(status=answer.status, scheme=first)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()
        self._names.close()

    async def _get(
        self, url: str, *, accept: str, limit_bytes: int, key: PrivateKey | None
    ) -> Answer:
        target = self.policy.check_url(url)
        seen: set[str] = set()
        async with self._within(target.host):
            while len(seen) <= MOST_REDIRECTS and str(target) not in seen:
                seen.add(str(target))
                answer = await self._ask(target, accept=accept, limit_bytes=limit_bytes, key=key)
                if answer.status not in _REDIRECTS:
                    break
                target = self._next_hop(target, answer)
            else:
                raise RemoteRefused(f"{target.host} redirects without end")
        if answer.status != 200:
            raise self._failure(answer, busy=_BUSY)
        return answer

    def _next_hop(self, target: httpx.URL, answer: Answer) -> httpx.URL:
        location = answer.headers.get("location", "")
        try:
            return self.policy.check_url(str(target.join(location)))
        except (httpx.InvalidURL, ValueError) as error:
            raise RemoteRefused(f"{target.host} redirects to {location[:200]!r}") from error

    async def _ask(
        self, target: httpx.URL, *, accept: str, limit_bytes: int, key: PrivateKey | None
    ) -> Answer:
        """Ask one server, as often as it takes to find a signature that it reads.

        Each signature names the URL it is for, so that none is of use to where a redirect leads.
        """
        knock: Knock | None = Knock.CAVAGE
        while knock:
            request = self._request("GET", target, {"Accept": accept})
            if key:
                signed = signature_headers(
                    knock, key, method="GET", url=str(target), now=self._now()
                )
                request.headers.update(signed)
            answer = await self._exchange(request, limit_bytes)
            has_query = bool(target.query)
            knock = next_knock(knock, answer.status, has_query=has_query) if key else None
        return answer

    async def _exchange(self, request: httpx.Request, limit_bytes: int) -> Answer:
        response = await self._transport.handle_async_request(request)
        body = b""
        try:
            if response.status_code == 200:
                encoding = response.headers.get("content-encoding", "")
                chunks = response.aiter_raw()
                body = await read_body(chunks, encoding=encoding, limit_bytes=limit_bytes)
            else:
                await self._discard(response)
        finally:
            await response.aclose()
        return _answer(request, response, body)

    async def _post(
        self, target: httpx.URL, body: bytes, key: PrivateKey, scheme: Scheme
    ) -> Answer:
        request = self._request("POST", target, {"Content-Type": ACTIVITY_JSON}, body)
        signed = signature_headers(
            KNOCKS[scheme],
            key,
            method="POST",
            url=str(target),
            body=body,
            content_type=ACTIVITY_JSON,
            now=self._now(),
        )
        request.headers.update(signed)
        async with self._within(target.host):
            response = await self._transport.handle_async_request(request)
        # Outside the deadline: an activity that was taken must not count as lost because the
        # server dawdles over a body that nobody reads.
        try:
            await self._discard(response)
        finally:
            await response.aclose()
        return _answer(request, response, b"")

    async def _discard(self, response: httpx.Response) -> None:
        """Read a short body to its end, for only then can the connection be used again."""
        received = 0
        with suppress(*_NETWORK_FAILURES):
            async with asyncio.timeout(self._deadlines.farewell.total_seconds()):
                async for chunk in response.aiter_raw():
                    received += len(chunk)
                    if received > FAREWELL_LIMIT_BYTES:
                        return

    def _request(
        self, method: str, target: httpx.URL, headers: Mapping[str, str], body: bytes | None = None
    ) -> httpx.Request:
        common = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip"}
        connect = self._deadlines.connect.total_seconds()
        waits = {
            "connect": connect,
            "read": self._deadlines.read.total_seconds(),
            "write": self._deadlines.write.total_seconds(),
            "pool": connect,
        }
        return httpx.Request(
            method,
            target,
            headers={**common, **headers},
            content=body,
            extensions={"timeout": waits},
        )

    @asynccontextmanager
    async def _within(self, host: str) -> AsyncIterator[None]:
        """Hold the deadline, and call what goes wrong by our own names."""
        whole = self._deadlines.whole.total_seconds()
        try:
            async with asyncio.timeout(whole):
                yield
        except TimeoutError as error:
            raise RemoteUnavailable(f"{host} took longer than {whole:g} seconds") from error
        except _NETWORK_FAILURES as error:
            kind = type(error).__name__
            raise RemoteUnavailable(f"{host}: {kind}: {str(error)[:200]}") from error

    def _failure(self, answer: Answer, *, busy: Collection[int]) -> RemoteFailure:
        message = f"{answer.url} answered {answer.status}"
        if answer.status < 500 and answer.status not in busy:
            return RemoteRefused(message, status=answer.status)
        wait = read_retry_after(answer.headers.get("retry-after"), now=self._now())
        return RemoteUnavailable(message, status=answer.status, retry_after=wait)


def _is_success(answer: Answer) -> bool:
    return 200 <= answer.status < 300


def _answer(request: httpx.Request, response: httpx.Response, body: bytes) -> Answer:
    return Answer(
        url=str(request.url),
        status=response.status_code,
        headers=dict(response.headers),
        body=body,
    )
