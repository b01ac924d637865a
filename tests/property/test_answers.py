from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from hypothesis import given
from hypothesis import strategies as st

from fedreview.federation.reading import is_activity, media_type, read_retry_after
from tests.property.effort import examples

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
A_WEEK = timedelta(days=7)
PROFILE = "https://www.w3.org/ns/activitystreams"

WORDS = "Mon, Sat, 14 Mar 2026 12:00:00 GMT +0100 -9999 99 0 -1 9999 12:00 : :: , - + EST 1e9"
DATE_LIKE = st.lists(st.sampled_from(WORDS.split()), max_size=7).map(" ".join)


@examples(400)
@given(st.text() | DATE_LIKE | st.integers().map(str) | st.datetimes().map(format_datetime))
def test_a_wait_is_between_nothing_and_a_week_whatever_was_sent(header: str) -> None:
    wait = read_retry_after(header, now=NOW)

    assert wait is None or timedelta(0) <= wait <= A_WEEK


@examples(200)
@given(st.text() | st.text('aplication/d+jsv;= "profe:w3.r') | st.just(f'x/y; profile="{PROFILE}"'))
def test_only_two_media_types_promise_an_activity(content_type: str) -> None:
    if is_activity(content_type):
        assert media_type(content_type) in {"application/activity+json", "application/ld+json"}
