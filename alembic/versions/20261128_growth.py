"""Let indices answer for large sites, and hold only what is looked for by them.

Nearly all notes are shown and by people elsewhere, nearly all people are of welcome servers, and
nearly all activities are listed: an index of those few others leads to them at once, is passed by
when a note comes in, and is never taken for one that tells notes apart.
"""

import sqlalchemy as sa

from alembic import op

revision = "c3e95b17d08f"
down_revision = "a7d20c4e91b5"
branch_labels = None
depends_on = None

_DROPPED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("actors", ("veiled", "id")),
    ("notes", ("arrived_at",)),
    ("notes", ("author_id",)),
    ("notes", ("state", "arrived_at", "id")),
    ("notes", ("work_id",)),
    ("reviews", ("author_id", "state", "published_at")),
    ("reviews", ("work_id",)),
)
_MADE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("notes", ("arrived_at", "id")),
    ("reviews", ("author_id", "state", "published_at", "id")),
    ("reviews", ("work_id", "state")),
)
_PARTLY: dict[str, tuple[str, tuple[str, ...], str]] = {
    "ix_activities_unlisted": ("activities", ("created_at",), "listed IS {false}"),
    "ix_actors_veiled": ("actors", ("id",), "veiled IS {true}"),
    "ix_notes_not_shown": ("notes", ("state", "arrived_at", "id"), "state != 'shown'"),
    "ix_notes_of_works": ("notes", ("work_id",), "work_id IS NOT NULL"),
    "ix_notes_own": ("notes", ("author_id",), "author_id IS NOT NULL"),
    "ix_notes_with_extras": ("notes", ("arrived_at", "id"), "extras != ''"),
    "ix_reviews_pinned": ("reviews", ("author_id", "featured_at"), "featured_at IS NOT NULL"),
}


def upgrade() -> None:
    for table, columns in _DROPPED:
        op.drop_index(_name(table, columns), table)
    for table, columns in _MADE:
        op.create_index(_name(table, columns), table, list(columns))
    for name, (table, columns, which) in _PARTLY.items():
        op.create_index(
            name,
            table,
            list(columns),
            sqlite_where=sa.text(which.format(true=1, false=0)),
            postgresql_where=sa.text(which.format(true="true", false="false")),
        )


def downgrade() -> None:
    for name, (table, _, _) in _PARTLY.items():
        op.drop_index(name, table)
    for table, columns in _MADE:
        op.drop_index(_name(table, columns), table)
    for table, columns in _DROPPED:
        op.create_index(_name(table, columns), table, list(columns))


def _name(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"
