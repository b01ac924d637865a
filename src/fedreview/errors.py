"""Every error fedreview raises on purpose.

FedreviewError
├── ConfigurationError        the settings cannot be used; every problem at once
├── NotFound                  no such review, actor or page here
├── NotAllowed                known, but not for this person or server
├── NotSignedIn               a page of the desk was asked for without a session
├── InvalidInput              what a person typed; a message for each field
├── TooManyRequests           slow down; says for how long
├── Busy                      there is too much to do here already; says when to come back
├── Collision                 two did what cannot be done at once; ours was undone: do it again
├── DatabaseAway              the database does not answer, or went away in the middle
├── DiskRefuses               nothing can be kept: the disk is full, read-only or failing
├── MalformedActivity         what a server sent; not the ActivityPub we read
├── NotYet                    it depends on something that has not arrived
├── UntrustedSignature        unsigned, stale, wrong key, or covers too little
│   └── NotTheActor           signed well, by somebody else: another signature will not help
└── RemoteFailure             another server let us down
    ├── RemoteRefused         it answered, with a 4xx or nonsense: do not try again
    │   └── HandleTaken       the handle an actor claims leads to somebody else
    └── RemoteUnavailable     no answer, or a 5xx: try again later
        └── OutOfPatience     it is being asked too much by us already

Messages are for our log. What a stranger reads is in ``web/errors.py`` alone.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta


class FedreviewError(Exception):
    """The root of the tree drawn above."""


class ConfigurationError(FedreviewError):
    """The settings cannot be used.

    problems: one sentence each, naming the setting and saying what to do.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class NotFound(FedreviewError):
    """There is no such review, actor or page here."""


class NotAllowed(FedreviewError):
    """The thing exists, but this person or server may not have it."""


class NotSignedIn(FedreviewError):
    """A page of the desk was asked for without a valid session."""


class InvalidInput(FedreviewError):
    """Something a person typed cannot be used.

    problems: form field name to a message that says what to type instead.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in problems.items()))
        self.problems = dict(problems)


class TooManyRequests(FedreviewError):
    """The caller must slow down.

    retry_after: how long until it is worth trying again.
    """

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(FedreviewError):
    """There is more to do here than can be done soon, whoever it is from.

    retry_after: how long until it is worth trying again.
    """

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Collision(FedreviewError):
    """Two units of work waited for one another; the database undid this one, and kept the other.

    is_first: whether nothing was kept before it that doing it all again would do twice.
    """

    def __init__(self, message: str, *, is_first: bool) -> None:
        super().__init__(message)
        self.is_first = is_first


class DatabaseAway(FedreviewError):
    """The database does not answer, or went away before it said whether it kept something."""


class DiskRefuses(FedreviewError):
    """The disk takes nothing more, so nothing of what was asked for is kept.

    Its text is a sentence for whoever runs the site, that says what to do.
    """


class MalformedActivity(FedreviewError):
    """A document from another server is not the ActivityPub we read.

    pointer: JSON Pointer (RFC 6901) of the first fault; "" is the whole document.
    """

    def __init__(self, reason: str, *, pointer: str = "") -> None:
        super().__init__(f"{pointer or 'document'}: {reason}")
        self.reason = reason
        self.pointer = pointer


class NotYet(FedreviewError):
    """An activity depends on something that has not arrived, and may still."""


class UntrustedSignature(FedreviewError):
    """A request or document does not prove who sent it."""


class NotTheActor(UntrustedSignature):
    """Somebody signed for an actor who is somebody else."""


class RemoteFailure(FedreviewError):
    """Another server let us down.

    status: the HTTP status it answered with, if it answered.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class RemoteRefused(RemoteFailure):
    """It answered, with a 4xx or with something unusable: do not try again."""


class HandleTaken(RemoteRefused):
    """The handle that an actor claims leads to somebody else."""


class RemoteUnavailable(RemoteFailure):
    """No answer, or a 5xx or 429: try again later.

    retry_after: what its ``Retry-After`` asked for, if anything.
    """

    def __init__(
        self, message: str, *, status: int | None = None, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after


class OutOfPatience(RemoteUnavailable):
    """Too much is being asked by us already, of this server or at all: nobody's fault there."""
