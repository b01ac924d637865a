"""For machines that read the whole site: where its pages are, and what they are asked not to do."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

from starlette.responses import RedirectResponse, Response

from fedreview.services.charting import Spot
from fedreview.web.documents import public_answer
from fedreview.web.forms import read_fields
from fedreview.web.pages import with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import require_author

LEARNERS = (
    "AI2Bot",  # allenai.org/crawler
    "Amazonbot",  # developer.amazon.com/amazonbot
    "Applebot-Extended",  # support.apple.com/119829
    "Bytespider",  # ByteDance; described nowhere, but it asks for robots.txt
    "CCBot",  # commoncrawl.org/ccbot
    "ClaudeBot",  # support.anthropic.com, "Does Anthropic crawl data from the web"
    "anthropic-ai",  # what ClaudeBot was called before
    "cohere-training-data-crawler",  # cohere.com
    "Diffbot",  # docs.diffbot.com
    "FacebookBot",  # developers.facebook.com/docs/sharing/bot
    "Google-Extended",  # developers.google.com/search/docs/crawling-indexing/google-common-crawlers
    "GPTBot",  # platform.openai.com/docs/bots
    "meta-externalagent",  # developers.facebook.com/docs/sharing/webmasters/web-crawlers
    "omgili",  # webz.io/bot.html
    "PanguBot",  # Huawei
    "Timpibot",  # timpi.io
)
"""Those that gather texts to learn from, or the names under which their owners let it be refused.

As their owners, or else those who watch them, described them in November 2026. Not in here is
who looks a page up for a person, or so that it can be found: that is reading.
"""

_CLOSED = ("/studio", "/login", "/setup", "/interact", "/authorize_interaction")
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_IMAGES = "http://www.google.com/schemas/sitemap-image/1.1"


async def get_robots(request: Request) -> Response:
    """Keep crawlers out of the desk, and learners out of it all when that is asked of them.

    Source: RFC 9309.
    """
    site = site_of(request)
    info = await in_thread(site.accounts.site_info)
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _CLOSED), ""]
    if info.asks_not_to_learn:
        lines += [f"User-agent: {name}" for name in LEARNERS]
        lines += ["Disallow: /", ""]
    lines += [f"Sitemap: {site.urls.base}/sitemap.xml", ""]
    return await public_answer(request, "\n".join(lines).encode(), media_type="text/plain")


async def get_reservation(request: Request) -> Response:
    """Say for the whole site what is reserved. Source: TDMRep, W3C community report of 2024."""
    info = await in_thread(site_of(request).accounts.site_info)
    body = b'[{"location":"/*","tdm-reservation":%d}]' % info.asks_not_to_learn
    return await public_answer(request, body, media_type="application/json")


async def get_sitemap(request: Request) -> Response:
    """Say where the parts of the list of all pages are. Source: sitemaps.org, version 0.9."""
    site = site_of(request)
    parts = await in_thread(site.charting.parts)
    inside = "".join(
        f"<sitemap><loc>{site.urls.base}/sitemaps/{part}.xml</loc></sitemap>\n" for part in parts
    )
    return await _xml(request, f'<sitemapindex xmlns="{_SITEMAP}">\n{inside}</sitemapindex>\n')


async def get_sitemap_part(request: Request) -> Response:
    """List the pages of one part."""
    part = await in_thread(site_of(request).charting.part, request.path_params["part"])
    inside = "".join(_lines(part))
    start = f'<urlset xmlns="{_SITEMAP}" xmlns:image="{_IMAGES}">'
    return await _xml(request, f"{start}\n{inside}</urlset>\n")


def _lines(spots: Iterable[Spot]) -> Iterable[str]:
    for spot in spots:
        when = spot.changed_at
        changed = f"<lastmod>{when:%Y-%m-%dT%H:%M:%SZ}</lastmod>" if when else ""
        picture = (
            f"<image:image><image:loc>{escape(spot.picture)}</image:loc></image:image>"
            if spot.picture
            else ""
        )
        yield f"<url><loc>{escape(spot.url)}</loc>{changed}{picture}</url>\n"


async def _xml(request: Request, inside: str) -> Response:
    body = f'<?xml version="1.0" encoding="utf-8"?>\n{inside}'.encode()
    return await public_answer(request, body, media_type="application/xml")


async def post_learners(request: Request) -> Response:
    """Keep whether machines may learn from the texts."""
    require_author(request)
    fields = await read_fields(request)
    await in_thread(site_of(request).charting.let_learn, fields.get("may_learn") == "yes")
    return RedirectResponse(with_done("/studio/settings", "settings"), status_code=303)
