"""How conversations are led: rules, trust, and what site, author and review say."""

from starlette.responses import RedirectResponse, Response

from fedreview.domain.moderation import Judgement
from fedreview.domain.review import ReviewId
from fedreview.errors import InvalidInput
from fedreview.web.forms import read_fields
from fedreview.web.pages import local_path, with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.studio.conduct import OWN_MODES, OWN_WHO, fields_of_review
from fedreview.web.studio.desk import show_settings
from fedreview.web.templating import page

_RULES = "/studio/rules"
_TRUSTED = "/studio/trusted"


async def get_rules(request: Request) -> Response:
    """Show the words and the number of links, with a box to try them."""
    return await _rules(request)


async def _rules(
    request: Request,
    typed: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    *,
    tested: Judgement | None = None,
) -> Response:
    author, site = require_author(request), site_of(request)
    rules, most_links = await in_thread(site.ruling.rules)
    batch = request.query_params.get("batch", "")
    stroke = await in_thread(site.inspecting.stroke, author, batch) if batch else None
    form = {"phrase": "", "verdict": "hold", "text": "", "most_links": str(most_links)}
    return await page(
        request,
        "studio/moderation/rules.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        form={**form, **(typed or {})},
        problems=problems or {},
        rules=rules,
        tested=tested,
        stroke=stroke,
        left=0,
    )


async def post_rule(request: Request) -> Response:
    """Add a rule."""
    author, form = require_author(request), await read_fields(request)
    phrase, verdict = form.get("phrase", ""), form.get("verdict", "")
    try:
        batch = await in_thread(site_of(request).ruling.add_rule, author, phrase, verdict)
    except InvalidInput as error:
        return await _rules(request, form, dict(error.problems))
    return _done(_RULES, batch)


async def post_remove_rule(request: Request) -> Response:
    """Remove a rule."""
    author, rule_id = require_author(request), request.path_params["id"]
    return _done(_RULES, await in_thread(site_of(request).ruling.remove_rule, author, rule_id))


async def post_links(request: Request) -> Response:
    """Say how many links a reply may have."""
    author, form = require_author(request), await read_fields(request)
    most = form.get("most_links", "")
    try:
        batch = await in_thread(site_of(request).ruling.set_most_links, author, most)
    except InvalidInput as error:
        return await _rules(request, form, dict(error.problems))
    return _done(_RULES, batch)


async def post_test(request: Request) -> Response:
    """Tell what would become of a text; nothing is kept."""
    author, form = require_author(request), await read_fields(request)
    text = form.get("text", "")
    try:
        tested = await in_thread(site_of(request).ruling.test, author, text)
    except InvalidInput as error:
        return await _rules(request, form, dict(error.problems))
    return await _rules(request, {"text": text}, tested=tested)


async def get_trusted(request: Request) -> Response:
    """Show whose replies never wait."""
    return await _trusted(request, "", {})


async def _trusted(request: Request, handle: str, problems: dict[str, str]) -> Response:
    author, site = require_author(request), site_of(request)
    people = await in_thread(site.ruling.trusted, author)
    batch = request.query_params.get("batch", "")
    stroke = await in_thread(site.inspecting.stroke, author, batch) if batch else None
    return await page(
        request,
        "studio/moderation/trusted.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        form={"handle": handle},
        problems=problems,
        people=people,
        stroke=stroke,
        left=0,
    )


async def post_trusted(request: Request) -> Response:
    """Trust somebody."""
    author, form = require_author(request), await read_fields(request)
    handle = form.get("handle", "")
    try:
        batch = await in_thread(site_of(request).ruling.trust, author, handle)
    except InvalidInput as error:
        return await _trusted(request, handle, dict(error.problems))
    return _done(_TRUSTED, batch)


async def post_distrust(request: Request) -> Response:
    """Trust somebody no more."""
    author, form = require_author(request), await read_fields(request)
    actor = form.get("actor", "")
    return _done(_TRUSTED, await in_thread(site_of(request).ruling.distrust, author, actor))


async def post_site_conduct(request: Request) -> Response:
    """Keep what the site says of replies."""
    author, form = require_author(request), await read_fields(request)
    try:
        await in_thread(site_of(request).ruling.change_site, author, form)
    except InvalidInput as error:
        return await show_settings(
            request, dict(error.problems), typed={"shows_pictures": "", **form}
        )
    return RedirectResponse(with_done("/studio/settings#replies", "settings"), status_code=303)


async def post_author_conduct(request: Request) -> Response:
    """Keep whom the author lets reply and quote."""
    author, form = require_author(request), await read_fields(request)
    try:
        await in_thread(site_of(request).ruling.change_author, author, form)
    except InvalidInput as error:
        return await show_settings(
            request, dict(error.problems), typed={"welcomes_guests": "", **form}
        )
    return RedirectResponse(with_done("/studio/settings#replies", "settings"), status_code=303)


async def get_review_conduct(request: Request) -> Response:
    """Show how the conversation under a review is led."""
    return await _review_conduct(request, {}, {})


async def _review_conduct(
    request: Request, typed: dict[str, str], problems: dict[str, str]
) -> Response:
    author, site = require_author(request), site_of(request)
    review = await in_thread(site.browsing.own_review, author, ReviewId(request.path_params["id"]))
    kept = await fields_of_review(request, review.id)
    return await page(
        request,
        "studio/moderation/review.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        review=review,
        conduct_form={**kept, **typed},
        conduct_modes=OWN_MODES,
        conduct_who=OWN_WHO,
        problems=problems,
    )


async def post_review_conduct(request: Request) -> Response:
    """Keep how the conversation under a review is led."""
    author, form = require_author(request), await read_fields(request)
    review_id = ReviewId(request.path_params["id"])
    try:
        await in_thread(site_of(request).ruling.change_review, author, review_id, form)
    except InvalidInput as error:
        return await _review_conduct(request, form, dict(error.problems))
    return RedirectResponse(with_done(f"/studio/reviews/{review_id}", "settings"), status_code=303)


async def post_close(request: Request) -> Response:
    """Close the conversation under a review."""
    return await _set_closed(request, closed=True)


async def post_reopen(request: Request) -> Response:
    """Open the conversation under a review again."""
    return await _set_closed(request, closed=False)


async def _set_closed(request: Request, *, closed: bool) -> Response:
    author, form = require_author(request), await read_fields(request)
    review_id = ReviewId(request.path_params["id"])
    await in_thread(site_of(request).ruling.set_closed, author, review_id, closed=closed)
    return_to = local_path(form.get("return_to", ""), f"/studio/reviews/{review_id}")
    done = "closed" if closed else "reopened"
    return RedirectResponse(with_done(f"{return_to}#thoughts", done), status_code=303)


def _done(path: str, batch: str) -> Response:
    return RedirectResponse(f"{path}?batch={batch}", status_code=303)
