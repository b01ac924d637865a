"""The delivery board as files for a spreadsheet."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime

from starlette.responses import Response, StreamingResponse

from fedreview.domain.delivery import Stand
from fedreview.services.board_views import DispatchItem, SentItem, ServerItem
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.studio.deliveries import STANDS, stand_asked_for

PORTION = 500
"""Rows read at once."""

MOST_ROWS = 50_000

Row = Sequence[object]
Portion = tuple[Iterable[Row], str]
"""Rows, and the cursor of the portion that follows, or ""."""

_SENT = ("id", "what", "sent (UTC)", *STANDS.values())
_SERVER = ("server", "software", *STANDS.values(), "failing since (UTC)", "last answer", "reason")
_SERVER_TIMES = ("next try (UTC)", "resting until (UTC)")
_DISPATCH = ("server", "inbox", "what", "state", "failures", "last answer", "reason")
_DISPATCH_TIMES = ("next try (UTC)", "ended (UTC)")
_ONLY = (f"Only the first {MOST_ROWS:,} rows are here.",)


async def get_sent(request: Request) -> Response:
    """Give what was sent."""
    author, stand = require_author(request), stand_asked_for(request)
    dispatching = site_of(request).dispatching

    def read(cursor: str) -> Portion:
        view = dispatching.sent(author, stand=stand, before=cursor, limit=PORTION)
        return map(_sent, view.items), view.older

    return await _sheet(request, "deliveries", _SENT, read)


async def get_one(request: Request) -> Response:
    """Give where one thing went."""
    author, id_ = require_author(request), request.path_params["id"]
    dispatching, host = site_of(request).dispatching, request.query_params.get("server", "")

    def read(cursor: str) -> Portion:
        view = dispatching.one(author, id_, host=host, after=cursor, limit=PORTION)
        what = view.item.caption.line
        return (
            _dispatch(each, what) for some in view.groups.values() for each in some
        ), view.further

    return await _sheet(request, f"delivery-{id_}", (*_DISPATCH, *_DISPATCH_TIMES), read)


async def get_servers(request: Request) -> Response:
    """Give how servers fare."""
    require_author(request)
    dispatching, query = site_of(request).dispatching, request.query_params
    only_trouble, host = query.get("show") == "trouble", query.get("server", "")

    def read(cursor: str) -> Portion:
        view = dispatching.servers(
            only_trouble=only_trouble, host=host, after=cursor, limit=PORTION
        )
        return map(_server, view.items), view.further

    return await _sheet(request, "servers", (*_SERVER, *_SERVER_TIMES), read)


async def get_server(request: Request) -> Response:
    """Give what one server has not taken."""
    author, host = require_author(request), request.path_params["host"]
    dispatching = site_of(request).dispatching

    def read(cursor: str) -> Portion:
        view = dispatching.server(author, host, after=cursor, limit=PORTION)
        return (
            _dispatch(each, each.caption.line if each.caption else "")
            for some in view.groups.values()
            for each in some
        ), view.further

    return await _sheet(request, "server", (*_DISPATCH, *_DISPATCH_TIMES), read)


def _sent(item: SentItem) -> Row:
    numbers = (item.counts.of(stand) for stand in STANDS)
    return (item.id, item.caption.line, _time(item.sent_at), *numbers)


def _server(item: ServerItem) -> Row:
    numbers = (item.counts.of(stand) for stand in STANDS)
    times = (_time(item.next_try_at), _time(item.resting_until))
    said = (_time(item.since), item.answer, item.reason)
    return (item.host, item.software, *numbers, *said, *times)


def _dispatch(item: DispatchItem, what: str) -> Row:
    said = (item.failures, item.answer, item.reason)
    times = (_time(item.next_try_at), _time(item.settled_at))
    return (item.host, item.inbox, what, STANDS[Stand(item.stand)], *said, *times)


def _time(moment: datetime | None) -> str:
    # With a T, or a zone at the end, Excel takes it for words.
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment else ""


async def _sheet(
    request: Request, name: str, head: Row, read: Callable[[str], Portion]
) -> Response:
    """Send rows as they are read. The first are read before anything is sent: it may fail."""
    first = await in_thread(read, "")

    async def written() -> AsyncIterator[bytes]:
        # With the mark without which Excel takes UTF-8 for something else.
        yield f"\ufeff{_lines([head])}".encode()
        rows, cursor = first
        for left in range(MOST_ROWS // PORTION, 0, -1):
            yield _lines(rows).encode()
            if not cursor:
                break
            if left == 1:
                yield _lines([_ONLY]).encode()
                break
            rows, cursor = await in_thread(read, cursor)

    day = f"{site_of(request).now():%Y-%m-%d}"
    disposition = f'attachment; filename="{name}-{day}.csv"'
    headers = {**PRIVATE, "Content-Disposition": disposition}
    return StreamingResponse(written(), media_type="text/csv", headers=headers)


def _lines(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_defused(cell) for cell in row] for row in rows)
    return text.getvalue()


def _defused(cell: object) -> str:
    """Keep spreadsheets from taking a stranger's words for a formula.

    Source: OWASP, CSV Injection.
    """
    text = str(cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
