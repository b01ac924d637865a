"""How notices are kept, grouped and paged, and mails leased."""

from datetime import timedelta

import pytest

from fedreview.domain.actor import Author
from fedreview.domain.notice import NoticeKind
from fedreview.errors import NotFound
from fedreview.storage import letters, notices, stale, sweeping
from fedreview.storage.database import Database
from fedreview.storage.notices import MOST_IN_GROUP, Group, NewNotice
from fedreview.storage.queues import QueueState
from tests.factories import NOON, minutes


def a_notice(author: Author, n: int, *, topic: str = "") -> NewNotice:
    return NewNotice(
        author_id=author.id,
        kind=NoticeKind.REPORT,
        subject=f"report{n}",
        topic=topic or f"day{n}",
        created_at=NOON + minutes(n),
        mail=True,
    )


def add(database: Database, *some: NewNotice) -> None:
    with database.transaction() as tx:
        for each in some:
            notices.add(tx, each)


def groups(
    database: Database, author: Author, *, before: int | None = None, limit: int = 9
) -> tuple[Group, ...]:
    with database.snapshot() as tx:
        return notices.list_groups(tx, author.id, kind=None, before=before, limit=limit)


def test_a_notice_is_kept_once(database: Database, author: Author) -> None:
    add(database, a_notice(author, 1), a_notice(author, 1))

    [group] = groups(database, author)
    assert group.count == 1


def test_pages_follow_one_another_without_gap_or_repetition(
    database: Database, author: Author
) -> None:
    add(database, *(a_notice(author, n) for n in range(5)))

    first = groups(database, author, limit=2)
    second = groups(database, author, before=first[-1].newest.id, limit=2)
    third = groups(database, author, before=second[-1].newest.id, limit=2)

    topics = [group.topic for page in (first, second, third) for group in page]
    assert topics == ["day4", "day3", "day2", "day1", "day0"]


def test_a_group_stands_where_its_newest_does_and_is_bounded(
    database: Database, author: Author
) -> None:
    many = [a_notice(author, n, topic="flood") for n in range(MOST_IN_GROUP + 5)]
    add(database, *many[:-1], a_notice(author, 99), many[-1])

    flood, other = groups(database, author)

    assert flood.count == flood.unread == MOST_IN_GROUP + 5
    assert len(flood.notices) == MOST_IN_GROUP
    assert flood.newest.subject == many[-1].subject
    assert other.topic == "day99"


def test_reading_one_of_a_group_or_all_of_it(database: Database, author: Author) -> None:
    add(database, *(a_notice(author, n, topic="flood") for n in range(3)))
    newest = groups(database, author)[0].newest

    with database.transaction() as tx:
        notices.mark_read(tx, newest, with_group=False, now=NOON)
    after_one = groups(database, author)[0].unread
    with database.transaction() as tx:
        notices.mark_read(tx, newest, with_group=True, now=NOON)

    assert after_one == 2
    assert groups(database, author)[0].unread == 0


def test_old_notices_go_and_those_that_were_read_sooner(database: Database, author: Author) -> None:
    add(database, *(a_notice(author, n) for n in range(3)))
    with database.transaction() as tx:
        notices.mark_read(tx, notices.get(tx, author.id, 2), with_group=False, now=NOON)

        sweeping.drop_all(
            tx, stale.notices(before=NOON + minutes(1), read_before=NOON + minutes(1))
        )

    assert [group.topic for group in groups(database, author)] == ["day2"]


def test_a_notice_of_another_author_is_not_found(database: Database, author: Author) -> None:
    add(database, a_notice(author, 1))

    with database.snapshot() as tx, pytest.raises(NotFound):
        notices.get(tx, author.id, 99)


def test_a_mail_is_leased_once_until_the_lease_ends(database: Database, author: Author) -> None:
    with database.transaction() as tx:
        letters.add(tx, author.id, recipient="a@b.example", body=b"Hi", now=NOON)
        [due] = letters.list_due(tx, now=NOON, limit=9)

        first = letters.lease(tx, [due], now=NOON, until=NOON + minutes(3))
        second = letters.lease(tx, [due], now=NOON, until=NOON + minutes(3))
        later = letters.lease(tx, [due], now=NOON + minutes(4), until=NOON + minutes(9))
        letters.give_back(tx, [due])
        back = letters.list_due(tx, now=NOON, limit=9)

    assert [letter.body for letter in first] == [b"Hi"]
    assert second == ()
    assert len(later) == 1
    assert back == (due,)


def test_a_mail_that_was_sent_keeps_no_text_and_goes_in_time(
    database: Database, author: Author
) -> None:
    with database.transaction() as tx:
        letters.add(tx, author.id, recipient="a@b.example", body=b"Secret", now=NOON)
        [due] = letters.list_due(tx, now=NOON, limit=9)
        letters.settle(tx, due, QueueState.DONE, now=NOON)
        letters.release_leases(tx)
        fate = letters.find_last(tx, author.id)
        sweeping.drop_all(tx, stale.letters(before=NOON + timedelta(days=1)))

        assert letters.find_last(tx, author.id) is None
    assert fate is not None
    assert fate.state is QueueState.DONE
