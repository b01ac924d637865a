"""Hand mails to a mail server."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import aiosmtplib

from fedreview.errors import RemoteFailure, RemoteRefused, RemoteUnavailable
from fedreview.mail.relay import Relay, Tls

PATIENCE = timedelta(seconds=20)
"""For one answer of the mail server. Source: RFC 5321 allows minutes, for servers that fetch mail
onwards while they are being spoken to; relays of today queue it."""

LONGEST = timedelta(seconds=60)
"""For a whole mail, however slowly each answer drips."""

LONGEST_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """Speaks SMTP with the one server that takes our mails.

    name: what we call ourselves to it. patience: for one answer; longest: for everything.
    """

    relay: Relay
    name: str
    patience: timedelta = PATIENCE
    longest: timedelta = LONGEST

    async def carry(self, recipient: str, body: bytes) -> None:
        """Hand over one mail.

        Raises RemoteRefused when the server will never take it, and RemoteUnavailable when it
        may do so later, or when we may not speak to it: then there is a setting to put right.
        Source: RFC 5321, section 4.2.1, for what its answers mean.
        """
        async with self._translated(), self._connected() as client:
            try:
                await client.sendmail(self.relay.sender, [recipient], body)
            except aiosmtplib.SMTPRecipientsRefused as error:
                # One mail has one recipient.
                raise error.recipients[0] from error

    async def check(self) -> None:
        """Connect, encrypt and sign in. Raises as `carry` does, with what is wrong."""
        async with self._translated(), self._connected() as client:
            await client.noop()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiosmtplib.SMTP]:
        relay, tls = self.relay, self.relay.tls
        client = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.username or None,
            password=relay.password or None,
            local_hostname=self.name,
            timeout=self.patience.total_seconds(),
            use_tls=tls is Tls.FROM_START,
            start_tls=_STARTTLS[tls],
            tls_context=await asyncio.to_thread(_trust, relay.ca_file),
        )
        async with asyncio.timeout(self.longest.total_seconds()):
            try:
                await client.connect()
                yield client
                await client.quit()
            finally:
                client.close()

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        place = self.relay.place
        try:
            yield
        except aiosmtplib.SMTPAuthenticationError as error:
            text = f"{place} does not let us sign in: {_said(error)}"
            raise RemoteUnavailable(text, status=error.code) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _answer(place, error) from error
        except (ssl.SSLError, ssl.CertificateError) as error:
            text = f"{place} could not be spoken to over TLS: {_reason(error)}"
            raise RemoteUnavailable(text) from error
        except TimeoutError as error:
            raise RemoteUnavailable(f"{place} did not answer in time") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _broken(place, error) from error


_STARTTLS = {
    Tls.FROM_START: False,
    Tls.NEVER: False,
    Tls.REQUIRED: True,
    # aiosmtplib's word for: when the server offers it.
    Tls.OPPORTUNISTIC: None,
}


def _trust(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context


def _answer(place: str, error: aiosmtplib.SMTPResponseException) -> RemoteFailure:
    """Sort what the server said: 4xx is for now, 5xx for good; else it speaks no SMTP."""
    text = f"{place} answered {error.code}: {_said(error)}"
    if 500 <= error.code < 600 and not isinstance(error, aiosmtplib.SMTPSenderRefused):
        return RemoteRefused(text, status=error.code)
    # That it refuses our own address is for a setting to put right, and may be soon.
    return RemoteUnavailable(text, status=error.code)


def _broken(place: str, error: Exception) -> RemoteUnavailable:
    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLError):
        return RemoteUnavailable(f"{place} could not be spoken to over TLS: {_reason(cause)}")
    return RemoteUnavailable(f"{place} could not be spoken to: {_reason(cause)}")


def _said(error: aiosmtplib.SMTPResponseException) -> str:
    return " ".join(error.message.split())[:LONGEST_REASON]


def _reason(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:LONGEST_REASON]
