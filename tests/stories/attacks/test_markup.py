"""Markup that runs, hides, loads or speaks for somebody else."""

import json
from typing import Any

import pytest

from tests.fediverse import PretendActor
from tests.stories.attacks.tricks import change, create
from tests.stories.site import Published, Site, said, thread

pytestmark = pytest.mark.anyio

SCRIPT = "javascript:alert(1)"
SCRIPTS = (
    SCRIPT,
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://reviews.example/1",
)
GONE = [
    "embed",
    "object",
    "iframe",
    "svg",
    "math",
    "style",
    "form",
    "input",
    "meta",
    "base",
    "link",
    "video",
    "audio",
    "source",
    "template",
    "noscript",
    "frameset",
    "applet",
]
PAGES = ("/", "/works/blame", "/@critic")


async def everything(site: Site, review: Published) -> list[Any]:
    """Read all pages on which something of a stranger stands."""
    desk = [await site.desk(path) for path in ("/studio/conversation", "/studio/people", "/studio")]
    return [*desk, *[await site.page(path) for path in (review.path, *PAGES)]]


@pytest.mark.parametrize("link", SCRIPTS)
async def test_a_link_never_runs_a_script(
    site: Site, mallory: PretendActor, review: Published, link: str
) -> None:
    change(mallory, url=link, icon={"type": "Image", "url": link}, name=link)
    note = mallory.note(
        f'<a href="{link}">look</a><p onclick="{link}">x</p>',
        in_reply_to=review.uri,
        url=link,
        attachment=[{"type": "Image", "url": link}, {"type": "Link", "href": link}],
        tag=[{"type": "Mention", "href": link, "name": "@critic"}],
        summary=f'<a href="{link}">fold</a>',
    )
    await mallory.send(site.inbox, mallory.activity("Follow", site.actor_id))

    await create(mallory, site, note)

    pages = await everything(site, review)
    addresses = [
        str(element.get(name))
        for page in pages
        for name in ("href", "src", "action", "formaction", "poster", "srcset")
        for element in page.select(f"[{name}]")
    ]
    wrong = [each for each in addresses if not each.startswith(("/", "https://", "#", "?"))]
    assert thread(await site.page(review.path)) == [(0, "look x")]
    assert wrong == []
    assert [page.select("[onclick]") for page in pages] == [[]] * len(pages)


@pytest.mark.parametrize("tag", GONE)
async def test_nothing_that_embeds_or_restyles_is_left(
    site: Site, mallory: PretendActor, review: Published, tag: str
) -> None:
    content = (
        f'<{tag} src="https://evil.example/x" href="https://evil.example/x">a</{tag}><p>end</p>'
    )

    await create(mallory, site, mallory.note(content, in_reply_to=review.uri))

    page = await site.page(review.path)
    assert page.select(f".thread {tag}") == []
    assert "evil.example/x" not in str(page.select_one(".reply-text"))


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", "<script>alert(1)</script>", '"><svg onload=alert(1)>']
)
async def test_a_name_is_text_wherever_it_stands(
    site: Site, mallory: PretendActor, review: Published, name: str
) -> None:
    change(mallory, name=name, summary=name)
    article = mallory.note("x", in_reply_to=review.uri, name=name, summary=name, type="Article")
    await mallory.send(site.inbox, mallory.activity("Follow", site.actor_id))
    await mallory.send(
        site.inbox, mallory.activity("Like", review.uri, content=name, tag=[{"name": name}])
    )

    await create(mallory, site, article)

    for page in await everything(site, review):
        assert page.select("[onerror], [onload]") == []
        texts = [str(script.string) for script in page.select("script:not([src])")]
        assert [text for text in texts if "alert(1)" in text] == []


@pytest.mark.parametrize(
    "username", ["mallory<b>", "mal lory", "mallory@social.example", "../critic", "m\u202eallory"]
)
async def test_a_username_that_is_none_makes_nobody(
    site: Site, mallory: PretendActor, username: str
) -> None:
    change(mallory, preferredUsername=username)

    answer = await mallory.send(site.inbox, mallory.activity("Follow", site.actor_id))

    assert answer.status_code == 401
    assert site.rows()["followers"] == 0


async def test_a_script_cannot_leave_the_data_about_a_review(site: Site) -> None:
    title = 'A"</script><script>alert(1)</script>'

    review = await site.publish(title=title, review_title=title)

    page = await site.page(review.path)
    (data,) = page.select('script[type="application/ld+json"]')
    assert title in str(json.loads(str(data.string)))
    assert [str(each) for each in page.select("script") if str(each.string) == "alert(1)"] == []


async def test_a_link_cannot_hide_where_it_leads(
    site: Site, mallory: PretendActor, review: Published
) -> None:
    content = (
        '<a href="https://evil.example/login"><span class="invisible">evil.example/</span>'
        '<span class="ellipsis">bank.example</span></a>'
        '<span class="invisible">said where nobody looks</span>'
    )

    await create(mallory, site, mallory.note(content, in_reply_to=review.uri))

    page = await site.page(review.path)
    assert page.select(".reply-text .invisible, .reply-text .ellipsis") == []
    assert "evil.example/" in said(page.select_one(".reply-text"))


async def test_a_shortened_link_that_says_where_it_leads_stays_short(
    site: Site, alice: PretendActor, review: Published
) -> None:
    content = (
        '<a href="https://social.example/a-long-way"><span class="invisible">https://</span>'
        '<span class="ellipsis">social.example/a-l</span><span class="invisible">ong-way</span></a>'
    )

    await create(alice, site, alice.note(content, in_reply_to=review.uri))

    page = await site.page(review.path)
    assert len(page.select(".reply-text .invisible")) == 2
    assert len(page.select(".reply-text .ellipsis")) == 1


POISONS = {
    "open ends": "<a" * 9_000,
    "depth": "<b>" * 6_000,
    "links": "<p><a href='https://x.example/'>" * 600,
    "references": "&#x110000;&#0;&#xD800;&#99999999999;&unknown;&" * 400,
    "closings": "</p></blockquote></div>" * 800,
    "comments": "<!--" * 4_000,
    "data": "<![CDATA[" * 2_000,
    "quotes": "<p title='" * 2_000,
    "directions": "\u202e\u2066" * 9_000,
}


@pytest.mark.parametrize("content", POISONS.values(), ids=POISONS)
async def test_a_poisonous_text_harms_no_other(
    site: Site, alice: PretendActor, mallory: PretendActor, review: Published, content: str
) -> None:
    poison = {**mallory.note("", in_reply_to=review.uri), "content": content}
    await mallory.send(site.inbox, mallory.create(poison))

    await create(alice, site, alice.note("All is well.", in_reply_to=review.uri))

    assert (0, "All is well.") in thread(await site.page(review.path))
    assert site.queues().arrivals == {"done": 2}
