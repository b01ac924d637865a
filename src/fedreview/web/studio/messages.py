"""Private messages: with whom, what was said, and what is said next."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from fedreview.errors import InvalidInput, NotFound
from fedreview.services.answering import answer_from_fields
from fedreview.web.forms import Interrupted, read_fields
from fedreview.web.pages import shallow, with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.templating import page

_TALK = "/studio/messages/talk"
_GONE = "Their account is gone, so nothing can be sent to it. Keep your words elsewhere."


def address_of_talk(actor: str) -> str:
    """Give the path of the private conversation with a person."""
    return f"{_TALK}?{urlencode({'with': actor})}"


async def get_messages(request: Request) -> Response:
    """Show with whom the author has private conversations."""
    author = require_author(request)
    talks = await in_thread(site_of(request).corresponding.talks, author)
    return await page(
        request,
        "studio/messages.html",
        headers=PRIVATE,
        talks=[(talk, address_of_talk(talk.person.actor)) for talk in talks],
    )


async def get_talk(request: Request) -> Response:
    """Show a private conversation, with the form to go on with it."""
    return await _talk(request, request.query_params.get("with", ""), {}, {})


async def _talk(
    request: Request,
    actor: str,
    form: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    done: str = "",
) -> Response:
    author = require_author(request)
    exchange = await in_thread(site_of(request).corresponding.exchange, author, actor)
    return await page(
        request,
        "studio/talk.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        done=done,
        here=address_of_talk(actor),
        form={"text": "", "warning": "", "language": exchange.language, **form},
        problems=problems,
        is_unsaved=bool(done or problems),
        **shallow(exchange),
    )


async def post_message(request: Request) -> Response:
    """Write to somebody privately; what cannot be sent comes back as it was typed."""
    author, form = require_author(request), await read_fields(request)
    actor = form.get("with", "")
    try:
        answer = answer_from_fields(form)
        kept = await in_thread(site_of(request).messaging.write, author, actor, answer)
    except InvalidInput as error:
        return await _talk(request, actor, form, error.problems)
    except NotFound:
        return await _talk(request, actor, form, {"text": _GONE})
    path = f"{address_of_talk(actor)}#reply-{kept.id}"
    return RedirectResponse(with_done(path, "messaged"), status_code=303)


async def resume_message(request: Request, sent: Interrupted) -> Response:
    """Show a message as it was typed before signing in again."""
    return await _talk(request, sent.fields.get("with", ""), sent.fields, {}, done=sent.done)
