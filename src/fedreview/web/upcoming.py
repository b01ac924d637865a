"""The page of what is to come."""

from starlette.responses import Response

from fedreview.web.pages import public_page
from fedreview.web.state import Request, in_thread, site_of


async def get_upcoming(request: Request) -> Response:
    """Show what all authors have announced and not reviewed yet."""
    awaited = await in_thread(site_of(request).anticipating.upcoming)
    return await public_page(request, "upcoming.html", upcoming=awaited)
