"""Every request that leaves this site: guarded, signed, bounded in size and time."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import httpx

from fedreview import __version__
from fedreview.errors import RemoteFailure, RemoteRefused, RemoteUnavailable
from fedreview.federation.exchange import Answer, Deadlines, Exchange
from fedreview.federation.guard import AddressPolicy, GuardedNetwork, Resolver, SystemResolver
from fedreview.federation.knocking import (
    MANNERS,
    REFUSALS,
    Knock,
    Knocking,
    Memory,
    signature_headers,
)
from fedreview.federation.reading import (
    ACTIVITY_JSON,
    AS_PROFILE,
    LD_JSON,
    MOST_PARTS,
    MOST_PARTS_OF_CATALOGUE,
    Json,
    is_activity,
    read_json_object,
    read_retry_after,
)
from fedreview.federation.transport import GuardedTransport, tls_context
from fedreview.signatures.keys import PrivateKey
from fedreview.signatures.verify import Scheme

ACCEPT_ACTIVITY = f'{ACTIVITY_JSON}, {LD_JSON}; profile="{AS_PROFILE}"'
DOCUMENT_LIMIT_BYTES = 1_000_000
MOST_REDIRECTS = 3

_SIGNERS = 4
"""Threads that sign. More would sign no sooner on the machines that a site runs on."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({408, 429})
# A server that could not fetch our key just now says 401 to a delivery; Mastodon, too, keeps
# trying after it. And to where repairs are announced a POST is redirected as well as a GET.
_BUSY_INBOX = _BUSY | _REDIRECTS | {401}
_NEVER = frozenset({501})
"""What above 500 will not be otherwise tomorrow. Mastodon, too, drops a delivery on it."""


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

    One is enough for a process, and its TLS context is costly. Close it with ``aclose``.
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
        self._memory = Memory()
        self._names = SystemResolver()
        self._signers = ThreadPoolExecutor(_SIGNERS, thread_name_prefix="sign")
        waits = deadlines or Deadlines()
        if transport is None:
            network = GuardedNetwork(
                policy=policy, resolver=resolver or self._names, deadline=waits.connect
            )
            transport = GuardedTransport(network=network, tls=tls_context(ca_file))
        self._exchange = Exchange(
            transport=transport,
            deadlines=waits,
            user_agent=f"fedreview/{__version__} (+{base_url})",
        )

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

    async def get_json(
        self, url: str, *, accept: tuple[str, ...], most_parts: int = MOST_PARTS
    ) -> dict[str, Json]:
        """Fetch one JSON object that is no ActivityStreams, such as a WebFinger answer.

        accept: media types to ask for. They are not demanded of the answer: many a WebFinger is
        a static file that its host calls text/plain. most_parts: as for `read_json_object`.

        Raises RemoteRefused or RemoteUnavailable.
        """
        answer = await self._get(
            url, accept=", ".join(accept), limit_bytes=DOCUMENT_LIMIT_BYTES, key=None
        )
        return read_json_object(answer.body, most_parts=most_parts)

    async def post_json(self, url: str, body: bytes) -> dict[str, Json]:
        """Put a question in JSON, unsigned, and read the JSON object that answers it.

        For services that are asked this way, such as those that speak GraphQL. No redirect is
        followed: what is asked is for one place.

        Raises RemoteRefused or RemoteUnavailable.
        """
        target = self.policy.check_url(url)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        async with self._exchange.within_deadline(target.host):
            request = self._exchange.request("POST", target, headers, body)
            answer = await self._exchange.fetch(request, limit_bytes=DOCUMENT_LIMIT_BYTES)
        if answer.status != 200:
            raise self._failure(answer, busy=_BUSY)
        return read_json_object(answer.body, most_parts=MOST_PARTS_OF_CATALOGUE)

    async def post_push(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> None:
        """Give a message to the push service of a browser; no redirect is followed.

        Raises RemoteRefused, with the status, or RemoteUnavailable.
        """
        target = self.policy.check_url(url)
        answer = await self._exchange.post(self._exchange.request("POST", target, headers, body))
        if not _is_success(answer):
            raise self._failure(answer, busy=_BUSY)

    async def get_bytes(self, url: str, *, accept: str, limit_bytes: int) -> Answer:
        """Fetch anything, unsigned, such as a cover. The caller judges its media type.

        Raises RemoteRefused, also when it is longer than the limit, or RemoteUnavailable.
        """
        return await self._get(url, accept=accept, limit_bytes=limit_bytes, key=None)

    async def post_activity(
        self,
        inbox: str,
        body: bytes,
        *,
        key: PrivateKey,
        scheme: Scheme | None = None,
        spare_key: PrivateKey | None = None,
    ) -> Delivered:
        """Put one activity into an inbox; when its signature is refused, try another.

        scheme: what worked last time; None when nothing is known.
        spare_key: of the same actor, for when `key` is refused in every way.

        Raises RemoteRefused when trying again is of no use, else RemoteUnavailable. When every
        signature is refused, the status is that of the first answer. No redirect is followed:
        the signature is for one place.
        """
        target = self.policy.check_url(inbox)
        knocking = Knocking(
            key=key,
            first=MANNERS[scheme or Scheme.CAVAGE],
            has_query=bool(target.query),
            has_body=True,
            spare_key=spare_key,
        )
        knock: Knock | None = knocking.begin()
        answers: list[Answer] = []
        while knock:
            answer = await self._post(target, body, knock)
            if _is_success(answer):
                return Delivered(status=answer.status, scheme=knock.manner.scheme)
            answers.append(answer)
            knock = knocking.go_on(answer.status, _accepted(answer))
        # Whoever does more than refuse has read the signature: that says most.
        telling = [each for each in answers if each.status not in REFUSALS]
        raise self._failure([*telling, *answers][0], busy=_BUSY_INBOX)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._exchange.aclose()
        self._names.close()
        self._signers.shutdown(wait=False, cancel_futures=True)

    async def _get(
        self, url: str, *, accept: str, limit_bytes: int, key: PrivateKey | None
    ) -> Answer:
        target = self.policy.check_url(url)
        seen: set[str] = set()
        async with self._exchange.within_deadline(target.host):
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
        if key is None:
            request = self._exchange.request("GET", target, {"Accept": accept})
            return await self._exchange.fetch(request, limit_bytes=limit_bytes)
        host = target.netloc.decode("ascii")
        knocking = Knocking(
            key=key,
            first=self._memory.find(host),
            has_query=bool(target.query),
            has_body=False,
        )
        knock: Knock | None = knocking.begin()
        while knock:
            signed = await self._signed(
                partial(signature_headers, knock, method="GET", url=str(target), now=self._now())
            )
            request = self._exchange.request("GET", target, {"Accept": accept, **signed})
            answer = await self._exchange.fetch(request, limit_bytes=limit_bytes)
            if answer.status < 400 and len(knocking.made) > 1:
                self._memory.keep(host, knock.manner)
            knock = knocking.go_on(answer.status, _accepted(answer))
        return answer

    async def _post(self, target: httpx.URL, body: bytes, knock: Knock) -> Answer:
        signed = await self._signed(
            partial(
                signature_headers,
                knock,
                method="POST",
                url=str(target),
                body=body,
                content_type=ACTIVITY_JSON,
                now=self._now(),
            )
        )
        headers = {"Content-Type": ACTIVITY_JSON, **signed}
        return await self._exchange.post(self._exchange.request("POST", target, headers, body))

    async def _signed(self, sign: Callable[[], dict[str, str]]) -> dict[str, str]:
        """Sign beside the event loop: RSA takes up to a millisecond, and lets go of the GIL."""
        return await asyncio.get_running_loop().run_in_executor(self._signers, sign)

    def _failure(self, answer: Answer, *, busy: Collection[int]) -> RemoteFailure:
        message = f"{answer.url} answered {answer.status}"
        is_final = answer.status < 500 or answer.status in _NEVER
        if is_final and answer.status not in busy:
            return RemoteRefused(message, status=answer.status)
        wait = read_retry_after(answer.headers.get("retry-after"), now=self._now())
        return RemoteUnavailable(message, status=answer.status, retry_after=wait)


def _accepted(answer: Answer) -> str:
    return answer.headers.get("accept-signature", "")


def _is_success(answer: Answer) -> bool:
    return 200 <= answer.status < 300
