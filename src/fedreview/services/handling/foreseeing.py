"""Read at once what the handlers of many activities will each ask for."""

from collections.abc import Iterable, Sequence

from fedreview.activitypub.origin import host
from fedreview.activitypub.vocabulary import Activity, CreateNote, RemoteNote, UpdateNote
from fedreview.domain.actor import AuthorId
from fedreview.services.handling.context import Context
from fedreview.storage import actors, approvals, blocks, domains, reactions, reviews, threads, trust


def foresee(context: Context, activities: Sequence[Activity]) -> None:
    """Read what is known of these activities, their notes and the people behind them.

    Only to ask once for all: what is not foreseen here is asked for when it is needed. What one
    of them changes is seen by the next, as `storage.memory` says.
    """
    tx = context.tx
    people = {activity.actor for activity in activities}
    notes = [each.note for each in activities if isinstance(each, CreateNote | UpdateNote)]
    actors.foresee(tx, people)
    blocks.foresee(tx, people)
    domains.foresee(tx, set(map(host, people)))
    if notes:
        _foresee_notes(context, notes)


def _foresee_notes(context: Context, notes: Sequence[RemoteNote]) -> None:
    tx = context.tx
    ids = {note.id for note in notes}
    of_writers = {(note.id, note.attributed_to) for note in notes}
    above = {note.in_reply_to for note in notes if note.in_reply_to}
    threads.foresee(tx, ids | above, of_writers)
    reactions.foresee(tx, of_writers)
    approvals.foresee(tx, ids)
    writers = {note.attributed_to for note in notes}
    for author_id in sorted(_leaders(context, above)):
        trust.foresee(tx, author_id, writers)


def _leaders(context: Context, answered: Iterable[str]) -> set[AuthorId]:
    """Give whose threads these answers will stand in, as far as it is known at once."""
    tx, urls = context.tx, context.urls
    direct = {review_id for review_id in map(urls.review_id, answered) if review_id}
    notes = (threads.find(tx, uri) for uri in answered)
    below = {note.review_id for note in notes if note and note.review_id}
    known = (reviews.find(tx, review_id) for review_id in direct | below)
    return {review.author.id for review in known if review}
