"""What every handler is given besides the activity."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from fedreview.services.permitting import Permitting
from fedreview.services.sending import Sending
from fedreview.storage import accounts
from fedreview.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The site, as far as handlers need it, and the unit of work that they belong to."""

    tx: Transaction
    urls: Urls
    sending: Sending
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    @property
    def permitting(self) -> Permitting:
        """What answers who asks for leave to reply."""
        return Permitting(sending=self.sending)

    def author(self, url: str) -> Author | None:
        """Give the local author with this id, or None."""
        username = self.urls.username(url)
        return accounts.find_author(self.tx, username) if username else None
