"""QuoteRequest: give leave to quote what the author has made public."""

from fedreview.activitypub.origin import same_origin
from fedreview.activitypub.quotes import QuoteAsked, quote_accept, quote_reject
from fedreview.activitypub.vocabulary import Audience, QuoteRequest
from fedreview.domain.actor import Author
from fedreview.services.handling.context import Context
from fedreview.services.handling.reactions import count_quote
from fedreview.services.inviting import author_of_post, is_let, policy_of_post
from fedreview.storage import actors, blocks, quotes


def apply_quote_request(context: Context, activity: QuoteRequest) -> None:
    """Give leave to whom the post lets quote it, and tell where it is.

    The quoting post must be the asker's, on their own host. No leave has who is blocked, or
    whose leave for the same post was revoked. A request about what is not public or not ours
    is not answered: the answer would tell that it is there.
    Source: FEP-044f; Mastodon, app/lib/activitypub/activity/quote_request.rb.
    """
    tx = context.tx
    author = author_of_post(tx, context.urls, activity.object)
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
    is_blocked = blocks.is_blocked(tx, author.id, asker.id)
    leave = None if is_blocked else _leave(context, author, activity)
    if leave and activity.audience is Audience.PUBLIC:
        count_quote(context, activity.actor, activity.quoting, activity.object)
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


def _leave(context: Context, author: Author, activity: QuoteRequest) -> str | None:
    """Give the address of the leave; None for who may not quote, or whose leave was revoked.

    Leave that was given holds when the author lets fewer people quote later.
    """
    tx = context.tx
    quote = quotes.find(tx, activity.object, quoting=activity.quoting)
    if quote is None:
        who = policy_of_post(tx, context.urls, activity.object, author, now=context.now()).quotes
        if not is_let(tx, who, author.id, activity.actor):
            return None
        quote = quotes.add(
            tx,
            quotes.Quote(
                id=context.new_id(),
                object=activity.object,
                quoting=activity.quoting,
                actor=activity.actor,
                created_at=context.now(),
            ),
        )
    return None if quote.revoked_at else context.urls.quote(quote.id)
