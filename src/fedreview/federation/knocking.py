"""Which signature to show another server first, and which next when it is turned away.

Nobody refuses cavage today, and some read RFC 9421 alone, so cavage goes first, unless the
server took something else last time or says what it wants.
Source: SWICG ActivityPub and HTTP Signatures, "How to upgrade supported versions"; Fedify, too,
stops after three tries.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from fedreview.signatures import cavage, rfc9421
from fedreview.signatures.keys import PrivateKey
from fedreview.signatures.verify import Scheme
from fedreview.signatures.wanted import WantedSignature, read_wanted

# Not only 401: Threads answers 404 and some proxies 403 to a signature they cannot read.
REFUSALS = frozenset({400, 401, 403, 404})

MOST_KNOCKS = 3
MOST_REMEMBERED = 1_000


class Manner(Enum):
    """One way to sign a request."""

    CAVAGE = "cavage"
    CAVAGE_PATH_ONLY = "cavage without the query"
    RFC9421 = "rfc9421"

    @property
    def scheme(self) -> Scheme:
        """The scheme that this is a way of."""
        return Scheme.RFC9421 if self is Manner.RFC9421 else Scheme.CAVAGE


MANNERS = {Scheme.CAVAGE: Manner.CAVAGE, Scheme.RFC9421: Manner.RFC9421}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """One try to be let in. wanted: what the server has asked for, always in RFC 9421."""

    key: PrivateKey
    manner: Manner
    wanted: WantedSignature | None = None


@dataclass(slots=True, kw_only=True)
class Knocking:
    """The tries to get one request through one door.

    first: what worked last time. spare_key: another key of the same actor, to be tried last.
    """

    key: PrivateKey
    first: Manner = Manner.CAVAGE
    has_query: bool
    has_body: bool
    spare_key: PrivateKey | None = None
    made: list[Knock] = field(default_factory=list)

    def begin(self) -> Knock:
        """Give the first try."""
        manner = self.first
        if manner is Manner.CAVAGE_PATH_ONLY and not self.has_query:
            manner = Manner.CAVAGE
        return self._made(Knock(key=self.key, manner=manner))

    def go_on(self, status: int, accept_signature: str) -> Knock | None:
        """Decide how to ask again; None means take the answer for what it is."""
        if status not in REFUSALS or len(self.made) >= MOST_KNOCKS:
            return None
        knock = self._as_wanted(accept_signature) or self._otherwise(status) or self._spare()
        return self._made(knock) if knock else None

    def _made(self, knock: Knock) -> Knock:
        self.made.append(knock)
        return knock

    def _as_wanted(self, accept_signature: str) -> Knock | None:
        if not accept_signature or any(knock.wanted for knock in self.made):
            return None
        wanted = read_wanted(accept_signature, key=self.key, has_body=self.has_body)
        return Knock(key=self.key, manner=Manner.RFC9421, wanted=wanted) if wanted else None

    def _otherwise(self, status: int) -> Knock | None:
        """Try what has not been tried.

        Pixelfed, BookWyrm and Fedify check the path alone, and refuse when the query was
        signed. A 404 is most often true: for that it is not worth a third request.
        """
        left = [Manner.CAVAGE, Manner.RFC9421]
        if self.has_query and status != 404:
            left.insert(1, Manner.CAVAGE_PATH_ONLY)
        tried = {knock.manner for knock in self.made}
        manner = next((each for each in left if each not in tried), None)
        return Knock(key=self.key, manner=manner) if manner else None

    def _spare(self) -> Knock | None:
        if self.spare_key is None or any(knock.key is self.spare_key for knock in self.made):
            return None
        return Knock(key=self.spare_key, manner=self.made[0].manner)


@dataclass(slots=True)
class Memory:
    """What each server let us in with, when it was not the usual; the oldest is forgotten.

    Held in memory: losing it costs a knock.
    """

    kept: dict[str, Manner] = field(default_factory=dict)

    def find(self, host: str) -> Manner:
        """Give what to begin with."""
        return self.kept.get(host, Manner.CAVAGE)

    def keep(self, host: str, manner: Manner) -> None:
        """Note what has just worked."""
        self.kept.pop(host, None)
        if manner is Manner.CAVAGE:
            return
        if len(self.kept) >= MOST_REMEMBERED:
            del self.kept[next(iter(self.kept))]
        self.kept[host] = manner


def signature_headers(
    knock: Knock,
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
    if knock.wanted:
        return rfc9421.sign_as_wanted(
            knock.key,
            knock.wanted,
            method=method,
            url=url,
            body=body,
            now=now,
            content_type=content_type,
        )
    if knock.manner is Manner.RFC9421:
        # Without the content type it is exactly what Mastodon sends.
        return rfc9421.sign(knock.key, method=method, url=url, body=body, now=now)
    return cavage.sign(
        knock.key,
        method=method,
        url=url,
        body=body,
        now=now,
        content_type=content_type,
        covers_query=knock.manner is Manner.CAVAGE,
    )
