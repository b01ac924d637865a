"""What stands before every handler: headers, foreign forms, sessions."""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fedreview.services.accounts import SESSION_LIFE, SignedIn
from fedreview.web.state import Request, Site, in_thread, site_of

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=(), camera=(), microphone=(), geolocation=()",
}
HSTS = "max-age=31536000"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def protections(*, is_https: bool) -> dict[str, str]:
    """Give the headers that every answer carries."""
    return {**HEADERS, "Strict-Transport-Security": HSTS} if is_https else HEADERS


def cookie_name(site: Site) -> str:
    """Name the session cookie; __Host- ties it to this very host, over https only."""
    return "__Host-session" if site.is_https else "session"


def set_session(site: Site, headers: MutableHeaders, token: str | None) -> None:
    """Give the browser a session, or take it away."""
    life = int(SESSION_LIFE.total_seconds()) if token else 0
    attributes = "HttpOnly; SameSite=Lax" + ("; Secure" if site.is_https else "")
    headers.append(
        "Set-Cookie", f"{cookie_name(site)}={token or ''}; Path=/; Max-Age={life}; {attributes}"
    )


_INBOX = re.compile(r"(?:/actor|/users/[^/]+)?/inbox")


def is_foreign_form(request: Request) -> bool:
    """Tell whether another site made a browser send this.

    Browsers say so themselves, in Sec-Fetch-Site or else in Origin, and no script can
    change either. What says neither is no browser of this decade and is refused too.
    """
    # The path that routes are matched with: a URL made of it ends at a decoded "?" or "#".
    if request.method in _SAFE or _INBOX.fullmatch(request.scope["path"]):
        return False
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    hosts = {site_of(request).urls.host, request.headers.get("host", "")} - {""}
    return origin is None or urlsplit(origin).netloc not in hosts


class Security:
    """ASGI middleware: refuses foreign forms, finds the session, adds the headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        site = site_of(request)
        guarded = _with_headers(send, is_https=site.is_https)
        if is_foreign_form(request):
            refused = PlainTextResponse(
                "This form came from another site. Open the page here and send it again.", 403
            )
            await refused(scope, receive, guarded)
            return
        scope["fedreview.signed_in"] = await _signed_in(request, site)
        await self._app(scope, receive, guarded)


async def _signed_in(request: Request, site: Site) -> SignedIn | None:
    token = request.cookies.get(cookie_name(site))
    return await in_thread(site.accounts.signed_in, token) if token else None


def _with_headers(send: Send, *, is_https: bool) -> Callable[[Message], Awaitable[None]]:
    async def send_guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in protections(is_https=is_https).items():
                headers.setdefault(name, value)
        await send(message)

    return send_guarded
