from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.errors import UntrustedSignature
from fedreview.signatures.freshness import (
    http_date,
    instant_from_http_date,
    instant_from_iso,
    instant_from_seconds,
    refuse_expired,
    refuse_future,
    refuse_stale,
)

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
INSTANTS = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001  hypothesis wants naive bounds
    timezones=st.just(UTC),
)


def test_a_date_is_written_in_gmt_whatever_zone_the_clock_is_in() -> None:
    at = NOW.astimezone(timezone(timedelta(hours=5)))

    assert http_date(at) == "Sat, 14 Mar 2026 12:00:00 GMT"


@given(INSTANTS)
def test_a_date_reads_back_to_the_second(at: datetime) -> None:
    assert instant_from_http_date(http_date(at)) == at.replace(microsecond=0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "Sat, 14 Mar 2026 12:00:00",
        "Sat, 14 Mar 2026 12:00:00 +0000",
        "Sat, 14 Mar 2026 12:00:00 EST",
        "Sat, 31 Feb 2026 12:00:00 GMT",
        "Sat, 14 Mar 2026 12:00:60 GMT",
        "Sat, 14 Mar 0000 12:00:00 GMT",
        "Sat, 14 März 2026 12:00:00 GMT",
        "Sat, ١٤ Mar 2026 12:00:00 GMT",
        "Sat, 14 Mar 99999999999999999999 12:00:00 GMT",
        "Sat, 14 Mar 2026 12:00:00 GMT, Sat, 14 Mar 2026 12:00:00 GMT",
    ],
)
def test_anything_but_an_http_date_is_refused(text: str) -> None:
    with pytest.raises(UntrustedSignature, match="not a date"):
        instant_from_http_date(text)


def test_seconds_are_read_from_1970_to_9999() -> None:
    assert instant_from_seconds(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert instant_from_seconds(253402300799) == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [-1, 253402300800, 999999999999999])
def test_seconds_beyond_are_refused(seconds: int) -> None:
    with pytest.raises(UntrustedSignature, match="out of range"):
        instant_from_seconds(seconds)


@pytest.mark.parametrize(
    "text", ["2026-03-14T12:00:00Z", "2026-03-14T13:00:00+01:00", "2026-03-14T12:00:00.000Z"]
)
def test_an_iso_instant_is_read_with_its_zone(text: str) -> None:
    assert instant_from_iso(text) == NOW


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-03-14",
        "2026-03-14T12:00:00",
        "2026-03-14T12:00:00+99:00",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2" * 5000,
    ],
)
def test_anything_but_an_iso_instant_is_refused(text: str) -> None:
    with pytest.raises(UntrustedSignature, match="instant"):
        instant_from_iso(text)


def test_an_hour_ahead_is_forgiven_and_more_is_not() -> None:
    refuse_future(NOW + timedelta(hours=1), now=NOW)
    with pytest.raises(UntrustedSignature, match="in the future"):
        refuse_future(NOW + timedelta(hours=1) + SECOND, now=NOW)


def test_twelve_hours_are_fresh_and_more_are_not() -> None:
    refuse_stale(NOW - timedelta(hours=12), now=NOW)
    with pytest.raises(UntrustedSignature, match="too long ago"):
        refuse_stale(NOW - timedelta(hours=12) - SECOND, now=NOW)
    with pytest.raises(UntrustedSignature, match="in the future"):
        refuse_stale(NOW + timedelta(hours=2), now=NOW)


def test_an_hour_past_the_end_is_forgiven_and_more_is_not() -> None:
    refuse_expired(NOW - timedelta(hours=1), now=NOW)
    with pytest.raises(UntrustedSignature, match="expired"):
        refuse_expired(NOW - timedelta(hours=1) - SECOND, now=NOW)
