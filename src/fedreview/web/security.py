"""What stands before every handler: headers, foreign forms, sessions."""

import re
from collections.abc import Awaitable, Callable

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fedreview.services.accounts import SESSION_LIFE
from fedreview.web.state import Request, Site, in_thread, set_signed_in, site_of

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self' data:; style-src 'self'; font-src 'self' data:; "
        "script-src 'self'; "
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


_OPEN = re.compile(r"(?:/actor|/users/[^/]+)?/inbox|/mail/stop/[^/]+")
"""What others than our pages send to: servers, and mail programs (RFC 8058), each with a proof."""


def is_foreign_form(request: Request) -> bool:
    """Tell whether another site made a browser send this.

    Browsers say so themselves, in Sec-Fetch-Site or else in Origin, and no script can
    change either. What says neither is no browser of this decade and is refused too.
    """
    # The path that routes are matched with: a URL made of it ends at a decoded "?" or "#".
    if request.method in _SAFE or _OPEN.fullmatch(request.scope["path"]):
        return False
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    hosts = {site_of(request).urls.host, request.headers.get("host", "")} - {""}
    # Taken apart by hand: urlsplit raises at what is no address, and anybody may send that.
    return origin is None or origin.partition("://")[2] not in hosts


class Security:
    """ASGI middleware: refuses what cannot be meant well, finds the session, adds headers."""

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
        refused = _refusal(request)
        if refused:
            await refused(scope, receive, guarded)
            return
        token = request.cookies.get(cookie_name(site), "")
        found = await in_thread(site.accounts.signed_in, token) if token else None
        set_signed_in(request, found)
        if found and found.renewed:
            guarded = _with_session(guarded, site, token)
        await self._app(scope, receive, guarded)


def _refusal(request: Request) -> PlainTextResponse | None:
    query: bytes = request.scope.get("query_string", b"")
    # PostgreSQL keeps no zero and fails when it is asked for one; no link of ours has any.
    if "\0" in request.scope["path"] or b"\0" in query or b"%00" in query:
        return PlainTextResponse("That is no address of this site.", 400)
    if is_foreign_form(request):
        return PlainTextResponse(
            "This form came from another site. Open the page here and send it again.", 403
        )
    return None


def _with_session(send: Send, site: Site, token: str) -> Callable[[Message], Awaitable[None]]:
    """Let the cookie live as long as the session does, which has just been prolonged."""

    async def send_renewed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            # Never with what another may keep, nor in the place of a cookie just set.
            is_private = "no-store" in headers.get("cache-control", "") or message["status"] == 303
            if is_private and "set-cookie" not in headers:
                set_session(site, headers, token)
        await send(message)

    return send_renewed


def _with_headers(send: Send, *, is_https: bool) -> Callable[[Message], Awaitable[None]]:
    async def send_guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in protections(is_https=is_https).items():
                headers.setdefault(name, value)
        await send(message)

    return send_guarded
