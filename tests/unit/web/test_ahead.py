"""What readers want is looked at again, once for each of their requests."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog

from fedreview.errors import DatabaseAway
from fedreview.web import ahead
from fedreview.web.ahead import MOST_WANTED, Ahead, Refresh
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
        self.failure: Exception | None = None

    def named(self, name: str) -> Refresh:
        async def refresh() -> bool:
            self.looked_at.append(name)
            await asyncio.sleep(0)
            if self.failure:
                raise self.failure
            return self.is_done

        return refresh


async def until(look: Callable[[], bool]) -> None:
    await asyncio.to_thread(eventually, look)


async def some_rounds(every: timedelta) -> None:
    await asyncio.sleep(ENOUGH_ROUNDS * every.total_seconds())


async def test_a_request_is_followed_by_one_look_however_much_changes(
    look_every: timedelta,
) -> None:
    answers, looking = Answers(is_done=True), Ahead()
    async with looking.running():
        looking.want("page", answers.named("page"))
        await until(lambda: answers.looked_at == ["page"])
        await some_rounds(look_every)
        assert answers.looked_at == ["page"]

        looking.want("page", answers.named("page"))
        await until(lambda: answers.looked_at == ["page", "page"])


async def test_what_has_not_changed_is_looked_at_until_nobody_is_expected_any_more(
    monkeypatch: pytest.MonkeyPatch, look_every: timedelta
) -> None:
    answers, looking = Answers(is_done=False), Ahead()
    async with looking.running():
        looking.want("page", answers.named("page"))
        await until(lambda: len(answers.looked_at) >= 3)

        monkeypatch.setattr(ahead, "WANTED_FOR", timedelta())
        await some_rounds(look_every)
        seen = len(answers.looked_at)
        await some_rounds(look_every)
        assert len(answers.looked_at) == seen


async def test_only_the_last_are_looked_at_and_the_very_last_first() -> None:
    answers, looking = Answers(is_done=True), Ahead()
    names = [str(number) for number in range(MOST_WANTED + 4)]
    for name in names:
        looking.want(name, answers.named(name))

    async with looking.running():
        await until(lambda: len(answers.looked_at) == MOST_WANTED)

    assert answers.looked_at == names[: -MOST_WANTED - 1 : -1]


async def test_a_failure_is_logged_and_keeps_nobody_else_waiting(look_every: timedelta) -> None:
    broken, sound, looking = Answers(is_done=False), Answers(is_done=True), Ahead()
    broken.failure = ValueError("a bug")
    looking.want("sound", sound.named("sound"))
    looking.want("broken", broken.named("broken"))

    with structlog.testing.capture_logs() as logs:
        async with looking.running():
            await until(lambda: bool(sound.looked_at))
            await some_rounds(look_every)

    assert broken.looked_at == ["broken"]
    [entry] = logs
    assert (entry["event"], entry["answer"]) == ("could not look ahead", "broken")


async def test_a_database_that_is_away_is_tried_again() -> None:
    answers, looking = Answers(is_done=True), Ahead()
    answers.failure = DatabaseAway("gone")
    looking.want("page", answers.named("page"))

    with structlog.testing.capture_logs() as logs:
        async with looking.running():
            await until(lambda: len(answers.looked_at) >= 2)
            answers.failure = None
            seen = len(answers.looked_at)
            await until(lambda: len(answers.looked_at) > seen)

    assert logs == []


async def test_nothing_is_looked_at_after_the_end(look_every: timedelta) -> None:
    answers, looking = Answers(is_done=False), Ahead()
    async with looking.running():
        looking.want("page", answers.named("page"))
        await until(lambda: bool(answers.looked_at))
    seen = len(answers.looked_at)

    await some_rounds(look_every)

    assert len(answers.looked_at) == seen
