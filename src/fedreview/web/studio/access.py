"""Nobody but an author comes in here."""

from fedreview.domain.actor import Author
from fedreview.errors import NotSignedIn
from fedreview.services.accounts import SignedIn
from fedreview.web.state import Request, signed_in

PRIVATE = {"Cache-Control": "no-store"}


def require_session(request: Request) -> SignedIn:
    """Give the session of who asks. Raises NotSignedIn."""
    found = signed_in(request)
    if found is None:
        raise NotSignedIn("no session, or one that has ended")
    return found


def require_author(request: Request) -> Author:
    """Give the author who asks. Raises NotSignedIn."""
    return require_session(request).author
