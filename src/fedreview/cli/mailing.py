"""The command that tries whether mail can be sent."""

import secrets
from datetime import UTC, datetime

import click

from fedreview.cli.speaking import Commands, fail, good, load_settings
from fedreview.mail.addresses import is_mail_address
from fedreview.settings import Settings


@click.group(cls=Commands)
def mail() -> None:
    """Try whether mail can be sent."""


@mail.command("test")
@click.argument("address")
def mail_test(address: str) -> None:
    """Send a mail to ADDRESS, and say what the mail server answered."""
    settings = load_settings()
    if settings.relay is None:
        fail("There is no mail server: set FEDREVIEW_SMTP_URL. See docs/settings.md.")
    if not is_mail_address(address):
        fail(f"{address} is no mail address.")
    import asyncio  # noqa: PLC0415  (late, as all that --help does not need)

    asyncio.run(_send(settings, address))
    good(f"{settings.relay.place} took a mail for {address}. Look whether it arrives.")


async def _send(settings: Settings, address: str) -> None:
    # Late, for the same reason.
    from fedreview.mail.addresses import name_of_host  # noqa: PLC0415
    from fedreview.mail.carrying import Carrier  # noqa: PLC0415
    from fedreview.mail.composing import Envelope, compose  # noqa: PLC0415
    from fedreview.mail.writing import Link, Words  # noqa: PLC0415

    relay, host = settings.relay, settings.base_url.partition("://")[2]
    if relay is None:
        return
    words = Words(
        subject=f"A test mail from {host}",
        opening=("If you can read this, the site can send mail.",),
        site=Link(label=host, url=settings.base_url),
        settings=f"{settings.base_url}/studio/settings#mail",
    )
    envelope = Envelope(
        id=f"test-{secrets.token_hex(8)}",
        host=host,
        sender=relay.sender,
        sender_name=host,
        recipient=address,
        sent_at=datetime.now(UTC),
    )
    await Carrier(relay=relay, name=name_of_host(host)).carry(address, compose(envelope, words))
