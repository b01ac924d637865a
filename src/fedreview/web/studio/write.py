"""Write, preview, save, schedule, publish and change reviews."""

import re
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fedreview.domain.autosave import Autosave
from fedreview.domain.rating import Scale
from fedreview.domain.review import Draft, Review, ReviewId, ReviewState
from fedreview.domain.work import Cover
from fedreview.errors import InvalidInput, NotFound
from fedreview.services.autosaving import state_of
from fedreview.services.drafting import (
    FIELDS,
    draft_from_fields,
    fields_from_review,
    fields_to_begin,
)
from fedreview.services.resending import can_be_sent_again_at
from fedreview.services.scheduling import local_text, spoken, zone_of
from fedreview.web.forms import Interrupted, Sent, megabytes, picture_limit
from fedreview.web.history import FIELD_NAMES
from fedreview.web.pages import with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.studio.choices import KINDS, SPOILER_LEVELS, with_language
from fedreview.web.studio.conduct import OWN_MODES, OWN_WHO, fields_of_review
from fedreview.web.studio.covers import chosen_cover, cover_before
from fedreview.web.studio.hints import hints_for
from fedreview.web.studio.meanwhile import newer_than, publish_time
from fedreview.web.studio.previews import preview_as, wanted_preview
from fedreview.web.studio.scores import (
    aspect_rows,
    read_review_form,
    with_joined_aspects,
)
from fedreview.web.studio.suggesting import Suggested, is_asked_for, suggest
from fedreview.web.templating import page

_SYNOPSIS = ("synopsis", "synopsis_source", "synopsis_url")
_NEW_ID = re.compile(r"[0-9a-z]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """The state of the writing page between two requests.

    restored: what was typed before and not saved, when that is what is shown.
    newer: what has been saved from elsewhere meanwhile, by the names of the fields.
    """

    fields: dict[str, str]
    review: Review | None
    problems: dict[str, str]
    cover: Cover | None = None
    preview: Markup | None = None
    suggested: Suggested | None = None
    status: int = 200
    done: str = ""
    restored: Autosave | None = None
    newer: dict[str, str] | None = None


def _empty_fields() -> dict[str, str]:
    return {**dict.fromkeys(FIELDS, ""), "kind": "film", "language": "en", "spoilers": "none"}


async def _show(request: Request, form: _Form) -> Response:
    review = form.review
    cover = form.cover or (review.work.cover if review else None)
    zone, now = zone_of(require_author(request).time_zone), site_of(request).now()
    is_on_draft = review is not None and review.state is ReviewState.DRAFT
    scheduled_at = review.scheduled_at if review and is_on_draft else None
    fields = {
        **_empty_fields(),
        "tab": site_of(request).publishing.new_id(),
        "base": "",
        "seen": "",
        "publish_on": local_text(scheduled_at, zone),
        **form.fields,
    }
    return await page(
        request,
        "studio/write.html",
        status=form.status,
        done=form.done,
        suggested=form.suggested,
        catalogues=site_of(request).looking_up.labels,
        unsaved=bool(form.problems or form.preview or form.done or form.newer or form.suggested),
        restored=form.restored,
        newer=form.newer,
        field_names=FIELD_NAMES,
        zone=zone.key,
        scheduled=spoken(scheduled_at, zone) if scheduled_at else "",
        again_at=can_be_sent_again_at(review) if _is_public(review) and review else None,
        now=now,
        picture_limit=picture_limit(request),
        picture_limit_text=megabytes(picture_limit(request)),
        headers=PRIVATE,
        form=fields,
        problems=form.problems,
        hints=await hints_for(request, form.fields, review.id if review else ""),
        review=review,
        kinds=KINDS,
        languages=with_language(form.fields.get("language", "")),
        spoiler_levels=SPOILER_LEVELS,
        scale_hint=f"{_scale(request, review).hint}.",
        legend=_legend(request, review),
        aspects=aspect_rows(require_author(request), form.fields.get("aspects", "")),
        preview_html=form.preview,
        cover_url=f"/media/{cover.name}" if cover else "",
        cover_kept=form.cover.name if form.cover else "",
        action=f"/studio/reviews/{review.id}" if review else "/studio/write",
        published=_is_public(review),
        conduct_form=await fields_of_review(request, review.id) if review else {},
        conduct_modes=OWN_MODES,
        conduct_who=OWN_WHO,
    )


async def get_write(request: Request) -> Response:
    """Show the empty form, or one that was typed into before and not saved."""
    author, site = require_author(request), site_of(request)
    wanted = _new_id(request.query_params.get("continue", ""))
    kept = await in_thread(site.autosaving.find, author, wanted) if wanted else None
    if wanted and kept:
        return await _show_restored(request, kept, None, {"new_id": wanted})
    new_id = site.publishing.new_id()
    fields = {**_empty_fields(), "sign_off": author.sign_off, "new_id": new_id}
    return await _show(request, _Form(fields=fields, review=None, problems={}))


async def get_announced(request: Request) -> Response:
    """Show the form with what was announced; the review gets its id, which ties them."""
    author, wanted = require_author(request), request.path_params["id"]
    found = await in_thread(site_of(request).anticipating.get, author, wanted)
    if found.draft_id:
        return RedirectResponse(f"/studio/reviews/{found.draft_id}", status_code=303)
    begun = {"sign_off": author.sign_off, "new_id": wanted, **fields_to_begin(found.upcoming)}
    return await _show(request, _Form(fields=begun, review=None, problems={}))


async def get_edit(request: Request) -> Response:
    """Show the form with a draft or review of the author, and what was typed and not saved."""
    review, site = await _own(request), site_of(request)
    kept = await in_thread(site.autosaving.find, require_author(request), review.id)
    if kept:
        return await _show_restored(request, kept, review, {})
    announced = await in_thread(site.browsing.announced_in, review)
    fields = fields_from_review(review, announced)
    fields["base"] = state_of(fields)
    return await _show(request, _Form(fields=fields, review=review, problems={}))


async def _show_restored(
    request: Request, kept: Autosave, review: Review | None, more: dict[str, str]
) -> Response:
    cover = await cover_before(request, kept.fields)
    fields = {**dict.fromkeys(FIELDS, ""), **kept.fields, **more}
    fields["seen"] = kept.saved_at.isoformat()
    form = _Form(fields=fields, review=review, problems={}, cover=cover, restored=kept)
    return await _show(request, form)


async def _own(request: Request) -> Review:
    author = require_author(request)
    return await in_thread(site_of(request).browsing.own_review, author, request.path_params["id"])


async def resume_write(request: Request, sent: Interrupted) -> Response:
    """Show the form as it was filled in before signing in again."""
    return await _resume(request, sent, None)


async def resume_edit(request: Request, sent: Interrupted) -> Response:
    """Show the form as it was filled in before signing in again.

    Somebody else may have signed in, or the review is gone: then it becomes a new one.
    """
    author, site = require_author(request), site_of(request)
    try:
        review = await in_thread(site.browsing.own_review, author, sent.id)
    except NotFound:
        review = None
        sent.fields["new_id"] = site.publishing.new_id()
    return await _resume(request, sent, review)


async def _resume(request: Request, sent: Interrupted, review: Review | None) -> Response:
    cover = await cover_before(request, sent.fields)
    fields = with_joined_aspects(sent.fields)
    form = _Form(fields=fields, review=review, problems={}, cover=cover, done=sent.done)
    return await _show(request, form)


async def post_write(request: Request) -> Response:
    """Preview, save or publish a new review."""
    require_author(request)
    return await _act(request, None)


async def post_edit(request: Request) -> Response:
    """Preview, save, publish or change a known one."""
    return await _act(request, await _own(request))


async def _act(request: Request, review: Review | None) -> Response:
    """Do what the pressed button says; bad input brings the form back as it was typed."""
    try:
        sent = await read_review_form(request)
    except HTTPException as error:
        limit = megabytes(picture_limit(request))
        return await page(
            request, "studio/lost.html", status=error.status_code, headers=PRIVATE, limit=limit
        )
    do, problems = sent.fields.get("do", "preview"), dict[str, str]()
    cover = await chosen_cover(request, sent, problems)
    if is_asked_for(sent.fields):
        return await _suggest(request, review, sent.fields, cover, problems)
    scale = _scale(request, review)
    is_complete = _will_be_public(review) or do in {"publish", "update", "schedule"}
    draft = _draft(sent, scale, problems, complete=is_complete)
    publish_at = publish_time(request, sent, problems) if do == "schedule" else None
    if draft is None or problems:
        form = _Form(
            fields=sent.fields,
            review=review,
            problems=problems,
            cover=cover,
            status=413 if sent.is_picture_too_large else 422,
        )
        return await _show(request, form)
    if do.startswith("preview"):
        shown = cover or (review.work.cover if review else None)
        wanted = wanted_preview(sent.fields)
        preview = await preview_as(request, wanted, draft, known=review, cover=shown)
        form = _Form(fields=sent.fields, review=review, problems={}, cover=cover, preview=preview)
        return await _show(request, form)
    newer = await newer_than(request, review, draft, sent) if review else None
    if newer is not None:
        form = _Form(
            fields=sent.fields, review=review, problems={}, cover=cover, status=409, newer=newer
        )
        return await _show(request, form)
    return await _keep(request, review, draft, cover, sent, publish_at=publish_at)


async def _suggest(
    request: Request,
    review: Review | None,
    fields: dict[str, str],
    cover: Cover | None,
    problems: dict[str, str],
) -> Response:
    has_cover = bool(cover or (review and review.work.cover))
    filled, suggested = await suggest(request, fields, has_cover=has_cover)
    form = _Form(fields=filled, review=review, problems=problems, cover=cover, suggested=suggested)
    return await _show(request, form)


def _scale(request: Request, review: Review | None) -> Scale:
    """Give the scale that a review is rated on: it stays, also when its author takes another."""
    rated = review.rating if review else None
    return rated.scale if rated else require_author(request).scale


def _legend(request: Request, review: Review | None) -> tuple[tuple[str, str], ...]:
    """Give the scores that have a name, with it; those of another scale have none."""
    author, scale = require_author(request), _scale(request, review)
    levels = author.legend.levels if scale == author.scale else ()
    return tuple((scale.text_of(value), name) for value, name in levels)


def _is_public(review: Review | None) -> bool:
    return review is not None and review.state is ReviewState.PUBLISHED


def _will_be_public(review: Review | None) -> bool:
    """Tell whether it is public or scheduled, so that it must be whole whatever is done."""
    return _is_public(review) or (review is not None and review.scheduled_at is not None)


def _draft(sent: Sent, scale: Scale, problems: dict[str, str], *, complete: bool) -> Draft | None:
    """Read what was typed, or note in `problems` what is wrong with it."""
    try:
        return draft_from_fields(sent.fields, scale=scale, complete=complete)
    except InvalidInput as error:
        problems.update(error.problems)
        return None


async def _keep(
    request: Request,
    review: Review | None,
    draft: Draft,
    cover: Cover | None,
    sent: Sent,
    *,
    publish_at: datetime | None,
) -> Response:
    author, publishing = require_author(request), site_of(request).publishing
    known, new_id = review.id if review else None, _new_id(sent.fields.get("new_id", ""))
    if review and _is_public(review):
        kept = await in_thread(publishing.update, author, review.id, draft, cover=cover)
        return _go(f"/reviews/{kept.slug}", "updated")
    if sent.fields.get("do") == "publish":
        kept = await in_thread(
            publishing.publish, author, draft, id=known, new_id=new_id, cover=cover
        )
        return _go(f"/reviews/{kept.slug}", "published")
    kept = await in_thread(
        publishing.save_draft,
        author,
        draft,
        id=known,
        new_id=new_id,
        cover=cover,
        scheduled_at=publish_at,
    )
    return _go(f"/studio/reviews/{kept.id}", "scheduled" if publish_at else "saved")


def _new_id(text: str) -> ReviewId | None:
    """Read the id that the empty form came with; whatever else stands there counts as none."""
    return ReviewId(text) if _NEW_ID.fullmatch(text) else None


def _go(path: str, done: str) -> Response:
    return RedirectResponse(with_done(path, done), status_code=303)


async def post_preview(request: Request) -> Response:
    """Give the preview alone, for htmx, while the author types."""
    sent = await read_review_form(request)
    known = await _known(request, sent.fields.get("of", ""))
    scale = _scale(request, known)
    try:
        draft = draft_from_fields(sent.fields, scale=scale, complete=False)
    except InvalidInput as error:
        # Half a rating is no mistake yet: the preview shows the rest.
        unready = {*error.problems, *(_SYNOPSIS if "synopsis" in error.problems else ())}
        kept = {name: text for name, text in sent.fields.items() if name not in unready}
        fields = {"title": "…", **kept} if "title" in error.problems else kept
        draft = draft_from_fields(fields, scale=scale, complete=False)
    cover = await cover_before(request, sent.fields)
    cover = cover or (known.work.cover if known else None)
    shown = await preview_as(request, wanted_preview(sent.fields), draft, known=known, cover=cover)
    return HTMLResponse(shown, headers=PRIVATE)


async def _known(request: Request, review_id: str) -> Review | None:
    """Look up which review the form is about; None for a new one, or one that is gone."""
    author, browsing = require_author(request), site_of(request).browsing
    try:
        return await in_thread(browsing.own_review, author, review_id) if review_id else None
    except NotFound:
        return None
