"""Flag: another server reports something of ours, or something that stands with us."""

from fedreview.activitypub.origin import find_origin, host
from fedreview.activitypub.vocabulary import Flag
from fedreview.domain.review import ReviewState
from fedreview.services.handling.context import Context
from fedreview.services.handling.heralding import herald_report
from fedreview.storage import domains, reports, reviews, threads

MOST_OPEN = 100
"""Reports of one server that wait at a time, so that none can bury those of others."""


def apply_flag(context: Context, activity: Flag) -> None:
    """Keep a report, if it names an author here, a review, an answer, or a reply under one.

    Of what it names only that is kept; a report of what is not here is not for us. It comes
    from a whole server most often: Mastodon does not say who reports. Of a server whose reports
    are not wanted none is kept.
    """
    if any(block.reject_reports for block in domains.covering(context.tx, host(activity.actor))):
        return
    objects = tuple(uri for uri in activity.objects if _is_here(context, uri))
    origin = find_origin(activity.actor)
    # Who writes their host in another way would have room for as many more.
    if not objects or origin is None or not activity.actor.startswith(f"{origin}/"):
        return
    is_new = reports.add(
        context.tx,
        reports.Report(
            id=context.new_id(),
            activity=activity.id,
            actor=activity.actor,
            content=activity.content,
            objects=objects,
            received_at=context.now(),
        ),
        origin=origin,
        most_open=MOST_OPEN,
    )
    if is_new:
        herald_report(context.tx, id=activity.id, origin=origin, now=context.now())


def _is_here(context: Context, uri: str) -> bool:
    if context.author(uri):
        return True
    tx, urls = context.tx, context.urls
    review = reviews.find_by_address(tx, id=urls.review_id(uri), slug=urls.review_slug(uri))
    if review:
        return review.state is ReviewState.PUBLISHED
    note = threads.find(tx, uri)
    return note is not None and (note.author_id is not None or note.review_id is not None)
