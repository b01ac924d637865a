"""Queue one activity for many inboxes in one statement, so that the writer is soon free again."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from typing import cast as known_as

from sqlalchemy import (
    JSON,
    ColumnElement,
    Insert,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    select,
)

from fedreview.storage.database import Transaction
from fedreview.storage.queue_tables import DeliveryRow


def queue(
    tx: Transaction, activity_id: str, rows: Sequence[tuple[str, str, str]], *, now: datetime
) -> None:
    """Make a delivery of each row, in their order. rows: inbox, host and state."""
    values = {
        "rows": json.dumps(rows),
        "activity_id": activity_id,
        "failures": 0,
        "queued_at": now,
        "due_at": now,
        "last_error": "",
    }
    tx.execute(_STATEMENTS[tx.get_bind().dialect.name], values)


def _statement(*cells: ColumnElement[Any]) -> Insert:
    same = ("activity_id", "failures", "queued_at", "due_at", "last_error")
    table = known_as("Table", DeliveryRow.__table__)
    values = (bindparam(name, type_=table.c[name].type) for name in same)
    return insert(table).from_select(["inbox", "host", "state", *same], select(*cells, *values))


_ROWS = bindparam("rows", type_=Text)
_EACH = func.json_each(_ROWS).table_valued("value").c.value
_ELEMENT = func.json_array_elements(cast(_ROWS, JSON)).column_valued("element")

# Made once: to put them together takes longer than to queue for one inbox.
_STATEMENTS = {
    "sqlite": _statement(*(func.json_extract(_EACH, f"$[{number}]") for number in range(3))),
    "postgresql": _statement(*(_ELEMENT.op("->>")(number) for number in range(3))),
}
