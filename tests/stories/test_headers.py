"""What every answer carries, whoever asked and however it went."""

import pytest
from starlette.routing import Route

from fedreview.web.routes import routes
from fedreview.web.templating import environment, static
from tests.stories.site import Published, Site

pytestmark = pytest.mark.anyio

PROTECTIONS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
}


def every_path(review: Published) -> list[tuple[str, str]]:
    """Give method and path of each route, with values that lead somewhere or nowhere."""
    known = {
        "{slug}": review.path.rpartition("/")[2],
        "{username}": "critic",
        "{kind}": "reviews",
        "{id}": review.id,
        "{name}": "outbox",
        "{version}": "2.1",
        "{tag}": "anime",
    }
    found = []
    for route in routes(inbox_limit_bytes=1, upload_limit_bytes=1):
        if isinstance(route, Route):
            path = route.path
            for name, value in known.items():
                path = path.replace(name, value)
            found.append(("POST" if "POST" in (route.methods or ()) else "GET", path))
    found += [("GET", static("site.css")), ("GET", "/static/nothing.css")]
    return [*found, ("GET", "/nothing/here"), ("DELETE", "/"), ("GET", "/ap/x/y/z/q")]


def assert_protected(headers: dict[str, str]) -> None:
    policy = headers["content-security-policy"]
    for name, value in PROTECTIONS.items():
        assert headers[name] == value
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


async def test_every_answer_of_every_address_is_protected(site: Site, review: Published) -> None:
    for method, path in every_path(review):
        for browser in (site.reader, site.author):
            answer = await browser.request(method, path, headers={"Accept": "text/html"})

            assert answer.status_code < 500, path
            assert_protected(dict(answer.headers))


async def test_an_answer_to_a_bug_is_protected_too(site: Site, review: Published) -> None:
    with site.parts.database.transaction() as tx:
        tx.connection().exec_driver_sql("ALTER TABLE reactions RENAME TO lost")

    async with site.browser(must_work=False) as browser:
        answer = await browser.get(review.path)

    assert answer.status_code == 500
    assert_protected(dict(answer.headers))
    assert "reactions" not in answer.text


async def test_a_refused_form_is_protected_too(site: Site) -> None:
    answer = await site.reader.post("/login", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert_protected(dict(answer.headers))


async def test_readers_get_no_cookie(site: Site, review: Published) -> None:
    for method, path in every_path(review):
        if method == "GET":
            answer = await site.reader.get(path)

            assert "set-cookie" not in answer.headers, path
    assert dict(site.reader.cookies) == {}


async def test_what_an_author_sees_is_kept_by_no_cache(site: Site, review: Published) -> None:
    for path in (
        review.path,
        "/",
        "/studio",
        "/studio/write",
        "/studio/people",
        "/studio/settings",
    ):
        answer = await site.author.get(path)

        assert answer.status_code == 200
        assert "no-store" in answer.headers["cache-control"], path


async def test_pages_need_neither_inline_scripts_nor_inline_styles(
    site: Site, review: Published
) -> None:
    paths = (review.path, "/", "/login", "/studio", "/studio/write", "/studio/settings")
    for path in paths:
        page = await site.desk(path) if path.startswith("/studio") else await site.page(path)

        for script in page.select("script"):
            assert script.get("src") or script.get("type") == "application/ld+json"
        assert page.select("style, [style], [onclick], [onload]") == []
    assert environment().autoescape


async def test_a_title_cannot_break_out_of_the_page(site: Site) -> None:
    title = "</script></title><script>alert(1)</script>\"'<img src=x>"

    review = await site.publish(review_title=title, verdict=title, tags="x")

    page = await site.page(review.path)
    head = page.select_one("head")
    assert head is not None
    assert len(page.select("script:not([src])")) == 1
    assert page.select("img[src=x]") == []
    article = await site.document(review.uri)
    assert "<" not in article["name"]
    assert "<script" not in article["content"]


async def test_robots_are_kept_out_of_the_desk(site: Site) -> None:
    answer = await site.reader.get("/robots.txt")

    assert "Disallow: /studio" in answer.text
