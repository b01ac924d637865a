"""A request as it was received, and the parts that a signature can cover."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from fedreview.errors import RemoteRefused, UntrustedSignature

# More than any server sends, few enough to check.
MOST_COVERED = 32
LONGEST_KEY_ID = 2048

_URL = re.compile(r"(https?)://([^/?#\s]+)([^#\s]*)(?:#.*)?", re.IGNORECASE | re.ASCII)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_BODILESS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, kw_only=True)
class Message:
    """One received request.

    raw_target: path and query exactly as sent; a decoded path would verify another request.
    headers: names in lower case, values decoded as Latin-1, in the order received.
    origins: our public origins, such as ``https://reviews.example``. The socket cannot tell:
        behind a proxy its scheme is wrong.
    hosts: the values of ``Host`` that are ours, in lower case, with and without default port.
    """

    method: str
    raw_target: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes
    origins: frozenset[str]
    hosts: frozenset[str]

    def lines(self, name: str) -> tuple[str, ...]:
        """Give the value of each header line of this lower-case name, in order."""
        return self._lines.get(name, ())

    @cached_property
    def _lines(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for name, value in self.headers:
            found[name] = (*found.get(name, ()), value.strip(" \t"))
        return found

    def header(self, name: str) -> str | None:
        """Give one header, repeated ones joined with a comma, or None when it was not sent."""
        lines = self.lines(name)
        return ", ".join(lines) if lines else None

    def covered(self, name: str) -> str:
        """Give a header as it stands in what was signed.

        Raises UntrustedSignature when it was not sent, or spans lines: a line break within a
        value could pass for the next covered header.
        """
        value = self.header(name)
        if value is None:
            raise UntrustedSignature(f"the signature covers {name[:60]!r}, which was not sent")
        if "\n" in value or "\r" in value:
            raise UntrustedSignature(f"header {name[:60]!r} spans lines")
        return value

    @property
    def target(self) -> str:
        """Path and query as sent, byte for byte as Latin-1."""
        return self.raw_target.decode("latin-1")

    @property
    def needs_digest(self) -> bool:
        """Tell whether a signature that leaves out the body would leave out what matters."""
        return bool(self.body) or self.method.upper() not in _BODILESS

    def check_host(self) -> None:
        """Raise UntrustedSignature when the request was meant for a host that is not ours."""
        host = (self.header("host") or "").lower()
        if host not in self.hosts:
            raise UntrustedSignature(f"meant for another host: {host[:100]!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a request of ours goes, in the pieces that get signed.

    host: lower case, with the port when it is not the scheme's own.
    target: path and query.
    """

    scheme: str
    host: str
    target: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Take an absolute URL apart without changing a byte of path and query.

        Raises RemoteRefused when it is not http(s) in ASCII: nothing can be sent there.
        """
        match = _URL.fullmatch(url)
        if match is None or not url.isascii():
            raise RemoteRefused(f"not an address to send to: {url[:200]!r}")
        scheme, authority, target = match[1].lower(), match[2].lower(), match[3]
        host = authority.rpartition("@")[2].removesuffix(_DEFAULT_PORTS[scheme])
        return cls(
            scheme=scheme, host=host, target=target if target.startswith("/") else "/" + target
        )

    @property
    def url(self) -> str:
        """The URL without fragment, user name and default port."""
        return f"{self.scheme}://{self.host}{self.target}"
