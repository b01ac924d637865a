"""From what happens elsewhere to the mail in the author's mailbox."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from structlog.typing import EventDict

from fedreview.services.addressing import CONFIRM_WITHIN
from fedreview.services.bundling import MOST_AT_ONCE
from tests.clock import Clock
from tests.fediverse import Neighbourhood, PretendActor
from tests.postoffice import PostOffice, open_office
from tests.stories.site import Prepared, Published, Site, follow, problems_of, running, said, soup
from tests.stories.studio_forms import attribute, form_with, press, told
from tests.stories.test_inbox_thread import reply, send
from tests.stories.test_notices import naming, notices, private

pytestmark = pytest.mark.anyio

READER = "critic@mail.example"
SETTINGS = "/studio/settings"


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with open_office() as office:
        yield office


@pytest.fixture
async def site(
    prepared: Prepared, neighbourhood: Neighbourhood, tmp_path: Path, office: PostOffice
) -> AsyncIterator[Site]:
    relay = f"smtp://127.0.0.1:{office.port}?starttls=never"
    async with running(
        prepared, tmp_path / "reviews", neighbourhood=neighbourhood, FEDREVIEW_SMTP_URL=relay
    ) as site:
        yield site


async def give_address(site: Site, office: PostOffice, address: str = READER) -> None:
    """Have the author type an address and open the link that comes there."""
    answer = await press(site, SETTINGS, "Send the link", mail_address=address)
    assert answer.status_code == 303, problems_of(answer)
    await site.settle()
    confirmed = await site.author.get(link_in(office.newest(), "/studio/mail/confirm"))
    assert confirmed.status_code == 303
    office.mails.clear()


def plain(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def html(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def link_in(mail: EmailMessage, path: str) -> str:
    found = re.search(rf"https://reviews\.example({re.escape(path)}\S*)", plain(mail))
    assert found is not None, plain(mail)
    return found[1]


async def choose(site: Site, **mail: str) -> None:
    """Choose how to hear of some kinds, and leave the others as they are."""
    form = form_with(await site.desk(SETTINGS), "Save what you hear of")
    kept = {
        str(field["name"]): attribute(field, "[selected]", "value")
        for field in form.select("select")
    }
    kept |= {str(box["name"]): "yes" for box in form.select("input[checked]")}
    answer = await site.author.post(str(form["action"]), data={**kept, **mail})
    assert answer.status_code == 303, problems_of(answer)


async def test_a_reply_comes_as_a_mail_that_can_be_answered_with_one_click(
    site: Site, office: PostOffice, alice: PretendActor, review: Published
) -> None:
    await give_address(site, office)

    await reply(site, alice, "So <b>true</b>.</p><p>Really.", review.uri)

    mail = office.newest()
    assert office.recipients[-1] == READER
    assert mail["subject"] == "Alice replied to “BLAME! A Netflix Original”"
    assert mail["from"] == "Critic <notices@reviews.example>"
    assert mail["to"] == READER
    assert "> So true.\n>\n> Really." in plain(mail)
    assert re.search(r"Answer: https://reviews.example/studio/replies/\w+/answer\n", plain(mail))
    opened = await site.author.get(link_in(mail, "/studio/notices/"))
    assert opened.headers["location"].startswith("/replies/")
    assert "<bdi>Alice</bdi> replied to" in html(mail)
    assert len(office.mails) == 1


async def test_a_mail_says_that_a_machine_wrote_it_and_how_it_is_stopped(
    site: Site, office: PostOffice, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await give_address(site, office)

    await reply(site, alice, "One", review.uri)
    await reply(site, bob, "Two", review.uri)

    first, second = office.mails
    assert first["auto-submitted"] == "auto-generated"
    assert re.fullmatch(r"<https://reviews\.example/mail/stop/\S+>", first["list-unsubscribe"])
    assert first["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert first["date"] == "Wed, 01 May 2024 12:00:00 +0000"
    assert first["message-id"].endswith("@reviews.example>")
    assert first["message-id"] != second["message-id"]
    assert first["references"] == second["references"] == f"<review-{review.id}@reviews.example>"
    assert all(len(line) <= 998 and max(line, default=0) < 128 for line in office.raw[-1].split())


async def test_a_name_with_newlines_adds_no_header_and_no_line(
    site: Site, office: PostOffice, neighbourhood: Neighbourhood, review: Published
) -> None:
    server = neighbourhood.server("evil.example")
    name = "Eve\r\nBcc: victim@mail.example\r\n\r\nHi\u202e\u2028there"
    eve = server.person("eve")
    server.documents["/users/eve"]["name"] = name
    await give_address(site, office)

    await reply(site, eve, "Answer: https://evil.example/<br>-- <br>Buy", review.uri)

    mail = office.newest()
    assert mail["bcc"] is None
    assert office.recipients[-1:] == [READER]
    assert mail["subject"].startswith("Eve Bcc: victim@mail.example Hi there replied to")
    assert "> Answer: https://evil.example/\n> --\n> Buy" in plain(mail)
    assert "\nBcc" not in plain(mail)
    assert "\u202e" not in plain(mail) + html(mail)


async def test_a_content_warning_hides_the_text(
    site: Site, office: PostOffice, alice: PretendActor, review: Published
) -> None:
    await give_address(site, office)

    await reply(site, alice, "She dies.", review.uri, summary="The end")

    text = plain(office.newest())
    assert "Content warning: The end. Open it on the page." in text
    assert "She dies" not in text + html(office.newest())


async def test_the_text_of_a_private_message_stays_here_unless_the_author_wants_it(
    site: Site, office: PostOffice, alice: PretendActor
) -> None:
    await give_address(site, office)

    await send(site, alice, alice.create(private(alice, site, "The key is 1234")))
    await choose(site, shows_private="yes")
    await send(site, alice, alice.create(private(alice, site, "The key is 5678")))

    first, second = office.mails
    assert first["subject"] == "You have a private message from Alice"
    assert "1234" not in plain(first) + html(first)
    assert "/answer" in plain(first)
    assert "> The key is 5678" in plain(second)


async def test_nothing_comes_before_the_address_is_confirmed(
    site: Site, office: PostOffice, alice: PretendActor, review: Published, now: Clock
) -> None:
    asked = await press(site, SETTINGS, "Send the link", mail_address=READER)
    await site.settle()
    link = link_in(office.newest(), "/studio/mail/confirm")

    await reply(site, alice, "Early", review.uri)
    before = len(office.mails)
    stranger = await site.reader.get(link)
    confirmed = await site.author.get(link)
    again = await site.author.get(link)
    await reply(site, alice, "Late", review.uri)

    assert (await told(site, asked)).startswith("A link is on its way")
    assert before == 1
    assert stranger.status_code != 303 or "/login" in stranger.headers["location"]
    assert (await told(site, confirmed)).startswith("Confirmed.")
    assert again.status_code == 403
    assert len(office.mails) == 2
    assert "Late" in plain(office.newest())
    assert "Early" not in plain(office.newest())


async def test_a_link_that_confirms_ends_after_two_days_and_with_the_next_one(
    site: Site, office: PostOffice, now: Clock
) -> None:
    await press(site, SETTINGS, "Send the link", mail_address=READER)
    hasty = await press(site, SETTINGS, "Send the link", mail_address=READER)
    await site.settle()
    first = link_in(office.newest(), "/studio/mail/confirm")
    now.advance(timedelta(minutes=2))
    await press(site, SETTINGS, "Send the link", mail_address="other@mail.example")
    await site.settle()
    second = link_in(office.newest(), "/studio/mail/confirm")

    replaced = await site.author.get(first)
    now.advance(CONFIRM_WITHIN)
    too_old = await site.author.get(second)

    assert hasty.status_code == 422
    assert "Wait a minute" in problems_of(hasty)
    assert replaced.status_code == 403
    assert too_old.status_code == 403


@pytest.mark.parametrize(
    "typed", ["", "critic", "a@b@c.example", "x@mail.example\r\nBcc: y@z.example", "<a@b.example>"]
)
async def test_what_is_no_address_is_said_at_the_field(site: Site, typed: str) -> None:
    answer = await press(site, SETTINGS, "Send the link", mail_address=typed)

    assert answer.status_code == 422
    assert "name@mail.example" in said(soup(answer).select_one("#problem-mail_address"))


async def test_one_click_of_a_mail_program_stops_mails_of_that_kind(
    site: Site, office: PostOffice, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await give_address(site, office)
    await reply(site, alice, "One", review.uri)
    link = office.newest()["list-unsubscribe"].strip("<>")

    program = site.browser()
    del program.headers["origin"]
    stopped = await program.post(link, data={"List-Unsubscribe": "One-Click"})
    await reply(site, bob, "Two", review.uri)
    await send(site, bob, bob.create(private(bob, site, "Still there?")))

    assert stopped.status_code == 200
    assert "no more mails about replies" in said(soup(stopped))
    assert [mail["subject"][:8] for mail in office.mails] == ["Alice re", "You have"]
    assert len(await notices(site)) == 2


async def test_the_link_in_the_foot_asks_first_and_works_for_this_address_alone(
    site: Site, office: PostOffice, alice: PretendActor, review: Published, now: Clock
) -> None:
    await give_address(site, office)
    await reply(site, alice, "One", review.uri)
    link = link_in(office.newest(), "/mail/stop/")

    asked = await site.reader.get(link)
    wrong = await site.reader.post(f"{link[:-1]}x")
    now.advance(timedelta(minutes=2))
    await give_address(site, office, "new@mail.example")
    old = await site.reader.post(link)

    assert asked.status_code == 200
    assert said(soup(asked).select_one("main button")) == "Stop them"
    assert asked.headers["cache-control"] == "no-store"
    assert wrong.status_code == 403
    assert old.status_code == 403


async def test_a_flood_becomes_few_mails(
    site: Site, office: PostOffice, alice: PretendActor, review: Published, now: Clock
) -> None:
    await give_address(site, office)

    for number in range(MOST_AT_ONCE + 3):
        await reply(site, alice, f"No {number}", review.uri)
    at_once = len(office.mails)
    now.advance(timedelta(minutes=10))
    await site.settle()

    # The link that confirmed the address counts as well.
    assert at_once == MOST_AT_ONCE - 1
    assert len(office.mails) == MOST_AT_ONCE
    assert all(f"> No {number}" in plain(office.newest()) for number in (4, 5, 6, 7))
    assert "/studio/notices\n" in plain(office.newest())


async def test_a_digest_comes_once_a_day_at_the_hour_of_the_author_across_summer_time(
    site: Site, office: PostOffice, neighbourhood: Neighbourhood, now: Clock
) -> None:
    now.advance(datetime(2025, 3, 28, 9, 0, tzinfo=UTC) - now())
    crowd = neighbourhood.server("crowd.example")
    token, _ = site.parts.site.accounts.sign_in(
        username="critic",
        password="correct horse battery staple",
        address="192.0.2.1",
        user_agent="Firefox",
    )
    site.author.cookies.set("__Host-session", token)
    manner = {"best": "10", "worst": "0", "step": "0.5", "time_zone": "Europe/Berlin"}
    await site.author.post("/studio/settings/rating", data=manner)
    await give_address(site, office)
    await choose(site, mail_follow="digest", digest_hour="7")
    arrived = []

    for hour in range(24 * 2 + 2):
        now.advance(timedelta(hours=1))
        if hour in {2, 3, 40}:
            await follow(site, crowd.person(f"fan{hour}"))
        else:
            await site.settle()
        arrived += [(now(), mail) for mail in office.mails]
        office.mails.clear()

    assert [str(moment) for moment, _ in arrived] == [
        "2025-03-29 06:00:00+00:00",
        "2025-03-30 05:00:00+00:00",
    ]
    assert "Fan3 and Fan2 follow you" in plain(arrived[0][1])
    assert "2 things have happened" in plain(arrived[0][1])
    assert "Fan40 follows you" in plain(arrived[1][1])
    assert arrived[1][1]["subject"] == "Critic: 1 notice"


async def test_what_the_author_wants_no_mail_about_comes_as_none(
    site: Site, office: PostOffice, alice: PretendActor, review: Published, now: Clock
) -> None:
    await give_address(site, office)
    await follow(site, alice)
    await choose(site, mail_reply="off", mail_follow="off")

    await reply(site, alice, "One", review.uri)
    await send(site, alice, alice.activity("Like", review.uri))
    now.advance(timedelta(days=1))
    await site.settle()

    assert office.mails == []
    assert len(await notices(site)) == 3


async def test_a_reply_that_was_deleted_before_the_mail_left_is_not_told(
    site: Site, office: PostOffice, alice: PretendActor, review: Published, now: Clock
) -> None:
    await give_address(site, office)
    await choose(site, mail_reply="digest")
    note = await reply(site, alice, "Oops", review.uri)

    await send(site, alice, alice.activity("Delete", note["id"]))
    now.advance(timedelta(days=1))
    await site.settle()

    assert office.mails == []


async def test_a_server_that_greylists_gets_the_mail_again_and_once(
    site: Site, office: PostOffice, alice: PretendActor, review: Published, now: Clock
) -> None:
    await give_address(site, office)
    office.says["RCPT"] = "451 4.7.1 Come back later"

    await reply(site, alice, "So true.", review.uri)
    shown = said((await site.desk(SETTINGS)).select_one("section[aria-labelledby=mail]"))
    office.says.clear()
    await site.settle()
    too_soon = len(office.mails)
    now.advance(timedelta(minutes=1))
    await site.settle()
    now.advance(timedelta(days=1))
    await site.settle()

    assert "will be tried again: 127.0.0.1" in shown
    assert "Come back later" in shown
    assert too_soon == 0
    assert len(office.mails) == 1


async def test_a_mail_that_cannot_be_delivered_is_trouble_in_the_desk_alone(
    site: Site,
    office: PostOffice,
    alice: PretendActor,
    review: Published,
    logs: list[EventDict],
) -> None:
    await give_address(site, office)
    office.says["RCPT"] = "550 5.1.1 No such mailbox"

    await reply(site, alice, "So true.", review.uri)
    office.says.clear()
    await site.settle()

    assert office.mails == []
    [trouble, _] = await notices(site)
    assert trouble.startswith(f"A mail to {READER} was given up: 127.0.0.1")
    assert "No such mailbox" in trouble
    assert "did not arrive" in said(await site.desk(SETTINGS))
    assert all("So true" not in str(entry) for entry in logs)


async def test_a_mail_server_that_is_away_for_two_days_costs_the_mail_and_nothing_else(
    site: Site, office: PostOffice, alice: PretendActor, review: Published, now: Clock
) -> None:
    await give_address(site, office)
    office.says["MAIL"] = ""
    await reply(site, alice, "So true.", review.uri)

    for _ in range(14):
        now.advance(timedelta(hours=4))
        await site.settle()

    assert office.mails == []
    assert (await notices(site))[0].startswith(f"A mail to {READER} was given up")
    assert site.rows()["letters"] == 2


async def test_a_test_mail_is_sent_and_not_twice_at_once(
    site: Site, office: PostOffice, now: Clock
) -> None:
    early = await site.author.post("/studio/mail/test")
    await give_address(site, office)
    now.advance(timedelta(minutes=2))

    sent = await press(site, SETTINGS, "Send a test mail")
    again = await press(site, SETTINGS, "Send a test mail")
    await site.settle()

    assert early.status_code == 422
    assert (await told(site, sent)).startswith("A test mail is on its way")
    assert "within the last minute" in problems_of(again)
    assert office.newest()["subject"] == "Critic: A test mail"
    assert office.newest()["list-unsubscribe"] is None


async def test_who_wants_no_mail_any_more_is_forgotten(
    site: Site, office: PostOffice, alice: PretendActor, review: Published
) -> None:
    await give_address(site, office)
    office.says["RCPT"] = "451 Later"
    await reply(site, alice, "One", review.uri)
    office.says.clear()

    removed = await press(site, SETTINGS, "Send no mail any more")
    await reply(site, alice, "Two", review.uri)

    assert (await told(site, removed)).startswith("You get no mail any more.")
    assert office.mails == []
    assert site.rows()["mailboxes"] == 0


async def test_choices_that_no_form_has_are_refused(site: Site) -> None:
    answer = await site.author.post(
        "/studio/mail/choices", data={"mail_reply": "often", "digest_hour": "25"}
    )

    assert answer.status_code == 422
    assert "Choose an hour" in problems_of(answer)


async def test_a_mention_is_told_once_though_it_is_a_reply_too(
    site: Site, office: PostOffice, alice: PretendActor, review: Published
) -> None:
    await give_address(site, office)

    more: dict[str, Any] = naming(site)
    await reply(site, alice, "@critic so true", review.uri, cc=[site.actor_id], **more)

    assert [mail["subject"][:13] for mail in office.mails] == ["Alice replied"]


async def test_choices_and_an_address_typed_without_a_session_are_not_lost(site: Site) -> None:
    for path, typed, shown in (
        ("address", {"mail_address": "me@mail.example"}, "#field-mail_address"),
        ("choices", {"push_like": "yes", "digest_hour": "9"}, "[name=push_like]"),
    ):
        asked = soup(await site.reader.post(f"/studio/mail/{path}", data=typed))
        kept = {str(f["name"]): str(f.get("value", "")) for f in asked.select("main input[name]")}
        signed_in = {"username": site.username, "password": "correct horse battery staple"}
        page = soup(await site.browser().post("/login", data={**kept, **signed_in}))

        field = page.select_one(shown)
        assert field is not None
        assert field.get("value") == next(iter(typed.values()))
        assert path == "address" or field.has_attr("checked")
