"""Keep a row whether or not it is there, without asking first.

Between a question and an insert another process may insert the same row, and PostgreSQL would
then refuse ours. Whoever writes several rows in one unit goes through them in sorted order: two
workers that take the same rows in different orders would wait for one another.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Column, ColumnElement, Dialect, Insert, Table, insert
from sqlalchemy.dialects import sqlite

from fedreview.storage.columns import Row
from fedreview.storage.database import Transaction
from fedreview.storage.memory import put_off

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

ROWS_AT_ONCE = 500
"""In one statement; with ten columns each that is a sixth of the values that SQLite takes."""


def add_soon(tx: Transaction, row: type[Row], values: Mapping[str, object]) -> None:
    """Insert a row that is not there yet, together with others, as `memory.put_off` says."""
    put_off(tx, _table(row), _plain_insert(row), values)


def add_new_soon(tx: Transaction, row: type[Row], values: Mapping[str, object]) -> None:
    """Do so unless the row is there already."""
    put_off(tx, _table(row), _unless_there(row, tx.get_bind().dialect.name), values)


@lru_cache
def _plain_insert(row: type[Row]) -> Insert:
    return insert(_table(row))


@lru_cache
def _unless_there(row: type[Row], dialect: str) -> Insert:
    return _insert_for(row, dialect).on_conflict_do_nothing()


def add_new(tx: Transaction, row: type[Row], values: Mapping[str, object]) -> bool:
    """Insert the row unless it is there already; tells whether it was new."""
    names = [column.name for column in _table(row).primary_key]
    return bool(add_all_new(tx, row, [values], known_by=names))


def add_all_new(
    tx: Transaction,
    row: type[Row],
    rows: Sequence[Mapping[str, object]],
    *,
    known_by: Sequence[str],
) -> list[tuple[Any, ...]]:
    """Insert those rows that are not there yet; gives what the new ones are known by.

    rows: sorted, and none twice.
    """
    if not rows:
        return []
    columns = [_table(row).columns[name] for name in known_by]
    if tx.get_bind().dialect.name == "sqlite" and _is_plain(row, tuple(rows[0]), tuple(known_by)):
        return _add_plainly(tx, row, rows, known_by)
    # With the rows beside the statement and not in it: so it is put into words only once.
    statement = _insert_into(tx, row).on_conflict_do_nothing().returning(*columns)
    return [tuple(each) for each in tx.execute(statement, rows)]


def _add_plainly(
    tx: Transaction, row: type[Row], rows: Sequence[Mapping[str, object]], known_by: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Do so past all that SQLAlchemy does for each row: of a dozen values, in a third of the time.

    On SQLite, for the order of what its driver takes is that of the words.
    """
    tx.flush()
    connection = tx.connection()
    names = tuple(rows[0])
    added: list[tuple[Any, ...]] = []
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]
        words, turned = _words(row, names, tuple(known_by), len(some))
        values: list[object] = []
        for each in some:
            values += [turn(each[name]) if turn else each[name] for name, turn in turned]
        added += map(tuple, connection.exec_driver_sql(words, tuple(values)).all())
    return added


@lru_cache(maxsize=256)
def _is_plain(row: type[Row], names: tuple[str, ...], known_by: tuple[str, ...]) -> bool:
    """Tell whether nothing has to be filled in beside these columns, and texts tell rows apart."""
    columns = _table(row).columns
    filled_in = [each for each in columns if each.default or each.server_default]
    return all(each.name in names for each in filled_in) and all(
        columns[name].type.python_type is str for name in known_by
    )


_Turn = Callable[[object], object]


@lru_cache(maxsize=256)
def _words(
    row: type[Row], names: tuple[str, ...], known_by: tuple[str, ...], many: int
) -> tuple[str, tuple[tuple[str, _Turn | None], ...]]:
    """Put into words what inserts so many rows.

    Gives them with the names of a row's values in their order, and what turns each of these into
    what the driver takes.
    """
    one, turned = _words_of_one(row, names, known_by)
    # With each number of rows put together anew, SQLAlchemy would take longer than SQLite.
    places = f"({', '.join('?' * len(names))})"
    return one.replace(places, ", ".join([places] * many)), turned


@lru_cache(maxsize=64)
def _words_of_one(
    row: type[Row], names: tuple[str, ...], known_by: tuple[str, ...]
) -> tuple[str, tuple[tuple[str, _Turn | None], ...]]:
    columns, dialect = _table(row).columns, sqlite.dialect()
    statement = sqlite.insert(_table(row)).values(dict.fromkeys(names))
    told = statement.on_conflict_do_nothing().returning(*(columns[name] for name in known_by))
    compiled = told.compile(dialect=dialect)
    ordered = compiled.positiontup or []
    return str(compiled), tuple((name, _turn_of(columns[name], dialect)) for name in ordered)


def _turn_of(column: "Column[Any]", dialect: Dialect) -> _Turn | None:
    """Give it, if anything does. It remembers: the rows of one unit share instants."""
    turn = column.type.dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(maxsize=64)(turn) if turn else None


def put(
    tx: Transaction,
    row: type[Row],
    values: Mapping[str, object],
    *,
    unique: Collection[str],
    renew: Collection[str],
    only_if: ColumnElement[bool] | None = None,
) -> None:
    """Insert the row, or give the one that is there new values.

    unique: names of the columns by which it is known. renew: those that get the new values.
    only_if: what must hold of the row that is there, else it stays as it is.
    """
    _put(tx, row, [values], unique=unique, renew=renew, only_if=only_if)


def put_many(
    tx: Transaction,
    row: type[Row],
    rows: Sequence[Mapping[str, object]],
    *,
    unique: Collection[str],
    renew: Collection[str],
) -> None:
    """Do so with many rows, as few statements as can be. rows: sorted, and none twice."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]
        _put(tx, row, some, unique=unique, renew=renew, only_if=None)


def _put(
    tx: Transaction,
    row: type[Row],
    rows: Sequence[Mapping[str, object]],
    *,
    unique: Collection[str],
    renew: Collection[str],
    only_if: ColumnElement[bool] | None,
) -> None:
    # Rows that this unit has read are read again: it would not see the new values in them.
    tx.flush()
    tx.expire_all()
    statement = _insert(tx, row, rows)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=list(unique),
            set_={name: statement.excluded[name] for name in renew},
            where=only_if,
        )
    )


def _table(row: type[Row]) -> Table:
    return cast("Table", row.__table__)


def _insert(
    tx: Transaction, row: type[Row], rows: Sequence[Mapping[str, object]]
) -> "postgresql.Insert | sqlite.Insert":
    return _insert_into(tx, row).values([dict(values) for values in rows])


def _insert_into(tx: Transaction, row: type[Row]) -> "postgresql.Insert | sqlite.Insert":
    return _insert_for(row, tx.get_bind().dialect.name)


def _insert_for(row: type[Row], dialect: str) -> "postgresql.Insert | sqlite.Insert":
    if dialect == "postgresql":
        # Late: a site with SQLite need not hold it in memory.
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415

        return postgresql.insert(_table(row))
    return sqlite.insert(_table(row))
