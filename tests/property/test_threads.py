from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fedreview.domain.outline import build_thread
from fedreview.domain.thread import (
    READABLE_DEPTH,
    NoteId,
    NoteState,
    Reply,
    Thread,
    Writer,
)
from tests.property.effort import examples

START = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
ROOTS = ("https://reviews.example/ap/reviews/1", "https://reviews.example/reviews/dune")
WRITER = Writer(actor="https://a.example/u", name="Ann", handle="ann@a.example", url="")
PARENTS = (*ROOTS, "", "https://a.example/gone", "https://a.example/elsewhere")


def uri(number: int) -> str:
    return f"https://a.example/{number}"


@st.composite
def replies(draw: st.DrawFn) -> list[Reply]:
    """Make notes that answer the review, each other, themselves, in circles, or what is gone."""
    count = draw(st.integers(0, 25))
    parents = st.sampled_from(PARENTS) | st.integers(0, count).map(uri)
    return [
        Reply(
            id=NoteId(str(number)),
            uri=draw(st.sampled_from((uri(number), uri(number), uri(number), ROOTS[0])))
            if number == 0
            else uri(number),
            in_reply_to=draw(parents),
            writer=WRITER,
            html="",
            summary="",
            language="",
            url="",
            published_at=START + timedelta(seconds=draw(st.integers(0, 5))),
            updated_at=None,
            state=draw(st.sampled_from((*NoteState, NoteState.SHOWN))),
        )
        for number in range(count)
    ]


def shown(thread: Thread) -> list[str]:
    return [entry.reply.id for entry in thread.entries if entry.reply]


@examples(200)
@given(replies())
def test_every_shown_note_stands_once_and_the_heading_counts_them(notes: list[Reply]) -> None:
    thread = build_thread(ROOTS, notes)

    expected = sorted(note.id for note in notes if note.state is NoteState.SHOWN)
    assert sorted(shown(thread)) == expected
    assert thread.count == len(expected)
    assert thread.count + thread.gaps == len(thread.entries)


@examples(100)
@given(replies(), st.data())
def test_the_order_in_which_notes_come_changes_nothing(
    notes: list[Reply], data: st.DataObject
) -> None:
    other_order = data.draw(st.permutations(notes))

    assert build_thread(ROOTS, other_order) == build_thread(reversed(ROOTS), notes)


@examples(150)
@given(replies())
def test_a_thread_is_indented_a_step_at_a_time_and_ends_with_a_text(notes: list[Reply]) -> None:
    entries = build_thread(ROOTS, notes).entries

    assert all(0 <= entry.depth <= READABLE_DEPTH for entry in entries)
    assert all(later.depth <= earlier.depth + 1 for earlier, later in pairwise(entries))
    assert not entries or (entries[0].depth == 0 and entries[-1].reply is not None)
    assert all((entry.reply is None) != (entry.gap is None) for entry in entries)


@examples(150)
@given(replies())
def test_a_note_stands_below_what_it_answers(notes: list[Reply]) -> None:
    entries = build_thread(ROOTS, notes).entries
    places = {entry.reply.uri: index for index, entry in enumerate(entries) if entry.reply}
    in_circles = {note.uri for note in notes if _is_in_circle(note, notes)}

    for entry in entries:
        parent = entry.reply.in_reply_to if entry.reply else ""
        if entry.reply and parent in places and not {parent, entry.reply.uri} & in_circles:
            assert parent in ROOTS or places[parent] < places[entry.reply.uri]


def _is_in_circle(note: Reply, notes: list[Reply]) -> bool:
    parents = {each.uri: each.in_reply_to for each in notes}
    seen: set[str] = set()
    at = note.uri
    while at in parents and at not in seen:
        seen.add(at)
        at = parents[at]
    return at in seen


def test_ten_thousand_notes_below_each_other_are_put_in_order() -> None:
    notes = [
        Reply(
            id=NoteId(str(number)),
            uri=uri(number),
            in_reply_to=uri(number - 1) if number else ROOTS[0],
            writer=WRITER,
            html="",
            summary="",
            language="",
            url="",
            published_at=START,
            updated_at=None,
            state=NoteState.SHOWN,
        )
        for number in range(10_000)
    ]

    assert shown(build_thread(ROOTS, notes)) == [str(number) for number in range(10_000)]
