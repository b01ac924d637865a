"""Which addresses this site may speak to, and a network that speaks to no other."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeVar
from weakref import WeakValueDictionary

import httpx

from fedreview.activitypub.origin import site
from fedreview.errors import RemoteRefused

IPAddress = IPv4Address | IPv6Address
P = TypeVar("P", bound=asyncio.Protocol)
Resolver = Callable[[str, int], Awaitable[Sequence[IPAddress]]]

LONGEST_URL = 2048
LONGEST_HOST = 253

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# What inet_aton takes for a number: C libraries read 127.1, 0x7f.1 and 017700000001 as addresses.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

_REFUSED_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
# IPv4 in disguise: mapped, compatible, and the well-known NAT64 prefix. The last four bytes
# are the address that is really reached. A site on an IPv6-only machine needs NAT64.
_DISGUISES = tuple(map(IPv6Network, ("::ffff:0:0/96", "::/96", "64:ff9b::/96")))
_UNICAST_V6 = IPv6Network("2000::/3")
# 2001::/23 holds Teredo, ORCHID and benchmarking; 2002::/16 is 6to4. Whatever IPv4 address the
# tunnels among them carry, no server lives there, so they are refused without a look inside.
_REFUSED_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))

_LOOK_UPS_AT_ONCE = 64
_LOOK_UPS_PER_SITE = 4
_TURN_WITHIN = timedelta(seconds=10)
_TRIES_PER_FAMILY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPolicy:
    """What may be asked for, by name and by address.

    allow_private: lift every rule about addresses, names and ports, and allow plain http; for
    development and tests alone.
    ports: the ports of other servers, when private ones are not allowed.
    """

    allow_private: bool = False
    ports: frozenset[int] = frozenset({443})

    @property
    def allow_http(self) -> bool:
        """Whether a URL may go without encryption."""
        return self.allow_private

    def check_url(self, url: str) -> httpx.URL:
        """Read a URL that a stranger gave us, in one spelling for all its spellings.

        Lower-case ASCII host without a trailing dot, no default port, no fragment, no empty
        query, a path of at least "/". ``str()`` of it is exactly what is sent and signed.

        Raises RemoteRefused when it is not a URL that this site would ever ask for.
        """
        parsed = _parse(url)
        if parsed.scheme != "https" and not (parsed.scheme == "http" and self.allow_http):
            raise RemoteRefused(f"not an https URL: {url[:200]!r}")
        if parsed.userinfo:
            raise RemoteRefused(f"a user name in {url[:200]!r}")
        written = parsed.raw_host.decode("ascii")
        host = written.removesuffix(".")
        if not self.allow_private:
            self._check_public(host, parsed.port)
        elif not (_is_name(host) or _literal(host)):
            raise RemoteRefused(f"not a host: {host[:200]!r}")
        path = parsed.raw_path if parsed.query else parsed.raw_path.partition(b"?")[0]
        root = f"{parsed.scheme}://{parsed.netloc.decode('ascii')}/"
        has_root = str(parsed).startswith(root)
        if has_root and host == written and path == parsed.raw_path and "#" not in url:
            # As nearly all are: to read it once more costs as much as all the checks.
            return parsed
        try:
            return parsed.copy_with(host=host, raw_path=path, fragment=None)
        except httpx.InvalidURL as error:
            raise RemoteRefused(f"not a host: {host[:200]!r}") from error

    def check_address(self, address: IPAddress) -> None:
        """Raise RemoteRefused unless the address is one of the public internet.

        Source: the IANA special-purpose registries. ``is_global`` of Python 3.11 is no help: it
        is true for multicast, 6to4, and 127.0.0.1 in NAT64 or IPv4-compatible form.
        """
        if not self.allow_private and not _is_public(_undisguised(address)):
            raise RemoteRefused(f"not a public address: {address}")

    def _check_public(self, host: str, port: int | None) -> None:
        if not _is_name(host) or "." not in host:
            raise RemoteRefused(f"not a public host name: {host[:200]!r}")
        if _NUMBER.fullmatch(host.rpartition(".")[2]):
            raise RemoteRefused(f"an address in place of a host name: {host!r}")
        if (443 if port is None else port) not in self.ports:
            raise RemoteRefused(f"an odd port: {host}:{port}")


def _parse(url: str) -> httpx.URL:
    if len(url) > LONGEST_URL:
        raise RemoteRefused(f"a URL of {len(url)} characters")
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise RemoteRefused(f"not a URL: {url[:200]!r}") from error


def _is_name(host: str) -> bool:
    return len(host) <= LONGEST_HOST and all(map(_LABEL.fullmatch, host.split(".")))


def _literal(host: str) -> list[IPAddress]:
    """Give the address that stands in place of a name, if one does."""
    try:
        return [ip_address(host)]
    except ValueError:
        return []


def _undisguised(address: IPAddress) -> IPAddress:
    if isinstance(address, IPv6Address) and any(address in range_ for range_ in _DISGUISES):
        return IPv4Address(address.packed[-4:])
    return address


def _is_public(address: IPAddress) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in range_ for range_ in _REFUSED_V4)
    return address in _UNICAST_V6 and not any(address in range_ for range_ in _REFUSED_V6)


class SystemResolver:
    """Ask the operating system for the addresses of a host.

    It keeps threads of its own: a handful of dead name servers would fill the event loop's
    shared ones (four under uvloop) and stop everything else that needs a thread. Who owns dead
    name servers cannot fill these either: a thread hangs for longer than anybody waits for it,
    so one site has few of them, and one name never more than one.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOK_UPS_AT_ONCE, thread_name_prefix="resolve")
        self._under_way: dict[tuple[str, int], asyncio.Task[Sequence[IPAddress]]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def __call__(self, host: str, port: int) -> Sequence[IPAddress]:
        """Give every address of the host, the one to prefer first.

        Raises OSError when it has none.
        """
        asked = self._under_way.get((host, port))
        if asked is None:
            asked = asyncio.create_task(self._look_up(host, port))
            self._under_way[host, port] = asked
            asked.add_done_callback(partial(self._end, (host, port)))
        # Who gives up leaves the thread hanging, and it must go on being counted.
        return await asyncio.shield(asked)

    async def _look_up(self, host: str, port: int) -> Sequence[IPAddress]:
        place = site(f"https://{host}")
        turn = self._turns.get(place) or asyncio.Semaphore(_LOOK_UPS_PER_SITE)
        self._turns[place] = turn
        async with asyncio.timeout(_TURN_WITHIN.total_seconds()):
            await turn.acquire()
        try:
            look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
            found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        finally:
            turn.release()
        return [ip_address(where[0]) for *_, where in found]

    def _end(self, asked: tuple[str, int], task: asyncio.Task[Sequence[IPAddress]]) -> None:
        self._under_way.pop(asked, None)
        if not task.cancelled():
            # Perhaps nobody waits for it any more.
            task.exception()

    def close(self) -> None:
        """Let the threads go; a look-up under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class GuardedNetwork:
    """Connect by name to addresses that were checked, and only to those.

    The name is looked up once and every answer must pass; the connection goes to one of the
    answers, so a name server that changes its mind a moment later changes nothing. Certificates
    and the Host header still go by the name, which is the transport's business.

    deadline: for the look-up and all attempts to connect, together.
    """

    def __init__(
        self,
        *,
        policy: AddressPolicy,
        resolver: Resolver,
        deadline: timedelta = timedelta(seconds=5),
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._deadline = deadline.total_seconds()

    async def connect(self, host: str, port: int, make: Callable[[], P]) -> P:
        """Open a connection for a protocol of asyncio's, which is given back.

        make: makes it, anew for each address that is tried.

        Raises RemoteRefused when one of the addresses is not public, httpx.ConnectTimeout or
        httpx.ConnectError when there is no connection.
        """
        try:
            async with asyncio.timeout(self._deadline):
                addresses = _literal(host) or await self._resolver(host, port)
                for address in addresses:
                    self._policy.check_address(address)
                return await self._connect(_first_of_each_family(addresses), port, make)
        except TimeoutError as error:
            raise httpx.ConnectTimeout(f"no connection to {host}:{port} in time") from error
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"no way to {host}:{port}: {error}"[:200]) from error

    async def _connect(self, addresses: Sequence[IPAddress], port: int, make: Callable[[], P]) -> P:
        loop = asyncio.get_running_loop()
        failure: OSError = OSError("no address")
        for address in addresses:
            # The only one has all the time that there is.
            seconds = self._deadline / len(addresses) if len(addresses) > 1 else None
            try:
                async with asyncio.timeout(seconds):
                    # An address in writing is not looked up again.
                    _, protocol = await loop.create_connection(make, str(address), port)
                    return protocol
            except OSError as error:
                failure = error
        raise failure


def _first_of_each_family(addresses: Sequence[IPAddress]) -> list[IPAddress]:
    """Choose at most two of each family, in the order given: a name may have hundreds."""
    sixes = [address for address in addresses if address.version == 6][:_TRIES_PER_FAMILY]
    fours = [address for address in addresses if address.version == 4][:_TRIES_PER_FAMILY]
    return [address for address in addresses if address in sixes or address in fours]
