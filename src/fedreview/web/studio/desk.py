"""The first page of the desk, and the settings."""

from collections.abc import Mapping
from zoneinfo import available_timezones

from starlette.responses import RedirectResponse, Response

from fedreview.domain.review import ReviewId
from fedreview.errors import InvalidInput
from fedreview.services.addressing import ADDRESS, HOUR, field_of, push_field_of
from fedreview.services.grading import fields_of_manner
from fedreview.web.forms import Interrupted, megabytes, picture_limit, read_fields
from fedreview.web.pages import shallow, with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author, require_session
from fedreview.web.studio.conduct import MODES, WHO, fields_of_conduct
from fedreview.web.studio.notices import KIND_NAMES
from fedreview.web.templating import page


async def get_desk(request: Request) -> Response:
    """Show drafts, reviews, what people wrote, and how deliveries go."""
    return await show_desk(request, {})


async def show_desk(request: Request, problems: dict[str, str]) -> Response:
    """Show the desk; with what could not be done there."""
    author, site = require_author(request), site_of(request)
    view = await in_thread(site.overseeing.desk, author)
    unsaved = await in_thread(site.autosaving.list_unsaved, author)
    return await page(
        request,
        "studio/desk.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        problems=problems,
        unsaved=unsaved,
        **shallow(view),
    )


async def post_pin(request: Request) -> Response:
    """Put a review at the head of the author's profile."""
    author, review_id = require_author(request), ReviewId(request.path_params["id"])
    try:
        await in_thread(site_of(request).pinning.pin, author, review_id)
    except InvalidInput as error:
        return await show_desk(request, error.problems)
    return RedirectResponse(with_done("/studio#published", "pinned"), status_code=303)


async def post_unpin(request: Request) -> Response:
    """Take a review down from the head of the author's profile."""
    author, review_id = require_author(request), ReviewId(request.path_params["id"])
    await in_thread(site_of(request).pinning.unpin, author, review_id)
    return RedirectResponse(with_done("/studio#published", "unpinned"), status_code=303)


async def get_settings(request: Request) -> Response:
    """Show what the author and the site say of themselves, and the open sessions."""
    return await _settings(request, await _kept(request), {})


async def show_settings(
    request: Request,
    problems: dict[str, str],
    *,
    typed: Mapping[str, str] | None = None,
    done: str = "",
) -> Response:
    """Show the settings as they are kept, with what is wrong with something sent beside them.

    typed: fields of it, as they were sent. done: what to say above.
    """
    form = {**await _kept(request), **(typed or {})}
    return await _settings(request, form, problems, done=done)


async def resume_settings(request: Request, sent: Interrupted) -> Response:
    """Show the settings as they were typed before signing in again."""
    # A box that is not ticked is not sent.
    typed = {**await _kept(request), "shows_network": "", **sent.fields}
    return await _settings(request, typed, {}, done=sent.done)


async def _kept(request: Request) -> dict[str, str]:
    """Give what is kept as the fields of the form."""
    author = require_author(request)
    info = await in_thread(site_of(request).accounts.site_info)
    mail = await in_thread(site_of(request).addressing.settings, author)
    return {
        **{field_of(kind): choice.mail.value for kind, choice in mail.choices.items()},
        **{push_field_of(kind): "yes" for kind, choice in mail.choices.items() if choice.push},
        HOUR: str(mail.hour),
        ADDRESS: "",
        "shows_private": "yes" if mail.mailbox and mail.mailbox.shows_private else "",
        **fields_of_manner(author),
        **await fields_of_conduct(request, author),
        "site_title": info.title,
        "tagline": info.tagline,
        "language": info.language,
        "name": author.name,
        "summary": author.summary,
        "shows_network": "yes" if author.shows_network else "",
    }


async def _settings(
    request: Request, form: dict[str, str], problems: dict[str, str], *, done: str = ""
) -> Response:
    found = require_session(request)
    sessions = await in_thread(site_of(request).accounts.sessions, found.author)
    return await page(
        request,
        "studio/settings.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        form=form,
        problems=problems,
        modes=MODES,
        who=WHO,
        mail=await in_thread(site_of(request).addressing.settings, found.author),
        notice_kinds=KIND_NAMES,
        digest_hours=[(str(hour), f"{hour:02}:00") for hour in range(24)],
        time_zones=sorted(available_timezones()),
        done=done,
        unsaved=bool(done or problems),
        picture_limit=picture_limit(request),
        picture_limit_text=megabytes(picture_limit(request)),
        languages=[
            ("", "Each reader's own"),
            *((each.tag, each.name) for each in site_of(request).tongues.languages),
        ],
        push={
            "key": await in_thread(site_of(request).pushing.public_key),
            "browsers": await in_thread(site_of(request).pushing.browsers, found.author),
        },
        sessions=[
            {**shallow(session), "current": session.id == found.session.id} for session in sessions
        ],
    )


async def post_settings(request: Request) -> Response:
    """Keep the profile, and tell followers' servers."""
    author, form = require_author(request), await read_fields(request)
    try:
        language = _chosen_language(request, form)
        await in_thread(
            site_of(request).presenting.change,
            author,
            name=form.get("name", ""),
            summary=form.get("summary", ""),
            site_title=form.get("site_title", ""),
            tagline=form.get("tagline", ""),
            language=language,
            shows_network=form.get("shows_network") == "yes",
        )
    except InvalidInput as error:
        return await _settings(request, _unticked(await _kept(request), form), error.problems)
    return RedirectResponse(with_done("/studio/settings", "settings"), status_code=303)


def _chosen_language(request: Request, form: dict[str, str]) -> str:
    chosen = form.get("language", "")
    if chosen not in {"", *(each.tag for each in site_of(request).tongues.languages)}:
        raise InvalidInput({"language": "Choose a language from the list."})
    return chosen


def _unticked(kept: dict[str, str], form: dict[str, str]) -> dict[str, str]:
    """Give the form as it was sent: a box that is not ticked is not."""
    return {**kept, "shows_network": "", **form}


async def post_rating_settings(request: Request) -> Response:
    """Keep how the author rates and writes."""
    author, form = require_author(request), await read_fields(request)
    try:
        await in_thread(site_of(request).grading.change, author, form)
    except InvalidInput as error:
        return await _settings(request, {**await _kept(request), **form}, error.problems)
    return RedirectResponse(with_done("/studio/settings#rating", "settings"), status_code=303)


async def post_password(request: Request) -> Response:
    """Change the password; every browser has to sign in again."""
    author, form = require_author(request), await read_fields(request)
    try:
        await in_thread(
            site_of(request).accounts.change_password,
            author,
            old=form.get("old_password", ""),
            new=form.get("new_password", ""),
        )
    except InvalidInput as error:
        return await _settings(request, await _kept(request), error.problems)
    return RedirectResponse("/login", status_code=303)


async def post_revoke_session(request: Request) -> Response:
    """Sign another browser out."""
    author = require_author(request)
    await in_thread(site_of(request).accounts.end_session, author, request.path_params["id"])
    return RedirectResponse(with_done("/studio/settings", "revoked"), status_code=303)
