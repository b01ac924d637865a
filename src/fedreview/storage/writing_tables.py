"""The schema of what stands around a review: what it was, what is being typed, what is to come."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from fedreview.storage.columns import Row, Serial


class ReviewVersionRow(Row):
    """A published review as it was after one of its edits; `fields` are the form's, as JSON."""

    __tablename__ = "review_versions"
    __table_args__ = (Index(None, "review_id", "id"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.id", ondelete="CASCADE"))
    saved_at: Mapped[datetime]
    fields: Mapped[str]


class AutosaveRow(Row):
    """What stands in a form of the desk that has not been sent; `fields` as JSON, unchecked.

    id: of the review, or what a new one will get.
    tab: which tab of a browser wrote it.
    """

    __tablename__ = "autosaves"
    __table_args__ = (Index(None, "author_id", "saved_at"),)

    author_id: Mapped[str] = mapped_column(
        ForeignKey("authors.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    fields: Mapped[str]
    tab: Mapped[str]
    saved_at: Mapped[datetime]


class UpcomingRow(Row):
    """A work that an author has announced; the four rating columns are thousandths.

    announced_in: the review that says so. review_id: the published review that it has become.
    """

    __tablename__ = "upcoming"
    __table_args__ = (Index(None, "author_id", "announced_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"))
    work_id: Mapped[str] = mapped_column(ForeignKey("works.id"), index=True)
    rating_value: Mapped[int | None]
    rating_best: Mapped[int | None]
    rating_worst: Mapped[int | None]
    rating_step: Mapped[int | None]
    note: Mapped[str]
    announced_at: Mapped[datetime]
    announced_in: Mapped[str | None] = mapped_column(ForeignKey("reviews.id"), index=True)
    review_id: Mapped[str | None] = mapped_column(ForeignKey("reviews.id"), index=True)
