"""What is typed is kept, and two tabs know of one another."""

from datetime import timedelta

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.clock import Clock
from tests.stories.site import REVIEW, Published, Site, said, soup
from tests.stories.studio_forms import press, told

pytestmark = pytest.mark.anyio


def hidden(page: BeautifulSoup) -> dict[str, str]:
    """Give what a tab with the writing page knows."""
    fields = page.select("form[data-autosave] input[type=hidden]")
    return {str(field["name"]): str(field.get("value", "")) for field in fields}


async def keep(site: Site, tab: dict[str, str], **typed: str) -> httpx.Response:
    """Keep what is typed in a tab, as its script does."""
    answer = await site.author.post("/studio/autosave", data={**REVIEW, **tab, **typed})
    if answer.status_code == 200:
        tab["seen"] = answer.json()["saved_at"]
    return answer


async def test_what_was_typed_into_a_new_review_waits_on_the_desk(site: Site, now: Clock) -> None:
    tab = hidden(await site.desk("/studio/write"))

    kept = await keep(site, tab, rating="eleven", body="Half a sen")

    assert kept.status_code == 200
    desk = await site.desk("/studio")
    link = desk.select_one("#unsaved + ul a")
    assert link is not None
    page = await site.desk(str(link["href"]))
    assert "Restored what you typed on" in said(page)
    assert said(page.select_one("textarea[name=body]")) == "Half a sen"
    rating = page.select_one("[name=rating]")
    assert rating is not None
    assert rating["value"] == "eleven"
    assert hidden(page)["new_id"] == tab["new_id"]
    assert site.rows()["reviews"] == 0


async def test_saving_drops_what_was_kept(site: Site) -> None:
    tab = hidden(await site.desk("/studio/write"))
    await keep(site, tab)

    await site.author.post("/studio/write", data={**REVIEW, **tab, "do": "save"})

    assert site.rows()["autosaves"] == 0
    late = await keep(site, tab)
    assert late.status_code == 409
    assert site.rows()["autosaves"] == 0


async def test_a_published_review_does_not_change_while_it_is_typed(
    site: Site, review: Published
) -> None:
    path = f"/studio/reviews/{review.id}"
    tab = hidden(await site.desk(path))

    await keep(site, tab, body="Changed my mind.")

    assert "Changed my mind" not in str(await site.page(review.path))
    assert "Changed my mind" in str(await site.desk(path))
    discarded = await press(site, path, "Discard these changes")
    assert await told(site, discarded) == "Discarded."
    assert "Changed my mind" not in str(await site.desk(path))


async def test_a_second_tab_is_warned_and_may_write_over_it(
    site: Site, review: Published, now: Clock
) -> None:
    path = f"/studio/reviews/{review.id}"
    one, other = hidden(await site.desk(path)), hidden(await site.desk(path))
    first = await keep(site, one, body="One.")
    now.advance(timedelta(minutes=1))

    refused = await keep(site, other, body="Other.")

    assert refused.status_code == 409
    assert refused.json()["saved_at"] == first.json()["saved_at"]
    assert (await keep(site, other, body="Other.", anyway="yes")).status_code == 200
    assert (await keep(site, other, body="Other still.")).status_code == 200
    assert (await keep(site, one, body="One still.")).status_code == 409
    assert "Other still." in str(await site.desk(path))


async def test_saving_over_a_newer_review_asks_first_and_loses_nothing(
    site: Site, review: Published
) -> None:
    path = f"/studio/reviews/{review.id}"
    one, other = hidden(await site.desk(path)), hidden(await site.desk(path))
    sent = {**REVIEW, "do": "update"}
    await site.author.post(path, data={**sent, **one, "body": "From one."})

    stopped = await site.author.post(path, data={**sent, **other, "body": "From the other."})

    page = soup(stopped)
    assert stopped.status_code == 409
    assert said(page.select_one("textarea[name=body]")) == "From the other."
    assert said(page.select_one(".as-typed")) == "From one."
    assert "From one." in str(await site.page(review.path))
    again = await site.author.post(path, data={**sent, **hidden(page), "body": "From the other."})
    assert again.status_code == 303
    assert "From the other." in str(await site.page(review.path))


async def test_a_doubled_click_is_no_conflict(site: Site, review: Published) -> None:
    path = f"/studio/reviews/{review.id}"
    sent = {**REVIEW, **hidden(await site.desk(path)), "body": "New.", "do": "update"}

    answers = [await site.author.post(path, data=sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]


async def test_an_autosave_is_refused_to_who_is_signed_out_or_sends_nonsense(site: Site) -> None:
    tab = hidden(await site.desk("/studio/write"))

    signed_out = await site.reader.post("/studio/autosave", data={**REVIEW, **tab})
    nonsense = await keep(site, {**tab, "form": "../../etc"})
    too_long = await keep(site, tab, body="x" * 1_000_001)

    statuses = [signed_out.status_code, nonsense.status_code, too_long.status_code]
    assert statuses == [401, 422, 422]
    assert site.rows()["autosaves"] == 0


async def test_forms_that_nobody_comes_back_to_go_after_90_days(site: Site, now: Clock) -> None:
    await keep(site, hidden(await site.desk("/studio/write")))
    now.advance(timedelta(days=91))

    site.parts.site.maintaining.tidy()

    assert site.rows()["autosaves"] == 0
