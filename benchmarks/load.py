"""A client that loads an HTTP/1.1 server: many connections, one request at a time on each.

Run as a process of its own, so that its work is not counted as the server's. What it saw goes to
the standard output as JSON. No pipelining: servers of the fediverse do none.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import cast

import uvloop

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass
class Seen:
    """What all connections saw together. latencies: seconds, in no order."""

    latencies: list[float] = field(default_factory=list)
    wire_bytes: int = 0
    statuses: dict[str, int] = field(default_factory=dict)


class Connection(asyncio.Protocol):
    """Sends the same request again as soon as the answer is whole, until the time is over."""

    def __init__(self, request: bytes, until: float, seen: Seen, pause: float) -> None:
        self._request, self._until, self._seen, self._pause = request, until, seen, pause
        self._missing = -1
        self._head = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # uvloop's own is no asyncio.Transport by its class.
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        if self._transport is None or time.perf_counter() >= self._until:
            if self._transport:
                self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count a part of an answer."""
        self._seen.wire_bytes += len(data)
        if self._missing < 0:
            self._head += data
            end = self._head.find(_END)
            if end < 0:
                return
            head = self._head[:end].lower()
            status = head[9:12].decode()
            self._seen.statuses[status] = self._seen.statuses.get(status, 0) + 1
            at = head.find(_LENGTH)
            length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self._missing = length - (len(self._head) - end - len(_END))
            self._head = b""
        else:
            self._missing -= len(data)
        if self._missing <= 0:
            self._missing = -1
            self._seen.latencies.append(time.perf_counter() - self._sent_at)
            if self._pause:
                asyncio.get_running_loop().call_later(self._pause, self._send)
            else:
                self._send()

    def connection_lost(self, error: Exception | None) -> None:
        """Stop."""
        if not self.closed.done():
            self.closed.set_result(error)


async def load(
    port: int, request: bytes, *, connections: int, seconds: float, pause: float
) -> Seen:
    """Load a server on loopback for a while."""
    seen, until = Seen(), time.perf_counter() + seconds
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(
            lambda: Connection(request, until, seen, pause), "127.0.0.1", port
        )
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.closed for _, protocol in made))
    return seen


def main() -> None:
    """Read what is wanted, load, and tell what was seen."""
    wanted = argparse.ArgumentParser()
    wanted.add_argument("--port", type=int, required=True)
    wanted.add_argument("--path", required=True)
    wanted.add_argument("--header", action="append", default=[])
    wanted.add_argument("--connections", type=int, default=32)
    wanted.add_argument("--seconds", type=float, default=3)
    wanted.add_argument("--pause", type=float, default=0)
    wanted.add_argument("--each", action="store_true", help="tell what each request took")
    given = wanted.parse_args()
    lines = [
        f"GET {given.path} HTTP/1.1",
        f"Host: 127.0.0.1:{given.port}",
        "User-Agent: stampede",
        *given.header,
    ]
    request = "\r\n".join([*lines, "", ""]).encode()
    started = time.perf_counter()
    seen = uvloop.run(
        load(
            given.port,
            request,
            connections=given.connections,
            seconds=given.seconds,
            pause=given.pause,
        )
    )
    took = time.perf_counter() - started
    ordered = sorted(seen.latencies)
    json.dump(
        {
            "requests": len(ordered),
            "seconds": took,
            "p50": ordered[len(ordered) // 2],
            "p99": ordered[int(len(ordered) * 0.99)],
            "wire_bytes": seen.wire_bytes,
            "statuses": seen.statuses,
            "latencies": ordered if given.each else [],
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
