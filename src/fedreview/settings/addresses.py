"""Whether an address in the settings is one that a site can use."""

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

STANDARD_PORTS = {"http": 80, "https": 443}

# An underscore is no letter of the DNS, but of names in a container's network.
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_PLACE = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(?::[0-9]{1,5})?")


def split(text: str) -> tuple[SplitResult | None, int | None]:
    """Take an address apart; None when it is none."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None, None
    return parts, port


def base_url_problem(text: str, parts: SplitResult | None) -> str:
    """Say what is wrong with a base URL; "" when it is one."""
    example = "must look like https://reviews.example, with nothing after it."
    if not parts or parts.scheme not in STANDARD_PORTS or not parts.hostname or "@" in text:
        return example
    if parts.path or "?" in text or "#" in text:
        return "must end after the host: the site cannot live in a folder."
    host = parts.hostname
    if not host.isascii():
        return "must have its host in letters of the DNS, as xn--…: other servers compare those."
    is_host = _HOST.fullmatch(host) or (":" in host and is_readable(ipaddress.IPv6Address, host))
    return "" if is_host and not text.endswith(":") and parts.port != 0 else example


def database_url_problem(text: str) -> str:
    """Say what is wrong with a database URL, without repeating it; "" when nothing is."""
    if text.startswith("sqlite:///"):
        is_kept = text.removeprefix("sqlite:///").partition("?")[0] not in {"", ":memory:"}
        return "" if is_kept else "must name a file: sqlite:////path/to/file."
    if not text.startswith("postgresql+psycopg://"):
        return "must begin with sqlite:/// or postgresql+psycopg://."
    if "@" in text.partition("@")[2]:
        return "has more than one @: in the password write %40."
    place = re.split("[/?]", text.partition("://")[2].rpartition("@")[2])[0]
    if not _PLACE.fullmatch(place):
        return "must look like postgresql+psycopg://user:password@host:5432/name."
    return ""


def is_readable(read: Callable[[str], object], text: str) -> bool:
    """Tell whether a function can read this text."""
    try:
        read(text)
    except ValueError:
        return False
    return True
