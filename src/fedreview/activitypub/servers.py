"""The name of a server, read out of whatever people paste."""

import ipaddress
import re

from fedreview.activitypub.origin import LONGEST_ADDRESS, host
from fedreview.errors import InvalidInput

_REGISTRIES = frozenset(
    {"ac", "co", "com", "edu", "gob", "gov", "ltd", "mil", "ne", "net", "nom", "or", "org", "plc"}
)
"""What stands before the country where names are handed out one level deeper, as in co.uk."""

_COUNTRY = re.compile(r"[a-z]{2}")

EMPTY = "Type the name of a server, such as social.example."
NO_NAME = "That is not the name of a server. Type it as in social.example."
HIDDEN = (
    "Letters of this name are hidden behind asterisks, so it cannot be known which server it is."
)
REGISTRY = "Everything under this name would be blocked. Type the name of one server."
OURS = "That is this site, or everything under a name that this site is part of."
LOCAL = "That is an address in your own network, or one that stands for this machine."


def read_server(text: str, *, own: str) -> str:
    """Read the name of a server out of a name, an address or a handle.

    own: the host of this site, which nobody can block.

    Gives it as blocks have it: lower case, ASCII, with a port only where one was typed that is
    not the default. A block holds for all subdomains, so ``*.social.example`` is the same.

    Raises InvalidInput for field "domain".
    """
    name = _bare(text)
    if not name:
        raise _wrong(EMPTY)
    if "*" in name or "…" in name:
        raise _wrong(HIDDEN)
    server = host(f"https://{name}")
    if not server:
        raise _wrong(NO_NAME)
    _refuse_too_much(server, own)
    return server


def part_of_name(text: str) -> str:
    """Read what servers are to be looked for by: a name, or a part of one, as blocks have it."""
    name = _bare(text)
    return host(f"https://{name}") or name.lower()


def _bare(text: str) -> str:
    """Take off what people paste around the name: the scheme, the person, the path."""
    name = text.strip()[:LONGEST_ADDRESS].strip("<>\"'`,;").strip()
    name = name.partition("://")[2] if "://" in name else name.removeprefix("//")
    name = re.split(r"[/?#]", name, maxsplit=1)[0]
    name = name.rpartition("@")[2].removeprefix("acct:")
    return name.removeprefix("*.").lstrip(".")


def _refuse_too_much(server: str, own: str) -> None:
    name, port = _parted(server)
    own_name, own_port = _parted(own)
    is_ours = own_name == name or own_name.endswith(f".{name}")
    if is_ours and port in {"", own_port}:
        raise _wrong(OURS)
    address = _address(name)
    if address:
        # Where the site itself has no name, as on a developer's machine, others have none either.
        if not address.is_global and not _address(own_name):
            raise _wrong(LOCAL)
        return
    labels = name.split(".")
    if len(labels) == 1 or labels[-1].isdecimal():
        raise _wrong(REGISTRY if labels[0].isalpha() else NO_NAME)
    is_of_country = len(labels) == 2 and _COUNTRY.fullmatch(labels[1])
    if is_of_country and labels[0] in _REGISTRIES:
        raise _wrong(REGISTRY)


def _parted(server: str) -> tuple[str, str]:
    """Split off the port."""
    name, _, port = server.rpartition(":")
    return (name, port) if name and port.isdecimal() and not name.endswith(":") else (server, "")


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return None


def _wrong(text: str) -> InvalidInput:
    return InvalidInput({"domain": text})
