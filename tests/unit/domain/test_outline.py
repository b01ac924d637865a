"""A thread is divided between its branches, and only what is shown is wanted in full."""

import pytest

from fedreview.domain.outline import PAGE, ROOM, Brief, Outline, Place, outline
from fedreview.domain.thread import Gap, NoteId, NoteState

ROOT = "https://reviews.example/ap/reviews/review1"


def uri(number: int) -> str:
    return f"https://social.example/notes/{number}"


def thread(*parents: int, states: dict[int, NoteState] | None = None) -> Outline:
    """Put notes in order, each of which answers another one by its number; -1: the review."""
    return outline(
        [ROOT],
        [
            Brief(
                NoteId(f"note{number}"),
                uri(number),
                ROOT if parent < 0 else uri(parent),
                (states or {}).get(number, NoteState.SHOWN),
            )
            for number, parent in enumerate(parents)
        ],
    )


def sizes(found: Outline) -> list[int]:
    last = found.page(10_000).number
    return [len(found.page(number).places) for number in range(1, last + 1)]


def chain(length: int, start: int = 0) -> list[int]:
    return [-1, *range(start, start + length - 1)]


def test_a_thread_without_replies_has_one_empty_page() -> None:
    assert thread().page(1) == (1, 1, ())


def test_a_page_is_never_before_the_first_nor_after_the_last() -> None:
    found = thread(*[-1] * PAGE * 2)

    assert [found.page(number).number for number in (-7, 0, 1, 2, 3)] == [1, 1, 1, 2, 2]
    assert found.page(1).of == 2


@pytest.mark.parametrize(
    ("branches", "pages"),
    [
        ([1] * PAGE, [PAGE]),
        ([1] * (PAGE + ROOM), [PAGE + ROOM]),
        ([1] * (PAGE + ROOM + 1), [PAGE, ROOM + 1]),
        ([PAGE + ROOM], [PAGE + ROOM]),
        ([PAGE + ROOM + 1], [PAGE, ROOM + 1]),
        ([PAGE * 3], [PAGE, PAGE, PAGE]),
        ([PAGE // 2, PAGE + ROOM], [PAGE // 2, PAGE + ROOM]),
        ([PAGE // 2 - 1, PAGE + 1, 1], [PAGE, PAGE // 2 + 1]),
        ([PAGE // 2 - 1, PAGE + ROOM], [PAGE, PAGE // 2 - 1 + ROOM]),
        ([60] * 6, [PAGE + 40, 120]),
    ],
)
def test_branches_stay_together_while_they_fit(branches: list[int], pages: list[int]) -> None:
    parents: list[int] = []
    for length in branches:
        parents += chain(length, len(parents))

    assert sizes(thread(*parents)) == pages


def test_a_long_branch_is_not_torn_between_a_gap_and_what_it_stands_for() -> None:
    states = dict.fromkeys(range(PAGE - 5, PAGE + 3), NoteState.DELETED)

    found = thread(*chain(PAGE * 2), states=states)

    assert sizes(found) == [PAGE - 5, PAGE + 5]
    assert found.page(2).places[0].gap is Gap.DELETED


def test_a_page_of_gaps_alone_is_torn_all_the_same() -> None:
    states = dict.fromkeys(range(PAGE * 2 - 1), NoteState.HIDDEN)

    assert sizes(thread(*chain(PAGE * 2), states=states)) == [PAGE, PAGE]


def test_a_note_is_found_on_its_page_and_only_while_it_can_be_read() -> None:
    found = thread(*[-1] * (PAGE * 2), PAGE, states={PAGE: NoteState.HELD})

    assert found.number_of(NoteId("note0")) == 1
    assert found.number_of(NoteId(f"note{PAGE + 1}")) == 2
    assert found.number_of(NoteId(f"note{PAGE}")) == 0
    assert found.number_of(NoteId("unknown")) == 0


def test_of_a_page_are_wanted_its_own_notes_and_those_that_they_answer() -> None:
    found = thread(*chain(PAGE * 2), states={3: NoteState.HIDDEN, PAGE + 3: NoteState.DELETED})

    wanted = found.wanted(found.page(2))

    assert wanted[-1] == f"note{PAGE - 1}"
    assert set(wanted) == {f"note{n}" for n in range(PAGE - 1, PAGE * 2)} - {f"note{PAGE + 3}"}


@pytest.mark.parametrize(
    ("state", "is_veiled", "gap"),
    [
        (NoteState.SHOWN, False, None),
        (NoteState.SHOWN, True, Gap.HIDDEN),
        (NoteState.HIDDEN, False, Gap.HIDDEN),
        (NoteState.HELD, False, Gap.HELD),
        (NoteState.HELD, True, Gap.HELD),
        (NoteState.SPAM, False, Gap.REMOVED),
        (NoteState.REMOVED, False, Gap.REMOVED),
        (NoteState.DELETED, False, Gap.DELETED),
    ],
)
def test_a_gap_says_why_nothing_is_shown(
    state: NoteState, is_veiled: bool, gap: Gap | None
) -> None:
    note = Brief(NoteId("note1"), uri(1), ROOT, state, is_veiled)

    assert note.gap is gap


def test_orphans_stand_where_their_time_puts_them() -> None:
    found = thread(-1, 99, -1, 99, 3)

    assert [(depth, note and note.id, gap) for depth, note, gap in found.places] == [
        (0, "note0", None),
        (0, None, Gap.MISSING),
        (1, "note1", None),
        (1, "note3", None),
        (2, "note4", None),
        (0, "note2", None),
    ]
    assert found.places[1] == Place(0, None, Gap.MISSING)


def test_what_was_emptied_here_was_removed_and_not_deleted_by_its_writer() -> None:
    gone = Brief(NoteId("n1"), uri(1), uri(0), NoteState.DELETED)

    assert gone.gap is Gap.DELETED
    assert gone._replace(is_removed=True).gap is Gap.REMOVED
