"""How SQLite looks for what is asked often: by an index that leads to few rows, and in its order.

It keeps no statistics here, so a further index can lead it astray without anything failing.
"""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from fedreview.domain.actor import AuthorId
from fedreview.domain.kinds import WorkKind
from fedreview.storage import (
    actors,
    conversations,
    members,
    moderation,
    reviews,
    stale,
    sweeping,
    threads,
)
from fedreview.storage.database import Database, Transaction
from fedreview.storage.reviews import Filter
from tests.factories import NOON

ANNA = AuthorId("anna")

ASKED: dict[str, tuple[Callable[[Transaction], object], str]] = {
    "replies under reviews": (
        lambda tx: threads.count_shown(tx, ["a", "b", "c"]),
        "USING COVERING INDEX ix_notes_review_id_",
    ),
    "replies that others may read": (
        lambda tx: members.count_in_thread(tx, "a"),
        "USING INDEX ix_notes_review_id_",
    ),
    "conversations": (
        lambda tx: conversations.list_conversations(tx, ANNA, limit=9),
        "SCAN notes USING INDEX ix_notes_arrived_at_id",
    ),
    "what waits": (
        lambda tx: moderation.count_waiting(tx, ANNA),
        "SEARCH notes USING INDEX ix_notes_not_shown",
    ),
    "followers": (
        lambda tx: actors.list_followers(tx, ANNA, limit=9),
        "SEARCH followers USING INDEX ix_followers_author_id_id",
    ),
    "followers' inboxes": (
        lambda tx: actors.follower_inboxes(tx, ANNA),
        "SEARCH actors USING INDEX sqlite_autoindex_actors_1",
    ),
    "reviews of a kind": (
        lambda tx: reviews.list_published(tx, Filter(kind=WorkKind.FILM), limit=9),
        "SEARCH reviews USING INDEX ix_reviews_state_published_at_id",
    ),
    "reviews of an author": (
        lambda tx: reviews.list_published(tx, Filter(author_id=ANNA), limit=9),
        "SEARCH reviews USING INDEX ix_reviews_author_id_state_published_at_id",
    ),
    "what is pinned": (
        lambda tx: reviews.list_featured(tx, ANNA),
        "SEARCH reviews USING INDEX ix_reviews_pinned",
    ),
    "activities to forget": (
        lambda tx: sweeping.find(tx, stale.activities(before=NOON)),
        "SEARCH activities USING INDEX ix_activities_unlisted",
    ),
}


def plans(database: Database, ask: Callable[[Transaction], object]) -> list[str]:
    """Ask, and give how each statement was looked for."""
    found: list[str] = []

    def explain(
        connection: Connection, _: object, statement: str, values: Any, *__: object
    ) -> None:
        if statement.startswith(("SELECT", "WITH")):
            cursor = connection.connection.cursor()
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            found.append("\n".join(row[3] for row in cursor.fetchall()))

    event.listen(database.engine, "before_cursor_execute", explain)
    with database.snapshot() as tx:
        ask(tx)
    event.remove(database.engine, "before_cursor_execute", explain)
    return found


def test_what_is_asked_often_has_its_index(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL chooses by what is in the tables")

    chosen = {
        name: [plan for plan in plans(database, ask) if wanted in plan]
        for name, (ask, wanted) in ASKED.items()
    }

    assert [name for name, found in chosen.items() if not found] == []
    assert "USE TEMP B-TREE FOR ORDER BY" not in str(chosen)
