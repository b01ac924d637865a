"""What stands in the log, and what does not."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from fedreview.cli.logs import configure_logs
from fedreview.errors import DatabaseAway, DiskRefuses
from tests.stories.site import settings_of


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def test_what_fails_on_a_full_disk_is_not_logged_again_and_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(settings_of("https://reviews.example", tmp_path))
    log = structlog.get_logger()

    for error in (DiskRefuses("The disk is full."), ZeroDivisionError("a bug")):
        log.error("worker stumbled", loop="arrivals", exc_info=error)

    said = capsys.readouterr().err
    assert said.count("worker stumbled") == 1
    assert "ZeroDivisionError: a bug" in said
    assert "disk" not in said


def test_a_database_that_is_away_is_not_taken_for_a_bug(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(settings_of("https://reviews.example", tmp_path))

    for error in (DatabaseAway("connection refused"), ZeroDivisionError("a bug")):
        logging.getLogger("uvicorn.error").error("Exception in ASGI application", exc_info=error)

    said = capsys.readouterr().err
    assert said.count("Exception in ASGI application") == 1
    assert "ZeroDivisionError: a bug" in said
