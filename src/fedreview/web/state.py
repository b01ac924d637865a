"""What handlers reach: the services of one site, typed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import ParamSpec, TypedDict, TypeVar

from starlette.requests import Request as StarletteRequest

from fedreview.activitypub.urls import Urls
from fedreview.services.acclaiming import Acclaiming
from fedreview.services.accounts import Accounts, SignedIn
from fedreview.services.addressing import Addressing
from fedreview.services.answering import Answering
from fedreview.services.anticipating import Anticipating
from fedreview.services.autosaving import Autosaving
from fedreview.services.blocking import Blocking
from fedreview.services.browsing import Browsing
from fedreview.services.charting import Charting
from fedreview.services.collecting import Collecting
from fedreview.services.conversing import Conversing
from fedreview.services.copying import Copying
from fedreview.services.correcting import Correcting
from fedreview.services.corresponding import Corresponding
from fedreview.services.describing import Describing
from fedreview.services.dispatching import Dispatching
from fedreview.services.distancing import Distancing
from fedreview.services.fetching import Fetching
from fedreview.services.fingering import Fingering
from fedreview.services.following import Followings
from fedreview.services.grading import Grading
from fedreview.services.guesting import Guesting
from fedreview.services.heralding import Heralding
from fedreview.services.illustrating import Illustrating
from fedreview.services.inspecting import Inspecting
from fedreview.services.interacting import Interacting
from fedreview.services.leading import Leading
from fedreview.services.looking_up import LookingUp
from fedreview.services.maintaining import Maintaining
from fedreview.services.messaging import Messaging
from fedreview.services.moderating import Moderating
from fedreview.services.moving import Moving
from fedreview.services.overseeing import Overseeing
from fedreview.services.picturing import Picturing
from fedreview.services.pinning import Pinning
from fedreview.services.portraying import Portraying
from fedreview.services.preceding import Precedence
from fedreview.services.presenting import Presenting
from fedreview.services.previewing import Previewing
from fedreview.services.publishing import Publishing
from fedreview.services.pushing import Pushing
from fedreview.services.quoting import Quoting
from fedreview.services.reacting import Reacting
from fedreview.services.receiving import Receiving
from fedreview.services.remembering import Remembering
from fedreview.services.reminding import Reminding
from fedreview.services.repeating import repeated
from fedreview.services.reporting import Reporting
from fedreview.services.resending import Resending
from fedreview.services.ruling import Ruling
from fedreview.services.searching import Searching
from fedreview.services.shelving import Shelving
from fedreview.services.sitting import Sitting
from fedreview.services.syndicating import Syndicating
from fedreview.services.taking import Taking
from fedreview.services.tallying import Tallying
from fedreview.services.theming import Theming
from fedreview.services.trashing import Trashing
from fedreview.services.unsubscribing import Unsubscribing
from fedreview.services.watching import Watching
from fedreview.web.keeping import Kept
from fedreview.web.tongues import Tongues

PASSWORDS_AT_ONCE = 2

_SIGNED_IN = "fedreview.signed_in"

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One site: its services, and the few settings that pages need.

    password_checks: to be held while a password is checked. A check takes 40 ms and 19 MiB on
    purpose; without a bound, guesses from many addresses take every thread and pages wait.
    upload_limit_bytes: of a form with a picture. kept: answers that are still as they were.
    tongues: the languages that pages can be in.
    """

    urls: Urls
    is_https: bool
    upload_limit_bytes: int
    now: Callable[[], datetime]
    acclaiming: Acclaiming
    accounts: Accounts
    addressing: Addressing
    answering: Answering
    anticipating: Anticipating
    autosaving: Autosaving
    blocking: Blocking
    browsing: Browsing
    charting: Charting
    collecting: Collecting
    conversing: Conversing
    copying: Copying
    correcting: Correcting
    corresponding: Corresponding
    describing: Describing
    dispatching: Dispatching
    distancing: Distancing
    fetching: Fetching
    fingering: Fingering
    following: Followings
    grading: Grading
    heralding: Heralding
    guesting: Guesting
    illustrating: Illustrating
    inspecting: Inspecting
    interacting: Interacting
    looking_up: LookingUp
    leading: Leading
    maintaining: Maintaining
    moderating: Moderating
    messaging: Messaging
    moving: Moving
    overseeing: Overseeing
    picturing: Picturing
    portraying: Portraying
    pinning: Pinning
    presenting: Presenting
    previewing: Previewing
    publishing: Publishing
    pushing: Pushing
    quoting: Quoting
    reacting: Reacting
    receiving: Receiving
    reminding: Reminding
    reporting: Reporting
    theming: Theming
    remembering: Remembering
    resending: Resending
    ruling: Ruling
    trashing: Trashing
    syndicating: Syndicating
    searching: Searching
    shelving: Shelving
    tallying: Tallying
    sitting: Sitting
    taking: Taking
    unsubscribing: Unsubscribing
    watching: Watching
    precedence: Precedence
    password_checks: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(PASSWORDS_AT_ONCE)
    )
    kept: Kept = field(default_factory=Kept)
    tongues: Tongues = field(default_factory=Tongues)


class State(TypedDict):
    """What the lifespan gives to every request."""

    site: Site


Request = StarletteRequest[State]


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do something that touches the database, without holding up the event loop.

    The only bridge between the two colours in the web layer. What collides with somebody else's
    is done again.
    """
    return await asyncio.to_thread(repeated, partial(work, *args, **kwargs))


def site_of(request: Request) -> Site:
    """Give the site that the request is for."""
    return request.state["site"]


def set_signed_in(request: Request, found: SignedIn | None) -> None:
    """Remember who is signed in, for the rest of this request."""
    request.scope[_SIGNED_IN] = found


def signed_in(request: Request) -> SignedIn | None:
    """Give who is signed in; security looked it up before the handler was called."""
    found = request.scope.get(_SIGNED_IN)
    return found if isinstance(found, SignedIn) else None
