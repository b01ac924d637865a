"""A fediverse of many hosts in one process, for the benchmarks: it takes what it is given.

Every host has an address of loopback, a name and a certificate of its own, signed by way of an
intermediate authority as on the internet, and one port is common to all. Run as a programme it
obeys the lines of its standard input; `Fediverse` starts it and speaks to it.
"""

import asyncio
import json
import resource
import socket
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httptools
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from fedreview.errors import UntrustedSignature
from fedreview.signatures import verify
from fedreview.signatures.keys import PublicKey
from fedreview.signatures.message import Message

TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
FAILED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
DRIPPED = b"HTTP/1.1 202 Accepted\r\nX-Patience: "
DRIP_EVERY = 0.2
BACKLOG = 128

MANNERS = ("well", "hang", "mute", "fail", "reset", "drip")
"""Answer 202; accept and say nothing, not even TLS; nothing after TLS; 500; a reset after the
request; one byte at a time."""


def address_of(number: int) -> str:
    """Give the address of a host. number: from 0, below 16,000."""
    return str(IPv4Address("127.1.0.1") + number)


def name_of(number: int) -> str:
    """Give the name of a host, which only a resolver of one's own finds."""
    return f"h{number}.peers.test"


class Authority:
    """Signs certificates; its root is what others are to trust."""

    def __init__(self) -> None:
        self._root_key, self._key = _new_key(), _new_key()
        self.root = _certificate("Root of the benchmarks", self._root_key, None, self._root_key)
        self._between = _certificate("Between", self._key, self.root, self._root_key)
        self._host_key = _new_key()

    def chain(self, number: int) -> bytes:
        """Give the key and the chain of certificates of one host, as PEM."""
        names = x509.SubjectAlternativeName(
            [x509.DNSName(name_of(number)), x509.IPAddress(IPv4Address(address_of(number)))]
        )
        host = _certificate(name_of(number), self._host_key, self._between, self._key, names)
        key = self._host_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return key + _pem(host) + _pem(self._between)


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
    names: x509.SubjectAlternativeName | None = None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made_at = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(made_at - timedelta(days=1))
        .not_valid_after(made_at + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
    )
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, SHA256())


@dataclass(slots=True)
class Host:
    """One server, and what came to it."""

    number: int
    tls: ssl.SSLContext
    manner: str = "well"
    server: asyncio.Server | None = None


@dataclass(slots=True)
class World:
    """What all the hosts share. key: of whom the signatures are checked, if they are."""

    port: int
    key: PublicKey | None = None
    hosts: list[Host] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    lines: set["_Line"] = field(default_factory=set)
    arrived_at: dict[int, float] = field(default_factory=dict)


class _Line(asyncio.Protocol):
    """One connection to one host."""

    def __init__(self, world: World, host: Host) -> None:
        self.world, self.host = world, host
        self._start()

    def _start(self) -> None:
        self.target, self.body = b"", bytearray()
        self.headers: list[tuple[str, str]] = []
        self.parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.world.lines.add(self)
        self.world.counts["connections"] += 1
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and tls.session_reused:
            self.world.counts["resumed"] += 1

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.world.lines.discard(self)

    def data_received(self, data: bytes) -> None:
        if self.host.manner != "hang":
            self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        world, host = self.world, self.host
        world.counts["requests"] += 1
        if world.key is not None:
            world.counts["proved" if self._is_proved(world.key) else "forged"] += 1
        MEANS[host.manner](self)
        if host.manner == "well":
            world.counts["taken"] += 1
            world.arrived_at[host.number] = asyncio.get_running_loop().time()
        self._start()

    def _is_proved(self, key: PublicKey) -> bool:
        where = dict(self.headers)["host"]
        message = Message(
            method="POST",
            raw_target=self.target,
            headers=tuple(self.headers),
            body=bytes(self.body),
            origins=frozenset({f"https://{where}"}),
            hosts=frozenset({where}),
        )
        try:
            verify.check(verify.read_claim(message, now=datetime.now(UTC)), key)
        except UntrustedSignature:
            return False
        return True

    def say(self, data: bytes) -> None:
        self.transport.write(data)

    def reset(self) -> None:
        self.transport.abort()

    def drip(self) -> None:
        if not self.transport.is_closing():
            self.say(b".")
            asyncio.get_running_loop().call_later(DRIP_EVERY, self.drip)

    def begin_dripping(self) -> None:
        self.say(DRIPPED)
        self.drip()


MEANS: dict[str, Callable[[_Line], None]] = {
    "well": lambda line: line.say(TAKEN),
    "hang": lambda _: None,
    "mute": lambda _: None,
    "fail": lambda line: line.say(FAILED),
    "reset": _Line.reset,
    "drip": _Line.begin_dripping,
}


async def open_host(world: World, host: Host) -> None:
    """Begin to listen, anew when its manner has changed."""
    if host.server is not None:
        host.server.close()
    host.server = await asyncio.get_running_loop().create_server(
        lambda: _Line(world, host),
        address_of(host.number),
        world.port,
        ssl=None if host.manner == "hang" else host.tls,
        backlog=BACKLOG,
    )


def make_host(number: int, authority: Authority, folder: Path) -> Host:
    """Give a host its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    path = folder / "host.pem"
    path.write_bytes(authority.chain(number))
    context.load_cert_chain(path)
    return Host(number, context)


async def obey(world: World, order: Sequence[str]) -> dict[str, Any]:
    """Do what one line says."""
    match order:
        case ["behave", manner, first, last]:
            for host in world.hosts[int(first) : int(last)]:
                host.manner = manner
                await open_host(world, host)
        case ["verify", path]:
            known = json.loads(await asyncio.to_thread(Path(path).read_text))
            world.key = PublicKey.from_pem(known["id"], known["owner"], known["pem"])
        case ["trust"]:
            world.key = None
        case ["reset"]:
            world.counts.clear()
            world.arrived_at.clear()
        case ["hang_up"]:
            for line in tuple(world.lines):
                line.transport.abort()
        case ["report"]:
            usage = resource.getrusage(resource.RUSAGE_SELF)
            now = asyncio.get_running_loop().time()
            times = world.arrived_at.values()
            return {
                **world.counts,
                "hosts": len(world.arrived_at),
                "first": min(times, default=now),
                "latest": max(times, default=now),
                "cpu": usage.ru_utime + usage.ru_stime,
            }
        case _:
            raise ValueError(f"not an order: {order}")
    return {}


async def live(folder: Path, number: int) -> None:
    """Open so many hosts, then obey until the standard input ends."""
    authority = Authority()
    (folder / "ca.pem").write_bytes(_pem(authority.root))
    with socket.socket() as probe:
        probe.bind(("127.1.0.1", 0))
        port = probe.getsockname()[1]
    world = World(port)
    for each in range(number):
        host = make_host(each, authority, folder)
        world.hosts.append(host)
        await open_host(world, host)
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    print(json.dumps({"port": port}), flush=True)
    while line := await lines.readline():
        print(json.dumps(await obey(world, line.decode().split())), flush=True)


class Fediverse:
    """The fediverse as a process of its own. folder: an empty one, for its certificates."""

    def __init__(self, folder: Path, *, hosts: int) -> None:
        self.ca_file = folder / "ca.pem"
        self.hosts = hosts
        self._folder = folder
        self.port = 0

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(self._folder), str(self.hosts)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = self._read()["port"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.communicate(timeout=10)

    def inbox(self, number: int, *, named: bool = False) -> str:
        """Give the inbox of one host, by its address or by its name."""
        host = name_of(number) if named else address_of(number)
        return f"https://{host}:{self.port}/inbox"

    def ask(self, *order: object) -> dict[str, Any]:
        """Give an order, and give the answer.

        ``behave MANNER FIRST END``, ``verify FILE`` and ``trust``, ``reset``, ``hang_up`` (every
        connection), or ``report``.
        """
        assert self.process.stdin
        print(*order, file=self.process.stdin, flush=True)
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


if __name__ == "__main__":
    uvloop.run(live(Path(sys.argv[1]), int(sys.argv[2])))
