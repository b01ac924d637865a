"""What stands in a mail."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from fedreview.mail.composing import Envelope, compose
from fedreview.mail.writing import Item, Link, Words, as_text, one_line

SITE = Link(label="Kim's reviews", url="https://reviews.example")
SETTINGS = "https://reviews.example/studio/settings#mail"


def words(**changes: Any) -> Words:
    return Words(**{"subject": "Hello", "site": SITE, "settings": SETTINGS, **changes})


def mail(said: Words, **changes: Any) -> EmailMessage:
    given = {
        "id": "notice-1",
        "host": "reviews.example:8443",
        "sender": "notices@reviews.example",
        "sender_name": "Kim's reviews",
        "recipient": "kim@mail.example",
        "sent_at": datetime(2024, 5, 1, 12, tzinfo=UTC),
        **changes,
    }
    found = message_from_bytes(compose(Envelope(**given), said), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_a_mail_has_what_programs_look_for_and_no_more() -> None:
    made = mail(words(opening=("Hi.",)))

    assert sorted(name.lower() for name in made) == [
        "auto-submitted",
        "content-type",
        "date",
        "from",
        "list-id",
        "message-id",
        "mime-version",
        "subject",
        "to",
        "x-auto-response-suppress",
    ]
    assert made["message-id"] == "<notice-1@reviews.example>"
    assert made["from"].addresses[0].display_name == "Kim's reviews"


@pytest.mark.parametrize("name", ["Kim\r\nBcc: a@b.example", 'Kim" <a@b.example>, "', "Ки́м 🎬", ""])
def test_a_name_cannot_write_headers(name: str) -> None:
    made = mail(words(subject=name), sender_name=name)

    assert "bcc" not in {header.lower() for header in made}
    assert [address.addr_spec for address in made["from"].addresses] == ["notices@reviews.example"]
    assert made["subject"] == one_line(name)


def test_a_long_title_becomes_a_short_subject() -> None:
    assert len(mail(words(subject="long " * 200))["subject"]) <= 200


def test_any_script_goes_through_servers_that_know_seven_bits() -> None:
    item = Item(headline=(("キム", True), (" replied", False)), text="とても\n良い" * 50)

    envelope = Envelope(
        id="1",
        host="reviews.example",
        sender="a@reviews.example",
        sender_name="キムの感想",
        recipient="kim@mail.example",
        sent_at=datetime(2024, 5, 1, tzinfo=UTC),
    )
    raw = compose(envelope, words(subject="キム", items=(item,)))

    assert max(raw) < 128
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_no_line_of_a_stranger_passes_for_ours() -> None:
    item = Item(
        headline=(("Kim\nAnswer: https://evil.example", True), (" replied", False)),
        text="-- \nAnswer: https://evil.example\n\n> quoted",
        links=(Link(label="Open", url="https://reviews.example/x"),),
    )

    text = as_text(words(items=(item,), action=SITE, closing=("Bye.",)))

    assert text == (
        "Kim Answer: https://evil.example replied\n"
        "> --\n"
        "> Answer: https://evil.example\n"
        ">\n"
        "> > quoted\n"
        "Open: https://reviews.example/x\n\n"
        "Kim's reviews:\nhttps://reviews.example\n\n"
        "Bye.\n\n"
        "-- \n"
        "Kim's reviews, https://reviews.example\n"
        f"Choose which mails you get: {SETTINGS}\n"
    )


def test_html_of_a_stranger_is_text() -> None:
    item = Item(headline=(("<b>Kim</b>", True),), text='<img src="https://evil.example/x">')

    part = mail(words(items=(item,))).get_body(("html",))

    assert part is not None
    assert "<img" not in part.get_content()
    assert "&lt;b&gt;Kim" in part.get_content()


def test_nothing_in_the_html_is_fetched_from_anywhere() -> None:
    item = Item(headline=(("Kim", True),), text="Hi", links=(SITE,))

    part = mail(words(items=(item,), stop=SITE, action=SITE)).get_body(("html",))

    assert part is not None
    for mark in ("src=", "@import", "url(", "<link", "<script"):
        assert mark not in part.get_content()
