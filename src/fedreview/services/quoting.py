"""See who quotes an author, and take the leave for it back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote as escaped

from fedreview.activitypub import acts
from fedreview.activitypub.urls import Urls
from fedreview.content.sanitize import safe_link
from fedreview.domain.actor import Author, RemoteActor
from fedreview.errors import NotFound
from fedreview.services.desk_views import QuoteItem
from fedreview.services.sending import Sending
from fedreview.storage import actors, quotes, reviews, threads
from fedreview.storage.database import Database, Transaction
from fedreview.storage.quotes import Quote

QUOTES_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoting:
    """Lists the quotes that an author's posts have, and revokes them."""

    database: Database
    urls: Urls
    sending: Sending
    now: Callable[[], datetime]

    def quotes(self, author: Author) -> tuple[QuoteItem, ...]:
        """Give who has leave to quote something of this author, the newest first."""
        with self.database.snapshot() as tx:
            found = self._list(tx, author)
            people = actors.find_many(tx, [quote.actor for quote in found])
            return tuple(self._item(tx, quote, people.get(quote.actor)) for quote in found)

    def _list(self, tx: Transaction, author: Author) -> tuple[Quote, ...]:
        start = self.urls.review("")
        return quotes.list_by_author(tx, author.id, reviews_start=start, limit=QUOTES_SHOWN)

    def _item(self, tx: Transaction, quote: Quote, person: RemoteActor | None) -> QuoteItem:
        review_id = self.urls.review_id(quote.object)
        review = reviews.find(tx, review_id) if review_id else None
        note = None if review_id else threads.find(tx, quote.object)
        return QuoteItem(
            id=quote.id,
            person=person,
            quoting_url=safe_link(quote.quoting) or "",
            title=review.heading if review else "",
            url=f"/reviews/{escaped(review.slug)}" if review else note.url if note else "",
            created_at=quote.created_at,
        )

    def revoke(self, author: Author, id: str) -> None:
        """Take leave back for good, and tell the server of who quotes. Raises NotFound."""
        with self.database.transaction() as tx:
            quote = quotes.get(tx, id)
            if all(each.id != quote.id for each in self._list(tx, author)):
                raise NotFound("no such quote of this author")
            now = self.now()
            quotes.revoke(tx, quote.id, now=now)
            authorization = self.urls.quote(quote.id)
            me = self.urls.actor(author.username)
            outgoing = self.sending.prepare(
                lambda uri: acts.revocation(uri, me, authorization),
                author_id=author.id,
                about=authorization,
                listed=False,
            )
            person = actors.find(tx, quote.actor)
            self.sending.queue(tx, outgoing, [person.inbox] if person else [])
        self.sending.wake()
