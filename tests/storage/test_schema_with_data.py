"""What an older version has kept survives each schema change, on both databases."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, inspect, text

from alembic import command
from fedreview.domain.actor import AuthorId
from fedreview.domain.legend import NO_LEGEND
from fedreview.domain.rating import TEN_WITH_HALVES
from fedreview.domain.review import ReviewState
from fedreview.domain.thread import NoteState
from fedreview.services.searching import catch_up
from fedreview.storage import (
    accounts,
    actors,
    blocks,
    domains,
    indexing,
    keys,
    leasing,
    queues,
    quotes,
    reviews,
    schema,
    threads,
)
from fedreview.storage.database import Database
from tests.storage.test_schema import differences

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIRST = "632161f08737"
BEFORE_WISHES = "8c1f0a6d2b57"
BEFORE_CONVERSATION = "3b8e1d6f4a20"

ROWS: tuple[tuple[str, Mapping[str, object]], ...] = (
    (
        "authors",
        {
            "id": "a1",
            "username": "critic",
            "name": "Critic",
            "summary": "",
            "password_hash": "x",
            "created_at": NOON,
        },
    ),
    (
        "keys",
        {
            "id": "https://reviews.example/users/critic#main-key",
            "actor": "https://reviews.example/users/critic",
            "private_pem": "PEM",
            "created_at": NOON,
        },
    ),
    (
        "works",
        {
            "id": "w1",
            "slug": "blame",
            "kind": "film",
            "title": "BLAME!",
            "title_key": "blame!",
            "original_title": "",
            "year": 2017,
            "creators": "",
            "length": "",
            "publisher": "",
            "platform": "",
            "links": "",
            "cover_alt": "",
        },
    ),
    (
        "reviews",
        {
            "id": "r1",
            "slug": "blame",
            "author_id": "a1",
            "work_id": "w1",
            "state": "published",
            "title": "BLAME!",
            "body": "Good.",
            "rating_value": 8500,
            "rating_best": 10000,
            "rating_worst": 0,
            "rating_step": 500,
            "synopsis": "",
            "synopsis_source": "",
            "synopsis_url": "",
            "verdict": "",
            "teaser": "",
            "spoilers": "none",
            "language": "en",
            "created_at": NOON,
            "published_at": NOON,
        },
    ),
    (
        "actors",
        {
            "id": "https://a.example/kim",
            "type": "Person",
            "handle": "kim@a.example",
            "name": "Kim",
            "inbox": "https://a.example/kim/inbox",
            "shared_inbox": "",
            "url": "",
            "icon_url": "",
            "fetched_at": NOON,
        },
    ),
    (
        "notes",
        {
            "id": "n1",
            "uri": "https://a.example/notes/1",
            "type": "Note",
            "review_id": "r1",
            "actor": "https://a.example/kim",
            "in_reply_to": "https://reviews.example/ap/reviews/r1",
            "context": "",
            "name": "",
            "summary": "",
            "html": "<p>Yes.</p>",
            "source": "",
            "language": "en",
            "url": "",
            "audience": "public",
            "state": "shown",
            "published_at": NOON,
            "arrived_at": NOON,
        },
    ),
    (
        "quotes",
        {
            "id": "q1",
            "object": "https://reviews.example/ap/reviews/r1",
            "quoting": "https://a.example/notes/2",
            "actor": "https://a.example/kim",
            "created_at": NOON,
        },
    ),
    (
        "activities",
        {
            "id": "c1",
            "uri": "https://reviews.example/ap/activities/c1",
            "author_id": "a1",
            "actor": "https://reviews.example/users/critic",
            "type": "Create",
            "object": "https://reviews.example/ap/reviews/r1",
            "body": b"{}",
            "listed": True,
            "created_at": NOON,
        },
    ),
    (
        "deliveries",
        {
            "activity_id": "c1",
            "inbox": "https://a.example/kim/inbox",
            "host": "a.example",
            "state": "waiting",
            "failures": 0,
            "queued_at": NOON,
            "due_at": NOON,
            "last_error": "",
        },
    ),
    (
        "arrivals",
        {
            "activity": "https://a.example/1",
            "actor": "https://a.example/kim",
            "type": "Like",
            "body": b"{}",
            "state": "waiting",
            "failures": 0,
            "received_at": NOON,
            "due_at": NOON,
            "last_error": "",
        },
    ),
    (
        "hosts",
        {"host": "a.example", "scheme": "cavage", "failures": 0, "blocked": "", "seen_at": NOON},
    ),
)


def insert(connection: Connection, table: str, values: Mapping[str, object]) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    given = {
        name: value.replace(tzinfo=None).isoformat(" ")
        if is_sqlite and isinstance(value, datetime)
        else value
        for name, value in values.items()
    }
    names = ", ".join(given)
    places = ", ".join(f":{name}" for name in given)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), given)


def bring_to(database: Database, revision: str, *, up: bool) -> None:
    config = schema._config()
    with database.schema_change() as connection:
        config.attributes["connection"] = connection
        (command.upgrade if up else command.downgrade)(config, revision)


def counts(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        return {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table, _ in ROWS
        }


@pytest.fixture
def filled(empty_database_url: str) -> Iterator[Database]:
    """A database as the first version left it, with a row of everything that changes."""
    database = Database(empty_database_url)
    bring_to(database, FIRST, up=True)
    with database.schema_change() as connection:
        for table, values in ROWS:
            insert(connection, table, values)
    yield database
    database.close()


def test_what_the_first_version_kept_is_there_after_the_upgrade(filled: Database) -> None:
    schema.upgrade(filled)

    assert differences(filled) == []
    with filled.snapshot() as tx:
        author = accounts.get_author(tx, "critic")
        review = reviews.get(tx, "r1")
        note = threads.get(tx, "n1")
        quote = quotes.get(tx, "q1")
        kim = actors.find(tx, "https://a.example/kim")
        (key,) = keys.list_of(tx, "https://reviews.example/users/critic")
    assert author.name == "Critic"
    assert review.rating is not None
    assert review.rating.number == "8.5"
    assert note.html == "<p>Yes.</p>"
    assert quote.quoting == "https://a.example/notes/2"
    assert kim is not None
    assert key.private_pem == "PEM"


def test_what_waited_before_the_upgrade_goes_on_after_it(filled: Database) -> None:
    schema.upgrade(filled)

    with filled.snapshot() as tx:
        deliveries = leasing.due_deliveries(tx, now=NOON, limit=10, per_host=10)
        arrivals = leasing.due_arrivals(tx, now=NOON, limit=10)
    with filled.transaction() as tx:
        (delivery,) = leasing.lease_deliveries(tx, deliveries, now=NOON, until=NOON, limit=10)
        (arrival,) = leasing.lease_arrivals(tx, arrivals, now=NOON, until=NOON, limit=10)
    assert (delivery.body, delivery.scheme) == (b"{}", "cavage")
    assert (arrival.is_proved, arrival.sender) == (True, "")
    with filled.snapshot() as tx:
        assert queues.find_activity(tx, "c1") == b"{}"


def test_reviewers_find_what_they_had_after_the_upgrade(filled: Database) -> None:
    schema.upgrade(filled)
    catch_up(filled)

    with filled.snapshot() as tx:
        assert indexing.count_indexed(tx) == 1
        author = accounts.get_author(tx, "critic")
        review = reviews.get(tx, "r1")
    assert author.scale == TEN_WITH_HALVES
    assert (author.legend, author.aspects, author.time_zone) == (NO_LEGEND, (), "UTC")
    assert (review.aspects, review.postscripts, review.is_repeat) == ((), (), False)
    assert review.work.facts.relations == ()


@pytest.mark.parametrize(("published_at", "state"), [(NOON, "published"), (None, "draft")])
def test_what_lies_in_the_trash_comes_back_when_an_older_version_does(
    filled: Database, published_at: datetime | None, state: str
) -> None:
    schema.upgrade(filled)
    with filled.transaction() as tx:
        review = reviews.get(tx, "r1")
        trashed = replace(
            review, state=ReviewState.TRASHED, trashed_at=NOON, published_at=published_at
        )
        reviews.save(tx, trashed)

    bring_to(filled, BEFORE_WISHES, up=False)

    with filled.engine.connect() as connection:
        found = connection.execute(text("SELECT state FROM reviews WHERE id = 'r1'")).scalar_one()
    assert found == state


def test_going_back_keeps_what_the_first_version_knows(filled: Database) -> None:
    before = counts(filled)
    schema.upgrade(filled)

    bring_to(filled, FIRST, up=False)

    assert counts(filled) == before == {table: 1 for table, _ in ROWS}
    assert "errands" not in inspect(filled.engine).get_table_names()


def test_what_was_blocked_stays_so_and_comes_back_with_the_older_version(filled: Database) -> None:
    kim = "https://a.example/kim"
    bring_to(filled, BEFORE_CONVERSATION, up=True)
    with filled.schema_change() as connection:
        block = {"author_id": "a1", "actor": kim, "activity": "x", "created_at": NOON}
        insert(connection, "blocks", block)
        link = "INSERT INTO blocked_notes SELECT blocks.id, 'n1' FROM blocks"
        connection.execute(text(link))
        connection.execute(text("UPDATE notes SET state = 'hidden'"))
        connection.execute(text("UPDATE hosts SET blocked = 'spam'"))

    schema.upgrade(filled)

    with filled.snapshot() as tx:
        note = threads.get(tx, "n1")
        (suspended,) = domains.list_(tx)
    assert (note.state, note.veiled, note.host) == (NoteState.SHOWN, True, "a.example")
    assert (suspended.domain, suspended.private_comment) == ("a.example", "spam")
    with filled.transaction() as tx:
        domains.remove(tx, "a.example")
        still = threads.get(tx, "n1").veiled
        blocks.remove(tx, AuthorId("a1"), kim)
        assert (still, threads.get(tx, "n1").veiled) == (True, False)
        blocks.add(tx, AuthorId("a1"), kim, activity="x", now=NOON)
        domains.put_block(tx, suspended)

    bring_to(filled, BEFORE_CONVERSATION, up=False)

    with filled.engine.connect() as connection:
        found = "SELECT state, blocked FROM notes, hosts, blocked_notes WHERE note_id = notes.id"
        assert connection.execute(text(found)).one() == ("hidden", "spam")
