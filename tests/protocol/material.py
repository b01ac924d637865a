"""Vectors, test keys and received requests for every test about signatures."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fedreview.signatures.keys import PrivateKey, PublicKey
from fedreview.signatures.message import Message

VECTORS = Path(__file__).parent / "vectors"
ORIGIN = "https://reviews.example"
HOSTS = frozenset({"reviews.example", "reviews.example:443"})
OWNER = "https://mastodon.example/users/alice"


@cache
def vectors(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    return loaded


def by_id(cases: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {case["id"]: case for case in cases}


@cache
def private_key(name: str) -> PrivateKey:
    """Load one of the RFC's keys: ``test-key-rsa`` or ``test-key-ed25519``."""
    pem = vectors("rfc9421")["keys"][name]["private_pem"]
    return PrivateKey.load(f"{OWNER}#{name}", pem)


@cache
def public_key(name: str, id: str = "") -> PublicKey:
    pem = vectors("rfc9421")["keys"][name]["public_pem"]
    return PublicKey.from_pem(id or f"{OWNER}#{name}", OWNER, pem)


def received(
    *,
    method: str = "POST",
    target: str | bytes = "/inbox",
    headers: Mapping[str, str] | list[tuple[str, str]],
    body: bytes = b"",
    origins: frozenset[str] = frozenset({ORIGIN}),
    hosts: frozenset[str] = HOSTS,
) -> Message:
    """Build the message that a web server would hand over for this request."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return Message(
        method=method,
        raw_target=target.encode() if isinstance(target, str) else target,
        headers=tuple((name.lower(), value) for name, value in pairs),
        body=body,
        origins=origins,
        hosts=hosts,
    )


def received_case(case: dict[str, Any]) -> Message:
    """Build the message of one case of a ``fediverse_profile``."""
    request = case["request"]
    return received(
        method=request["method"],
        target=request["target"],
        headers=[*map(tuple, request["headers"]), *case["headers"].items()],
        body=(request["body"] or "").encode(),
    )
