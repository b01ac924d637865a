"""Who is named of many, and when a digest is due."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fedreview.domain.notice import DEFAULTS, MailChoice, NoticeKind, latest_digest, names_of_crowd

BERLIN = ZoneInfo("Europe/Berlin")


def test_every_kind_has_a_choice_from_the_start_and_likes_come_by_no_mail() -> None:
    assert set(DEFAULTS) == set(NoticeKind)
    assert DEFAULTS[NoticeKind.LIKE].mail is MailChoice.OFF
    assert DEFAULTS[NoticeKind.BOOST].mail is MailChoice.OFF


@pytest.mark.parametrize(
    ("names", "total", "shown", "others"),
    [
        (("Kim",), 1, ("Kim",), 0),
        (("Kim", "Bo"), 2, ("Kim", "Bo"), 0),
        (("Kim", "Bo", "Al"), 3, ("Kim", "Bo", "Al"), 0),
        (("Kim", "Bo", "Al", "Jo"), 4, ("Kim", "Bo"), 2),
        (("Kim", "Bo", "Al"), 37, ("Kim", "Bo"), 35),
        (("Kim",), 9, ("Kim",), 8),
    ],
)
def test_of_many_the_first_are_named_and_never_one_other_counted(
    names: tuple[str, ...], total: int, shown: tuple[str, ...], others: int
) -> None:
    assert names_of_crowd(names, total) == (shown, others)


@pytest.mark.parametrize(
    ("now", "hour", "due"),
    [
        ("2025-01-10T12:00", 8, "2025-01-10T07:00"),
        ("2025-01-10T07:00", 8, "2025-01-10T07:00"),
        ("2025-01-10T06:59", 8, "2025-01-09T07:00"),
        # Clocks jump from 2 to 3 o'clock: the digest of 2 comes then.
        ("2025-03-30T12:00", 2, "2025-03-30T01:00"),
        ("2025-03-30T00:30", 2, "2025-03-29T01:00"),
        ("2025-03-30T12:00", 8, "2025-03-30T06:00"),
        ("2025-03-30T05:00", 8, "2025-03-29T07:00"),
        # It is 2 o'clock twice: the first counts, and the second brings nothing.
        ("2025-10-26T00:30", 2, "2025-10-26T00:00"),
        ("2025-10-26T01:30", 2, "2025-10-26T00:00"),
        ("2025-10-27T06:59", 8, "2025-10-26T07:00"),
    ],
)
def test_a_digest_is_due_at_the_hour_of_the_clock(now: str, hour: int, due: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert latest_digest(moment, BERLIN, hour) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize("hour", range(24))
def test_each_day_has_one_digest_whatever_clocks_do(hour: int) -> None:
    start = datetime(2025, 3, 28, tzinfo=UTC)
    moments = [start + timedelta(minutes=15 * step) for step in range(4 * 24 * 5)]

    due = {latest_digest(moment, BERLIN, hour) for moment in moments}

    days = [each.astimezone(BERLIN).date() for each in due]
    assert len(days) == len(set(days))
    assert len(days) in {5, 6}
