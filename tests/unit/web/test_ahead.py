"""What readers want is looked at again, once for each of their requests."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog
from starlette.types import Scope

from fedreview.errors import DatabaseAway
from fedreview.web import ahead
from fedreview.web.ahead import MOST_WANTED, Ahead
from tests.servers import eventually

pytestmark = pytest.mark.anyio

ENOUGH_ROUNDS = 8


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def look_every(monkeypatch: pytest.MonkeyPatch) -> timedelta:
    span = timedelta(milliseconds=2)
    monkeypatch.setattr(ahead, "LOOK_EVERY", span)
    return span


class Answers:
    """Answers that are looked at. is_done: what each look tells, unless it fails."""

    def __init__(self, *, is_done: bool) -> None:
        self.is_done = is_done
        self.looked_at: list[str] = []
        self.marks = 0
        self.away = self.broken = ""
        self.during: Callable[[], None] = lambda: None
        self.ahead: Ahead[str] = Ahead(mark=self._mark, refresh=self._refresh)

    async def _mark(self) -> str:
        self.marks += 1
        if self.away == "mark":
            raise DatabaseAway("gone")
        if self.broken == "mark":
            raise ValueError("a bug")
        return str(self.marks)

    async def _refresh(self, key: str, mark: str, scope: Scope) -> bool:
        assert mark == str(self.marks)
        assert scope["path"] == f"/{key}"
        self.looked_at.append(key)
        self.during()
        await asyncio.sleep(0)
        if self.broken == key:
            raise ValueError("a bug")
        if self.away == key:
            raise DatabaseAway("gone")
        return self.is_done

    def want(self, *keys: str) -> None:
        for key in keys:
            self.ahead.want(key, {"path": f"/{key}"})


async def until(look: Callable[[], bool]) -> None:
    await asyncio.to_thread(eventually, look)


async def some_rounds(every: timedelta) -> None:
    await asyncio.sleep(ENOUGH_ROUNDS * every.total_seconds())


async def test_a_request_is_followed_by_one_look_however_much_changes(
    look_every: timedelta,
) -> None:
    answers = Answers(is_done=True)
    async with answers.ahead.running():
        answers.want("page")
        await until(lambda: answers.looked_at == ["page"])
        await some_rounds(look_every)
        assert answers.looked_at == ["page"]

        answers.want("page")
        await until(lambda: answers.looked_at == ["page", "page"])


async def test_who_asks_during_a_look_is_followed_by_one_more() -> None:
    answers = Answers(is_done=True)

    def ask_once() -> None:
        answers.during = lambda: None
        answers.want("page")

    answers.during = ask_once

    async with answers.ahead.running():
        answers.want("page")
        await until(lambda: answers.looked_at == ["page", "page"])


async def test_what_has_not_changed_is_looked_at_until_nobody_is_expected_any_more(
    monkeypatch: pytest.MonkeyPatch, look_every: timedelta
) -> None:
    answers = Answers(is_done=False)
    async with answers.ahead.running():
        answers.want("page")
        await until(lambda: len(answers.looked_at) >= 3)

        monkeypatch.setattr(ahead, "WANTED_FOR", timedelta())
        await some_rounds(look_every)
        seen = (len(answers.looked_at), answers.marks)
        await some_rounds(look_every)
        assert (len(answers.looked_at), answers.marks) == seen


async def test_only_the_last_are_looked_at_with_one_mark_and_the_very_last_first() -> None:
    answers = Answers(is_done=True)
    names = [str(number) for number in range(MOST_WANTED + 4)]
    answers.want(*names)

    async with answers.ahead.running():
        await until(lambda: len(answers.looked_at) == MOST_WANTED)

    assert answers.looked_at == names[: -MOST_WANTED - 1 : -1]
    assert answers.marks == 1


async def test_a_failure_is_logged_and_keeps_nobody_else_waiting(look_every: timedelta) -> None:
    answers = Answers(is_done=True)
    answers.broken = "broken"
    answers.want("sound", "broken")

    with structlog.testing.capture_logs() as logs:
        async with answers.ahead.running():
            await until(lambda: len(answers.looked_at) == 2)
            await some_rounds(look_every)

    assert answers.looked_at == ["broken", "sound"]
    [entry] = logs
    assert (entry["event"], entry["path"]) == ("could not look ahead", "/broken")


async def test_a_failure_to_read_the_mark_is_logged_and_not_the_last_look() -> None:
    answers = Answers(is_done=True)
    answers.broken = "mark"
    answers.want("page")

    with structlog.testing.capture_logs() as logs:
        async with answers.ahead.running():
            await until(lambda: bool(logs))
            answers.broken = ""
            answers.want("page")
            await until(lambda: answers.looked_at == ["page"])

    assert [entry["event"] for entry in logs] == ["could not look ahead"]


@pytest.mark.parametrize("when", ["mark", "last"])
async def test_a_database_that_is_away_ends_the_round_and_is_tried_again(when: str) -> None:
    answers = Answers(is_done=True)
    answers.away = when
    answers.want("first", "last")

    with structlog.testing.capture_logs() as logs:
        async with answers.ahead.running():
            await until(lambda: answers.marks >= 2)
            assert set(answers.looked_at) <= {"last"}
            answers.away = ""
            await until(lambda: answers.looked_at[-2:] == ["last", "first"])

    assert logs == []


async def test_nothing_is_looked_at_after_the_end(look_every: timedelta) -> None:
    answers = Answers(is_done=False)
    async with answers.ahead.running():
        answers.want("page")
        await until(lambda: bool(answers.looked_at))
    seen = len(answers.looked_at)

    await some_rounds(look_every)

    assert len(answers.looked_at) == seen
