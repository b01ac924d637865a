"""One way to write down what stands in a table, whatever database it stands in."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, Table, Text
from sqlalchemy.sql.elements import SQLColumnExpression
from sqlalchemy.types import TypeEngine

LONG = 2**63
SHORT = 2**31


class Digest:
    """A SHA-256 over rows, which must come in the order of `in_order`."""

    def __init__(self) -> None:
        self._sum = hashlib.sha256()
        self.rows = 0
        self.size = 0

    def add(self, values: Sequence[object]) -> None:
        """Take one more row."""
        written = b"".join(_WRITERS[type(value)](value) for value in values)
        self._sum.update(b"%d:" % len(written))
        self._sum.update(written)
        self.rows += 1
        self.size += len(written)

    @property
    def hex(self) -> str:
        """What stands for all rows up to now."""
        return self._sum.hexdigest()


def _sized(kind: bytes, data: bytes) -> bytes:
    return b"%s%d:%s" % (kind, len(data), data)


_WRITERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"-",
    bool: lambda value: b"b%d" % value,
    int: lambda value: b"i%d;" % value,
    str: lambda value: _sized(b"t", value.encode()),
    datetime: lambda value: _sized(
        b"m", value.astimezone(UTC).isoformat(timespec="microseconds").encode()
    ),
    date: lambda value: _sized(b"d", value.isoformat().encode()),
    bytes: lambda value: _sized(b"x", value),
}
"""How to write a value so that no two that differ look the same; instants in UTC."""


def in_order(table: Table, *, is_sqlite: bool) -> list[SQLColumnExpression[object]]:
    """Give what to order a table by: its key, texts by their bytes, as SQLite does by itself."""
    return [
        column.collate("C") if isinstance(column.type, Text) and not is_sqlite else column
        for column in table.primary_key
    ]


def fitting(kind: TypeEngine[object], value: object) -> object:
    """Give what PostgreSQL can hold of a value that SQLite can.

    Its texts have no NUL, which goes; its integers have a width, to whose end they move.
    """
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, int) and not isinstance(value, bool) and isinstance(kind, Integer):
        most = LONG if isinstance(kind, BigInteger) else SHORT
        return max(-most, min(value, most - 1))
    return value
