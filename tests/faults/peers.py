"""Servers on loopback that go wrong in every way we know, and can get well again."""

import asyncio
import datetime as dt
import gzip
import socket
import ssl
import struct
import warnings
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DOMAIN = "peers.example"
DAY = dt.timedelta(days=1)
PIECE = b"\0" * 65_536
LIMIT_SENT = 512 * len(PIECE)

Talk = Callable[["Peer", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files with a certificate and its key: good ones, and three that must not be believed.

    authority: what a site has to trust.
    """

    authority: Path
    good: Path
    expired: Path
    self_signed: Path
    of_another: Path

    @classmethod
    def make(cls, folder: Path) -> "Certificates":
        """Write them all; the good ones are for every name below DOMAIN."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the authority")])
        root = _signed(name, name, key, key, [], is_authority=True)
        (folder / "authority.pem").write_bytes(root.public_bytes(Encoding.PEM))

        def leaf(file: str, *names: str, ended: bool = False, alone: bool = False) -> Path:
            own = ec.generate_private_key(ec.SECP256R1())
            subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a server")])
            issuer, signer = (subject, own) if alone else (name, key)
            made = _signed(subject, issuer, own, signer, names, ended=ended)
            path = folder / file
            path.write_bytes(
                own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                + made.public_bytes(Encoding.PEM)
            )
            return path

        return cls(
            authority=folder / "authority.pem",
            good=leaf("good.pem", f"*.{DOMAIN}"),
            expired=leaf("expired.pem", f"*.{DOMAIN}", ended=True),
            self_signed=leaf("alone.pem", f"*.{DOMAIN}", alone=True),
            of_another=leaf("another.pem", "another.invalid"),
        )


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    names: list[str] | tuple[str, ...],
    *,
    ended: bool = False,
    is_authority: bool = False,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 9 * DAY)
        .not_valid_after(now - DAY if ended else now + DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if names:
        alternatives = [x509.DNSName(each) for each in names]
        made = made.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return made.sign(signer, SHA256())


def serving(certificate: Path, newest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """Make what a server speaks TLS with. newest: above which it speaks none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if newest:
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings(action="ignore"):
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = newest
    return context


@dataclass(slots=True, eq=False)
class Peer:
    """One server, at a port of its own for as long as it lives, well or not.

    family: of its only address. inboxes: the bodies that it took. knocks: how many requests
    came in whole. sent: how many bytes of an answer without end were taken from it.
    """

    name: str
    family: socket.AddressFamily = socket.AF_INET
    port: int = 0
    taken: list[bytes] = field(default_factory=list)
    documents: dict[str, bytes] = field(default_factory=dict)
    knocks: int = 0
    sent: int = 0
    _server: asyncio.Server | None = None
    _deaf: socket.socket | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def host(self) -> str:
        """Its name and port, as addresses have them."""
        return f"{self.name}.{DOMAIN}:{self.port}"

    @property
    def address(self) -> IPv4Address | IPv6Address:
        """Where its name leads."""
        return IPv6Address("::1") if self.family == socket.AF_INET6 else IPv4Address("127.0.0.1")

    def reserve(self) -> socket.socket:
        """Take the port, the first time any and then the same again."""
        taken = socket.socket(self.family)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((str(self.address), self.port))
        self.port = taken.getsockname()[1]
        return taken

    async def serve(self, talk: Talk, tls: ssl.SSLContext | None) -> None:
        """Speak so from now on."""
        await self.stop()

        async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            with suppress(
                asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError, ssl.SSLError
            ):
                await talk(self, reader, writer)
            writer.close()

        self._server = await asyncio.start_server(run, sock=self.reserve(), ssl=tls)

    async def do_not_accept(self) -> None:
        """Let connections wait in the queue of the operating system."""
        await self.stop()
        self._deaf = self.reserve()
        self._deaf.listen(8)

    async def stop(self) -> None:
        """Be gone: nobody listens there any more."""
        if self._deaf:
            self._deaf.close()
        if self._server:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._deaf = self._server = None


async def read_request(peer: Peer, reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """Read one request to its end; gives its first line and its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = head.partition("content-length: ")[2].partition("\r\n")[0]
    body = await reader.readexactly(int(length or 0))
    peer.knocks += 1
    return head.partition("\r\n")[0], body


async def well(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take what is posted, and show what there is."""
    while True:
        first, body = await read_request(peer, reader)
        method, path, _ = first.split(" ")
        if method == "post":
            peer.taken.append(body)
            writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        else:
            found = peer.documents.get(path, b"{}")
            kind = b"Content-Type: application/activity+json"
            length = b"Content-Length: %d" % len(found)
            writer.write(b"HTTP/1.1 200 OK\r\n%b\r\n%b\r\n\r\n%b" % (kind, length, found))
        await writer.drain()


def saying(status: int, *headers: str, then: Talk | None = None) -> Talk:
    """Answer every request with a status and headers; then: what comes in place of a body."""

    async def talk(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(peer, reader)
            lines = [f"HTTP/1.1 {status} Whatever", *headers]
            lines += [] if then else ["Content-Length: 0"]
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
            await writer.drain()
            if then:
                await then(peer, reader, writer)
                return

    return talk


async def hang(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say nothing more, and read nothing."""
    await asyncio.Event().wait()


async def hear_and_hang(
    peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Read the request, and never answer."""
    await read_request(peer, reader)
    await hang(peer, reader, writer)


async def close(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Go away in the middle."""


async def reset(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Break the connection off, without the word that TCP has for its end."""
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def hearing(start: bytes, then: Talk) -> Talk:
    """Read a request and answer it with these bytes, before something else happens."""

    async def talk(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(peer, reader)
        writer.write(start)
        await writer.drain()
        await then(peer, reader, writer)

    return talk


async def drip(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a byte now and then: each in time for who minds the gaps alone."""
    loop = asyncio.get_running_loop()
    while True:
        writer.write(b"x")
        await writer.drain()
        tick = asyncio.Event()
        loop.call_later(0.02, tick.set)
        await tick.wait()


async def flood(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send as fast as it is read, for as long as anybody reads."""
    while peer.sent < LIMIT_SENT:
        writer.write(PIECE)
        await writer.drain()
        # While the system has room, draining waits for nobody, and nobody else would run.
        await asyncio.sleep(0)
        peer.sent += len(PIECE)


async def flood_in_chunks(
    peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Send chunk after chunk, for as long as anybody reads."""
    while peer.sent < LIMIT_SENT:
        writer.write(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))
        await writer.drain()
        # While the system has room, draining waits for nobody, and nobody else would run.
        await asyncio.sleep(0)
        peer.sent += len(PIECE)


async def bomb(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send little that unpacks to much."""
    writer.write(gzip.compress(b" " * 30_000_000))
    await writer.drain()
