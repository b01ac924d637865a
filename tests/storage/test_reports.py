"""Reports are kept once, bounded for each server, and done with."""

from dataclasses import replace

import pytest

from fedreview.errors import NotFound
from fedreview.storage import reports, stale, sweeping
from fedreview.storage.database import Database
from fedreview.storage.reports import Report
from tests.factories import NOON, SITE, minutes

WATCH = "https://watch.example"


def a_report(n: int, *, origin: str = WATCH) -> Report:
    return Report(
        id=f"report{n}",
        activity=f"{origin}/flags/{n}",
        actor=f"{origin}/actor",
        content="Spam",
        objects=(f"{SITE}/users/ana", f"{SITE}/ap/reviews/1"),
        received_at=NOON + minutes(n),
    )


def add(database: Database, report: Report, *, origin: str = WATCH, most_open: int = 9) -> bool:
    with database.transaction() as tx:
        return reports.add(tx, report, origin=origin, most_open=most_open)


def test_a_report_comes_back_as_given_and_counts_once(database: Database) -> None:
    assert add(database, a_report(1))
    assert not add(database, replace(a_report(1), id="another"))

    with database.snapshot() as tx:
        assert reports.list_open(tx, limit=9) == (a_report(1),)
        assert reports.count_open(tx) == 1


def test_the_oldest_open_ones_of_the_same_server_give_way(database: Database) -> None:
    other = "https://watch.example.evil.example"
    add(database, a_report(1, origin=other), origin=other, most_open=2)
    for number in (2, 3, 4):
        add(database, a_report(number), most_open=2)

    with database.snapshot() as tx:
        assert [each.id for each in reports.list_open(tx, limit=9)] == [
            "report4",
            "report3",
            "report1",
        ]


def test_a_report_that_was_done_with_can_be_opened_again(database: Database) -> None:
    add(database, a_report(1))

    with database.transaction() as tx:
        reports.resolve(tx, "report1", resolved_at=NOON)
        done = (reports.list_open(tx, limit=9), reports.list_resolved(tx, limit=9))
        reports.resolve(tx, "report1", resolved_at=None)
        again = reports.list_open(tx, limit=9)

    assert done == ((), (replace(a_report(1), resolved_at=NOON),))
    assert again == (a_report(1),)


def test_an_unknown_report_is_not_found(database: Database) -> None:
    with database.transaction() as tx, pytest.raises(NotFound):
        reports.resolve(tx, "none", resolved_at=NOON)


def test_only_old_reports_that_were_done_with_are_dropped(database: Database) -> None:
    for number in (1, 2, 3):
        add(database, a_report(number))

    with database.transaction() as tx:
        reports.resolve(tx, "report1", resolved_at=NOON)
        reports.resolve(tx, "report2", resolved_at=NOON + minutes(9))
        sweeping.drop_all(tx, stale.reports(resolved_before=NOON + minutes(1)))
        left = {each.id for each in reports.list_resolved(tx, limit=9)}

    assert left == {"report2"}
