"""Many ask a database at once, and each is told what was so after they asked."""

import asyncio
import threading
from collections.abc import Iterator
from itertools import count

import pytest

from fedreview.web.shelf import Together


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_who_comes_while_it_is_asked_waits_for_the_next_answer() -> None:
    numbers, may_answer, is_asked = count(1), threading.Event(), threading.Event()

    def look() -> str:
        number = next(numbers)
        is_asked.set()
        assert may_answer.wait(5)
        return str(number)

    together = Together(look)
    first = asyncio.create_task(together.ask())
    await asyncio.to_thread(is_asked.wait, 5)
    others = [asyncio.create_task(together.ask()) for _ in range(50)]
    await asyncio.sleep(0)
    may_answer.set()

    assert await first == "1"
    assert set(await asyncio.gather(*others)) == {"2"}
    assert await together.ask() == "3"


@pytest.mark.anyio
async def test_who_goes_away_takes_the_answer_from_nobody() -> None:
    together = Together(lambda: "mark")
    gone, stays = (asyncio.create_task(together.ask()) for _ in range(2))
    await asyncio.sleep(0)

    gone.cancel()

    assert await stays == "mark"


@pytest.mark.anyio
async def test_a_failure_is_told_to_those_who_asked_then() -> None:
    answers: Iterator[ConnectionError | str] = iter([ConnectionError("gone"), "mark"])

    def look() -> str:
        answer = next(answers)
        if isinstance(answer, ConnectionError):
            raise answer
        return answer

    together = Together(look)
    failed = await asyncio.gather(*(together.ask() for _ in range(3)), return_exceptions=True)

    assert [type(each) for each in failed] == [ConnectionError] * 3
    assert await together.ask() == "mark"
