"""The guarded network under httpx: one pool of connections, one TLS context."""

import ssl
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import cast

import certifi
import httpcore
import httpx

from fedreview.errors import ConfigurationError

# httpcore's own default. Keeping more idle connections made deliveries to 500 hosts several
# times slower, because the pool walks through all of them at each request.
_IDLE_CONNECTIONS = 20
_IDLE_SECONDS = 5.0


def tls_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """Trust what the system trusts. Make it once: each one costs some 40 ms.

    ca_file: PEM file of further authorities.

    Raises ConfigurationError when the file cannot be used.
    """
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(cafile=certifi.where())
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:
            raise ConfigurationError([f"no certificates can be read from {ca_file}"]) from error
    return context


class GuardedTransport(httpx.AsyncBaseTransport):
    """Carry httpx's requests over a network of ours.

    httpx's own transport takes no network. This one leaves httpcore's errors as they are; the
    client translates both families.
    """

    def __init__(self, *, network: httpcore.AsyncNetworkBackend, tls: ssl.SSLContext) -> None:
        # No upper limit: httpcore 1.0.9 can lose requests that wait in a full pool when others
        # are cancelled. How many run at once is the worker's decision.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=None,
            max_keepalive_connections=_IDLE_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=network,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the answer's body is read by whoever asked."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                url,
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(cast("AsyncIterable[bytes]", answer.stream)),
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: AsyncIterable[bytes]) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        # httpcore's stream of a response always has it, though its interface does not say so.
        await cast("httpx.AsyncByteStream", self._stream).aclose()
