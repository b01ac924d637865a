"""A site without a mail server."""

import pytest

from tests.stories.site import Site, problems_of, said

pytestmark = pytest.mark.anyio


async def test_without_a_mail_server_the_settings_say_whom_to_ask(site: Site) -> None:
    section = (await site.desk("/studio/settings")).select_one("section[aria-labelledby=mail]")
    asked = await site.author.post("/studio/mail/address", data={"mail_address": "a@b.example"})

    assert "Ask whoever runs it to set FEDREVIEW_SMTP_URL." in said(section)
    assert section is not None
    assert section.select("form") == []
    assert asked.status_code == 422
    assert "sends no mail" in problems_of(asked)


async def test_without_a_mail_server_what_browsers_show_can_be_chosen(site: Site) -> None:
    before = (await site.desk("/studio/settings")).select(".choices select")
    answer = await site.author.post("/studio/mail/choices", data={"push_like": "yes"})
    boxes = (await site.desk("/studio/settings")).select(".choices input[checked]")

    assert before == []
    assert answer.status_code == 303
    assert [box["name"] for box in boxes] == ["push_like"]
