"""Make a site large in a moment: copies of the rows that the programme itself has written."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, insert, select

from fedreview.storage.columns import Row
from fedreview.storage.database import Transaction
from fedreview.storage.queue_tables import ActivityRow
from fedreview.storage.search_tables import SearchRow
from fedreview.storage.tables import (
    ActorRow,
    FollowerRow,
    NoteRow,
    RemoteKeyRow,
    ReviewRow,
    ReviewTagRow,
)
from fedreview.storage.work_tables import WorkRow

Values = Mapping[str, object]


def multiply(
    tx: Transaction,
    row: type[Row],
    model: object,
    numbers: range,
    change: Callable[[int, Values], Values],
) -> None:
    """Copy a row once for each number, if it is there.

    model: the value of the first column of its key. change: gives what is different.
    """
    table = cast("Table", row.__table__)
    first = next(iter(table.primary_key.columns))
    found = tx.execute(select(table).where(first == model)).mappings().first()
    if found is not None:
        like: Values = dict(found)
        tx.execute(insert(table), [{**like, **change(n, like)} for n in numbers])


def more_reviews(tx: Transaction, model: str, numbers: range) -> None:
    """Copy a published review, with work, tags, activity and what it is found by."""
    review = tx.get_one(ReviewRow, model)
    entry = tx.scalars(select(SearchRow).where(SearchRow.thing_id == model)).one()
    activity = tx.scalars(select(ActivityRow).where(ActivityRow.object.endswith(model))).first()
    multiply(
        tx,
        WorkRow,
        review.work_id,
        numbers,
        lambda n, like: {
            "id": f"w{n}",
            "slug": f"work-{n}",
            "title_key": f"{like['title_key']}{n}",
        },
    )
    multiply(
        tx,
        ReviewRow,
        model,
        numbers,
        lambda n, like: {
            "id": f"r{n}",
            "slug": f"review-{n}",
            "work_id": f"w{n}",
            "published_at": _earlier(like["published_at"], n),
        },
    )
    multiply(tx, ReviewTagRow, model, numbers, lambda n, _: {"review_id": f"r{n}"})
    multiply(tx, SearchRow, entry.id, numbers, lambda n, _: {"id": -n, "thing_id": f"r{n}"})
    if activity:
        multiply(
            tx,
            ActivityRow,
            activity.id,
            numbers,
            lambda n, _: {"id": f"0{n}", "uri": f"{activity.uri}-{n}", "object": f"r{n}"},
        )


def more_replies(tx: Transaction, model: str, numbers: range, **changes: object) -> None:
    """Copy a reply; each copy stands beside it. changes: of all of them."""
    multiply(
        tx,
        NoteRow,
        model,
        numbers,
        lambda n, like: {
            "id": f"n{n}",
            "uri": f"{like['uri']}-{n}",
            "url": f"{like['url']}-{n}",
            "published_at": _earlier(like["published_at"], n),
            "arrived_at": _earlier(like["arrived_at"], n),
            **changes,
        },
    )


def more_followers(tx: Transaction, model: str, numbers: range) -> None:
    """Copy somebody who follows, with their key: each on a server of their own."""
    key = tx.scalars(select(RemoteKeyRow).where(RemoteKeyRow.owner == model)).first()
    follower = tx.scalars(select(FollowerRow).where(FollowerRow.actor == model)).one()

    def id_of(n: int) -> str:
        return f"https://{n}.many.example/users/mara"

    multiply(
        tx,
        ActorRow,
        model,
        numbers,
        lambda n, _: {
            "id": id_of(n),
            "handle": f"mara@{n}.many.example",
            "host": f"{n}.many.example",
            "inbox": f"{id_of(n)}/inbox",
            "shared_inbox": "",
        },
    )
    if key:
        multiply(
            tx,
            RemoteKeyRow,
            key.id,
            numbers,
            lambda n, _: {"id": f"{id_of(n)}#main-key", "owner": id_of(n)},
        )
    multiply(
        tx,
        FollowerRow,
        follower.id,
        numbers,
        lambda n, _: {"id": -n, "actor": id_of(n), "follow": f"{id_of(n)}#follow"},
    )


def _earlier(moment: object, n: int) -> datetime:
    assert isinstance(moment, datetime)
    return moment - timedelta(seconds=n)
