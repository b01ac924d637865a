"""Watch whether anything was changed by anybody, at next to no cost."""

from dataclasses import dataclass
from typing import Self

from fedreview.storage import marks
from fedreview.storage.database import Database
from fedreview.storage.marks import CommitCounter, Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """Gives marks: as long as the mark is the same, so is all that can be read.

    counter: of a SQLite file, or None for PostgreSQL, which has to be asked.
    """

    database: Database
    counter: CommitCounter | None

    @classmethod
    def of(cls, database: Database, url: str) -> Self:
        """Watch the database at an SQLAlchemy URL."""
        return cls(database=database, counter=marks.counter_of(url))

    def glimpse(self) -> Mark | None:
        """Give the mark of this moment, or None when `ask` must be used.

        Waits for nothing, and so may be called in the event loop.
        """
        return self.counter.read() if self.counter else None

    def ask(self) -> Mark:
        """Ask PostgreSQL for the mark of this moment."""
        with self.database.snapshot() as tx:
            return marks.current(tx)

    def close(self) -> None:
        """Watch no more."""
        if self.counter:
            self.counter.close()
