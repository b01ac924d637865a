"""What many tasks bring is done together, and each gets its own outcome."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from fedreview.errors import DatabaseAway, NotFound
from fedreview.services.batching import Batches

pytestmark = pytest.mark.anyio


class Doubling:
    """Doubles numbers, and remembers which came together."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.batches = Batches(work=self.work, most=8)

    def work(self, group: Sequence[int]) -> list[int | Exception]:
        self.groups.append(list(group))
        if 13 in group:
            raise RuntimeError("all of them")
        if 14 in group:
            raise DatabaseAway("gone")
        return [NotFound(str(each)) if each < 0 else 2 * each for each in group]


async def test_what_comes_at_the_same_time_is_done_at_one_stroke() -> None:
    doubling = Doubling()

    outcomes = await asyncio.gather(*(doubling.batches.do(number) for number in range(12)))

    assert outcomes == [2 * number for number in range(12)]
    assert doubling.groups == [list(range(8)), [8, 9, 10, 11]]


async def test_what_fails_alone_is_told_alone() -> None:
    doubling = Doubling()

    good, bad = await asyncio.gather(
        doubling.batches.do(1), doubling.batches.do(-1), return_exceptions=True
    )

    assert good == 2
    assert isinstance(bad, NotFound)


async def test_what_spoils_the_whole_fails_alone_and_the_next_go_on() -> None:
    doubling = Doubling()
    tasks = (doubling.batches.do(1), doubling.batches.do(13))

    good, bad = await asyncio.gather(*tasks, return_exceptions=True)

    assert (good, type(bad)) == (2, RuntimeError)
    assert await doubling.batches.do(4) == 8
    assert doubling.groups == [[1, 13], [1], [13], [4]]


async def test_all_fail_at_once_when_the_database_is_away() -> None:
    doubling = Doubling()
    tasks = [doubling.batches.do(number) for number in (1, 14, 2)]

    failures = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(each) for each in failures] == [DatabaseAway] * 3
    assert doubling.groups == [[1, 14, 2]]


async def test_who_waits_no_longer_holds_up_nobody() -> None:
    doubling = Doubling()
    gone = asyncio.create_task(doubling.batches.do(1))
    other = asyncio.create_task(doubling.batches.do(2))
    await asyncio.sleep(0)

    gone.cancel()

    assert await other == 4
    assert doubling.groups == [[1, 2]]


async def test_a_group_waits_for_what_is_on_its_way_and_not_for_nobody() -> None:
    doubling = Doubling()
    coming = {1, 2, 3}
    doubling.batches.patience = timedelta(minutes=1)
    doubling.batches.more_comes = lambda: bool(coming)

    async def come(number: int) -> None:
        for _ in range(10 * number):
            await asyncio.sleep(0)
        coming.remove(number)
        await doubling.batches.do(number)

    await asyncio.wait_for(asyncio.gather(come(1), come(2), come(3)), 10)
    await asyncio.wait_for(doubling.batches.do(4), 10)

    assert doubling.groups == [[1, 2, 3], [4]]


async def test_who_hangs_keeps_nobody_waiting_for_long() -> None:
    doubling = Doubling()
    doubling.batches.patience = timedelta(milliseconds=1)
    doubling.batches.more_comes = lambda: True

    assert await asyncio.wait_for(doubling.batches.do(1), 10) == 2


async def test_groups_keep_their_distance_but_whoever_is_alone_does_not_wait() -> None:
    doubling = Doubling()
    doubling.batches.pace = timedelta(minutes=1)
    await asyncio.wait_for(doubling.batches.do(1), 10)

    async def come(number: int) -> int:
        await asyncio.sleep(number / 1000)
        return await doubling.batches.do(number)

    # Each comes a millisecond after the one before; the eighth makes them whole.
    await asyncio.wait_for(asyncio.gather(*map(come, range(2, 10))), 10)

    assert doubling.groups == [[1], list(range(2, 10))]


async def test_a_group_that_never_becomes_whole_goes_when_it_is_time() -> None:
    doubling = Doubling()
    doubling.batches.pace = timedelta(milliseconds=20)
    await doubling.batches.do(1)

    await asyncio.wait_for(asyncio.gather(doubling.batches.do(2), doubling.batches.do(3)), 10)

    assert doubling.groups == [[1], [2, 3]]
