"""Go on with a form that was sent after the session had ended."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from starlette.responses import Response

from fedreview.errors import FedreviewError, NotFound
from fedreview.web.forms import Interrupted, Sent, form_read
from fedreview.web.negotiation import wants_html
from fedreview.web.pages import local_path
from fedreview.web.state import Request, signed_in
from fedreview.web.studio import (
    acts,
    answers,
    conversation,
    desk,
    interaction,
    mail,
    messages,
    moving,
    servers,
    takes,
    upcoming,
    write,
)

Resume = Callable[[Request, Interrupted], Awaitable[Response]]

# Where something is typed. Elsewhere there are only buttons, and passwords, which no page holds.
_RESUMED: dict[str, Resume] = {
    r"/studio/write(?P<id>)": write.resume_write,
    r"/studio/reviews/(?P<id>[^/]+)": write.resume_edit,
    r"/studio/takes(?P<id>)": takes.resume_take,
    r"/studio/takes/(?P<id>[^/]+)": takes.resume_take,
    r"/studio/(?:replies|notes)/(?P<id>[^/]+)/answer": answers.resume_answer,
    r"/studio/reviews/(?P<id>[^/]+)/comment": answers.resume_comment,
    r"/studio/replies/(?P<id>[^/]+)/edit": answers.resume_correction,
    r"/studio/messages(?P<id>)": messages.resume_message,
    r"/studio/notes/(?P<id>[^/]+)/report": acts.resume_report,
    r"/studio/accounts(?P<id>)": moving.resume_accounts,
    r"/studio/servers(?P<id>)": servers.resume_servers,
    r"/studio/following(?P<id>)": conversation.resume_following,
    r"/studio/upcoming(?:/(?P<id>[^/]+))?": upcoming.resume_upcoming,
    r"/studio/settings(?P<id>)": desk.resume_settings,
    r"/studio/mail/(?:address|choices)(?P<id>)": mail.resume_mail,
    r"/authorize_interaction(?P<id>)": interaction.resume_interaction,
}
_KEPT, _TO, _PICTURE = "kept-", "kept_to", "kept_picture"


def _find(path: str) -> tuple[Resume, str] | None:
    """Look up what shows the form that is sent to this path, and what the form is about."""
    for pattern, show in _RESUMED.items():
        found = re.fullmatch(pattern, path)
        if found:
            return show, found["id"] or ""
    return None


def can_resume(path: str) -> bool:
    """Tell whether a form that is sent there can be gone on with."""
    return _find(path) is not None


def interrupted(path: str, sent: Sent) -> Interrupted:
    """Take up what was sent just now, to a path that can be resumed."""
    return Interrupted(
        path=path, fields=sent.fields, had_picture=bool(sent.picture) or sent.is_picture_too_large
    )


def hidden_fields(sent: Interrupted) -> dict[str, str]:
    """Give the fields that carry it through the sign-in form."""
    kept = {f"{_KEPT}{name}": text for name, text in sent.fields.items()}
    return {**kept, _TO: sent.path, _PICTURE: "yes" if sent.had_picture else ""}


def interrupted_before(form: Mapping[str, str]) -> Interrupted | None:
    """Take up what a sign-in form carries, or None when it carries nothing."""
    path = local_path(form.get(_TO, ""), "")
    if not can_resume(path):
        return None
    fields = {
        name.removeprefix(_KEPT): text for name, text in form.items() if name.startswith(_KEPT)
    }
    return Interrupted(path=path, fields=fields, had_picture=bool(form.get(_PICTURE)))


async def resume(request: Request, sent: Interrupted) -> Response:
    """Show the form again as it was filled in, to who has signed in meanwhile."""
    found = _find(sent.path)
    if found is None:
        raise NotFound(f"nothing to go on with at {sent.path}")
    show, about = found
    return await show(request, replace(sent, id=about))


async def show_again(request: Request) -> Response | None:
    """Show a form as it was filled in, when the disk had no room for it; None when there is none.

    No preview, no list around it may cost the author what was typed: when the page itself cannot
    be made, the plain answer is given, and the browser still has the form.
    """
    sent, path = form_read(request), request.url.path
    if sent is None or signed_in(request) is None or not (can_resume(path) and wants_html(request)):
        return None
    try:
        return await resume(request, replace(interrupted(path, sent), is_disk_full=True))
    except FedreviewError:
        return None
