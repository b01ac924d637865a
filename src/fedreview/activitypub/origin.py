"""Whose address is it? The part of a URL that says which server may speak for it."""

import ipaddress
import re
import unicodedata
from functools import lru_cache

from fedreview.errors import MalformedActivity

LONGEST_ADDRESS = 2_048
"""Bytes; PostgreSQL takes 2,704 of them into one entry of an index, and raises at more."""

LONGEST_ID = 800
"""Bytes of what names somebody or something, for three of them share one entry of an index."""

LONGEST_HOST = 253

ORIGINS_KEPT = 1_024
"""Addresses of which the origin is remembered: one activity has us ask some twenty times."""

_DEFAULT_PORTS = {"http": 80, "https": 443}

# One pattern and not urlsplit: that drops tabs and newlines, forgives what stands beside
# brackets, and lets user:password through. Every part ends where the next can begin, so
# matching takes linear time.
_ADDRESS = re.compile(
    r"(?P<scheme>[Hh][Tt][Tt][Pp][Ss]?)://"
    r"(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[^\s\[\]:@/?#\\]{1,254}))"
    r"(?::(?P<port>[0-9]{0,5}))?"
    r'(?:[/?#][^\s\x00-\x20\x7f-\x9f\\<>"\ud800-\udfff]*)?'
)
# The underscore is no letter of host names, but there are servers that use it.
_NAME = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")


def _name(host: str) -> str | None:
    lowered = host.lower().removesuffix(".")
    if not host.isascii():
        # What normalises to something else (fullwidth letters, the Kelvin sign) or does not
        # come back the same (ß became ss in IDNA 2003, and is itself in IDNA 2008) could be
        # one host to us and another to whoever resolves it.
        if unicodedata.normalize("NFKC", host) != host:
            return None
        try:
            encoded = lowered.encode("idna")
            if encoded.decode("idna") != lowered:
                return None
        except UnicodeError:
            return None
        lowered = encoded.decode("ascii")
    return lowered if len(lowered) <= LONGEST_HOST and _NAME.fullmatch(lowered) else None


def _bracketed(six: str) -> str | None:
    try:
        return f"[{ipaddress.IPv6Address(six).compressed}]"
    except ValueError:
        return None


def fits(text: str, most_bytes: int) -> bool:
    """Tell whether a text takes at most so many bytes in UTF-8."""
    if len(text) > most_bytes or text.isascii():
        return len(text) <= most_bytes
    return len(text.encode(errors="surrogatepass")) <= most_bytes


@lru_cache(maxsize=ORIGINS_KEPT)
def find_origin(url: str) -> str | None:
    """Give ``scheme://host[:port]`` of an http(s) address, or None when it is none.

    The host comes in lower case and ASCII, without its trailing dot; a default port is left
    out. None for anything relative, longer than 2,048 bytes, with user information,
    white space or control characters, or with a host that two programs may read differently.
    Source: RFC 6454 section 4; for what is refused, Mastodon GHSA-5wxh-3p65-r4g6 and
    CVE-2023-42451.
    """
    found = _ADDRESS.fullmatch(url) if fits(url, LONGEST_ADDRESS) else None
    if found is None:
        return None
    scheme = found["scheme"].lower()
    host = _bracketed(found["six"]) if found["six"] else _name(found["name"])
    port = int(found["port"] or _DEFAULT_PORTS[scheme])
    if host is None or not 0 < port < 65_536:
        return None
    return f"{scheme}://{host}" if port == _DEFAULT_PORTS[scheme] else f"{scheme}://{host}:{port}"


def origin(url: str) -> str:
    """Give what `find_origin` gives.

    Raises MalformedActivity when the address is not one we take.
    """
    found = find_origin(url)
    if found is None:
        raise MalformedActivity("not an absolute http(s) address")
    return found


def host(url: str) -> str:
    """Give the host, with its port where that is not the default, or "" of no usable address.

    Every spelling of an address gives the same, so that a block holds them all.
    """
    return (find_origin(url) or "").partition("://")[2]


def site(url: str) -> str:
    """Give the last two labels of the host, or "": subdomains cost an attacker nothing.

    An IP address is a whole, and has no labels.

    It is coarser than who registered a name (all of ``co.uk`` is one): good for limits only.
    """
    place = host(url)
    if place.startswith("["):
        return place.partition("]")[0] + "]"
    name = place.partition(":")[0]
    labels = name.split(".")
    return name if labels[-1].isdigit() else ".".join(labels[-2:])


def same_origin(one: str, other: str) -> bool:
    """Tell whether one server speaks for both addresses; never so when either is unusable."""
    found = find_origin(one)
    return found is not None and found == find_origin(other)
