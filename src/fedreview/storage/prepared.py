"""Run what is run so often that putting it into words costs more than the database takes."""

import json
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import CursorResult, Executable, Row, Text, bindparam, func, select

from fedreview.storage.database import Transaction

Given = Callable[[str], Any]
"""Makes, of its name, what stands in a statement for a list of values: for `column.in_(…)`."""

Found = Row[*tuple[Any, ...]]


class Prepared:
    """A statement on columns of tables that is built once, and takes its values with each use.

    Run past the ORM, which takes three times as long; so it gives rows and no objects.

    make: builds it; lists of texts or whole numbers it has to name with what it is given, single
    values with `bindparam`.
    """

    def __init__(self, make: Callable[[Given], Executable]) -> None:
        self._of_json = make(_listed_in_json)
        self._of_values = make(_listed)

    def ask(self, tx: Transaction, **values: object) -> list[Found]:
        """Run it, and read all of the answer."""
        return list(self.run(tx, **values).all())

    def run(self, tx: Transaction, **values: object) -> CursorResult[*tuple[Any, ...]]:
        """Run it."""
        # As the ORM does it for its own: what this unit has changed is seen.
        tx.flush()
        connection = tx.connection()
        if connection.dialect.name != "sqlite":
            return connection.execute(self._of_values, values)
        # One value for a list, however long: with one for each, the words were others each time.
        packed = {name: _packed(value) for name, value in values.items()}
        return connection.execute(self._of_json, packed)


def _packed(value: object) -> object:
    if isinstance(value, str | bytes) or not isinstance(value, Collection):
        return value
    return json.dumps(list(value))


def _listed(name: str) -> Any:
    return bindparam(name, expanding=True)


def _listed_in_json(name: str) -> Any:
    return select(func.json_each(bindparam(name, type_=Text())).table_valued("value").c.value)
