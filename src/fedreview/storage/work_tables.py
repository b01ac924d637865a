"""The schema of works and of pictures."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from fedreview.storage.columns import Row


class WorkRow(Row):
    """A work; lists are kept one item to a line."""

    __tablename__ = "works"
    __table_args__ = (Index(None, "kind", "title_key", "year"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    title: Mapped[str]
    title_key: Mapped[str]
    original_title: Mapped[str]
    year: Mapped[int | None]
    creators: Mapped[str]
    length: Mapped[str]
    publisher: Mapped[str]
    platform: Mapped[str]
    links: Mapped[str]
    cover_name: Mapped[str | None] = mapped_column(ForeignKey("media.name"))
    cover_alt: Mapped[str]
    identifiers: Mapped[str] = mapped_column(default="")
    relations: Mapped[str] = mapped_column(default="")


class WorkRelationRow(Row):
    """A relation of a work once more, to be found from the other side.

    title_key: of the other work, spelled as in `works`. work_kind: "" when it was not said.
    """

    __tablename__ = "work_relations"
    __table_args__ = (Index(None, "title_key"),)

    work_id: Mapped[str] = mapped_column(
        ForeignKey("works.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title_key: Mapped[str]
    work_kind: Mapped[str]
    year: Mapped[int | None]


class MediaRow(Row):
    """A picture in the media folder. blurhash: "" when none was made."""

    __tablename__ = "media"

    name: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]
    created_at: Mapped[datetime]
    blurhash: Mapped[str] = mapped_column(default="")


class MediaVariantRow(Row):
    """The same picture in another width or format."""

    __tablename__ = "media_variants"

    name: Mapped[str] = mapped_column(primary_key=True)
    media_name: Mapped[str] = mapped_column(
        ForeignKey("media.name", ondelete="CASCADE"), index=True
    )
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]
