"""Find and send the forms of the desk, as a person does."""

import httpx
from bs4 import BeautifulSoup, Tag

from tests.stories.site import Site, said, soup


def form_with(page: BeautifulSoup | Tag, button: str, within: str = "main") -> Tag:
    """Give the first form whose button begins with these words."""
    for form in page.select(f"{within} form"):
        buttons = form.select("button") or page.select(f"button[form='{form.get('id')}']")
        if any(said(each).startswith(button) for each in buttons):
            return form
    raise AssertionError(f"no form to {button!r} in: {said(page)[:600]}")


async def press(
    site: Site, path: str, button: str, within: str = "main", **typed: str
) -> httpx.Response:
    """Open a page of the desk, fill the form of this button in, and send it."""
    form = form_with(await site.desk(path), button, within)
    kept = {str(field["name"]): str(field.get("value", "")) for field in form.select("input[name]")}
    return await site.author.post(str(form["action"]), data={**kept, **typed})


def flash(response: httpx.Response) -> str:
    """Give what the page says has been done."""
    return said(soup(response).select_one(".flash"))


async def told(site: Site, response: httpx.Response) -> str:
    """Follow where a form led, and give what that page says has been done."""
    assert response.status_code == 303, said(soup(response))[:500]
    return flash(await site.author.get(response.headers["location"].partition("#")[0]))


async def answer_newest(site: Site, text: str) -> str:
    """Answer the newest note of the conversation, and give the ActivityPub id of the answer."""
    article = (await site.desk("/studio/conversation")).select_one("ul.notes article")
    assert article is not None
    note = str(article["id"]).removeprefix("reply-")
    answered = await site.author.post(f"/studio/replies/{note}/answer", data={"text": text})
    return f"{site.base_url}/ap/notes/{answered.headers['location'].rpartition('#reply-')[2]}"


def one(page: BeautifulSoup | Tag | None, selector: str) -> Tag:
    """Give the first element of a page that is picked; there must be one."""
    found = page.select_one(selector) if page else None
    assert found is not None, selector
    return found


def attribute(page: BeautifulSoup | Tag | None, selector: str, name: str) -> str:
    """Give an attribute of the first element that is picked."""
    return str(one(page, selector)[name])
