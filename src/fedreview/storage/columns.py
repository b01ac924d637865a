"""What all tables share: instants, serial numbers, and how constraints are named."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.orm import DeclarativeBase

# SQLite numbers rows only in an INTEGER column; PostgreSQL should not run out at 2**31.
Serial = BigInteger().with_variant(Integer, "sqlite")


def partial_index(name: str, *columns: str, which: str) -> Index:
    """Make an index of the rows that a statement asks for in just these words, and no others.

    which: SQL, with ``{true}`` and ``{false}``, which SQLite calls 1 and 0. Neither database looks
    behind a parameter, so a value in it must be written out in the statement too.

    How PostgreSQL has it stands in the schema change alone: to name it here makes SQLAlchemy load
    all that it knows of PostgreSQL, 3 MB, into each process with SQLite.
    """
    return Index(name, *columns, sqlite_where=text(which.format(true=1, false=0)))


class Instant(TypeDecorator[datetime]):
    """An aware datetime in UTC, on SQLite too, which itself knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into UTC; a naive one is a bug of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("instants are aware")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Row(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text(), datetime: Instant(), bytes: LargeBinary()}  # noqa: RUF012  (SQLAlchemy reads it as it is)
