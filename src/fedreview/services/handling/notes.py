"""Create, Update and Delete of notes, and the end of accounts."""

from dataclasses import replace
from datetime import datetime, timedelta

from fedreview.activitypub.origin import host, same_origin
from fedreview.activitypub.vocabulary import (
    Audience,
    CreateNote,
    Delete,
    RemoteNote,
    UpdateNote,
)
from fedreview.content.quoted import without_inline_quote
from fedreview.content.sanitize import clean_html, clean_text, safe_link
from fedreview.domain.actor import ActorId, AuthorId
from fedreview.domain.extras import NOTHING
from fedreview.domain.review import Review, ReviewId
from fedreview.domain.thread import NoteId, NoteState
from fedreview.errors import NotYet
from fedreview.services.copying import want_for
from fedreview.services.handling import judging
from fedreview.services.handling.context import Context
from fedreview.services.handling.extras import clean_extras
from fedreview.services.handling.heralding import herald_note
from fedreview.services.handling.ratings import rating_of, work_named_by
from fedreview.services.handling.reactions import note_quote, quotes_us
from fedreview.storage import (
    accounts,
    actors,
    approvals,
    copies,
    queues,
    reactions,
    reviews,
    threads,
)
from fedreview.storage.threads import StoredNote

NAME_LENGTH = 300
SUMMARY_LENGTH = 500
MOST_CONTENT = 20_000
"""Characters of HTML; longer replies would make the page too heavy. The original is linked."""
WARNED_TYPES = frozenset({"Note", "Question", "Comment", "Quotation", "Rating", "Review"})
"""Those whose `summary` is a content warning; the last four are BookWyrm's."""
LATE_UPDATE = timedelta(days=1)
"""How young a note must be for its Update to stand in for a Create that never came."""


def apply_create_note(context: Context, activity: CreateNote) -> None:
    """Keep a note that concerns us; a repeated one changes nothing."""
    note = activity.note
    if not _is_own(note, activity.actor):
        return
    is_known = threads.find(context.tx, note.id) is not None
    if not threads.is_gone(context.tx, note.id, actor=activity.actor):
        note_quote(context, note)
        if not is_known:
            _keep(context, note)
    elif not is_known:
        _keep_place(context, note)


def apply_update_note(context: Context, activity: UpdateNote) -> None:
    """Change a note, if its own writer says so and the change is not older than ours.

    Source: Mastodon CVE-2024-37903: somebody else's Update changes nothing.
    """
    note = activity.note
    if not _is_own(note, activity.actor):
        return
    known = threads.find(context.tx, note.id)
    if not threads.is_gone(context.tx, note.id, actor=activity.actor):
        note_quote(context, note)
    if known is None:
        is_young = note.published and context.now() - note.published < LATE_UPDATE
        if is_young and not threads.is_gone(context.tx, note.id, actor=activity.actor):
            _keep(context, note)
        return
    is_older = known.updated_at and note.updated and note.updated < known.updated_at
    if known.actor != activity.actor or known.state is NoteState.DELETED or is_older:
        return
    edited = replace(
        known,
        html=_html(note),
        name=clean_text(note.name, NAME_LENGTH),
        summary=_warning(note),
        language=note.language[:35],
        url=_page(note),
        audience=note.audience,
        updated_at=_not_later(note.updated, context.now()),
        rating=rating_of(note),
        work_id=work_named_by(context, note),
        extras=clean_extras(note),
    )
    if _only_votes_differ(known, edited):
        edited = replace(edited, updated_at=known.updated_at)
    changed = judging.keep_edited(context, known, edited)
    if changed.state is not known.state:
        herald_note(context.tx, changed, (), now=context.now())
    copies.doubt(context.tx, known.extras.addresses - changed.extras.addresses)
    want_for(context.tx, changed, now=context.now())


def _only_votes_differ(before: StoredNote, after: StoredNote) -> bool:
    """Tell whether an Update only counts a poll anew: that is no edit of its writer's."""
    one, other = (
        replace(note, updated_at=None, extras=replace(note.extras, poll=None))
        for note in (before, after)
    )
    return after.extras.poll is not None and one == other


def apply_delete(context: Context, activity: Delete) -> None:
    """Take a note away, or everything of an account that is gone.

    The place in the thread stays when others have answered there.
    """
    tx, now = context.tx, context.now()
    if activity.object == activity.actor:
        copies.doubt(tx, copies.list_used_by(tx, activity.actor))
        threads.delete_by_actor(tx, activity.actor, now=now)
        actors.forget(tx, activity.actor)
        return
    threads.mark_gone(tx, activity.object, actor=activity.actor, now=now)
    reactions.remove(tx, actor=activity.actor, activity=activity.object)
    known = threads.find(tx, activity.object)
    if known and known.actor == activity.actor:
        approvals.forget(tx, known.uri)
        # What we have not yet passed on of it would come after its end.
        queues.forget(tx, known.uri)
        threads.change(
            tx,
            replace(
                known,
                html="",
                name="",
                summary="",
                state=NoteState.DELETED,
                updated_at=now,
                rating=None,
                extras=NOTHING,
                moderated_at=None,
            ),
        )
        copies.doubt(tx, known.extras.addresses)


def _is_own(note: RemoteNote, actor: ActorId) -> bool:
    """Tell whether the note is the actor's, and on the actor's host (FEP-fe34)."""
    return note.attributed_to == actor and same_origin(note.id, actor)


def _keep(context: Context, note: RemoteNote, *, state: NoteState = NoteState.SHOWN) -> None:
    review = _find_review(context, note)
    recipients = _recipients(context, note)
    if review is None and not recipients and not _concerns_us(context, note):
        if _may_be_early(context, note) and not quotes_us(context, note):
            raise NotYet(f"{note.in_reply_to}, which {note.id} answers, is not known")
        return
    kept = _add(context, note, review, recipients, state=state)
    if state is not NoteState.DELETED:
        context.permitting.arrived(context.tx, kept)


def _keep_place(context: Context, note: RemoteNote) -> None:
    """Keep nothing of a reply whose Delete came first but its place.

    What answers it may be on its way, and is to stand where it would in any other order.
    """
    if note.in_reply_to and note.audience is Audience.PUBLIC:
        nothing = replace(
            note, content="", name="", summary="", rating=None, works=(), extras=NOTHING
        )
        _keep(context, nothing, state=NoteState.DELETED)


def keep_asked_for(context: Context, note: RemoteNote) -> None:
    """Keep a note that an author has looked up, whatever it has to do with us."""
    tx = context.tx
    is_gone = threads.is_gone(tx, note.id, actor=note.attributed_to)
    if _is_own(note, note.attributed_to) and not is_gone and not threads.find(tx, note.id):
        _add(context, note, _find_review(context, note), _recipients(context, note))


def _add(
    context: Context,
    note: RemoteNote,
    review: ReviewId | None,
    recipients: set[AuthorId],
    *,
    state: NoteState = NoteState.SHOWN,
) -> StoredNote:
    now = context.now()
    published_at = _not_later(note.published, now)
    kept = judging.keep_new(
        context,
        StoredNote(
            id=NoteId(context.new_id()),
            uri=note.id,
            type=note.type,
            actor=note.attributed_to,
            in_reply_to=note.in_reply_to,
            html=_html(note),
            published_at=published_at,
            arrived_at=now,
            audience=note.audience,
            review_id=review,
            context=next(iter(note.contexts), ""),
            name=clean_text(note.name, NAME_LENGTH),
            summary=_warning(note),
            language=note.language[:35],
            url=_page(note),
            state=state,
            updated_at=_edited(note.updated, published_at, now),
            replies_url=note.replies if same_origin(note.replies, note.id) else "",
            rating=rating_of(note),
            work_id=work_named_by(context, note),
            host=host(note.attributed_to),
            extras=clean_extras(note),
        ),
        recipients=recipients,
    )
    want_for(context.tx, kept, now=now)
    herald_note(context.tx, kept, recipients, now=now)
    return kept


def _recipients(context: Context, note: RemoteNote) -> set[AuthorId]:
    """Give the local authors whom the note names; a private one must name them in to or cc."""
    named = {*note.addressed, *(note.mentions if note.audience is Audience.PUBLIC else ())}
    # One statement for all 600 that may be named: on SQLite everybody else waits to write.
    usernames = {name.lower() for name in map(context.urls.username, named) if name}
    if not usernames:
        return set()
    return {
        author.id for author in accounts.list_authors(context.tx) if author.username in usernames
    }


def _find_review(context: Context, note: RemoteNote) -> ReviewId | None:
    """Find the thread: by what the note answers, else by the conversation it names.

    A reply to a reply that we do not have names our conversation, and nothing else of ours.
    """
    if not note.in_reply_to:
        return None
    answered = _standing(context, note.in_reply_to)
    if answered:
        return answered.id
    parent = threads.find(context.tx, note.in_reply_to)
    if parent and parent.review_id:
        return parent.review_id
    named = (_standing(context, url) for url in note.contexts)
    return next((review.id for review in named if review), None)


def is_in_our_thread(context: Context, note: RemoteNote) -> bool:
    """Tell whether a note stands below a published review, as far as its parent is known."""
    return _find_review(context, note) is not None


def _standing(context: Context, url: str) -> Review | None:
    urls = context.urls
    return reviews.find_standing(context.tx, id=urls.review_id(url), slug=urls.review_slug(url))


def _concerns_us(context: Context, note: RemoteNote) -> bool:
    """Tell whether to keep a note that stands in none of our threads.

    It answers a note we know, or is a post of somebody whom an author follows.
    """
    if note.in_reply_to and threads.find(context.tx, note.in_reply_to):
        return True
    is_post = not note.in_reply_to and note.audience is Audience.PUBLIC
    return is_post and actors.is_followed(context.tx, note.attributed_to)


def _may_be_early(context: Context, note: RemoteNote) -> bool:
    """Tell whether the parent may be on its way, from another server or behind it in the queue.

    Not every server names the conversation, so such a reply cannot be told from one that has
    nothing to do with us; the queue is where it waits, for some minutes.
    """
    is_reply = bool(note.in_reply_to) and note.audience is Audience.PUBLIC
    return is_reply and not context.urls.is_ours(note.in_reply_to)


def _html(note: RemoteNote) -> str:
    html = clean_html(note.content[:MOST_CONTENT])
    return without_inline_quote(html) if note.extras.quote else html


def _page(note: RemoteNote) -> str:
    """Give where the original stands: on its writer's host, else one could pose as another."""
    page = note.url if same_origin(note.url, note.id) else ""
    return safe_link(page) or safe_link(note.id) or ""


def _warning(note: RemoteNote) -> str:
    """Give the content warning, which on an Article is a teaser and no warning."""
    return clean_text(note.summary, SUMMARY_LENGTH) if note.type in WARNED_TYPES else ""


def _not_later(moment: datetime | None, now: datetime) -> datetime:
    """Believe a stranger's clock about the past only."""
    return min(moment, now) if moment else now


def _edited(updated: datetime | None, published_at: datetime, now: datetime) -> datetime | None:
    """Give when a note was edited; Lemmy sends `updated` in the Create already."""
    return _not_later(updated, now) if updated and updated > published_at else None
