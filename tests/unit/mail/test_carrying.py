"""How mails are handed to servers of all sorts, over real sockets."""

import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fedreview.errors import RemoteRefused, RemoteUnavailable
from fedreview.mail.carrying import Carrier
from fedreview.mail.relay import Relay, Tls
from tests.postoffice import PASSWORD, USER, PostOffice, make_certificate, open_office

pytestmark = pytest.mark.anyio

MAIL = b"Subject: Hello\r\n\r\nA line\r\n.\r\nanother\r\n"
READER = "reader@mail.example"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with open_office() as office:
        yield office


def carrier(office: PostOffice, *, patience: float = 10, **changes: Any) -> Carrier:
    given = {"host": "127.0.0.1", "tls": Tls.NEVER, "sender": USER, **changes}
    return Carrier(
        relay=Relay(port=office.port, **given),
        name="reviews.example",
        patience=timedelta(seconds=patience),
    )


async def test_a_mail_arrives_as_it_was_written(office: PostOffice) -> None:
    await carrier(office).carry(READER, MAIL)

    assert office.recipients == [READER]
    assert office.raw == [MAIL]
    assert not office.encrypted


async def test_a_password_goes_over_tls_to_a_server_that_is_who_it_says(
    certificate: tuple[Path, Path],
) -> None:
    async with open_office(certificate=certificate, wants_password=True) as office:
        to = carrier(
            office,
            tls=Tls.REQUIRED,
            username=USER,
            password=PASSWORD,
            ca_file=str(certificate[0]),
        )
        await to.check()
        await to.carry(READER, MAIL)

    assert office.encrypted
    assert office.signed_in == USER


async def test_a_certificate_that_nobody_vouches_for_ends_the_conversation(
    certificate: tuple[Path, Path],
) -> None:
    async with open_office(certificate=certificate) as office:
        for tls in (Tls.REQUIRED, Tls.OPPORTUNISTIC):
            with pytest.raises(RemoteUnavailable, match=r"over TLS: .*self.signed"):
                await carrier(office, tls=tls).carry(READER, MAIL)

    assert office.mails == []


async def test_a_certificate_of_another_name_ends_the_conversation(tmp_path: Path) -> None:
    other = make_certificate(tmp_path, name="other.example")

    async with open_office(certificate=other) as office:
        with pytest.raises(RemoteUnavailable, match="over TLS"):
            await carrier(office, tls=Tls.REQUIRED, ca_file=str(other[0])).carry(READER, MAIL)


async def test_a_server_without_tls_gets_nothing_that_must_be_encrypted(
    office: PostOffice,
) -> None:
    with pytest.raises(RemoteUnavailable, match="could not be spoken to"):
        await carrier(office, tls=Tls.REQUIRED).carry(READER, MAIL)
    with pytest.raises(RemoteUnavailable, match="could not be spoken to over TLS"):
        await carrier(office, tls=Tls.FROM_START).carry(READER, MAIL)

    await carrier(office, tls=Tls.OPPORTUNISTIC).carry(READER, MAIL)

    assert len(office.mails) == 1


async def test_a_wrong_password_is_said_without_it(certificate: tuple[Path, Path]) -> None:
    async with open_office(certificate=certificate, wants_password=True) as office:
        to = carrier(
            office,
            tls=Tls.REQUIRED,
            username=USER,
            password="hunter2",
            ca_file=str(certificate[0]),
        )
        with pytest.raises(RemoteUnavailable, match="does not let us sign in") as caught:
            await to.check()

    assert "hunter2" not in str(caught.value) + repr(to)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_server_that_says_later_is_asked_later(office: PostOffice, command: str) -> None:
    office.says[command] = "451 4.7.1 Greylisted, come back in 5 minutes"

    with pytest.raises(RemoteUnavailable, match=r"answered 451: 4.7.1 Greylisted") as caught:
        await carrier(office).carry(READER, MAIL)

    assert caught.value.status == 451


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
async def test_a_server_that_says_never_is_believed(office: PostOffice, command: str) -> None:
    office.says[command] = "550 5.1.1 No such mailbox"

    with pytest.raises(RemoteRefused, match=r"answered 550: 5.1.1 No such mailbox"):
        await carrier(office).carry(READER, MAIL)


async def test_a_server_that_refuses_our_own_address_waits_for_a_setting(
    office: PostOffice,
) -> None:
    office.says["MAIL"] = "553 5.7.1 Sender address rejected"

    with pytest.raises(RemoteUnavailable, match="Sender address rejected"):
        await carrier(office).carry(READER, MAIL)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_server_that_hangs_up_is_asked_later(office: PostOffice, command: str) -> None:
    office.says[command] = ""

    with pytest.raises(RemoteUnavailable):
        await carrier(office).carry(READER, MAIL)


async def test_a_server_that_never_answers_holds_us_up_for_a_bounded_time(
    office: PostOffice,
) -> None:
    office.says["DATA"] = None

    with pytest.raises(RemoteUnavailable, match="in time"):
        await carrier(office, patience=0.2).carry(READER, MAIL)


async def test_a_mail_has_a_bounded_time_however_each_answer_drips(office: PostOffice) -> None:
    office.says["DATA"] = None
    slow = Carrier(
        relay=carrier(office).relay, name="reviews.example", longest=timedelta(seconds=0.2)
    )

    with pytest.raises(RemoteUnavailable, match="in time"):
        await slow.carry(READER, MAIL)


async def test_a_server_that_is_not_there_is_named(office: PostOffice) -> None:
    nobody = carrier(office)
    async with open_office() as closed:
        gone = Relay(host="127.0.0.1", port=closed.port, tls=Tls.NEVER, sender=USER)

    with pytest.raises(RemoteUnavailable, match=f"127.0.0.1:{gone.port} could not be spoken to"):
        await Carrier(relay=gone, name="reviews.example").check()
    await nobody.check()


def test_the_place_of_a_server_can_be_named_in_ipv6() -> None:
    assert Relay(host="::1", port=25, tls=Tls.NEVER, sender=USER).place == "[::1]:25"


def test_trust_can_be_extended_and_never_dropped(certificate: tuple[Path, Path]) -> None:
    from fedreview.mail.carrying import _trust

    context = _trust(str(certificate[0]))

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
