"""Which signature to show another server first, and which next when it is turned away.

Nobody refuses cavage today, and some read RFC 9421 alone, so cavage goes first.
Source: SWICG ActivityPub and HTTP Signatures, "How to upgrade supported versions".
"""

from datetime import datetime
from enum import Enum

from fedreview.signatures import cavage, rfc9421
from fedreview.signatures.keys import PrivateKey
from fedreview.signatures.verify import Scheme

# Not only 401: Threads answers 404 and some proxies 403 to a signature they cannot read.
REFUSALS = frozenset({400, 401, 403, 404})


class Knock(Enum):
    """One way to sign a request."""

    CAVAGE = "cavage"
    CAVAGE_PATH_ONLY = "cavage without the query"
    RFC9421 = "rfc9421"


KNOCKS = {Scheme.CAVAGE: Knock.CAVAGE, Scheme.RFC9421: Knock.RFC9421}


def other_scheme(scheme: Scheme) -> Scheme:
    """Give the scheme to try when this one was refused."""
    return Scheme.RFC9421 if scheme is Scheme.CAVAGE else Scheme.CAVAGE


def next_knock(knock: Knock, status: int, *, has_query: bool) -> Knock | None:
    """Decide how to ask again for a document; None means take the answer for what it is.

    Pixelfed, BookWyrm and Fedify check the path alone, and say 401 when the query was signed.
    """
    if knock is Knock.CAVAGE and status == 401 and has_query:
        return Knock.CAVAGE_PATH_ONLY
    if knock is not Knock.RFC9421 and status in REFUSALS:
        return Knock.RFC9421
    return None


def signature_headers(
    knock: Knock,
    key: PrivateKey,
    *,
    method: str,
    url: str,
    now: datetime,
    body: bytes | None = None,
    content_type: str | None = None,
) -> dict[str, str]:
    """Give the headers that make a request a signed one.

    url: as sent, to the letter.
    """
    if knock is Knock.RFC9421:
        # Without the content type it is exactly what Mastodon sends.
        return rfc9421.sign(key, method=method, url=url, body=body, now=now)
    return cavage.sign(
        key,
        method=method,
        url=url,
        body=body,
        now=now,
        content_type=content_type,
        covers_query=knock is Knock.CAVAGE,
    )
