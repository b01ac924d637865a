"""Two processes that keep the same thing at the same moment do not trip over one another."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text

from fedreview.domain.actor import Author
from fedreview.storage import (
    accounts,
    actors,
    hosts,
    media,
    quotes,
    reactions,
    reviews,
    threads,
    works,
)
from fedreview.storage.columns import Row
from fedreview.storage.database import Database, Transaction
from fedreview.storage.queue_tables import HostRow
from fedreview.storage.quotes import Quote
from fedreview.storage.reactions import ReactionKind
from fedreview.storage.tables import (
    FollowerRow,
    FollowingRow,
    GoneRow,
    QuoteRow,
    ReactionRow,
    RemoteKeyRow,
    SettingRow,
)
from fedreview.storage.work_tables import MediaRow
from tests.factories import (
    NOON,
    a_cover,
    a_known_key,
    a_remote_actor,
    a_review,
    a_work,
    an_author,
)
from tests.waiting import until

KIM = a_remote_actor()
KEY = a_known_key(KIM)

Unit = Callable[[Transaction, str], object]


@pytest.fixture
def shared(postgresql_url: str) -> Iterator[Database]:
    """A PostgreSQL, which several processes write to, with an author and somebody elsewhere."""
    database = Database(postgresql_url)
    with database.transaction() as tx:
        accounts.add_author(tx, an_author(), password_hash="hash")
        actors.save(tx, KIM, [])
    yield database
    database.close()


def waits_for_a_lock(database: Database) -> bool:
    with database.snapshot() as tx:
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(tx.scalar(waiting))


def at_the_same_moment(database: Database, unit: Unit) -> list[object]:
    """Run the unit twice, the second before the first has committed."""

    def second() -> object:
        with database.transaction() as tx:
            return unit(tx, "second")

    with ThreadPoolExecutor(max_workers=1) as pool:
        with database.transaction() as tx:
            first = unit(tx, "first")
            running = pool.submit(second)
            until(lambda: running.done() or waits_for_a_lock(database))
        return [first, running.result()]


def count(database: Database, row: type[Row]) -> int:
    with database.snapshot() as tx:
        return tx.scalar(select(func.count()).select_from(row)) or 0


def follower(tx: Transaction, name: str) -> bool:
    return actors.add_follower(tx, an_author().id, KIM.id, follow=name, now=NOON)


def following(tx: Transaction, name: str) -> None:
    actors.add_following(tx, an_author().id, KIM.id, follow=name, now=NOON)


def reaction(tx: Transaction, name: str) -> None:
    reactions.add(tx, activity=name, kind=ReactionKind.LIKE, actor=KIM.id, object="o", now=NOON)


def quote(tx: Transaction, name: str) -> Quote:
    return quotes.add(tx, Quote(id=name, object="o", quoting="q", actor=KIM.id, created_at=NOON))


def gone(tx: Transaction, _: str) -> None:
    threads.mark_gone(tx, "https://a.example/1", actor=KIM.id, now=NOON)


def setting(tx: Transaction, name: str) -> None:
    accounts.set_setting(tx, "title", name)


def picture(tx: Transaction, _: str) -> None:
    media.add(tx, a_cover(), now=NOON)


def key(tx: Transaction, name: str) -> None:
    actors.save(tx, replace(KIM, name=name), [KEY])


def host(tx: Transaction, _: str) -> None:
    hosts.answered(tx, "social.example", now=NOON, scheme="cavage")


@pytest.mark.parametrize(
    ("unit", "row"),
    [
        (follower, FollowerRow),
        (following, FollowingRow),
        (reaction, ReactionRow),
        (quote, QuoteRow),
        (gone, GoneRow),
        (setting, SettingRow),
        (picture, MediaRow),
        (key, RemoteKeyRow),
        (host, HostRow),
    ],
)
def test_what_two_processes_add_at_the_same_moment_is_there_once(
    shared: Database, unit: Unit, row: type[Row]
) -> None:
    at_the_same_moment(shared, unit)

    assert count(shared, row) == 1


def test_only_one_of_two_follows_is_new_and_the_later_one_counts(shared: Database) -> None:
    told = at_the_same_moment(shared, follower)

    assert told == [True, False]
    with shared.transaction() as tx:
        actors.remove_follower_by_follow(tx, KIM.id, follow="second")
        assert actors.count_followers(tx, an_author().id) == 0


def test_both_who_ask_to_quote_get_the_same_leave(shared: Database) -> None:
    first, second = at_the_same_moment(shared, quote)

    assert isinstance(first, Quote)
    assert first == second
    assert first.id == "first"


def test_two_reviews_that_are_written_at_the_same_moment_get_places_of_their_own(
    shared: Database,
) -> None:
    def write(tx: Transaction, name: str) -> str:
        work = a_work(id=name)
        kept = works.save(tx, work.id, work.facts, slug="blame", cover=None)
        return reviews.save(tx, a_review(id=name, slug="blame", work=kept)).slug

    assert at_the_same_moment(shared, write) == ["blame", "blame-2"]


def test_what_a_unit_has_read_before_it_wrote_is_read_anew(
    database: Database, author: Author
) -> None:
    with database.transaction() as tx:
        actors.save(tx, KIM, [KEY])
        before = actors.find(tx, KIM.id)
        actors.save(tx, replace(KIM, name="Kim"), [replace(KEY, pem="new")])
        after, renewed = actors.find(tx, KIM.id), actors.find_key(tx, KEY.id)

    assert before == KIM
    assert after == replace(KIM, name="Kim")
    assert renewed == replace(KEY, pem="new")


def test_a_key_stays_with_whom_it_was_first_unless_its_id_says_whose_it_is(
    database: Database, author: Author
) -> None:
    lee = a_remote_actor(2)
    elsewhere = replace(KEY, id="https://social.example/keys/1")
    with database.transaction() as tx:
        actors.save(tx, KIM, [elsewhere])
        actors.save(tx, lee, [replace(elsewhere, owner=lee.id), replace(KEY, owner=lee.id)])
        stolen = actors.find_key(tx, KEY.id)
        actors.save(tx, KIM, [elsewhere, KEY])

    with database.snapshot() as tx:
        kept, own = actors.find_key(tx, elsewhere.id), actors.find_key(tx, KEY.id)

    assert stolen is not None
    assert stolen.owner == lee.id
    assert kept == elsewhere
    assert own == KEY
