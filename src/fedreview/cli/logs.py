"""Send our log and the libraries' to standard error in one form."""

import logging
import re
import sys

import structlog

from fedreview.errors import DatabaseAway, DiskRefuses
from fedreview.settings import Settings

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CHATTY = ("uvicorn.error", "alembic", "httpx", "PIL", "markdown_it")


def _without_controls(
    _: structlog.typing.WrappedLogger, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Show control codes as text: paths come from strangers, and the log goes to a terminal."""
    return {
        name: _CONTROLS.sub(lambda code: f"\\x{ord(code[0]):02x}", value)
        if isinstance(value, str)
        else value
        for name, value in event.items()
    }


def _without_what_the_disk_refuses(
    _: structlog.typing.WrappedLogger, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Drop the traces of all that failed on a full disk: it has been said that it is full.

    Whatever is tried then fails, second after second, and the log may lie on that very disk.
    """
    if isinstance(event.get("exc_info"), DiskRefuses):
        raise structlog.DropEvent
    return event


def _is_news(record: logging.LogRecord) -> bool:
    """Tell whether something has not been said yet.

    That the database is away has been, in a line, and the visitor knows. But when that is found
    around our pages, before them, the server adds what it takes for a bug: 160 lines a request.
    """
    return not (record.exc_info and isinstance(record.exc_info[1], DatabaseAway))


def configure_logs(settings: Settings) -> None:
    """Take over every logger of the process."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            _without_what_the_disk_refuses,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.addFilter(_is_news)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _without_controls,
                last,
            ],
        )
    )
    logging.captureWarnings(capture=True)
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
