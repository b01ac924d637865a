"""The schema of what a conversation needs beside its notes: guests, leave, notices, pictures."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fedreview.storage.columns import Row, Serial


class GuestRow(Row):
    """Who left a comment by the form on a page; mail and address are for the author alone.

    address_hash: of where it came from, keyed, so that floods can be counted and nobody found.
    """

    __tablename__ = "guests"

    note_id: Mapped[str] = mapped_column(
        ForeignKey("notes.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str]
    site: Mapped[str]
    mail: Mapped[str]
    address_hash: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[datetime]


class NoteMentionRow(Row):
    """Somebody elsewhere whom an author's own note names, or is for when it is private."""

    __tablename__ = "note_mentions"

    note_id: Mapped[str] = mapped_column(
        ForeignKey("notes.id", ondelete="CASCADE"), primary_key=True
    )
    actor: Mapped[str] = mapped_column(primary_key=True, index=True)
    position: Mapped[int]


class ApprovalRow(Row):
    """Leave that somebody asked us for, to reply to something of ours; `id` ends its address.

    request: id of the ReplyRequest, or of the reply itself when it came without one.
    state: "pending", "accepted" or "rejected". note_id: the reply, when it is kept here.
    Source: GoToSocial's interaction policy.
    """

    __tablename__ = "approvals"
    __table_args__ = (UniqueConstraint("object", "interacting"), Index(None, "interacting"))

    id: Mapped[str] = mapped_column(primary_key=True)
    object: Mapped[str]
    interacting: Mapped[str]
    actor: Mapped[str] = mapped_column(index=True)
    request: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class NoticeRow(Row):
    """Something that an author should hear of.

    kind: as in domain.notice. subject: what tells two of a kind apart, so that none is given
    twice. topic: what it shares with those that are shown as one with it. note_id, review_id,
    actor: what and whom it is about, where there is one. detail: plain text.
    mailed_at, pushed_at: when it left by that way, or need not leave any more.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("author_id", "kind", "subject"),
        Index(None, "author_id", "kind", "topic"),
        Index(None, "author_id", "read_at"),
        Index(None, "mailed_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"))
    kind: Mapped[str]
    subject: Mapped[str]
    topic: Mapped[str]
    note_id: Mapped[str | None] = mapped_column(
        ForeignKey("notes.id", ondelete="CASCADE"), index=True
    )
    review_id: Mapped[str | None] = mapped_column(
        ForeignKey("reviews.id", ondelete="CASCADE"), index=True
    )
    actor: Mapped[str] = mapped_column(index=True)
    detail: Mapped[str]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
    pushed_at: Mapped[datetime | None]


class NoticeChoiceRow(Row):
    """How an author wants to hear of one kind of thing. mail: "off", "digest" or "once"."""

    __tablename__ = "notice_choices"

    author_id: Mapped[str] = mapped_column(
        ForeignKey("authors.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(primary_key=True)
    mail: Mapped[str]
    push: Mapped[bool]


class MailboxRow(Row):
    """Where an author gets mail. token_hash: of the link that confirms the address, or "".

    asked_at: when that link was sent. digest_hour: of the author's day. shows_private: whether
    mails hold the text of private messages.
    """

    __tablename__ = "mailboxes"

    author_id: Mapped[str] = mapped_column(
        ForeignKey("authors.id", ondelete="CASCADE"), primary_key=True
    )
    address: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    token_hash: Mapped[str]
    asked_at: Mapped[datetime]
    digest_hour: Mapped[int]
    shows_private: Mapped[bool]


class LetterRow(Row):
    """A mail on its way, as its final bytes. state: as of the queues."""

    __tablename__ = "letters"
    __table_args__ = (Index(None, "state", "due_at", "id"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"))
    recipient: Mapped[str]
    body: Mapped[bytes]
    state: Mapped[str]
    failures: Mapped[int]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[int | None]
    settled_at: Mapped[datetime | None]
    last_error: Mapped[str]


class PushSubscriptionRow(Row):
    """A browser that shows an author's notices. p256dh, auth: base64url. Source: RFC 8291.

    last_notice: the newest that it got. due_at: before that, nothing is sent there.
    """

    __tablename__ = "push_subscriptions"

    id: Mapped[str] = mapped_column(primary_key=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str] = mapped_column(unique=True)
    p256dh: Mapped[str]
    auth: Mapped[str]
    user_agent: Mapped[str]
    created_at: Mapped[datetime]
    failures: Mapped[int]
    last_error: Mapped[str]
    last_notice: Mapped[int]
    due_at: Mapped[datetime]


class CopyRow(Row):
    """Our small copy of a picture elsewhere: an emoji, or one that came with a reply.

    kind: "emoji" or "picture". host: that was asked, lower case. file: its name in the folder of
    copies, "" when there is none yet, or none to be had. created_at: when it was asked for last,
    or came. used_at: when it was last seen to be used.
    """

    __tablename__ = "copies"
    __table_args__ = (Index(None, "host"), Index(None, "file"), Index(None, "used_at"))

    url: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    host: Mapped[str]
    file: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]
