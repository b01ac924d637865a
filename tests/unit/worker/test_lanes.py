"""How one kind of work is begun, and how it ends when the process does."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta

import pytest
import structlog

from fedreview.errors import DatabaseAway
from fedreview.worker import lanes
from fedreview.worker.lanes import BATCH, Lane

pytestmark = pytest.mark.anyio


class Work:
    """Pieces with numbers; each is held until it is let go."""

    def __init__(self, count: int) -> None:
        self.left = list(range(count))
        self.gates = [asyncio.Event() for _ in range(count)]
        self.asked: list[int] = []
        self.given_back: list[int] = []

    def lease(self, room: int, _: Collection[int]) -> Sequence[int]:
        self.asked.append(room)
        taken, self.left = self.left[:room], self.left[room:]
        return taken

    async def attempt(self, piece: int) -> None:
        await self.gates[piece].wait()

    def give_back(self, pieces: Sequence[int]) -> None:
        self.given_back.extend(pieces)

    def lane(self, *, room: int, most: int) -> Lane[int]:
        return Lane(
            name="piece",
            room=room,
            most=most,
            lease=self.lease,
            attempt=self.attempt,
            give_back=self.give_back,
        )


async def let_go(work: Work, lane: Lane[int], *pieces: int) -> None:
    """Let these pieces end, and wait for the lane to notice."""
    expected = len(lane.under_way) - len(pieces)
    for piece in pieces:
        work.gates[piece].set()
    while len(lane.under_way) > expected:
        await lane.freed.wait()
        lane.freed.clear()


async def test_way_is_given_between_two_pieces_that_begin() -> None:
    work, order = Work(3), []
    lane = work.lane(room=3, most=3)

    async def give_way() -> None:
        order.append(len(lane.under_way))
        await asyncio.sleep(0)

    lane.give_way = give_way
    await lane.begin()

    assert order == [1, 2, 3]
    await let_go(work, lane, 0, 1, 2)


async def test_a_full_lane_leases_again_when_a_part_of_it_is_free() -> None:
    work = Work(3 * BATCH)
    lane = work.lane(room=2 * BATCH, most=2 * BATCH)
    await lane.begin()

    await let_go(work, lane, 0)
    too_soon = await lane.begin()
    await let_go(work, lane, 1)
    in_time = await lane.begin()

    assert (too_soon, in_time) == (None, BATCH // 2)
    assert work.asked == [2 * BATCH, BATCH // 2]
    await lane.finish(timedelta())


async def test_slow_pieces_leave_their_places_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SLOW_AFTER", timedelta())
    work = Work(20)
    lane = work.lane(room=4, most=10)

    begun = [await lane.begin() for _ in range(4)]

    assert begun == [4, 4, 2, None]
    await lane.finish(timedelta())


async def test_what_does_not_end_in_time_is_given_back() -> None:
    work = Work(2)
    lane = work.lane(room=4, most=4)
    await lane.begin()
    work.gates[0].set()

    await lane.finish(timedelta(milliseconds=50))

    assert work.given_back == [1]
    assert not lane.under_way


async def test_what_is_only_being_settled_leaves_its_place_to_another() -> None:
    work, settled = Work(4), asyncio.Event()
    lane = work.lane(room=2, most=4)

    async def settle(_: None) -> None:
        await settled.wait()

    lane.settle = settle
    first = await lane.begin()
    work.gates[0].set()
    await lane.freed.wait()
    second = await lane.begin()

    assert (first, second) == (2, 1)
    assert len(lane.under_way) == 3
    settled.set()
    await let_go(work, lane, 1, 2)
    assert not lane.under_way


async def test_what_was_leased_before_the_end_and_not_begun_is_given_back() -> None:
    work = Work(4)
    lane = work.lane(room=4, most=4)

    async def give_way() -> None:
        lane.close()

    lane.give_way = give_way
    await lane.begin()

    assert work.given_back == [1, 2, 3]
    await let_go(work, lane, 0)


async def test_an_end_goes_on_when_nothing_can_be_given_back() -> None:
    work = Work(1)
    lane = work.lane(room=1, most=1)

    def give_back(_: Sequence[int]) -> None:
        raise DatabaseAway("gone")

    lane.give_back = give_back
    await lane.begin()

    with structlog.testing.capture_logs() as logs:
        await lane.finish(timedelta())

    assert [(entry["event"], entry["reason"]) for entry in logs] == [
        ("could not be given back", "gone")
    ]
    assert not lane.under_way
