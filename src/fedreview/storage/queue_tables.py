"""The tables of what is on its way: out, in and to be fetched; and what servers are like.

leased_until, leased_by: a worker is at it, until then at the latest; its number, as in `presence`,
or null when that is not known.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fedreview.storage.columns import Row, Serial, partial_index


class ActivityRow(Row):
    """An activity that we send, exactly as it is sent; those with `listed` stand in the outbox.

    key_id: the key that signs its requests; "" is the actor's present one.
    delivered_count, given_up_count: of its deliveries that are over and not kept any more.
    """

    __tablename__ = "activities"
    __table_args__ = (
        Index(None, "author_id", "listed", "id"),
        partial_index("ix_activities_unlisted", "created_at", which="listed IS {false}"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    uri: Mapped[str] = mapped_column(unique=True)
    author_id: Mapped[str | None] = mapped_column(ForeignKey("authors.id"))
    actor: Mapped[str]
    type: Mapped[str]
    object: Mapped[str] = mapped_column(index=True)
    body: Mapped[bytes]
    listed: Mapped[bool]
    created_at: Mapped[datetime]
    key_id: Mapped[str] = mapped_column(default="")
    delivered_count: Mapped[int] = mapped_column(default=0)
    given_up_count: Mapped[int] = mapped_column(default=0)


class DeliveryRow(Row):
    """One activity on its way to one inbox."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("activity_id", "inbox"),
        Index(None, "state", "due_at", "id"),
        Index(None, "inbox", "state", "id"),
        # For the board, which counts them: everything that it counts by stands in these.
        Index(None, "activity_id", "state", "failures"),
        Index(None, "host", "state", "failures"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    activity_id: Mapped[str] = mapped_column(ForeignKey("activities.id", ondelete="CASCADE"))
    inbox: Mapped[str]
    host: Mapped[str]
    state: Mapped[str]
    failures: Mapped[int]
    queued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[int | None]
    settled_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str]


class ArrivalRow(Row):
    """One activity received, kept as the bytes that were signed.

    sender: the site that brought it, which need not be the actor's; "" for unsigned hearsay.
    is_proved: whether a signature or proof of the actor came with it; what did not is believed
    only as far as its origin confirms it.
    signed_at: when its actor signed the last request that brought it and counted.
    """

    __tablename__ = "arrivals"
    __table_args__ = (
        UniqueConstraint("activity", "actor"),
        Index(None, "actor", "state", "due_at", "id"),
        Index(None, "state", "due_at", "id"),
        Index(None, "sender", "state"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    activity: Mapped[str]
    actor: Mapped[str]
    type: Mapped[str]
    body: Mapped[bytes]
    state: Mapped[str]
    failures: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(index=True)
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None] = mapped_column(index=True)
    leased_by: Mapped[int | None]
    last_error: Mapped[str]
    sender: Mapped[str] = mapped_column(default="")
    is_proved: Mapped[bool] = mapped_column(default=True)
    signed_at: Mapped[datetime | None]


class HostRow(Row):
    """What we have learnt about a remote server.

    scheme: the signature scheme that it took last; "" before the first success.
    software: what it says it runs, in lower case, or ""; asked at `software_at`.
    """

    __tablename__ = "hosts"

    host: Mapped[str] = mapped_column(primary_key=True)
    scheme: Mapped[str]
    failures: Mapped[int]
    resting_until: Mapped[datetime | None]
    software: Mapped[str] = mapped_column(default="")
    software_at: Mapped[datetime | None]
    seen_at: Mapped[datetime] = mapped_column(index=True)


class ErrandRow(Row):
    """Something to fetch from another server when there is time.

    site: whose attention it costs, without subdomains. settled_at: since when it is over; it
    stays for a while, so that what was in vain is not tried again at once.
    """

    __tablename__ = "errands"
    __table_args__ = (
        UniqueConstraint("kind", "url"),
        Index(None, "state", "due_at", "id"),
        Index(None, "site", "state", "due_at", "id"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    kind: Mapped[str]
    url: Mapped[str]
    site: Mapped[str]
    state: Mapped[str]
    failures: Mapped[int]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None] = mapped_column(index=True)
    leased_by: Mapped[int | None]
    settled_at: Mapped[datetime | None]
    last_error: Mapped[str]
