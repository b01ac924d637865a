"""What other servers ask of us: actors, objects, collections, WebFinger, NodeInfo."""

from starlette.exceptions import HTTPException
from starlette.responses import Response

from fedreview.errors import NotFound
from fedreview.web.documents import activity_answer, json_answer, page_instead, versioned_answer
from fedreview.web.negotiation import is_bookwyrm, wants_html
from fedreview.web.state import Request, in_thread, site_of

_JRD = "application/jrd+json"
_NODEINFO = 'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/{}#"'


async def get_webfinger(request: Request) -> Response:
    """Say who a handle belongs to. Source for the 400: RFC 7033 section 4.2."""
    resource = request.query_params.get("resource")
    if resource is None:
        raise HTTPException(400)
    document = await in_thread(site_of(request).describing.webfinger, resource)
    return json_answer(request, document, media_type=_JRD)


async def get_host_meta(request: Request) -> Response:
    """Say where WebFinger is, for those who ask the old way."""
    template = f"{site_of(request).urls.base}/.well-known/webfinger?resource={{uri}}"
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" type="application/jrd+json" template="{template}"/></XRD>'
    )
    return Response(body, media_type="application/xrd+xml")


async def get_nodeinfo_links(request: Request) -> Response:
    """Say where NodeInfo is."""
    document = site_of(request).describing.nodeinfo_links()
    return json_answer(request, document, media_type="application/json")


async def get_nodeinfo(request: Request) -> Response:
    """Say what runs here."""
    version = request.path_params["version"]
    if version not in {"2.0", "2.1"}:
        raise NotFound("no such version of NodeInfo")
    document = await in_thread(site_of(request).describing.nodeinfo, version)
    return json_answer(request, document, media_type=_NODEINFO.format(version))


async def get_actor(request: Request) -> Response:
    """Describe an author."""
    describing = site_of(request).describing
    return activity_answer(
        request, await in_thread(describing.actor, request.path_params["username"])
    )


async def get_instance_actor(request: Request) -> Response:
    """Describe the site itself."""
    return activity_answer(request, await in_thread(site_of(request).describing.instance_actor))


async def get_instance_outbox(request: Request) -> Response:
    """Say that the site itself publishes nothing; its actor names an outbox, and some ask."""
    return activity_answer(request, site_of(request).describing.instance_outbox())


async def get_actor_collection(request: Request) -> Response:
    """Describe one of an author's collections."""
    describing = site_of(request).describing
    username, name = request.path_params["username"], request.path_params["name"]
    if name == "outbox":
        page = request.query_params.get("page")
        return activity_answer(request, await in_thread(describing.outbox, username, page=page))
    collections = {
        "followers": describing.followers,
        "following": describing.following,
        "featured": describing.featured,
    }
    if name not in collections:
        raise NotFound("no such collection")
    return activity_answer(request, await in_thread(collections[name], username))


async def get_object(request: Request) -> Response:
    """Give a review, answer, work or activity of ours by its id."""
    describing = site_of(request).describing
    kinds = {
        "reviews": describing.review,
        "notes": describing.note,
        "quotes": describing.quote,
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
    return activity_answer(request, await in_thread(kinds[kind], object_id))


async def _review(request: Request, review_id: str) -> Response:
    """Give a review's document, which a boost makes thousands ask for at once.

    BookWyrm gets another one of a book's, which it would take no Article for.
    """
    describing = site_of(request).describing
    version = await in_thread(describing.review_version, review_id)
    if version and wants_html(request):
        return page_instead(version.page_url)
    kept = versioned_answer(request, version, None) if version else None
    if kept:
        return kept
    found = await in_thread(describing.review, review_id, for_bookwyrm=is_bookwyrm(request))
    made = versioned_answer(request, found.version, found) if found.version else None
    return made or activity_answer(request, found)


async def get_object_collection(request: Request) -> Response:
    """Give the replies, likes, shares or context of something of ours, or a book's Work."""
    describing = site_of(request).describing
    kind, name = request.path_params["kind"], request.path_params["name"]
    if (kind, name) == ("works", "work"):
        found = await in_thread(describing.work_of_edition, request.path_params["id"])
        return activity_answer(request, found)
    names = {"reviews": {"replies", "likes", "shares", "context"}}
    if name not in names.get(kind, {"replies", "likes", "shares"}):
        raise NotFound("no such collection")
    read = {"reviews": describing.review_collection, "notes": describing.note_collection}.get(kind)
    if read is None:
        raise NotFound("no such kind of object")
    page = "page" in request.query_params
    return activity_answer(
        request, await in_thread(read, request.path_params["id"], name, page=page)
    )
