"""Note what is missing after something was applied, so that it is fetched when there is time."""

from datetime import timedelta

from fedreview.activitypub.origin import same_origin
from fedreview.activitypub.vocabulary import Activity, CreateNote, RemoteNote, UpdateNote
from fedreview.domain.thread import NoteState
from fedreview.services.copying import want
from fedreview.services.handling.context import Context
from fedreview.storage import actors, errands, portraits, threads
from fedreview.storage.errands import ErrandKind

STALE_AFTER = timedelta(days=1)
REPLIES_AFTER = timedelta(minutes=5)
"""How long to wait for what others send by themselves, and for what they will answer."""


def note_holes(context: Context, activity: Activity) -> None:
    """Note the missing parent and answers of a note, and who wrote it anew when that is old.

    For what arrived only: what we fetched brings no errands of its own, or one hostile thread
    would keep us busy for ever.
    """
    if isinstance(activity, CreateNote | UpdateNote):
        _note_thread(context, activity.note)
    note_actor(context, activity.actor)


def _note_thread(context: Context, note: RemoteNote) -> None:
    tx, now = context.tx, context.now()
    kept = threads.find(tx, note.id)
    if kept is None or kept.audience != "public" or kept.state is NoteState.DELETED:
        return
    parent = kept.in_reply_to
    if parent and not context.urls.is_ours(parent) and threads.find(tx, parent) is None:
        errands.add(tx, ErrandKind.ANCESTORS, parent, now=now)
    if kept.review_id is None:
        return
    # A conversation of their own, where its server lists it (FEP-f228); ours needs no asking.
    named = (kept.replies_url, *note.contexts)
    for url in sorted({url for url in named if same_origin(url, kept.uri)}):
        errands.add(tx, ErrandKind.REPLIES, url, now=now, due_at=now + REPLIES_AFTER)


def note_actor(context: Context, actor: str) -> None:
    """Note what is to be fetched of somebody whom pages show.

    Their document when it is old, and pictures of which we have no copy: theirs, and the emoji
    in their name.
    """
    tx, now = context.tx, context.now()
    known = actors.find(tx, actor)
    is_stale = known is not None and now - known.fetched_at >= STALE_AFTER
    if known is None or not (is_stale or known.has_new_picture or known.emojis):
        return
    if not portraits.is_shown(tx, actor):
        return
    if is_stale:
        errands.add(tx, ErrandKind.ACTOR, actor, now=now)
    if known.has_new_picture:
        errands.add(tx, ErrandKind.AVATAR, actor, now=now)
    if known.emojis:
        want(tx, (emoji.url for emoji in known.emojis), now=now)
