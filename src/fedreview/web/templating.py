"""Pages out of templates."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response

from fedreview.services.accounts import SiteInfo
from fedreview.web.state import Request, in_thread, signed_in, site_of

STATIC_DIR = Path(__file__).parent / "static"
AVATAR_CLASSES = 8

FLASHES = {
    "published": "Published. It is on its way to your followers.",
    "updated": "Saved. Your followers' servers are being told.",
    "saved": "Draft saved.",
    "deleted": "Deleted.",
    "answered": "Answered. It is on its way.",
    "hidden": "Hidden from the page. You can show it again on the conversation page.",
    "shown": "Shown again.",
    "asked": "Asked. They appear as accepted as soon as their server answers.",
    "unfollowed": "You follow them no more.",
    "pinned": "Pinned. It stands first on your profile.",
    "unpinned": "Unpinned.",
    "settings": "Saved.",
    "revoked": "Signed out there.",
    "liked": "Liked. Its writer is being told.",
    "unliked": "You like it no more.",
    "boosted": "Boosted. It is on its way to your followers.",
    "unboosted": "Your boost is taken back.",
    "reaction_gone": "That is here no more, so there is nothing to like or boost.",
    "reaction_private": "That is a private message. It is for you alone and cannot be boosted.",
    "reaction_own": "That is your own.",
    "blocked": "Blocked. You find the list of whom you have blocked under People.",
    "unblocked": "Blocked no more. What they wrote is shown again.",
    "follower_removed": "They follow you no more.",
    "reported": "Reported. What becomes of it is for their server to decide.",
    "report_resolved": "Done. It stays in the list below for a while.",
    "report_reopened": "Open again. It stands with the open ones.",
    "quote_revoked": "Taken back. Their server has been asked to show the quote no more.",
    "alias_added": "Added. You can move your followers here from there now.",
    "alias_removed": "Removed.",
    "moved": "Moved. The servers of your followers have been told.",
    "came_back": "You are here again. Followers who have gone along stay there.",
    "welcome": "Your site is ready. Write your first review.",
    "resumed": "Signed in again. Check what you wrote, and send it.",
    "resumed_bare": "Signed in again. Choose the picture once more, and send what you wrote.",
}
"""What `?done=…` in an address may say; nothing else of an address is ever shown."""


@cache
def static(name: str) -> str:
    """Give the address of a static file; it changes when the file does."""
    digest = hashlib.sha256((STATIC_DIR / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def _instant(moment: datetime) -> Markup:
    moment = moment.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"), f"{moment.day} {moment:%B %Y}"
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _avatar_class(handle: str) -> str:
    return f"avatar-{hashlib.sha256(handle.encode()).digest()[0] % AVATAR_CLASSES}"


def _initial(name: str) -> str:
    return next((letter.upper() for letter in name if letter.isalnum()), "?")


@cache
def environment() -> Environment:
    """Make the one template environment; it holds nothing of any site."""
    made = Environment(
        loader=PackageLoader("fedreview.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        static=static,
        instant=_instant,
        count=_count,
        avatar_class=_avatar_class,
        initial=_initial,
    )
    return made


def _site(request: Request, info: SiteInfo | None) -> Mapping[str, str]:
    site = site_of(request)
    info = info or site.accounts.site_info()
    return {
        "title": info.title,
        "tagline": info.tagline,
        "base_url": site.urls.base,
        "language": "en",
    }


def _reports_waiting(request: Request, name: str) -> int:
    """Count what the navigation of the desk says is waiting."""
    return site_of(request).reporting.count_open() if name.startswith("studio/") else 0


def fragment(name: str, **context: Any) -> Markup:
    """Render a part of a page."""
    return Markup(environment().get_template(name).render(**context))  # noqa: S704  (autoescaped)


async def page(
    request: Request,
    name: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    info: SiteInfo | None = None,
    done: str = "",
    **context: Any,
) -> Response:
    """Render a page in a thread, for its title comes from the database.

    info: of the site, when it has been read already.
    done: what to say has been done; else what the address says.
    """
    done = done or request.query_params.get("done", "")

    def render() -> str:
        found = signed_in(request)
        return (
            environment()
            .get_template(name)
            .render(
                site=_site(request, info),
                me=found.author if found else None,
                path=request.url.path,
                status=status,
                flash=FLASHES.get(done, ""),
                reports_waiting=_reports_waiting(request, name),
                **context,
            )
        )

    body = await in_thread(render)
    return Response(body, status_code=status, media_type="text/html", headers=headers)
