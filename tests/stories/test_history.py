"""The public history of a review."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from fedreview.domain.review import ReviewId
from fedreview.services.remembering import MOST_SHOWN
from fedreview.storage import versions
from tests.clock import Clock
from tests.stories.site import REVIEW, Published, Site, said, soup
from tests.stories.studio_forms import press, told

pytestmark = pytest.mark.anyio


async def edit(site: Site, review: Published, **fields: str) -> None:
    site.clock.advance(timedelta(hours=1))
    sent = {**REVIEW, **fields, "do": "update"}
    answer = await site.author.post(f"/studio/reviews/{review.id}", data=sent)
    assert answer.status_code == 303, said(soup(answer))


def changed(page: BeautifulSoup) -> tuple[list[str], list[str]]:
    """Give what the page marks as removed and as added."""
    removed = [said(each).removeprefix("Removed: ") for each in page.select("del")]
    return removed, [said(each).removeprefix("Added: ") for each in page.select("ins")]


async def test_each_edit_is_told_with_what_it_changed(site: Site, review: Published) -> None:
    await edit(site, review, body="It is **hardly** worth watching.", rating="7")
    await edit(site, review, body="It is **hardly** worth watching.", rating="7")

    page = await site.page(f"{review.path}/history")

    assert len(page.select(".history > li")) == 2
    assert [said(each) for each in page.select("dt")] == ["Rating", "Text"]
    assert changed(page) == (["8.5", "definitely"], ["7", "hardly"])
    robots = page.select_one("meta[name=robots]")
    assert robots is not None
    assert robots["content"] == "noindex"
    assert (await site.page(review.path)).select_one(f"a[href$='{review.path}/history']")


async def test_what_a_spoiler_hides_or_once_was_open_does_not_show(
    site: Site, review: Published
) -> None:
    await edit(site, review, body="He dies. And >!she is his sister!<.")
    await edit(site, review, body=">!He dies.!< And >!she is his mother!<.")

    page = await site.page(f"{review.path}/history")

    assert "sister" not in str(page)
    assert "mother" not in str(page)
    shown = [each for each in page.select("dl") if not each.find_parent("details")]
    assert shown == []


async def test_a_leaked_address_is_removed_and_the_page_says_so(
    site: Site, review: Published
) -> None:
    await edit(site, review, body="I live at 5 Kiln Lane.")
    await edit(site, review, body="I live somewhere.")
    path = f"{review.path}/history"
    assert "Kiln" in str(await site.page(path))
    assert (await site.reader.post(f"{path}/2/remove")).status_code in {401, 403}

    answer = await press(site, path, "Remove for ever")

    assert (await told(site, answer)).startswith("The words of that version")
    page = await site.page(path)
    assert "Kiln" not in str(page)
    assert "The author has removed this version." in said(page)
    assert changed(page)[1] == ["I live somewhere"]


async def test_the_present_version_cannot_be_removed(
    site: Site, review: Published, now: Clock
) -> None:
    await edit(site, review, body="New.")

    answer = await site.author.post(f"{review.path}/history/2/remove")

    assert answer.status_code == 422
    for wrong in ("9", "x", "99999999999999999999"):
        gone = await site.author.post(f"{review.path}/history/{wrong}/remove")
        assert gone.status_code == 404


async def test_of_very_many_edits_the_newest_and_the_first_are_shown(
    site: Site, review: Published
) -> None:
    with site.parts.database.transaction() as tx:
        for number in range(MOST_SHOWN + 5):
            at = site.clock() + timedelta(minutes=number)
            fields = {"title": "BLAME!", "body": f"Thought {number}"}
            versions.add(tx, ReviewId(review.id), fields, at)

    page = await site.page(f"{review.path}/history")

    edits = page.select(".history > li")
    assert len(edits) == MOST_SHOWN + 1
    assert said(edits[-1].select_one("h2")).startswith("Published")
    assert "54" in said(edits[0].select_one("ins"))
