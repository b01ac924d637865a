"""Activities as they arrive in an inbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fedreview.activitypub.parse.actors import ACTOR_TYPES
from fedreview.activitypub.parse.extras import MOST_TAGS
from fedreview.activitypub.parse.notes import NOTE_TYPES, audience_of, parse_note
from fedreview.activitypub.parse.properties import (
    entries,
    members,
    picture,
    reference,
    required_id,
    required_type,
    subject,
    text,
    type_name,
    whole_text,
)
from fedreview.activitypub.vocabulary import (
    Accept,
    Activity,
    Announce,
    AnnounceActivity,
    Block,
    CreateNote,
    Delete,
    Flag,
    Follow,
    Json,
    Like,
    Move,
    QuoteRequest,
    Reference,
    Reject,
    ReplyRequest,
    Undo,
    Unsupported,
    UpdateActor,
    UpdateNote,
)
from fedreview.domain.actor import ActorId
from fedreview.domain.emoji import emoji, shortcode
from fedreview.errors import MalformedActivity

LONGEST_EMOJI = 320
"""Characters of an emoji as it is sent; ``:name@host:`` is the longest."""
LONGEST_REPORT = 5_000
MOST_FLAGGED = 100

# What a group passes on of others; a boost of anything else is a boost.
_WRAPPED = frozenset({"Create", "Update", "Delete", "Like", "Dislike", "Undo", "Add", "Remove"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Envelope:
    """What all activities have, read; `object` and the rest still raw."""

    id: str
    type: str
    actor: ActorId
    document: Mapping[str, Json]

    def target(self) -> tuple[str, dict[str, Json]]:
        """Give the id of the object, and the object itself where it is embedded."""
        object_id, embedded = subject(self.document.get("object"))
        if not object_id:
            raise MalformedActivity("names nothing by an http(s) address", pointer="/object")
        return object_id, embedded

    def relation(self) -> tuple[str, dict[str, Json]]:
        """Give the same of an activity about an activity, where the inner id may be missing.

        What an inner Follow or Like is about identifies it as well, and servers that mint no
        id for those still want to take them back.
        """
        value = self.document.get("object")
        nameless = (
            inner for inner in map(members, entries(value)) if reference(inner.get("object"))
        )
        if not reference(value) and (inner := next(nameless, None)):
            return "", inner
        return self.target()

    def unsupported(self) -> Unsupported:
        return Unsupported(id=self.id, actor=self.actor, type=self.type)

    def note(self) -> dict[str, Json]:
        """Give the note that is embedded, with an id and a type of which notes are; else {}."""
        _, embedded = self.target()
        return embedded if type_name(embedded.get("type")) in NOTE_TYPES else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What has to be known of an activity before it is kept, and before its note is read.

    kind: what `parse_activity` makes of it. is_about_itself: whether an account changes or goes.
    """

    id: str
    actor: ActorId
    kind: type[Activity]
    is_about_itself: bool = False


def _follow(envelope: _Envelope) -> Activity:
    followed, _ = envelope.target()
    return Follow(id=envelope.id, actor=envelope.actor, object=ActorId(followed))


def _answer(envelope: _Envelope) -> Activity:
    answered, inner = envelope.relation()
    # Other things are accepted too: invitations, quotes.
    follow = inner if type_name(inner.get("type")) == "Follow" else {}
    answer = Accept if envelope.type == "Accept" else Reject
    return answer(
        id=envelope.id,
        actor=envelope.actor,
        object=answered,
        inner_actor=reference(follow.get("actor")),
        inner_object=reference(follow.get("object")),
    )


def _create(envelope: _Envelope) -> Activity:
    note = envelope.note()
    if note:
        return CreateNote(id=envelope.id, actor=envelope.actor, note=parse_note(note))
    object_id, embedded = envelope.target()
    if "type" in embedded:
        return envelope.unsupported()
    return Reference(id=envelope.id, actor=envelope.actor, type=envelope.type, object=object_id)


def _update(envelope: _Envelope) -> Activity:
    note = envelope.note()
    if note:
        return UpdateNote(id=envelope.id, actor=envelope.actor, note=parse_note(note))
    object_id, embedded = envelope.target()
    kind = type_name(embedded.get("type"))
    if object_id == envelope.actor and (kind in ACTOR_TYPES or "type" not in embedded):
        return UpdateActor(id=envelope.id, actor=envelope.actor)
    if "type" in embedded:
        return envelope.unsupported()
    return Reference(id=envelope.id, actor=envelope.actor, type=envelope.type, object=object_id)


def _delete(envelope: _Envelope) -> Activity:
    return Delete(id=envelope.id, actor=envelope.actor, object=envelope.target()[0])


def _announce(envelope: _Envelope) -> Activity:
    announced, inner = envelope.target()
    kind = type_name(inner.get("type"))
    if kind not in _WRAPPED:
        return Announce(id=envelope.id, actor=envelope.actor, object=announced)
    about = reference(inner.get("object"))
    if not about:
        return envelope.unsupported()
    return AnnounceActivity(id=envelope.id, actor=envelope.actor, type=kind, object=about)


def _flag(envelope: _Envelope) -> Activity:
    listed = (reference(entry) for entry in entries(envelope.document.get("object"))[:MOST_FLAGGED])
    objects = tuple(dict.fromkeys(filter(None, listed)))
    if not objects:
        return envelope.unsupported()
    content = text(envelope.document.get("content"), limit=LONGEST_REPORT)
    return Flag(id=envelope.id, actor=envelope.actor, objects=objects, content=content)


def _move(envelope: _Envelope) -> Activity:
    target = reference(envelope.document.get("target"))
    # Nobody moves somebody else.
    if not target or envelope.target()[0] != envelope.actor or target == envelope.actor:
        return envelope.unsupported()
    return Move(id=envelope.id, actor=envelope.actor, target=ActorId(target))


def _block(envelope: _Envelope) -> Activity:
    return Block(id=envelope.id, actor=envelope.actor, object=envelope.target()[0])


def _like(envelope: _Envelope) -> Activity:
    liked, _ = envelope.target()
    said, url = _emoji(envelope.document)
    if said.startswith(":") and not url:
        said = ""
    return Like(id=envelope.id, actor=envelope.actor, object=liked, emoji=said, emoji_url=url)


def _emoji(document: Mapping[str, Json]) -> tuple[str, str]:
    """Give the one emoji of a reaction, and the address of its picture when it is a custom one.

    Source: FEP-c0e0; Misskey, which names its own a second time for those that drop `content`.
    """
    for name in ("content", "_misskey_reaction"):
        sent = whole_text(document.get(name), limit=LONGEST_EMOJI).strip()
        drawn, custom = emoji(sent), shortcode(sent)
        if drawn or custom:
            return (drawn, "") if drawn else (f":{custom}:", _picture_of(document, custom))
    return "", ""


def _picture_of(document: Mapping[str, Json], custom: str) -> str:
    tags = (members(entry) for entry in entries(document.get("tag"))[:MOST_TAGS])
    found = (
        picture(tag.get("icon"))
        for tag in tags
        if type_name(tag.get("type")) == "Emoji"
        and custom in (named := text(tag.get("name"), limit=LONGEST_EMOJI), shortcode(named))
    )
    return next(filter(None, found), "")


def _undo(envelope: _Envelope) -> Activity:
    undone, inner = envelope.relation()
    if reference(inner.get("actor")) not in ("", envelope.actor):
        return envelope.unsupported()
    kind = type_name(inner.get("type"))
    return Undo(
        id=envelope.id,
        actor=envelope.actor,
        object=undone,
        type="Like" if kind == "EmojiReact" else kind,
        inner_object=reference(inner.get("object")),
        emoji=_emoji(inner)[0],
    )


def _quote_request(envelope: _Envelope) -> Activity:
    quoting, post = subject(envelope.document.get("instrument"))
    if not quoting:
        return envelope.unsupported()
    return QuoteRequest(
        id=envelope.id,
        actor=envelope.actor,
        object=envelope.target()[0],
        quoting=quoting,
        writer=reference(post.get("attributedTo")),
        audience=audience_of(post),
    )


def _reply_request(envelope: _Envelope) -> Activity:
    reply, post = subject(envelope.document.get("instrument"))
    is_note = type_name(post.get("type")) in NOTE_TYPES
    # A request about anything else, or nothing, is one we know no answer to.
    if not reply or ("type" in post and not is_note):
        return envelope.unsupported()
    return ReplyRequest(
        id=envelope.id,
        actor=envelope.actor,
        object=envelope.target()[0],
        reply=reply,
        note=parse_note(post) if is_note else None,
    )


_READERS: dict[str, Callable[[_Envelope], Activity]] = {
    "Accept": _answer,
    "Announce": _announce,
    "Block": _block,
    "Create": _create,
    "Delete": _delete,
    "EmojiReact": _like,
    "Flag": _flag,
    "Follow": _follow,
    "Like": _like,
    "Move": _move,
    "QuoteRequest": _quote_request,
    "Reject": _answer,
    "ReplyRequest": _reply_request,
    "Undo": _undo,
    "Update": _update,
}


def parse_activity(document: Mapping[str, Json]) -> Activity:
    """Read one activity as received in an inbox.

    Unsupported is what we know nothing to do about, and what would have one actor take back
    or replace what is another's. Whether ids, actor and signer share a host is not asked here.
    An EmojiReact is a Like; so it is inside an Undo. An Undo, Accept or Reject whose inner
    activity has no id is taken when it says what that was about; its `object` is "".
    Raises MalformedActivity with the JSON Pointer of the first fault in `id`, `type`, `actor`
    or `object`. Anything else that is odd is left out.
    Source: ActivityPub section 7; Pleroma and Misskey for reactions with emoji.
    """
    return _read(_envelope(document))


def read_heading(document: Mapping[str, Json]) -> Heading:
    """Read of an activity what has to be known before it is kept.

    To read a note takes longer than all the rest, and nothing in it makes `parse_activity` fail.
    Raises MalformedActivity just where that does.
    """
    envelope = _envelope(document)
    kind = _WITH_NOTES.get(envelope.type)
    if kind and envelope.note():
        return Heading(id=envelope.id, actor=envelope.actor, kind=kind)
    activity = _read(envelope)
    is_end = isinstance(activity, Delete) and activity.object == activity.actor
    return Heading(
        id=activity.id,
        actor=activity.actor,
        kind=type(activity),
        is_about_itself=is_end or isinstance(activity, UpdateActor),
    )


_WITH_NOTES: dict[str, type[Activity]] = {"Create": CreateNote, "Update": UpdateNote}


def _envelope(document: Mapping[str, Json]) -> _Envelope:
    activity_id, kind = required_id(document), required_type(document)
    actor = reference(document.get("actor"))
    if not actor:
        raise MalformedActivity("names nobody by an http(s) address", pointer="/actor")
    return _Envelope(id=activity_id, type=kind, actor=ActorId(actor), document=document)


def _read(envelope: _Envelope) -> Activity:
    read = _READERS.get(envelope.type)
    return read(envelope) if read else envelope.unsupported()
