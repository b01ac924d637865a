"""QuoteRequest: give leave to quote what the author has made public."""

from fedreview.activitypub.origin import host, same_origin
from fedreview.activitypub.quotes import QuoteAsked, quote_accept, quote_reject
from fedreview.activitypub.vocabulary import QuoteRequest
from fedreview.domain.actor import Author
from fedreview.domain.review import ReviewId, ReviewState
from fedreview.domain.thread import NoteState
from fedreview.services.handling.context import Context
from fedreview.services.handling.heralding import herald_quote
from fedreview.storage import accounts, actors, blocks, quotes, reviews, threads


def apply_quote_request(context: Context, activity: QuoteRequest) -> None:
    """Give leave, for our posts say that everybody may quote them, and tell where it is.

    The quoting post must be the asker's, on their own host. No leave has who is blocked, or
    whose leave for the same post was revoked. A request about what is not public or not ours
    is not answered: the answer would tell that it is there.
    Source: FEP-044f; Mastodon, app/lib/activitypub/activity/quote_request.rb.
    """
    tx = context.tx
    author = _author_of(context, activity.object)
    asker = actors.find(tx, activity.actor)
    if author is None or asker is None or not _is_own(activity):
        return
    asked = QuoteAsked(
        request_id=activity.id,
        author=context.urls.actor(author.username),
        asker=activity.actor,
        quoting=activity.quoting,
        quoted=activity.object,
    )
    leave = None if blocks.is_blocked(tx, author.id, asker.id) else _leave(context, activity)
    if leave:
        _herald(context, author, activity)
    context.sending.tell(
        tx,
        author,
        asker,
        lambda uri: (
            quote_accept(uri, asked, authorization=leave) if leave else quote_reject(uri, asked)
        ),
        about=activity.id,
    )


def _is_own(activity: QuoteRequest) -> bool:
    is_here = same_origin(activity.quoting, activity.actor)
    return is_here and activity.writer in ("", activity.actor)


def _herald(context: Context, author: Author, activity: QuoteRequest) -> None:
    review_id = context.urls.review_id(activity.object)
    herald_quote(
        context.tx,
        author,
        quoting=activity.quoting,
        quoted=activity.object,
        review_id=ReviewId(review_id) if review_id else None,
        actor=activity.actor,
        host=host(activity.actor),
        now=context.now(),
    )


def _leave(context: Context, activity: QuoteRequest) -> str | None:
    """Give the address of the leave, or None when it was revoked."""
    quote = quotes.add(
        context.tx,
        quotes.Quote(
            id=context.new_id(),
            object=activity.object,
            quoting=activity.quoting,
            actor=activity.actor,
            created_at=context.now(),
        ),
    )
    return None if quote.revoked_at else context.urls.quote(quote.id)


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
