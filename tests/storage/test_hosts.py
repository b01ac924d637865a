"""What is learnt about a server outlives the process that learnt it."""

import threading
from datetime import datetime, timedelta

import pytest

from fedreview.domain.actor import Author
from fedreview.domain.moderation import Severity
from fedreview.storage import domains, hosts, queues, stale, sweeping
from fedreview.storage.database import Database
from fedreview.storage.queue_tables import HostRow
from tests.databases import Statements
from tests.factories import NOON, a_domain_block, an_activity, minutes

HOST = "slow.example"
REST = timedelta(hours=1)


def read(database: Database) -> HostRow:
    with database.snapshot() as tx:
        return tx.get_one(HostRow, HOST)


def fail(database: Database, times: int) -> None:
    for _ in range(times):
        with database.transaction() as tx:
            hosts.failed(tx, HOST, now=NOON, rest=REST)


def test_a_host_rests_after_several_failures_in_a_row(database: Database) -> None:
    fail(database, hosts.REST_AFTER - 1)
    assert read(database).resting_until is None

    fail(database, 1)
    assert read(database).resting_until == NOON + REST


def test_an_answer_ends_the_rest_and_the_row_of_failures(database: Database) -> None:
    fail(database, hosts.REST_AFTER)

    with database.transaction() as tx:
        hosts.answered(tx, HOST, now=NOON + minutes(1), scheme="rfc9421")

    row = read(database)
    assert (row.failures, row.resting_until, row.scheme) == (0, None, "rfc9421")
    assert row.seen_at == NOON + minutes(1)


def test_an_answer_without_a_signature_keeps_the_scheme_that_works(database: Database) -> None:
    with database.transaction() as tx:
        hosts.answered(tx, HOST, now=NOON, scheme="cavage")
        hosts.answered(tx, HOST, now=NOON)

    assert read(database).scheme == "cavage"


def test_a_host_that_speaks_to_us_rests_no_more(database: Database) -> None:
    fail(database, hosts.REST_AFTER)

    with database.transaction() as tx:
        hosts.woke(tx, HOST, now=NOON + minutes(1))

    row = read(database)
    assert (row.failures, row.resting_until, row.seen_at) == (0, None, NOON + minutes(1))


def test_waking_a_host_that_does_not_rest_changes_nothing(database: Database) -> None:
    fail(database, 2)

    with database.transaction() as tx:
        hosts.woke(tx, HOST, now=NOON + minutes(1))
        hosts.woke(tx, "unknown.example", now=NOON)

    row = read(database)
    assert (row.failures, row.seen_at) == (2, NOON)


def test_a_host_is_blocked_with_its_subdomains_and_on_every_port(database: Database) -> None:
    with database.transaction() as tx:
        domains.put_block(tx, a_domain_block("bad.example"))
        domains.put_block(tx, a_domain_block("odd.example", severity=Severity.SILENCE))

    with database.snapshot() as tx:
        for host in ("bad.example", "deep.er.bad.example", "bad.example:8443"):
            assert hosts.is_blocked(tx, host)
        for host in ("notbad.example", "example", "odd.example", "unknown.example"):
            assert not hosts.is_blocked(tx, host)


def test_workers_that_meet_a_new_host_at_the_same_moment_both_count(database: Database) -> None:
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        fail(database, 1)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert read(database).failures == 4


def test_an_answer_that_is_no_news_costs_no_write(
    database: Database, statements: Statements
) -> None:
    with database.transaction() as tx:
        hosts.answered(tx, HOST, now=NOON, scheme="cavage")

    with statements.recorded() as seen, database.transaction() as tx:
        hosts.answered(tx, HOST, now=NOON + hosts.NEWS_AFTER / 2, scheme="cavage")
        hosts.answered(tx, HOST, now=NOON + hosts.NEWS_AFTER / 2)

    assert all(statement.lstrip().startswith("SELECT") for statement in seen)
    assert read(database).seen_at == NOON


@pytest.mark.parametrize(
    ("later", "scheme"), [(timedelta(0), "rfc9421"), (hosts.NEWS_AFTER, "cavage")]
)
def test_an_answer_that_is_news_is_written_down(
    database: Database, later: timedelta, scheme: str
) -> None:
    with database.transaction() as tx:
        hosts.answered(tx, HOST, now=NOON, scheme="cavage")
        hosts.answered(tx, HOST, now=NOON + later, scheme=scheme)

    row = read(database)
    assert (row.seen_at, row.scheme) == (NOON + later, scheme)


def test_a_server_of_which_nothing_was_seen_for_long_is_forgotten(database: Database) -> None:
    fail(database, 1)

    with database.transaction() as tx:
        sweeping.drop_all(tx, stale.hosts(before=NOON))
    kept = read(database)
    with database.transaction() as tx:
        sweeping.drop_all(tx, stale.hosts(before=NOON + timedelta(seconds=1)))

    assert kept.failures == 1
    with database.snapshot() as tx:
        assert tx.get(HostRow, HOST) is None


def keep_software(database: Database, host: str, software: str | None, at: datetime = NOON) -> None:
    with database.transaction() as tx:
        hosts.keep_software(tx, host, software, now=at)


def test_what_a_server_runs_is_kept_with_the_time_of_asking(database: Database) -> None:
    keep_software(database, HOST, "bookwyrm")

    assert (read(database).software, read(database).software_at) == ("bookwyrm", NOON)


def test_a_server_that_does_not_say_keeps_what_was_known_of_it(database: Database) -> None:
    keep_software(database, HOST, "bookwyrm")
    keep_software(database, HOST, None, NOON + minutes(1))

    assert (read(database).software, read(database).software_at) == (
        "bookwyrm",
        NOON + minutes(1),
    )


def test_an_answer_of_long_ago_is_no_knowledge(database: Database) -> None:
    keep_software(database, HOST, "mastodon")

    with database.snapshot() as tx:
        assert hosts.is_software_known(tx, HOST, since=NOON)
        assert not hosts.is_software_known(tx, HOST, since=NOON + minutes(1))
        assert not hosts.is_software_known(tx, "new.example", since=NOON)


def test_servers_are_told_apart_by_what_they_run_in_one_statement(
    database: Database, statements: Statements
) -> None:
    keep_software(database, "books.example", "bookwyrm")
    keep_software(database, "more-books.example", "bookwyrm")
    keep_software(database, "social.example", "mastodon")

    with database.snapshot() as tx, statements.recorded():
        found = hosts.running(
            tx, {"books.example", "social.example", "unknown.example"}, "bookwyrm"
        )

    assert found == {"books.example"}
    assert len(statements.seen) == 1


def test_those_that_we_send_to_are_asked_again_the_never_asked_first(
    database: Database, author: Author
) -> None:
    names = ("asked.example", "old.example", "never.example", "blocked.example")
    with database.transaction() as tx:
        inboxes = [(f"https://{name}/inbox", name) for name in names]
        queues.send(tx, an_activity(1, author_id=author.id), inboxes)
        for name in (*names, "unsent.example"):
            hosts.answered(tx, name, now=NOON)
        domains.put_block(tx, a_domain_block("blocked.example"))
    keep_software(database, "old.example", "mastodon", NOON - timedelta(days=8))
    keep_software(database, "asked.example", "mastodon", NOON)

    with database.snapshot() as tx:
        week_ago = NOON - timedelta(days=7)
        assert hosts.list_to_survey(tx, asked_before=week_ago, limit=9) == (
            "never.example",
            "old.example",
        )
        assert hosts.list_to_survey(tx, asked_before=week_ago, limit=1) == ("never.example",)


def test_a_rest_that_was_asked_for_outlasts_signs_of_life(database: Database) -> None:
    until = NOON + minutes(60)
    with database.transaction() as tx:
        hosts.leave_alone(tx, HOST, now=NOON, until=until)
        hosts.took(tx, {HOST: "cavage"}, now=NOON + minutes(1))
        hosts.woke(tx, HOST, now=NOON + minutes(2))
    with database.snapshot() as tx:
        resting = hosts.resting_among(tx, [HOST], now=until - minutes(1))
        rested = hosts.resting_among(tx, [HOST], now=until)

    assert (resting, rested) == ([HOST], [])
