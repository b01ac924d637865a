"""Who and what is here, for those who only have a name: WebFinger, host-meta, NodeInfo."""

from starlette.exceptions import HTTPException
from starlette.responses import Response

from fedreview.web.documents import json_answer, public_answer
from fedreview.web.state import Request, in_thread, site_of

_JRD = "application/jrd+json"
_XRD = "application/xrd+xml"
_NODEINFO = 'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/{}#"'


async def get_webfinger(request: Request) -> Response:
    """Say who a handle belongs to. Source for the 400: RFC 7033 section 4.2."""
    resource = request.query_params.get("resource")
    if resource is None:
        raise HTTPException(400)
    rels = frozenset(request.query_params.getlist("rel"))
    document = await in_thread(site_of(request).fingering.webfinger, resource, rels=rels)
    return await json_answer(request, document, media_type=_JRD)


async def get_host_meta(request: Request) -> Response:
    """Say where WebFinger is, for those who ask the old way."""
    body = site_of(request).fingering.host_meta_xml().encode()
    return await public_answer(request, body, media_type=_XRD)


async def get_host_meta_json(request: Request) -> Response:
    """Say where WebFinger is, in JSON."""
    return await json_answer(request, site_of(request).fingering.host_meta(), media_type=_JRD)


async def get_nodeinfo_links(request: Request) -> Response:
    """Say where NodeInfo is."""
    document = site_of(request).fingering.nodeinfo_links()
    return await json_answer(request, document, media_type="application/json")


async def get_nodeinfo(request: Request) -> Response:
    """Say what runs here."""
    version = request.path_params["version"]
    document = await in_thread(site_of(request).fingering.nodeinfo, version)
    return await json_answer(request, document, media_type=_NODEINFO.format(version))
