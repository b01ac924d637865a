"""Remember what was read, and put off what is to be written, where one unit does many pieces.

Many pieces of work ask for the same, or for the same of different things. So what they will ask
for is read for all at once, and what they add to one table is added by one statement.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from sqlalchemy import Connection, Delete, Insert, Table, TableClause, TextClause, Update
from sqlalchemy.schema import sort_tables

from fedreview.storage.columns import Row
from fedreview.storage.database import MEMORY, Transaction

P = ParamSpec("P")
T = TypeVar("T")

_Asked = tuple[tuple[object, ...], tuple[tuple[str, object], ...]]


class Memory:
    """What one unit has read and not yet written.

    writes: how often something was written in it, or put off.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.answers: dict[Remembered[Any, Any], dict[_Asked, Any]] = {}
        self.writes = 0
        self._put_off: dict[tuple[Table, Insert], list[Mapping[str, object]]] = {}
        self._is_writing = False

    def put_off(self, table: Table, statement: Insert, row: Mapping[str, object]) -> None:
        """Add this row later, with others of the same statement."""
        self.writes += 1
        self._put_off.setdefault((table, statement), []).append(row)

    def before(self, connection: Connection, statement: object) -> None:
        """Write what was put off before anything else is asked, and forget what it changes."""
        if self._is_writing:
            return
        self.write(connection)
        if isinstance(statement, Insert | Update | Delete | TextClause):
            self.writes += 1
            self._forget(statement)

    def write(self, connection: Connection) -> None:
        """Write what was put off, what others refer to first."""
        if not self._put_off:
            return
        put_off, self._put_off = self._put_off, {}
        order = sort_tables([table for table, _ in put_off])
        self._is_writing = True
        try:
            for table, statement in sorted(put_off, key=lambda each: order.index(each[0])):
                connection.execute(statement, put_off[table, statement])
        finally:
            self._is_writing = False

    def _forget(self, statement: Insert | Update | Delete | TextClause) -> None:
        # With a row that goes others may go, in whatever tables.
        changed = statement.table if isinstance(statement, Insert | Update) else None
        for read, answers in self.answers.items():
            if not isinstance(changed, TableClause) or changed.name in read.tables:
                answers.clear()


@contextmanager
def remembering(tx: Transaction) -> Iterator[None]:
    """Remember in this block what is read by `Remembered`, and put off what can be put off.

    What the block itself writes is seen: it is forgotten, or was told by `know`. What others
    write meanwhile is not, on PostgreSQL; on SQLite nobody else can.
    """
    connection = tx.connection()
    info, memory = connection.info, Memory()
    tx.info[MEMORY] = info[MEMORY] = memory
    try:
        yield
        tx.flush()
        memory.write(connection)
    finally:
        del tx.info[MEMORY]
        info.pop(MEMORY, None)


def _memory(tx: Transaction) -> Memory | None:
    memory: Memory | None = tx.info.get(MEMORY)
    return memory


def writes(tx: Transaction) -> int:
    """Count what this unit has written while it is `remembering`; as often as it has, at least."""
    memory = _memory(tx)
    if memory is None:
        raise RuntimeError("nothing is remembered here")
    if tx.new or tx.dirty or tx.deleted:
        tx.flush()
    return memory.writes


def put_off(tx: Transaction, table: Table, statement: Insert, row: Mapping[str, object]) -> None:
    """Add a row before this unit asks the database for anything else; at once elsewhere.

    statement: one object for all rows that may go together into this table. Whoever adds to one
    of which something is remembered says by `know` what that changes.
    """
    memory = _memory(tx)
    if memory is None:
        tx.flush()
        tx.execute(statement, [row])
    else:
        memory.put_off(table, statement, row)


class Remembered(Generic[P, T]):
    """A function that reads once for the same arguments, in a unit that is `remembering`.

    tables: names of those that it reads; what the unit writes there is seen. Empty when only a
    row that goes may change what is read. What it gives must not be changed.
    """

    def __init__(
        self, read: Callable[Concatenate[Transaction, P], T], tables: frozenset[str]
    ) -> None:
        """Read by this."""
        self.tables = tables
        self._read = read
        update_wrapper(self, read)

    def __call__(self, tx: Transaction, /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Give what is remembered, or read it."""
        memory = _memory(tx)
        if memory is None:
            return self._read(tx, *args, **kwargs)
        asked = _asked(args, kwargs)
        answers = memory.answers.get(self)
        if answers is not None and asked in answers:
            known: T = answers[asked]
            return known
        answer = self._read(tx, *args, **kwargs)
        # Anew: reading has the rows written that were put off, and others may be there now.
        memory.answers.setdefault(self, {})[asked] = answer
        return answer

    def know(self, tx: Transaction, answer: T, /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Let this be the answer, until what it is read from changes."""
        memory = _memory(tx)
        if memory is not None:
            memory.answers.setdefault(self, {})[_asked(args, kwargs)] = answer

    def is_known(self, tx: Transaction, /, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Tell whether it need not be read."""
        memory = _memory(tx)
        return memory is not None and _asked(args, kwargs) in memory.answers.get(self, ())


def _asked(args: tuple[object, ...], kwargs: dict[str, object]) -> _Asked:
    return (args, tuple(sorted(kwargs.items())) if kwargs else ())


def read_once(read: Callable[Concatenate[Transaction, P], T]) -> Remembered[P, T]:
    """Remember what is only read by units that remember: reviews, authors, settings, rules."""
    return Remembered(read, frozenset())


def read_ahead(
    *rows: type[Row],
) -> Callable[[Callable[Concatenate[Transaction, P], T]], Remembered[P, T]]:
    """Remember what is read from these tables, until the unit changes something there."""
    tables = frozenset(row.__tablename__ for row in rows)
    return lambda read: Remembered(read, tables)
