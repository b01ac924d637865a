"""A real mail server on loopback, in this event loop: it takes mails, or is difficult."""

# ruff: noqa: ARG002, N802  (aiosmtpd calls these by name, with all of that)

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "notices@reviews.example", "p/w:d@#?%"


def make_certificate(folder: Path, *, name: str = "127.0.0.1") -> tuple[Path, Path]:
    """Make a certificate that signs itself, with its key; gives the paths of both."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    known = x509.IPAddress(ip_address(name)) if name[0].isdecimal() else x509.DNSName(name)
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([known]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "mail.pem", folder / "mail.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@dataclass
class PostOffice:
    """What it took, and how it behaves.

    says: what it answers to commands, by their names; "" hangs up, and None never answers.
    encrypted: whether the last mail came over TLS. signed_in: as whom it came, or "".
    """

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    says: dict[str, str | None] = field(default_factory=dict)
    encrypted: bool = False
    signed_in: str = ""
    sessions: int = 0
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def newest(self) -> EmailMessage:
        """Give the mail that came last; there must be one."""
        assert self.mails, "no mail has come"
        return self.mails[-1]

    async def handle_EHLO(
        self, server: SMTP, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self._answer("MAIL", server, "250 OK")

    async def handle_RCPT(
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        answer = await self._answer("RCPT", server, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        answer = await self._answer("DATA", server, "250 Taken")
        if answer.startswith("250"):
            self.raw.append(envelope.content)
            mail = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.recipients += envelope.rcpt_tos
            self.encrypted = session.ssl is not None
            self.signed_in = session.auth_data.login.decode() if session.auth_data else ""
        return answer

    async def _answer(self, command: str, server: SMTP, usual: str) -> str:
        said = self.says.get(command, usual)
        if said is None:
            await self._released.wait()
        if not said:
            assert server.transport is not None
            server.transport.close()
        return said or "421 Gone"

    def authenticate(
        self, server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        """Let in who knows the password."""
        is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (
            USER.encode(),
            PASSWORD.encode(),
        )
        return AuthResult(success=is_right, handled=False, auth_data=data)

    def close(self) -> None:
        """Let go of who waits."""
        self._released.set()


@asynccontextmanager
async def open_office(
    *, certificate: tuple[Path, Path] | None = None, wants_password: bool = False
) -> AsyncIterator[PostOffice]:
    """Run a mail server. certificate: to offer STARTTLS with."""
    office = PostOffice()
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    loop = asyncio.get_running_loop()

    def speak() -> SMTP:
        return SMTP(
            office,
            hostname="mail.example",
            tls_context=context,
            require_starttls=context is not None,
            auth_required=wants_password,
            authenticator=office.authenticate,
            loop=loop,
        )

    server = await loop.create_server(speak, "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        office.close()
        server.close()


@contextmanager
def open_office_beside() -> Iterator[PostOffice]:
    """Run a mail server in a thread of its own, for what has an event loop of its own."""
    loop, opened = asyncio.new_event_loop(), threading.Event()
    offices: list[PostOffice] = []
    closing = asyncio.Event()

    async def run() -> None:
        async with open_office() as office:
            offices.append(office)
            opened.set()
            await closing.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        assert opened.wait(10)
        yield offices[0]
    finally:
        loop.call_soon_threadsafe(closing.set)
        thread.join()
        loop.close()
