"""What a stranger reads when something goes wrong: the only place where that is decided."""

import math
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import structlog
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from fedreview import errors
from fedreview.services.receiving import ACCEPT_SIGNATURE_HEADER
from fedreview.web.login import ask_again
from fedreview.web.negotiation import wants_html
from fedreview.web.security import protections
from fedreview.web.state import Request, site_of
from fedreview.web.studio.resuming import show_again
from fedreview.web.templating import fragment, language_of, page
from fedreview.web.tongues import later

ROOM_MADE_WITHIN = timedelta(minutes=5)
"""When it is worth trying again what the disk had no room for."""

_log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 10
"""When the database is away, or too many want the same: as a rule that is over soon."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and what a person reads with it."""

    status: int
    heading: str
    text: str


ANSWERS: dict[type[errors.FedreviewError], Answer] = {
    errors.NotFound: Answer(
        404, later("There is nothing here"), later("It may have moved or been deleted.")
    ),
    errors.NotAllowed: Answer(
        403, later("Not for you"), later("This link does not work, or no longer.")
    ),
    errors.NotSignedIn: Answer(
        401, later("Sign in first"), later("This page is for the authors of this site.")
    ),
    errors.InvalidInput: Answer(
        422, later("That cannot be used"), later("Go back and look at the form again.")
    ),
    errors.TooManyRequests: Answer(429, later("Too many tries"), later("Wait for a while.")),
    errors.Busy: Answer(503, later("Too much to do here"), later("Try again in some minutes.")),
    errors.Collision: Answer(
        503, later("Too much to do here"), later("Try again in some minutes.")
    ),
    errors.DatabaseAway: Answer(
        503, later("Something broke here"), later("Try again in some minutes.")
    ),
    errors.DiskRefuses: Answer(
        503,
        later("Nothing can be saved here now"),
        later(
            "The disk of this site is full, or cannot be written. What is here can still be read. "
            "If you typed something, press Back: it is still in the form. "
            "Send it again when the admin has made room."
        ),
    ),
    errors.MalformedActivity: Answer(
        400, later("Not understood"), later("That is not an activity this server can read.")
    ),
    errors.UntrustedSignature: Answer(
        401, later("Not proved"), later("The signature does not prove who sent this.")
    ),
    errors.RemoteRefused: Answer(
        502, later("The other server refused"), later("It answered, but not with what was needed.")
    ),
    errors.NotYet: Answer(503, later("Not yet"), later("Try again in some minutes.")),
    errors.RemoteUnavailable: Answer(
        503, later("Another server does not answer"), later("Try again in some minutes.")
    ),
    errors.RemoteFailure: Answer(
        502, later("The other server failed"), later("Try again in some minutes.")
    ),
    errors.ConfigurationError: Answer(
        500, later("This site is not set up right"), later("Its admin finds the reason in the log.")
    ),
}

_HTTP = {
    404: ANSWERS[errors.NotFound],
    405: Answer(405, later("Not that way"), later("This address takes no such request.")),
    408: Answer(408, later("Too slow"), later("The request did not arrive in time.")),
    413: Answer(413, later("Too large"), later("That is more than this site takes.")),
    400: Answer(400, later("Not understood"), later("The request is broken.")),
}
_UNEXPECTED = Answer(
    500,
    later("Something broke here"),
    later("It has been noted. Try again; if it stays, tell the admin."),
)


def answer_for(error: errors.FedreviewError) -> Answer:
    """Look up what to say, by the nearest class that has an entry."""
    return next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)


async def answer_error(request: Request, error: Exception) -> Response:
    """Answer an error of our own tree."""
    if not isinstance(error, errors.FedreviewError):
        raise error
    if isinstance(error, errors.NotSignedIn) and request.method == "GET":
        return RedirectResponse(f"/login?next={quote(_target(request))}", status_code=303)
    answer = answer_for(error)
    if isinstance(error, errors.DatabaseAway):
        return _answer_without_database(request, answer)
    # A line for each would let a flood fill the disk; who is slowed down is logged once a minute.
    # What the disk refuses is logged where it was noticed.
    quiet = errors.TooManyRequests | errors.Busy | errors.DiskRefuses
    log = _log.debug if isinstance(error, quiet) else _log.info
    log("refused", path=request.url.path, status=answer.status, reason=str(error)[:300])
    if isinstance(error, errors.NotSignedIn) and wants_html(request):
        return await ask_again(request)
    headers = _headers_of(error)
    if isinstance(error, errors.DiskRefuses):
        form_again = await show_again(request)
        if form_again is not None:
            form_again.status_code = answer.status
            form_again.headers.update(headers)
            return form_again
    return await _say(request, answer, headers)


def _headers_of(error: errors.FedreviewError) -> dict[str, str]:
    """Say when to come back, or how to sign."""
    if isinstance(error, errors.UntrustedSignature) and not isinstance(error, errors.NotTheActor):
        name, value = ACCEPT_SIGNATURE_HEADER
        return {name: value}
    match error:
        case errors.TooManyRequests() | errors.Busy():
            seconds = math.ceil(error.retry_after.total_seconds())
        case errors.DiskRefuses():
            seconds = math.ceil(ROOM_MADE_WITHIN.total_seconds())
        case errors.Collision():
            seconds = RETRY_AFTER_SECONDS
        case _:
            return {}
    return {"Retry-After": str(seconds)}


def _target(request: Request) -> str:
    path, query = request.url.path, request.url.query
    return f"{path}?{query}" if query else path


async def answer_http(request: Request, error: Exception) -> Response:
    """Answer an error of the framework: no such route, method or size."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return await _say(
        request, _HTTP.get(status, Answer(status, later("That did not work"), "")), headers
    )


async def answer_nobody(_: Request, __: Exception) -> Response:
    """End a request whose sender went away in the middle; nobody reads the answer.

    It is no bug of ours: as one, each would put 6 KB of trace into the log.
    """
    return Response(status_code=400)


async def answer_unexpected(request: Request, error: Exception) -> Response:
    """Answer a bug of ours; the framework logs it with its trace."""
    if isinstance(error, errors.DatabaseAway):
        # Security looks up who is signed in, outside of what answers our own errors.
        return _answer_without_database(request, answer_for(error))
    _log.error("unexpected error", path=request.url.path, exc_info=error)
    return _answer_without_database(request, _UNEXPECTED)


def _answer_without_database(request: Request, answer: Answer) -> Response:
    """Say something when the database may be what is broken."""
    # The framework answers a bug outside of our middleware, which adds them otherwise.
    headers = {**protections(is_https=site_of(request).is_https), "Cache-Control": "no-store"}
    if answer.status == 503:
        _log.warning("the database is away", path=request.url.path)
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if wants_html(request):
        text = fragment(
            "broken.html", language_of(request, None), heading=answer.heading, text=answer.text
        )
        return HTMLResponse(text, status_code=answer.status, headers=headers)
    return JSONResponse(
        {"error": answer.heading, "detail": answer.text},
        status_code=answer.status,
        headers=headers,
    )


async def _say(request: Request, answer: Answer, headers: dict[str, str]) -> Response:
    # A shared cache may keep a 404 that says nothing, and give a signed-in author's, or one
    # in JSON, to everybody.
    headers = {"Cache-Control": "no-store", **headers}
    if not wants_html(request):
        return JSONResponse(
            {"error": answer.heading, "detail": answer.text},
            status_code=answer.status,
            headers=headers,
        )
    return await page(
        request,
        "error.html",
        status=answer.status,
        headers=headers,
        heading=answer.heading,
        text=answer.text,
        status_code=answer.status,
    )
