"""What other servers ask of us: actors, objects and collections."""

from starlette.responses import Response

from fedreview.errors import NotFound
from fedreview.web.documents import activity_answer, page_instead, versioned_answer
from fedreview.web.negotiation import is_bookwyrm, wants_html
from fedreview.web.state import Request, in_thread, site_of

_FIRST_PAGE = frozenset({"", "1", "true"})
_COLLECTIONS = {
    "reviews": frozenset({"replies", "likes", "shares", "context"}),
    "notes": frozenset({"replies", "likes", "shares"}),
}


async def get_actor(request: Request) -> Response:
    """Describe an author."""
    describing = site_of(request).describing
    return await activity_answer(
        request, await in_thread(describing.actor, request.path_params["username"])
    )


async def get_instance_actor(request: Request) -> Response:
    """Describe the site itself."""
    return await activity_answer(
        request, await in_thread(site_of(request).describing.instance_actor)
    )


async def get_instance_outbox(request: Request) -> Response:
    """Say that the site itself publishes nothing; its actor names an outbox, and some ask."""
    return await activity_answer(request, site_of(request).collecting.instance_outbox())


def _place(request: Request) -> str | None:
    """Tell which part of a collection is asked for: None, or "", or a place. Raises NotFound."""
    query = request.query_params
    if "after" in query:
        return query["after"]
    if "page" not in query:
        return None
    if query["page"] not in _FIRST_PAGE:
        raise NotFound("pages have no numbers but 1: each names the next")
    return ""


async def get_actor_collection(request: Request) -> Response:
    """Describe one of an author's collections."""
    collecting = site_of(request).collecting
    username, name = request.path_params["username"], request.path_params["name"]
    paged = {
        "outbox": collecting.outbox,
        "followers": collecting.followers,
        "following": collecting.following,
    }
    whole = {"featured": collecting.featured, "featuredTags": collecting.featured_tags}
    if name in whole:
        return await activity_answer(request, await in_thread(whole[name], username))
    if name not in paged:
        raise NotFound("no such collection")
    return await activity_answer(
        request, await in_thread(paged[name], username, at=_place(request))
    )


async def get_object(request: Request) -> Response:
    """Give a review, answer, work or activity of ours by its id."""
    describing = site_of(request).describing
    kinds = {
        "reviews": describing.review,
        "notes": describing.note,
        "quotes": describing.quote,
        "approvals": describing.approval,
        "works": describing.work,
        "activities": describing.activity,
    }
    kind, object_id = request.path_params["kind"], request.path_params["id"]
    if kind not in kinds:
        raise NotFound("no such kind of object")
    if kind == "reviews":
        return await _review(request, object_id)
    page = await in_thread(describing.note_page, object_id) if kind == "notes" else ""
    if page and wants_html(request):
        return page_instead(page)
    return await activity_answer(request, await in_thread(kinds[kind], object_id))


async def _review(request: Request, review_id: str) -> Response:
    """Give a review's document, which a boost makes thousands ask for at once.

    BookWyrm gets another one of a book's, which it would take no Article for.
    """
    describing = site_of(request).describing
    version = await in_thread(describing.review_version, review_id)
    if version and wants_html(request):
        return page_instead(version.page_url)
    kept = await versioned_answer(request, version, None) if version else None
    if kept:
        return kept
    found = await in_thread(describing.review, review_id, for_bookwyrm=is_bookwyrm(request))
    made = await versioned_answer(request, found.version, found) if found.version else None
    return made or await activity_answer(request, found)


async def get_object_collection(request: Request) -> Response:
    """Give the replies, likes, shares or context of something of ours, or a book's Work."""
    collecting = site_of(request).collecting
    kind, name = request.path_params["kind"], request.path_params["name"]
    if (kind, name) == ("works", "work"):
        describing = site_of(request).describing
        found = await in_thread(describing.work_of_edition, request.path_params["id"])
        return await activity_answer(request, found)
    if name not in _COLLECTIONS.get(kind, ()):
        raise NotFound("no such collection")
    read = collecting.of_review if kind == "reviews" else collecting.of_note
    found = await in_thread(read, request.path_params["id"], name, at=_place(request))
    return await activity_answer(request, found)
