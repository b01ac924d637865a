"""Feeds of reviews, for those who read with a programme of their own."""

from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from starlette.responses import Response

from fedreview.domain.kinds import WorkKind
from fedreview.errors import NotFound
from fedreview.services.syndicating import Feed, FeedOf, FeedVersion, Scope
from fedreview.web.charts import KINDS
from fedreview.web.documents import CACHE, is_unchanged
from fedreview.web.feed_formats import FORMATS, Written
from fedreview.web.keeping import versioned_etag
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.templating import fragment
from fedreview.web.tongues import ENGLISH, Language, later

NOTICE = later("spoiler – read it on the page")  # noqa: RUF001  (a dash)

_PAGES = {Scope.SITE: "", Scope.AUTHOR: "/@{}", Scope.TAG: "/tags/{}", Scope.KIND: "/kinds/{}"}
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


async def get_feed(request: Request) -> Response:
    """Give the feed of the site, an author, a tag or a kind of work."""
    of, form = _asked_for(request), request.path_params["format"]
    if form not in FORMATS:
        raise NotFound("no such kind of feed")
    syndicating = site_of(request).syndicating
    version = await in_thread(syndicating.version, of)
    before = request.query_params.get("before")
    etag = versioned_etag(request.url.path, f"{version.tag}\n{before or ''}")
    headers = _headers(version, etag)
    if _has_it(request, headers):
        return Response(status_code=304, headers=headers)
    media_type, _ = FORMATS[form]
    kept = site_of(request).kept
    # Older pages depend on reviews that the version knows nothing of.
    body = None if before else kept.find(etag)
    if body is None:
        language = _language(request, version)
        notice = language.say(NOTICE)
        feed = await in_thread(syndicating.feed, of, before=before, notice=notice)
        body = await in_thread(_body, request, of, feed, language)
        # Of the version that was read with it, which may be a newer one.
        etag = versioned_etag(request.url.path, f"{feed.version.tag}\n{before or ''}")
        headers = _headers(feed.version, etag)
        if before:
            del headers["ETag"], headers["Last-Modified"]
        else:
            kept.keep(etag, body)
    return Response(body, media_type=media_type, headers=headers)


def _asked_for(request: Request) -> FeedOf:
    path = request.path_params
    for scope, name in (
        (Scope.AUTHOR, "username"),
        (Scope.TAG, "tag"),
        (Scope.KIND, "kind"),
    ):
        if name in path:
            return FeedOf(scope=scope, name=path[name])
    return FeedOf()


def _headers(version: FeedVersion, etag: str) -> dict[str, str]:
    changed_at = version.changed_at or _LONG_AGO
    return {
        "ETag": etag,
        "Last-Modified": format_datetime(changed_at, usegmt=True),
        "Cache-Control": CACHE,
        "Access-Control-Allow-Origin": "*",
    }


def _has_it(request: Request, headers: dict[str, str]) -> bool:
    """Tell whether the client has this version already, on its first page.

    The date counts only where it is the very one: a feed goes back in time when its newest
    review is deleted. Source: RFC 9110 section 13.2.2, by which the ETag comes first.
    """
    if "before" in request.query_params:
        return False
    if "if-none-match" in request.headers:
        return is_unchanged(request, headers["ETag"])
    return request.headers.get("if-modified-since") == headers["Last-Modified"]


def _language(request: Request, version: FeedVersion) -> Language:
    """Choose the language around the reviews: one for all, so that one answer serves all."""
    return site_of(request).tongues.choose(version.info.language, ())


def feed_path(of: FeedOf) -> str:
    """Give the path that a feed's addresses begin with, up to the slash."""
    return _PAGES[of.scope].format(quote(of.name.casefold() if of.scope is Scope.TAG else of.name))


def _title(feed: Feed, of: FeedOf, language: Language) -> str:
    site = feed.version.info.title
    if of.scope is Scope.SITE:
        return site
    if of.scope is Scope.KIND:
        return f"{site} · {language.say(KINDS[WorkKind(of.name)])}"
    return f"{site} · {'#' if of.scope is Scope.TAG else ''}{feed.version.label}"


def _body(request: Request, of: FeedOf, feed: Feed, language: Language) -> bytes:
    base = site_of(request).urls.base
    page = f"{base}{feed_path(of)}"
    form = request.path_params["format"]
    first = f"{page}/feed.{form}"
    before = request.query_params.get("before")
    info = feed.version.info
    return FORMATS[form][1](
        Written(
            id=f"{page}/",
            title=_title(feed, of, language),
            subtitle=info.tagline,
            page=page if of.name else f"{base}/",
            url=f"{first}?before={quote(before)}" if before else first,
            first=first,
            older=f"{first}?before={feed.older}" if feed.older else "",
            icon=f"{base}/static/icon.svg",
            language=info.language or ENGLISH.tag,
            changed_at=feed.version.changed_at or _LONG_AGO,
            entries=tuple(
                (entry, fragment("_feed_entry.html", language, entry=entry))
                for entry in feed.entries
            ),
        )
    )
