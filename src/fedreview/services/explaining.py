"""Say in words that anybody understands why a server did not take something."""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus

from fedreview.domain.delivery import Trouble, trouble_of

_REASONS: Mapping[Trouble, str] = {
    Trouble.TOO_SLOW: "It did not answer in time.",
    Trouble.NO_NAME: "Its name leads nowhere. It may have moved, or be gone.",
    Trouble.NO_CONNECTION: "It takes no connection. It may be switched off.",
    Trouble.BROKE_OFF: "It broke the connection off in the middle.",
    Trouble.EXPIRED: "Its certificate has expired, and whoever runs it must renew it.",
    Trouble.CERTIFICATE: "Its certificate does not prove that it is the server it says it is.",
    Trouble.NOT_PUBLIC: "It is not on the public internet, so nothing is sent there.",
    Trouble.NOT_ALLOWED: "It does not accept our signature, or wants nothing from this site.",
    Trouble.GONE: "Whom it was for is not there any more.",
    Trouble.TOO_LARGE: "It was too large for that server.",
    Trouble.SLOW_DOWN: "It asked us to slow down.",
    Trouble.ELSEWHERE: "It sends us to another address, and nothing is posted to where that leads.",
    Trouble.REFUSED: "It refused it and will not take it another time.",
    Trouble.FAULT: "It has a fault of its own.",
}


def explain(status: int | None, error: str) -> str:
    """Give one sentence about a failure; "" when there was none.

    status and error: as for `trouble_of`. What is new to us is given as it is.
    """
    trouble = trouble_of(status, error)
    if trouble is None:
        return ""
    return _REASONS.get(trouble) or f"Something went wrong: {error or status}"


def answer_in_words(status: int | None, error: str) -> str:
    """Give what a server answered, such as ``503 Service Unavailable``; "" before any attempt."""
    if status is None:
        return "No answer" if error else ""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def in_words(duration: timedelta) -> str:
    """Say how long something took, in its largest unit."""
    seconds = int(duration.total_seconds())
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= unit:
            number = seconds // unit
            return f"{number} {name}" if number == 1 else f"{number} {name}s"
    return "less than a second"
