"""ReplyRequest: a reply whose writer waits for our leave."""

from fedreview.activitypub.origin import same_origin
from fedreview.activitypub.vocabulary import CreateNote, ReplyRequest
from fedreview.domain.thread import NoteState
from fedreview.services.handling.context import Context
from fedreview.services.handling.holes import note_actor
from fedreview.services.handling.notes import apply_create_note
from fedreview.services.inviting import author_of_post
from fedreview.storage import actors, approvals, blocks, threads


def apply_reply_request(context: Context, activity: ReplyRequest) -> None:
    """Keep the reply as if it had come by itself, and answer as soon as it is clear.

    It must be the asker's own, on their own host, and answer what they ask about. A request
    about what is not public or not ours is not answered: the answer would tell that it is there.
    Source: GoToSocial, docs/federation/interaction_controls.md.
    """
    tx, note = context.tx, activity.note
    author = author_of_post(tx, context.urls, activity.object)
    if author is None or note is None or actors.find(tx, activity.actor) is None:
        return
    is_own = note.attributed_to == activity.actor and same_origin(note.id, activity.actor)
    if not is_own or note.id != activity.reply or note.in_reply_to != activity.object:
        return
    about = {"reply": note.id, "target": activity.object, "asker": activity.actor}
    if blocks.is_blocked(tx, author.id, activity.actor):
        context.permitting.refuse(tx, author, **about, request=activity.id)
        return
    # Before the reply, which else would be taken for one that came without asking.
    context.permitting.noted(tx, **about, request=activity.id)
    apply_create_note(context, CreateNote(id=activity.id, actor=activity.actor, note=note))
    kept = threads.find(tx, note.id)
    is_it = kept and (kept.actor, kept.in_reply_to) == (activity.actor, activity.object)
    if kept is None or not is_it or kept.state is NoteState.DELETED:
        # It was deleted before it came, or is kept as something else.
        approvals.forget(tx, note.id)
        return
    context.permitting.asked(tx, kept, author, request=activity.id)
    note_actor(context, activity.actor)
