"""QuoteRequest: give leave to quote what the author has made public."""

from fedreview.activitypub import quotes
from fedreview.activitypub.origin import same_origin
from fedreview.activitypub.vocabulary import QuoteRequest
from fedreview.domain.actor import Author
from fedreview.domain.review import ReviewState
from fedreview.domain.thread import NoteState
from fedreview.services.handling.context import Context
from fedreview.storage import accounts, actors, reviews, threads


def apply_quote_request(context: Context, activity: QuoteRequest) -> None:
    """Give leave, for our posts say that everybody may quote them, and tell where it is.

    The quoting post must be on the asker's own host. Source: FEP-044f.
    """
    tx = context.tx
    author = _author_of(context, activity.object)
    asker = actors.find(tx, activity.actor)
    if author is None or asker is None or not same_origin(activity.quoting, activity.actor):
        return
    quote = threads.add_quote(
        tx,
        threads.Quote(
            id=context.new_id(),
            object=activity.object,
            quoting=activity.quoting,
            actor=activity.actor,
        ),
        now=context.now(),
    )
    accept = context.sending.prepare(
        lambda uri: quotes.quote_accept(
            uri,
            context.urls.actor(author.username),
            request_id=activity.id,
            asker=activity.actor,
            quoting=activity.quoting,
            quoted=activity.object,
            authorization=context.urls.quote(quote.id),
        ),
        author_id=author.id,
        about=activity.id,
        listed=False,
        proved=False,
    )
    context.sending.queue(tx, accept, [asker.inbox])


def _author_of(context: Context, url: str) -> Author | None:
    """Give who wrote the public review or answer with this id; None when it is not ours."""
    tx, urls = context.tx, context.urls
    review_id, note_id = urls.review_id(url), urls.note_id(url)
    if review_id and url == urls.review(review_id):
        review = reviews.find(tx, review_id)
        return review.author if review and review.state is ReviewState.PUBLISHED else None
    note = threads.find(tx, url) if note_id else None
    if note is None or note.author_id is None or note.state is not NoteState.SHOWN:
        return None
    return accounts.find_author_by_id(tx, note.author_id)
