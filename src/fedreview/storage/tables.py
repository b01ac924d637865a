"""The schema: every table, in the order in which a reader meets the words."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fedreview.storage.columns import Row, Serial, partial_index


class SettingRow(Row):
    """What the site remembers about itself: title, set-up token, last tidy-up."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class AuthorRow(Row):
    """A local author and their account.

    also_known_as: other accounts of theirs, one to a line; they may be moved here from there.
    moved_to: where they have gone, or "".
    shows_network: whether others may read whom they follow and who follows.
    scale_*: thousandths. legend, aspects: a level or a name to a line.
    who_replies, who_quotes: whom they let. welcomes_guests: whether those without an account may
    leave a comment by form.
    """

    __tablename__ = "authors"

    id: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    summary: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[datetime]
    also_known_as: Mapped[str] = mapped_column(default="")
    moved_to: Mapped[str] = mapped_column(default="")
    shows_network: Mapped[bool] = mapped_column(default=False)
    scale_best: Mapped[int] = mapped_column(default=10_000)
    scale_worst: Mapped[int] = mapped_column(default=0)
    scale_step: Mapped[int] = mapped_column(default=500)
    legend: Mapped[str] = mapped_column(default="")
    aspects: Mapped[str] = mapped_column(default="")
    sign_off: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str] = mapped_column(default="UTC")
    avatar_name: Mapped[str | None] = mapped_column(ForeignKey("media.name"))
    who_replies: Mapped[str] = mapped_column(default="everyone")
    who_quotes: Mapped[str] = mapped_column(default="everyone")
    welcomes_guests: Mapped[bool] = mapped_column(default=False)


class SessionRow(Row):
    """A signed-in browser; the token itself is never kept, only its SHA-256."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"), index=True)
    address: Mapped[str]
    user_agent: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class LoginFailureRow(Row):
    """A wrong password, counted against the name and the address it came from."""

    __tablename__ = "login_failures"
    __table_args__ = (Index(None, "subject", "failed_at"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    subject: Mapped[str]
    failed_at: Mapped[datetime] = mapped_column(index=True)


class KeyRow(Row):
    """A key of ours.

    private_pem: "" once it has been wiped. retired_at: since when it signs nothing new.
    public_pem: of a retired key that is still published; "" for one in use or forgotten.
    """

    __tablename__ = "keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(index=True)
    private_pem: Mapped[str]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    public_pem: Mapped[str] = mapped_column(default="")


class ReviewRow(Row):
    """A review; the four rating columns are thousandths, all null or none.

    featured_at: since when the author has it pinned to their profile.
    aspects, postscripts: lists as JSON. former_ids: one to a line.
    replies_mode, who_replies, who_quotes: "" for what the site or its author says.
    closes_after_days: days from its publication on; null as the site says, 0 for never.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        Index(None, "state", "published_at", "id"),
        Index(None, "author_id", "state", "published_at", "id"),
        Index(None, "work_id", "state"),
        partial_index(
            "ix_reviews_pinned", "author_id", "featured_at", which="featured_at IS NOT NULL"
        ),
        Index(None, "scheduled_at"),
        Index(None, "trashed_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id"))
    work_id: Mapped[str] = mapped_column(ForeignKey("works.id"))
    state: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    rating_value: Mapped[int | None]
    rating_best: Mapped[int | None]
    rating_worst: Mapped[int | None]
    rating_step: Mapped[int | None]
    synopsis: Mapped[str]
    synopsis_source: Mapped[str]
    synopsis_url: Mapped[str]
    verdict: Mapped[str]
    teaser: Mapped[str]
    spoilers: Mapped[str]
    language: Mapped[str]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    featured_at: Mapped[datetime | None]
    aspects: Mapped[str] = mapped_column(default="")
    finished_on: Mapped[date | None]
    is_repeat: Mapped[bool] = mapped_column(default=False)
    sign_off: Mapped[str] = mapped_column(default="")
    postscripts: Mapped[str] = mapped_column(default="")
    scheduled_at: Mapped[datetime | None]
    trashed_at: Mapped[datetime | None]
    boosted_at: Mapped[datetime | None]
    former_ids: Mapped[str] = mapped_column(default="")
    replies_mode: Mapped[str] = mapped_column(default="")
    closes_after_days: Mapped[int | None]
    who_replies: Mapped[str] = mapped_column(default="")
    who_quotes: Mapped[str] = mapped_column(default="")


class ReviewTagRow(Row):
    """One tag of one review; `key` is the spelling that all spellings share."""

    __tablename__ = "review_tags"
    __table_args__ = (Index(None, "key"),)

    review_id: Mapped[str] = mapped_column(
        ForeignKey("reviews.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    tag: Mapped[str]


class ActorRow(Row):
    """Somebody elsewhere, as last fetched.

    avatar: the file with our small copy of their picture, or "".
    avatar_of: the address that the copy was made from, or "".
    emojis: those in the name, as JSON, or "".
    host: as of notes. veiled: whether their server is suspended, so that neither they nor what
    they did is shown or counted; what blocks say now, and nothing else.
    """

    __tablename__ = "actors"
    __table_args__ = (
        Index(None, "host"),
        partial_index("ix_actors_veiled", "id", which="veiled IS {true}"),
        Index(None, "avatar"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    handle: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    inbox: Mapped[str]
    shared_inbox: Mapped[str]
    url: Mapped[str]
    icon_url: Mapped[str]
    fetched_at: Mapped[datetime]
    avatar: Mapped[str] = mapped_column(default="")
    avatar_of: Mapped[str] = mapped_column(default="")
    emojis: Mapped[str] = mapped_column(default="")
    host: Mapped[str] = mapped_column(default="")
    veiled: Mapped[bool] = mapped_column(default=False)


class RemoteKeyRow(Row):
    """A public key of somebody elsewhere, under the id they sign with."""

    __tablename__ = "remote_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(ForeignKey("actors.id", ondelete="CASCADE"), index=True)
    pem: Mapped[str]
    fetched_at: Mapped[datetime]


class FollowerRow(Row):
    """A remote actor who follows a local author."""

    __tablename__ = "followers"
    __table_args__ = (UniqueConstraint("author_id", "actor"), Index(None, "author_id", "id"))

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"))
    actor: Mapped[str] = mapped_column(ForeignKey("actors.id", ondelete="CASCADE"), index=True)
    follow: Mapped[str]
    created_at: Mapped[datetime]


class FollowingRow(Row):
    """A remote actor whom a local author follows, or has asked to.

    moved_from: handle of the account that they had before, when the author followed that; or "".
    """

    __tablename__ = "following"
    __table_args__ = (UniqueConstraint("author_id", "actor"), Index(None, "author_id", "id"))

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"))
    actor: Mapped[str] = mapped_column(ForeignKey("actors.id", ondelete="CASCADE"), index=True)
    follow: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    created_at: Mapped[datetime]
    moved_from: Mapped[str] = mapped_column(default="")


class NoteRow(Row):
    """A reply, an answer, or a post of somebody followed.

    review_id: the thread it belongs to; null when it belongs to none of ours.
    author_id: the local author who wrote it; null for everybody else's.
    source: the author's own text; "" for everybody else's.
    replies_url: where its server lists what answers it, or "".
    rating_*: a score that its writer gives, in thousandths, all null or none; only that of a
    local author has a step.
    work_id: the work of ours that it is a review or rating of.
    host: of its writer, lower case; "" for what was written here.
    veiled: whether a block keeps it off pages; what blocks say now, and nothing else.
    local_only: whether other servers hear nothing of it: a guest's comment, and what is below it.
    held_for, held_detail: why it waits or was set aside. moderated_at: of the last decision.
    extras: emoji, pictures, poll and quote, as JSON, or "".
    """

    __tablename__ = "notes"
    __table_args__ = (
        Index(None, "review_id", "audience", "published_at", "id", "state", "veiled"),
        partial_index("ix_notes_not_shown", "state", "arrived_at", "id", which="state != 'shown'"),
        partial_index("ix_notes_own", "author_id", which="author_id IS NOT NULL"),
        partial_index("ix_notes_of_works", "work_id", which="work_id IS NOT NULL"),
        partial_index("ix_notes_with_extras", "arrived_at", "id", which="extras != ''"),
        Index(None, "host"),
        Index(None, "in_reply_to", "published_at", "id"),
        Index(None, "actor", "published_at"),
        Index(None, "arrived_at", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    uri: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str]
    review_id: Mapped[str | None] = mapped_column(ForeignKey("reviews.id"))
    author_id: Mapped[str | None] = mapped_column(ForeignKey("authors.id"))
    actor: Mapped[str]
    in_reply_to: Mapped[str]
    context: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    summary: Mapped[str]
    html: Mapped[str]
    source: Mapped[str]
    language: Mapped[str]
    url: Mapped[str]
    audience: Mapped[str]
    state: Mapped[str]
    published_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime]
    replies_url: Mapped[str] = mapped_column(default="")
    rating_value: Mapped[int | None]
    rating_best: Mapped[int | None]
    rating_worst: Mapped[int | None]
    rating_step: Mapped[int | None]
    work_id: Mapped[str | None] = mapped_column(ForeignKey("works.id"))
    host: Mapped[str] = mapped_column(default="")
    veiled: Mapped[bool] = mapped_column(default=False)
    local_only: Mapped[bool] = mapped_column(default=False)
    held_for: Mapped[str] = mapped_column(default="")
    held_detail: Mapped[str] = mapped_column(default="")
    moderated_at: Mapped[datetime | None]
    extras: Mapped[str] = mapped_column(default="")


class NoteRecipientRow(Row):
    """A local author whom a note is addressed to or mentions."""

    __tablename__ = "note_recipients"

    note_id: Mapped[str] = mapped_column(
        ForeignKey("notes.id", ondelete="CASCADE"), primary_key=True
    )
    author_id: Mapped[str] = mapped_column(
        ForeignKey("authors.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ReactionRow(Row):
    """A like, boost, emoji or quote of something that stands on our pages.

    activity, post: of a quote both are the id of the post; of all else `post` is "".
    emoji: as in domain.emoji, else "". emoji_url: the picture of a custom one, or "".
    host: of the actor's server. veiled: kept off pages and out of counts by a block.
    """

    __tablename__ = "reactions"
    __table_args__ = (
        UniqueConstraint("kind", "actor", "object", "emoji", "post"),
        Index(None, "object", "veiled", "id", "kind"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    activity: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    actor: Mapped[str] = mapped_column(index=True)
    object: Mapped[str]
    emoji: Mapped[str]
    emoji_url: Mapped[str] = mapped_column(default="")
    post: Mapped[str] = mapped_column(default="")
    host: Mapped[str] = mapped_column(default="", index=True)
    veiled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class QuoteRow(Row):
    """Our leave for somebody to quote something of ours (FEP-044f); `id` ends its address."""

    __tablename__ = "quotes"
    __table_args__ = (UniqueConstraint("object", "quoting"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    object: Mapped[str]
    quoting: Mapped[str]
    actor: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class GoneRow(Row):
    """An id whose Delete or Undo has been seen, perhaps before the thing itself."""

    __tablename__ = "gone"

    id: Mapped[str] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(primary_key=True)
    gone_at: Mapped[datetime] = mapped_column(index=True)
