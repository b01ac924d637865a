"""Feeds of reviews, for those who read with a programme of their own."""

from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from starlette.responses import Response

from fedreview.domain.kinds import WorkKind
from fedreview.errors import NotFound
from fedreview.services.syndicating import Feed, FeedOf, FeedVersion, Scope
from fedreview.web.answering import answered, known_answer, ready_answer
from fedreview.web.charts import KINDS
from fedreview.web.documents import public_answer, shared_headers
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
    media_type, _ = FORMATS[form]
    kept = None if before else known_answer(request, _etag(request, version))
    if kept:
        return kept
    language = _language(request, version)
    notice = language.say(NOTICE)
    feed = await in_thread(syndicating.feed, of, before=before, notice=notice)
    body = await in_thread(_body, request, of, feed, language)
    if before:
        # Older pages depend on reviews that the version knows nothing of.
        return await public_answer(request, body, media_type=media_type)
    ready = await ready_answer(
        request,
        body,
        # Of the version that was read with it, which may be a newer one.
        etag=_etag(request, feed.version),
        media_type=media_type,
        headers=_headers(feed.version),
    )
    return answered(request, ready)


def _etag(request: Request, version: FeedVersion) -> str:
    return versioned_etag(request.url.path, version.tag)


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


def _headers(version: FeedVersion) -> dict[str, str]:
    changed_at = version.changed_at or _LONG_AGO
    return {**shared_headers(), "Last-Modified": format_datetime(changed_at, usegmt=True)}


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
