"""Scores that come with others' notes, and which work of ours they are for."""

from fedreview.activitypub.vocabulary import RemoteNote
from fedreview.domain.rating import Rating
from fedreview.domain.work import WorkId
from fedreview.services.handling.context import Context
from fedreview.storage import works


def rating_of(note: RemoteNote) -> Rating | None:
    """Give the score that a note gives."""
    given = note.rating
    if given is None:
        return None
    return Rating.given_elsewhere(given.value, best=given.best, worst=given.worst)


def work_named_by(context: Context, note: RemoteNote) -> WorkId | None:
    """Find the work of ours that a note names, by our address for it or by a link of ours."""
    if not note.works:
        return None
    urls = context.urls
    return works.find_by_address(
        context.tx,
        ids={found for found in map(urls.work_id, note.works) if found},
        slugs={found for found in map(urls.work_slug, note.works) if found},
        links={named for named in note.works if not urls.is_ours(named)},
    )
