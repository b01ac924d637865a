"""The activities and objects we understand, read from other servers' documents."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from fedreview.domain.actor import ActorId
from fedreview.domain.extras import NOTHING, Emoji, Extras

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ACTIVITY_STREAMS = "https://www.w3.org/ns/activitystreams"
ACTIVITY_JSON = "application/activity+json"
LD_JSON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


class Audience(StrEnum):
    """Whom a note is for, as far as we need to tell."""

    PUBLIC = "public"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRating:
    """A score that somebody elsewhere gives; `worst` ≤ `value` ≤ `best`, `worst` < `best`."""

    value: Decimal
    best: Decimal
    worst: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteNote:
    """A Note, or one of the types that people answer with as if it were one.

    id, attributed_to: absolute URLs on one host (checked by the receiver).
    in_reply_to: "" when it answers nothing.
    content, summary, name: as sent; content is HTML that nobody has cleaned yet.
    contexts: what `context` and `conversation` say, for telling the thread.
    published, updated: aware UTC, or None when missing or nonsense.
    url: first text/html or http(s) address, or "".
    mentions: hrefs of Mention tags.
    audience: PUBLIC only when Public stands in `to` or `cc`.
    replies: where its server lists what answers it, or "".
    rating: a score given in one of the shapes that we know, else None.
    works: addresses that name the work which it reviews or rates.
    extras: emoji, attachments, poll and quote, their texts as sent.
    """

    id: str
    type: str
    attributed_to: ActorId
    in_reply_to: str = ""
    content: str = ""
    summary: str = ""
    name: str = ""
    language: str = ""
    sensitive: bool = False
    url: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    contexts: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    addressed: tuple[str, ...] = ()
    audience: Audience = Audience.PRIVATE
    replies: str = ""
    rating: RemoteRating | None = None
    works: tuple[str, ...] = ()
    extras: Extras = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteKey:
    """A public key as an actor document names it; exactly one of pem and multibase is set."""

    id: str
    owner: str
    pem: str = ""
    multibase: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorDocument:
    """What we need of an actor document.

    username: preferredUsername. webfinger: FEP-2c59's ``user@host``, or "".
    shared_inbox, url, icon_url: "" when missing.
    keys: of `publicKey` and `assertionMethod`, at most ten.
    also_known_as: other accounts that it says are the same person. moved_to: "" unless it moved.
    emojis: for the name and what the actor says of themselves.
    """

    id: ActorId
    type: str
    username: str
    name: str
    inbox: str
    shared_inbox: str = ""
    webfinger: str = ""
    url: str = ""
    icon_url: str = ""
    summary: str = ""
    keys: tuple[RemoteKey, ...] = field(default=())
    also_known_as: tuple[str, ...] = ()
    moved_to: str = ""
    emojis: tuple[Emoji, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Activity:
    id: str
    actor: ActorId


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow(_Activity):
    """The actor wants to follow `object`."""

    object: ActorId


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept(_Activity):
    """The actor agreed to `object`; the inner actor and object are "" when not embedded."""

    object: str
    inner_actor: str = ""
    inner_object: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject(_Activity):
    """The actor refused, or took back, `object`."""

    object: str
    inner_actor: str = ""
    inner_object: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateNote(_Activity):
    """A new note, embedded."""

    note: RemoteNote


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateNote(_Activity):
    """A changed note, embedded."""

    note: RemoteNote


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateActor(_Activity):
    """The actor's own document changed; it is to be fetched again, not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(_Activity):
    """`object` is gone; equal to the actor when the account is."""

    object: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Like(_Activity):
    """The actor likes `object`, or reacts to it with an emoji.

    emoji: one as `domain.emoji` spells it, or ``:name:`` with the address of its picture in
    emoji_url; "" for a plain like, and for anything that is not one emoji.
    """

    object: str
    emoji: str = ""
    emoji_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce(_Activity):
    """The actor boosts `object`."""

    object: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceActivity(_Activity):
    """The actor passes on what somebody did, as Lemmy's communities do.

    type, object: what was done, and to what. They are a stranger's word: ask the origin.
    """

    type: str
    object: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(_Activity):
    """The actor, most often a whole server, reports people or posts.

    objects: who and what is reported, at least one. content: why, as plain text.
    """

    objects: tuple[str, ...]
    content: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(_Activity):
    """The actor's account goes on as `target`, which has to confirm it."""

    target: ActorId


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo(_Activity):
    """The actor takes something back.

    object: id of what is undone, which servers do not always repeat truly.
    type: Follow, Like, Announce …; "" when only the id was sent.
    inner_object: what the undone activity was about, "" when not embedded.
    emoji: of a reaction, as of Like; ``:name:`` also when no picture was sent along.
    """

    object: str
    type: str = ""
    inner_object: str = ""
    emoji: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(_Activity):
    """The actor wants nothing more of `object`."""

    object: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteRequest(_Activity):
    """The actor asks leave to quote `object` in the post `quoting` (FEP-044f).

    writer: whose the quoting post says it is, "" when only its id was sent.
    audience: of the quoting post, PRIVATE too when nothing is said of it.
    """

    object: str
    quoting: str
    writer: str = ""
    audience: Audience = Audience.PRIVATE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRequest(_Activity):
    """The actor asks leave to answer `object` with `reply` (GoToSocial).

    note: the reply itself, None when only its id was sent.
    """

    object: str
    reply: str
    note: RemoteNote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference(_Activity):
    """A Create or Update that names its object by id only: it must be fetched."""

    type: str
    object: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported(_Activity):
    """Something well formed that we do not act on."""

    type: str


Activity = (
    Follow
    | Accept
    | Reject
    | CreateNote
    | UpdateNote
    | UpdateActor
    | Delete
    | Like
    | Announce
    | AnnounceActivity
    | Flag
    | Move
    | Undo
    | Block
    | QuoteRequest
    | ReplyRequest
    | Reference
    | Unsupported
)
