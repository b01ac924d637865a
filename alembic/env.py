"""Run schema changes: on the connection that the code gives, or on FEDREVIEW_DATABASE_URL."""

import os

from alembic.util import CommandError
from sqlalchemy import Connection

from alembic import context
from fedreview.storage import (  # noqa: F401  (fill the metadata)
    conversation_tables,
    moderation_tables,
    queue_tables,
    search_tables,
    tables,
    work_tables,
    writing_tables,
)
from fedreview.storage.columns import Row
from fedreview.storage.database import Database
from fedreview.storage.schema import is_ours


def run_on(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Row.metadata,
        include_name=is_ours,
        # SQLite cannot alter most things in place; a batch copies the table instead.
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


def run_from_the_command_line() -> None:
    if context.is_offline_mode():
        raise CommandError("SQL scripts cannot be made: some changes look at the database first.")
    url = os.environ.get("FEDREVIEW_DATABASE_URL")
    if not url:
        raise CommandError("Set FEDREVIEW_DATABASE_URL to the database that should change.")
    database = Database(url)
    try:
        with database.schema_change() as connection:
            run_on(connection)
    finally:
        database.close()


given = context.config.attributes.get("connection")
if given is None:
    run_from_the_command_line()
else:
    run_on(given)
