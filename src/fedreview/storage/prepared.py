"""Ask what is asked so often that putting the question into words costs more than the answer."""

import json
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Row, Select, Text, bindparam, func, select

from fedreview.storage.database import Transaction

Given = Callable[[str], Any]
"""Makes, of its name, what stands in a statement for a list of texts: for `column.in_(…)`."""


class Question:
    """A statement of columns of tables that is built once, and takes its values with each use.

    Asked past the ORM, which takes three times as long; so it gives rows and no objects.

    make: builds it; lists of texts it has to name with what it is given, single values with
    `bindparam`.
    """

    def __init__(self, make: Callable[[Given], Select[Any]]) -> None:
        self._of_json = make(_listed_in_json)
        self._of_values = make(_listed)

    def ask(self, tx: Transaction, **values: object) -> list[Row[Any]]:
        """Ask, and read all of the answer."""
        # As the ORM does it for its own: what this unit has changed is seen.
        tx.flush()
        connection = tx.connection()
        if connection.dialect.name != "sqlite":
            return list(connection.execute(self._of_values, values).all())
        # One value for a list, however long: with one for each, the words were others each time.
        packed = {name: _packed(value) for name, value in values.items()}
        return list(connection.execute(self._of_json, packed).all())


def _packed(value: object) -> object:
    if isinstance(value, str | bytes) or not isinstance(value, Collection):
        return value
    return json.dumps(list(value))


def _listed(name: str) -> Any:
    return bindparam(name, expanding=True)


def _listed_in_json(name: str) -> Any:
    return select(func.json_each(bindparam(name, type_=Text())).table_valued("value").c.value)
