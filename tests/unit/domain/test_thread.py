"""A thread shows every reply once, in reading order, and is honest about its holes."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fedreview.domain.outline import build_thread
from fedreview.domain.thread import (
    READABLE_DEPTH,
    Gap,
    NoteState,
    Reply,
    Thread,
)
from tests.factories import NOON, SITE, a_note_uri, a_reply

REVIEW = f"{SITE}/ap/reviews/review1"
PAGE = f"{SITE}/reviews/blame"
MISSING = "https://elsewhere.example/notes/1"


def build(*replies: Reply) -> Thread:
    return build_thread([REVIEW, PAGE], replies)


def answer(n: int, to: int, state: NoteState = NoteState.SHOWN) -> Reply:
    return a_reply(n, in_reply_to=a_note_uri(to), state=state)


def shape(thread: Thread) -> list[tuple[int, str]]:
    """Tell depth and id, or the reason of the gap, of each place."""
    return [
        (
            entry.depth,
            entry.reply.id.removeprefix("note").lstrip("0") if entry.reply else str(entry.gap),
        )
        for entry in thread.entries
    ]


def test_the_seven_thoughts_on_blame_are_six_and_a_gap() -> None:
    thread = build(
        a_reply(1),
        answer(2, to=1),
        answer(3, to=2),
        answer(4, to=3),
        a_reply(5),
        a_reply(6, in_reply_to=MISSING),
    )

    assert shape(thread) == [
        (0, "1"),
        (1, "2"),
        (2, "3"),
        (3, "4"),
        (0, "5"),
        (0, "missing"),
        (1, "6"),
    ]
    assert (thread.count, thread.gaps) == (6, 1)


def test_a_review_without_replies_has_an_empty_thread() -> None:
    thread = build()

    assert (thread.entries, thread.count, thread.gaps) == ((), 0, 0)


def test_siblings_stand_in_the_order_of_time_and_then_of_id() -> None:
    thread = build(
        a_reply(4, published_at=NOON),
        a_reply(3, published_at=NOON),
        a_reply(1, in_reply_to=PAGE),
        answer(2, to=3),
    )

    assert shape(thread) == [(0, "3"), (1, "2"), (0, "4"), (0, "1")]


def test_replies_to_the_same_missing_parent_share_one_gap() -> None:
    other = "https://elsewhere.example/notes/2"
    thread = build(
        a_reply(1, in_reply_to=MISSING),
        a_reply(2, in_reply_to=other),
        a_reply(3, in_reply_to=MISSING),
        answer(4, to=1),
    )

    assert shape(thread) == [
        (0, "missing"),
        (1, "1"),
        (2, "4"),
        (1, "3"),
        (0, "missing"),
        (1, "2"),
    ]


def test_a_deleted_reply_leaves_a_gap_only_where_something_hangs_under_it() -> None:
    thread = build(
        a_reply(1, state=NoteState.DELETED),
        a_reply(2, state=NoteState.DELETED),
        answer(3, to=2),
    )

    assert shape(thread) == [(0, "deleted"), (1, "3")]


def test_hiding_a_reply_keeps_what_answers_it() -> None:
    thread = build(a_reply(1), answer(2, to=1, state=NoteState.HIDDEN), answer(3, to=2), a_reply(4))

    assert shape(thread) == [(0, "1"), (1, "hidden"), (2, "3"), (0, "4")]
    assert thread.count == 3


def test_gaps_with_only_gaps_under_them_are_dropped() -> None:
    thread = build(
        a_reply(1),
        answer(2, to=1, state=NoteState.DELETED),
        answer(3, to=2, state=NoteState.HIDDEN),
        a_reply(4, in_reply_to=MISSING, state=NoteState.HIDDEN),
        a_reply(5),
    )

    assert shape(thread) == [(0, "1"), (0, "5")]


def test_a_gap_does_not_live_on_the_replies_of_the_next_branch() -> None:
    thread = build(a_reply(1, state=NoteState.DELETED), a_reply(2), answer(3, to=2))

    assert shape(thread) == [(0, "2"), (1, "3")]


def test_depth_folds_at_a_readable_limit_but_loses_nothing() -> None:
    deep = [a_reply(0)] + [answer(n, to=n - 1) for n in range(1, 2000)]

    thread = build(*reversed(deep))

    assert [entry.reply for entry in thread.entries] == deep
    assert [entry.depth for entry in thread.entries[: READABLE_DEPTH + 2]] == [
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        6,
    ]
    assert max(entry.depth for entry in thread.entries) == READABLE_DEPTH


def test_a_gap_below_the_readable_depth_stays_while_it_is_answered() -> None:
    chain = [a_reply(0)] + [answer(n, to=n - 1) for n in range(1, 9)]
    chain[7] = answer(7, to=6, state=NoteState.DELETED)

    thread = build(*chain)

    assert shape(thread)[-2:] == [(READABLE_DEPTH, "deleted"), (READABLE_DEPTH, "8")]


def test_replies_that_answer_one_another_in_a_circle_are_shown_once() -> None:
    thread = build(answer(1, to=3), answer(2, to=1), answer(3, to=2), answer(4, to=4))

    assert shape(thread) == [
        (0, "missing"),
        (1, "1"),
        (2, "2"),
        (3, "3"),
        (0, "missing"),
        (1, "4"),
    ]


def test_a_reply_that_claims_the_id_of_the_review_is_shown_once() -> None:
    impostor = a_reply(1)
    thread = build_thread([impostor.uri], [answer(1, to=1), answer(2, to=1)])

    assert [entry.reply.id for entry in thread.entries if entry.reply] == ["note0001", "note0002"]


STATES = st.sampled_from(list(NoteState))
PARENTS = st.one_of(
    st.just(REVIEW), st.just(MISSING), st.just(""), st.integers(0, 14).map(a_note_uri)
)


@st.composite
def graphs(draw: st.DrawFn) -> list[Reply]:
    """Draw replies that answer anything: the review, nothing, one another, themselves."""
    numbers = draw(st.lists(st.integers(0, 11), unique=True))
    return [
        a_reply(n, in_reply_to=draw(PARENTS), state=draw(STATES), published_at=draw(TIMES))
        for n in numbers
    ]


TIMES = st.sampled_from([NOON, NOON.replace(minute=1)])


@given(graphs())
def test_every_shown_reply_appears_exactly_once_whatever_answers_what(
    replies: list[Reply],
) -> None:
    thread = build(*replies)

    shown = [entry.reply.uri for entry in thread.entries if entry.reply]
    assert sorted(shown) == sorted(r.uri for r in replies if r.state is NoteState.SHOWN)
    assert thread.count == len(shown)
    assert thread.count + thread.gaps == len(thread.entries)


@given(graphs())
def test_every_gap_has_something_under_it_and_a_reason(replies: list[Reply]) -> None:
    entries = build(*replies).entries

    for here, below in pairwise([*entries, None]):
        assert here is not None
        assert (here.reply is None) != (here.gap is None)
        if here.gap:
            assert below is not None
            assert below.depth == min(here.depth + 1, READABLE_DEPTH)
        assert here.gap is not Gap.MISSING or here.depth == 0


@given(graphs())
def test_a_reply_stands_below_its_parent(replies: list[Reply]) -> None:
    entries = build(*replies).entries

    for before, here in pairwise(entries):
        assert here.depth <= before.depth + 1
    if entries:
        assert entries[0].depth == 0


def test_what_is_too_deep_is_one_stretch_that_counts_what_can_be_read() -> None:
    chain = [a_reply(0)] + [answer(n, to=n - 1) for n in range(1, 10)]
    chain[8] = answer(8, to=7, state=NoteState.HIDDEN)

    thread = build(*chain, a_reply(10))

    told = [(each.is_folded, len(each.entries), each.count) for each in thread.stretches]
    assert told == [(False, 7, 7), (True, 3, 2), (False, 1, 1)]
