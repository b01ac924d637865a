"""The schema of what can be searched."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fedreview.storage.columns import Row, Serial

WORDS = "search_words"
"""What the index over `SearchRow` is called: a table of SQLite's FTS5, or an index of PostgreSQL.

No part of the metadata: SQLAlchemy has no words for either. The schema changes make it.
"""


class SearchRow(Row):
    """What a thing is found by. kind: of thing, such as "review".

    heading, words: terms as `content.terms` makes them; what stands in the heading counts more.
    shown: the text that a snippet may be cut from, without spoilers.
    """

    __tablename__ = "search_entries"
    __table_args__ = (UniqueConstraint("kind", "thing_id"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    kind: Mapped[str]
    thing_id: Mapped[str]
    heading: Mapped[str]
    words: Mapped[str]
    shown: Mapped[str]
