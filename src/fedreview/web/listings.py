"""The pages that list reviews or count them."""

from starlette.responses import Response

from fedreview.domain.work import WorkKind
from fedreview.errors import NotFound
from fedreview.services.tallying import NumbersPage
from fedreview.web.pages import public_page, shallow
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.turning import listing_of

_LONGEST_NUMBER = 4


def number_in(request: Request, name: str) -> int:
    """Read a number from the path. Raises NotFound for what is none, or written oddly."""
    text = request.path_params[name]
    is_plain = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER
    if not is_plain or text != str(int(text)):
        raise NotFound("no such number")
    return int(text)


def kind_in(request: Request) -> WorkKind:
    """Read a kind from the path. Raises NotFound."""
    try:
        return WorkKind(request.path_params["kind"])
    except ValueError as error:
        raise NotFound("no such kind") from error


def _before(request: Request) -> str | None:
    return request.query_params.get("before")


async def get_tag(request: Request) -> Response:
    """Show the reviews and takes with a tag."""
    tag, before = request.path_params["tag"], request.query_params.get("before")
    browsing = site_of(request).browsing
    listing = await in_thread(browsing.tag, tag, before=before)
    takes = () if before else await in_thread(browsing.takes_tagged, tag)
    shown = listing_of(request, listing)
    return await public_page(request, "tag.html", tag=tag, takes=takes, **shown)


async def get_tags(request: Request) -> Response:
    """Show all tags, with how often each is used."""
    tags = await in_thread(site_of(request).shelving.tags)
    return await public_page(request, "tags.html", tags=tags, here=request.url.path)


async def get_kinds(request: Request) -> Response:
    """Show all kinds of which there is something."""
    kinds = await in_thread(site_of(request).shelving.kinds)
    return await public_page(request, "kinds.html", kinds=kinds, here=request.url.path)


async def get_kind(request: Request) -> Response:
    """Show the reviews of a kind; with ``?author=`` those of one author."""
    kind, username = kind_in(request), request.query_params.get("author", "")
    listing, author = await in_thread(
        site_of(request).shelving.kind, kind, username=username, before=_before(request)
    )
    return await public_page(
        request,
        "kind.html",
        kind=kind,
        author=author,
        **listing_of(request, listing, author=username),
    )


async def get_archive(request: Request) -> Response:
    """Show which years and months there are reviews of."""
    years = await in_thread(site_of(request).shelving.archive)
    return await public_page(request, "archive.html", years=years, here=request.url.path)


async def get_archive_year(request: Request) -> Response:
    """Show the reviews of a year, or of a month of it."""
    year = number_in(request, "year")
    month = number_in(request, "month") if "month" in request.path_params else None
    view = await in_thread(site_of(request).shelving.year, year, month, before=_before(request))
    return await public_page(
        request,
        "archive_year.html",
        **{**shallow(view), **listing_of(request, view.listing)},
        month=month,
    )


async def get_ratings(request: Request) -> Response:
    """Show how many reviews there are at each level, and what authors call levels."""
    view = await in_thread(site_of(request).shelving.levels)
    return await public_page(request, "ratings.html", **shallow(view), here=request.url.path)


async def get_rating(request: Request) -> Response:
    """Show the reviews of one level."""
    level = number_in(request, "level")
    view = await in_thread(site_of(request).shelving.level, level, before=_before(request))
    return await public_page(
        request, "rating.html", **{**shallow(view), **listing_of(request, view.listing)}
    )


async def get_statistics(request: Request) -> Response:
    """Show the site in numbers, or with ``?author=`` what one author wrote."""
    username = request.query_params.get("author", "")
    view = await in_thread(site_of(request).tallying.all_time, username=username)
    # What an author wrote has an address of its own, which search engines should keep.
    here = f"/@{username}/statistics" if username else request.url.path
    return await _numbers(request, view, here=here)


async def get_person_statistics(request: Request) -> Response:
    """Show what one author wrote in numbers."""
    username = request.path_params["username"]
    view = await in_thread(site_of(request).tallying.all_time, username=username)
    return await _numbers(request, view, here=request.url.path)


async def get_year(request: Request) -> Response:
    """Show a year in review."""
    view = await in_thread(site_of(request).tallying.year, number_in(request, "year"))
    return await _numbers(request, view, here=request.url.path)


async def _numbers(request: Request, view: NumbersPage, *, here: str) -> Response:
    return await public_page(request, "numbers.html", **shallow(view), here=here)
