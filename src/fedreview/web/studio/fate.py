"""What becomes of a review besides being written: delete it, bring it back, send it again."""

from starlette.responses import RedirectResponse, Response

from fedreview.domain.review import ReviewId
from fedreview.errors import InvalidInput
from fedreview.web.pages import with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import require_author
from fedreview.web.studio.desk import show_desk


def _named(request: Request) -> ReviewId:
    return ReviewId(request.path_params["id"])


def _go(path: str, done: str) -> Response:
    return RedirectResponse(with_done(path, done), status_code=303)


async def post_delete(request: Request) -> Response:
    """Put a review or draft into the trash."""
    author = require_author(request)
    await in_thread(site_of(request).trashing.delete, author, _named(request))
    return _go("/studio#deleted", "trashed")


async def post_delete_now(request: Request) -> Response:
    """Delete for good what is in the trash, without waiting."""
    author = require_author(request)
    await in_thread(site_of(request).trashing.delete_now, author, _named(request))
    return _go("/studio", "deleted")


async def post_restore(request: Request) -> Response:
    """Bring back what was deleted a moment ago."""
    author = require_author(request)
    review = await in_thread(site_of(request).trashing.restore, author, _named(request))
    return _go(f"/studio/reviews/{review.id}", "restored")


async def post_unpublish(request: Request) -> Response:
    """Make a draft of a published review."""
    author = require_author(request)
    draft = await in_thread(site_of(request).trashing.unpublish, author, _named(request))
    return _go(f"/studio/reviews/{draft.id}", "unpublished")


async def post_unschedule(request: Request) -> Response:
    """Let a scheduled draft wait until its author publishes it."""
    author, review_id = require_author(request), _named(request)
    await in_thread(site_of(request).publishing.unschedule, author, review_id)
    return _go(f"/studio/reviews/{review_id}", "unscheduled")


async def post_again(request: Request) -> Response:
    """Send a review to all followers again."""
    author, review_id = require_author(request), _named(request)
    try:
        await in_thread(site_of(request).resending.send_again, author, review_id)
    except InvalidInput as error:
        return await show_desk(request, error.problems)
    return _go("/studio#published", "sent_again")


async def post_discard(request: Request) -> Response:
    """Forget what was typed into a form and not saved."""
    author, form = require_author(request), request.path_params["id"]
    await in_thread(site_of(request).autosaving.discard, author, form)
    return _go("/studio#unsaved", "discarded")
