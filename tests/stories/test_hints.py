"""While a title is typed, the form says what was written about the work before."""

import pytest

from tests.stories.site import REVIEW, Site, said, soup

pytestmark = pytest.mark.anyio


async def hints(site: Site, title: str, **more: str) -> str:
    answer = await site.author.get("/studio/hints", params={"title": title, **more})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    return said(soup(answer))


async def test_what_was_reviewed_drafted_announced_and_mentioned_is_said(site: Site) -> None:
    review = await site.publish(next_title="Akira", next_rating="9")
    sent = {**REVIEW, "title": "Akira", "review_title": "Later", "year": "", "do": "save"}
    await site.author.post("/studio/write", data=sent)
    await site.publish(title="Ghost", review_title="Shells", body="More Akira than BLAME! here.")

    blame, akira = await hints(site, "blame!"), await hints(site, "ＡＫＩＲＡ")

    assert blame.startswith("You reviewed it on 1 May 2024 (8.5/10): BLAME! A Netflix Original")
    assert blame.endswith("You mention it in Shells , 1 May 2024")
    assert "You have a draft about it: Later" in akira
    assert "You announced it (9/10) in BLAME! A Netflix Original" in akira
    assert "You mention it in Shells" in akira
    assert await hints(site, "Nothing of the kind") == ""
    assert await hints(site, "  ") == ""
    assert await hints(site, "x" * 400) == ""
    assert "BLAME! A Netflix" not in await hints(site, "blame!", review=review.id)


async def test_an_announcement_by_itself_leads_to_the_list(site: Site) -> None:
    site.parts.site.anticipating.announce(site.account(), {"next_title": "Akira"})

    assert "in your list of what is to come" in await hints(site, "akira")


async def test_without_javascript_it_is_said_when_the_form_comes_back(site: Site) -> None:
    await site.publish()

    sent = {**REVIEW, "do": "preview"}
    page = soup(await site.author.post("/studio/write", data=sent))

    hint = page.select_one("#title-hints")
    assert hint is not None
    assert hint["aria-live"] == "polite"
    assert "You reviewed it on 1 May 2024" in said(hint)


async def test_hints_are_for_authors_alone(site: Site) -> None:
    await site.publish()

    answer = await site.reader.get("/studio/hints", params={"title": "blame!"})

    assert answer.status_code == 303


async def test_the_beginning_of_a_title_is_enough(site: Site) -> None:
    await site.publish(title="Violet Evergarden", review_title="Letters")

    found = await site.author.get("/studio/hints", params={"title": "violet ev"})
    short = await site.author.get("/studio/hints", params={"title": "vi"})
    literal = await site.author.get("/studio/hints", params={"title": "vio%ev"})

    assert "Letters" in found.text
    assert "Letters" not in short.text
    assert "Letters" not in literal.text
