"""How something that we send fares: where it stands, and what is the matter when it fails."""

from dataclasses import dataclass
from enum import StrEnum


class Stand(StrEnum):
    """Where one delivery stands, for people; in the order in which they want to see it.

    FAILING is tried again. ON_THE_WAY has not been tried, or not since it was begun anew.
    HELD_BACK is for a server that is suspended. CALLED_OFF is what was taken back before.
    """

    FAILING = "failing"
    GIVEN_UP = "given-up"
    ON_THE_WAY = "on-the-way"
    HELD_BACK = "held-back"
    DELIVERED = "delivered"
    CALLED_OFF = "called-off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many deliveries of something stand where."""

    failing: int = 0
    given_up: int = 0
    on_the_way: int = 0
    held_back: int = 0
    delivered: int = 0
    called_off: int = 0

    @property
    def total(self) -> int:
        """All that were meant to arrive: without what was called off."""
        return self.pending + self.given_up + self.delivered

    @property
    def pending(self) -> int:
        """Those that may still arrive."""
        return self.failing + self.on_the_way + self.held_back

    @property
    def is_in_trouble(self) -> bool:
        """Whether something fails or has failed."""
        return bool(self.failing or self.given_up)

    def of(self, stand: Stand) -> int:
        """How many stand there."""
        return {
            Stand.FAILING: self.failing,
            Stand.GIVEN_UP: self.given_up,
            Stand.ON_THE_WAY: self.on_the_way,
            Stand.HELD_BACK: self.held_back,
            Stand.DELIVERED: self.delivered,
            Stand.CALLED_OFF: self.called_off,
        }[stand]


class Trouble(StrEnum):
    """Why a server did not take something, as far as it can be told."""

    TOO_SLOW = "too slow"
    NO_NAME = "no such name"
    NO_CONNECTION = "no connection"
    BROKE_OFF = "broke off"
    EXPIRED = "certificate expired"
    CERTIFICATE = "certificate"
    NOT_PUBLIC = "not public"
    NOT_ALLOWED = "not allowed"
    GONE = "gone"
    TOO_LARGE = "too large"
    SLOW_DOWN = "slow down"
    ELSEWHERE = "elsewhere"
    REFUSED = "refused"
    FAULT = "fault"
    UNKNOWN = "unknown"


_BY_STATUS = {
    401: Trouble.NOT_ALLOWED,
    403: Trouble.NOT_ALLOWED,
    404: Trouble.GONE,
    408: Trouble.TOO_SLOW,
    410: Trouble.GONE,
    413: Trouble.TOO_LARGE,
    429: Trouble.SLOW_DOWN,
}
_BY_HUNDRED = {3: Trouble.ELSEWHERE, 4: Trouble.REFUSED, 5: Trouble.FAULT}

# The first that is found decides: a certificate that has expired fails to verify, and both come
# as a ConnectError; and who is too slow for TLS has shown no certificate.
_BY_WORDS = (
    ("certificate has expired", Trouble.EXPIRED),
    ("certificate", Trouble.CERTIFICATE),
    ("took longer than", Trouble.TOO_SLOW),
    ("timeout", Trouble.TOO_SLOW),
    ("timed out", Trouble.TOO_SLOW),
    ("ssl", Trouble.CERTIFICATE),
    ("tls", Trouble.CERTIFICATE),
    ("no address for", Trouble.NO_NAME),
    ("gaierror", Trouble.NO_NAME),
    ("name or service not known", Trouble.NO_NAME),
    ("not a public", Trouble.NOT_PUBLIC),
    ("an address in place of a host name", Trouble.NOT_PUBLIC),
    ("an odd port", Trouble.NOT_PUBLIC),
    ("not an https url", Trouble.NOT_PUBLIC),
    ("connecterror", Trouble.NO_CONNECTION),
    ("connectionrefused", Trouble.NO_CONNECTION),
    ("connection refused", Trouble.NO_CONNECTION),
    ("unreachable", Trouble.NO_CONNECTION),
    ("readerror", Trouble.BROKE_OFF),
    ("writeerror", Trouble.BROKE_OFF),
    ("networkerror", Trouble.BROKE_OFF),
    ("protocolerror", Trouble.BROKE_OFF),
    ("connectionreset", Trouble.BROKE_OFF),
    ("brokenpipe", Trouble.BROKE_OFF),
    ("incompleteread", Trouble.BROKE_OFF),
)


def trouble_of(status: int | None, error: str) -> Trouble | None:
    """Tell what was the matter from what is kept of a failure; None when nothing was.

    status: what the server answered, if it did; that says most.
    error: of what went wrong, the name of its kind or its words; "" for nothing.
    """
    if status is not None and not 200 <= status < 300:
        return _BY_STATUS.get(status) or _BY_HUNDRED.get(status // 100, Trouble.UNKNOWN)
    # The name of a host stands before it, and may be any of the words looked for.
    host, _, rest = error.lower().partition(": ")
    said = rest if rest and " " not in host else error.lower()
    if not said:
        return None
    return next((trouble for words, trouble in _BY_WORDS if words in said), Trouble.UNKNOWN)
