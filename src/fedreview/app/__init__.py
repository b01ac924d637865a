"""One site as an ASGI application, with the worker beside it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from fedreview.app.parts import Parts, build_parts, new_id, utc_now
from fedreview.errors import FedreviewError
from fedreview.settings import Settings
from fedreview.web.door import Door
from fedreview.web.errors import (
    answer_error,
    answer_http,
    answer_nobody,
    answer_unexpected,
)
from fedreview.web.routes import routes
from fedreview.web.security import Security
from fedreview.web.shelf import Shelf
from fedreview.web.state import State
from fedreview.worker import Worker

__all__ = [
    "THREADS",
    "Parts",
    "build_parts",
    "create_app",
    "new_id",
    "running_worker",
    "use_threads",
    "utc_now",
]

THREADS = 32
"""For everything that touches the database; on SQLite most of them wait for one commit."""

# Starlette's type for handlers knows only its own untyped state.
ERROR_HANDLERS: dict[Any, Any] = {
    FedreviewError: answer_error,
    HTTPException: answer_http,
    ClientDisconnect: answer_nobody,
    Exception: answer_unexpected,
}


@asynccontextmanager
async def running_worker(worker: Worker) -> AsyncIterator[None]:
    """Run a worker beside something else, and let it finish what it has begun."""
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await task


def use_threads() -> ThreadPoolExecutor:
    """Give this event loop enough threads for its database work."""
    executor = ThreadPoolExecutor(THREADS, thread_name_prefix="fedreview")
    # A thread that begins holds up whoever begins it, and that would be the event loop.
    together = threading.Barrier(THREADS + 1)
    try:
        for _ in range(THREADS):
            executor.submit(together.wait)
        together.wait()
    except BaseException:
        # When there can be no more, those that have begun would wait for the others for ever.
        together.abort()
        raise
    asyncio.get_running_loop().set_default_executor(executor)
    return executor


class _Site(Starlette):
    @cached_property
    def shelf(self) -> Shelf:
        """What stands before everything."""
        return Shelf(super().build_middleware_stack())

    def build_middleware_stack(self) -> ASGIApp:
        """Put what is kept before everything: what everybody gets is nobody's own."""
        return self.shelf


def create_app(
    settings: Settings,
    *,
    with_worker: bool = True,
    looks_ahead: bool = True,
    now: Callable[[], datetime] = utc_now,
    transport: httpx.AsyncBaseTransport | None = None,
    build: Callable[..., Parts] = build_parts,
) -> Starlette:
    """Make the ASGI application of one site.

    with_worker: whether it also delivers and applies, or leaves that to `fedreview work`.
    looks_ahead: whether pages that are being read are looked at by itself after a change.
    build: `build_parts`, or what calls it, for tests that drive the worker themselves.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        use_threads()
        parts = await asyncio.to_thread(build, settings, now=now, transport=transport)
        await asyncio.to_thread(parts.signing.load_all)
        try:
            async with AsyncExitStack() as beside:
                if with_worker:
                    beside.enter_context(parts.listener.running())
                    await beside.enter_async_context(running_worker(parts.worker))
                if looks_ahead:
                    await beside.enter_async_context(app.shelf.looking_ahead(parts.site))
                yield {"site": parts.site}
        finally:
            await parts.aclose()

    app = _Site(
        routes=routes(
            inbox_limit_bytes=settings.inbox_limit_bytes,
            upload_limit_bytes=settings.upload_limit_bytes,
        ),
        middleware=[
            Middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies)),
            # After them: what one address sends is counted there.
            Middleware(Door, limit_bytes=settings.inbox_limit_bytes),
            Middleware(Security),
        ],
        exception_handlers=ERROR_HANDLERS,
        lifespan=lifespan,
    )
    # Its redirect to the address without the slash would go to whatever Host was sent.
    app.router.redirect_slashes = False
    return app
