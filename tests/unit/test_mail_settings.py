"""Which mail server the settings name."""

import os
from typing import Any

import pytest

from fedreview.errors import ConfigurationError
from fedreview.mail.relay import Relay, Tls
from fedreview.settings import Settings

SECRET = "hunter2"


def load(**settings: str) -> Settings:
    given = {f"FEDREVIEW_{name.upper()}": value for name, value in settings.items()}
    base = {"FEDREVIEW_CONFIG": os.devnull, "FEDREVIEW_BASE_URL": "https://reviews.example:8443"}
    return Settings.load({**base, **given})


def relay(url: str, **settings: str) -> Relay:
    found = load(smtp_url=url, **settings).relay
    assert found is not None
    return found


def problem(url: str, **settings: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(smtp_url=url, **settings)
    [said] = caught.value.problems
    return said


def test_without_a_mail_server_there_is_none() -> None:
    assert load().relay is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", {"port": 587, "tls": Tls.REQUIRED}),
        ("smtps://mail.example/", {"port": 465, "tls": Tls.FROM_START}),
        ("smtp://mail.example:25?starttls=never", {"port": 25, "tls": Tls.NEVER}),
        ("smtp://mail.example?starttls=opportunistic", {"tls": Tls.OPPORTUNISTIC}),
        ("smtp://localhost:25", {"host": "localhost", "tls": Tls.OPPORTUNISTIC}),
        ("smtp://[::1]:25", {"host": "::1", "tls": Tls.OPPORTUNISTIC}),
        ("smtp://a%40b.example:p%2Fw%3A@mail.example", {"username": "a@b.example"}),
        ("smtp://a:p%2Fw%3A@mail.example", {"password": "p/w:", "tls": Tls.REQUIRED}),
        ("smtp://a:b@127.0.0.1?starttls=never", {"tls": Tls.NEVER, "password": "b"}),
    ],
)
def test_an_address_says_how_the_server_is_spoken_to(url: str, expected: dict[str, Any]) -> None:
    found = relay(url)

    assert {name: getattr(found, name) for name in expected} == expected
    assert found.sender == "notices@reviews.example"


def test_mails_come_from_where_the_settings_say() -> None:
    assert relay("smtp://mail.example", mail_from="me@mail.example").sender == "me@mail.example"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mail.example:587", "must look like smtp://user:password@mail.example:587"),
        ("http://mail.example", "must look like"),
        ("smtp://", "must look like"),
        ("smtp://mail.example:many", "must look like"),
        (f"smtp://a:{SECRET}/x@mail.example", "must look like"),
        ("smtp://mail.example/folder", "must end after the host"),
        ("smtp://a@mail.example", "only one of user and password"),
        (f"smtp://:{SECRET}@mail.example", "only one of user and password"),
        ("smtp://mail.example?starttls=maybe", "may end with ?starttls=required"),
        ("smtp://mail.example?tls=on", "may end with ?starttls=required"),
        ("smtps://mail.example?starttls=required", "only after smtp://"),
        (f"smtp://a:{SECRET}@mail.example?starttls=never", "readable by all on the way"),
        (f"smtp://a:{SECRET}@10.0.0.1?starttls=opportunistic", "readable by all on the way"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(url: str, said: str) -> None:
    text = problem(url)

    assert text.startswith("FEDREVIEW_SMTP_URL")
    assert said in text
    assert SECRET not in text


def test_an_address_that_mails_cannot_come_from_is_refused() -> None:
    assert "FEDREVIEW_MAIL_FROM must be" in problem("", mail_from="notices")
    assert "FEDREVIEW_MAIL_FROM is needed" in problem(
        "smtp://mail.example", base_url="http://my_host:8000"
    )


def test_the_password_is_in_no_description_of_the_settings() -> None:
    settings = load(smtp_url=f"smtp://a:{SECRET}@mail.example")

    assert SECRET not in repr(settings)
