"""Make room for the rest of the protocol.

Moves, pins, retired keys, ratings that others give, pictures of people, reports, blocks, what
a server runs, how an arrival was proved, and errands: what is to be fetched when there is time.
What is there keeps its meaning: every new column is empty, off or "proved" for it.
"""

import sqlalchemy as sa

from alembic import op

revision = "8c1f0a6d2b57"
down_revision = "632161f08737"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Filled with a default, which the code then gives itself.
_TEXTS = {
    "authors": ("also_known_as", "moved_to"),
    "keys": ("public_pem",),
    "actors": ("avatar", "avatar_of"),
    "following": ("moved_from",),
    "notes": ("replies_url",),
    "activities": ("key_id",),
    "arrivals": ("sender",),
    "hosts": ("software",),
}

# What collections are read by, page after page; each takes the place of a shorter one or of none.
_INDEXES: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {
    ("notes", ("review_id", "published_at")): (
        "review_id",
        "audience",
        "published_at",
        "id",
        "state",
    ),
    ("notes", ("in_reply_to",)): ("in_reply_to", "published_at", "id"),
    ("notes", ()): ("author_id",),
    ("reactions", ("object",)): ("object", "kind", "id"),
    ("activities", ("author_id", "listed", "created_at")): ("author_id", "listed", "id"),
    ("followers", ()): ("author_id", "id"),
    ("following", ()): ("author_id", "id"),
}


def upgrade() -> None:
    for table, names in _TEXTS.items():
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
    for table, names in _TEXTS.items():
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.alter_column(name, server_default=None)
    _add_switches()
    with op.batch_alter_table("keys") as batch:
        batch.add_column(sa.Column("retired_at", _INSTANT, nullable=True))
    with op.batch_alter_table("reviews") as batch:
        batch.add_column(sa.Column("featured_at", _INSTANT, nullable=True))
    with op.batch_alter_table("quotes") as batch:
        batch.add_column(sa.Column("revoked_at", _INSTANT, nullable=True))
    with op.batch_alter_table("hosts") as batch:
        batch.add_column(sa.Column("software_at", _INSTANT, nullable=True))
    with op.batch_alter_table("notes") as batch:
        for name in ("rating_value", "rating_best", "rating_worst"):
            batch.add_column(sa.Column(name, sa.Integer(), nullable=True))
        batch.add_column(sa.Column("work_id", sa.Text(), nullable=True))
        batch.create_foreign_key("fk_notes_work_id_works", "works", ["work_id"], ["id"])
        batch.create_index("ix_notes_work_id", ["work_id"])
    _make_tables()
    for (table, old), new in _INDEXES.items():
        if old:
            op.drop_index(_index(table, old), table_name=table)
        op.create_index(_index(table, new), table, list(new))


def _index(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"


def _add_switches() -> None:
    with op.batch_alter_table("authors") as batch:
        batch.add_column(
            sa.Column("shows_network", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("authors") as batch:
        batch.alter_column("shows_network", server_default=None)
    with op.batch_alter_table("arrivals") as batch:
        batch.add_column(
            sa.Column("is_proved", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        batch.add_column(sa.Column("signed_at", _INSTANT, nullable=True))
        batch.create_index("ix_arrivals_sender_state", ["sender", "state"])
    with op.batch_alter_table("arrivals") as batch:
        batch.alter_column("is_proved", server_default=None)


def _make_tables() -> None:
    op.create_table(
        "blocks",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_blocks"),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name="fk_blocks_author_id_authors", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("author_id", "actor", name="uq_blocks_author_id_actor"),
    )
    op.create_index("ix_blocks_actor", "blocks", ["actor"])
    op.create_table(
        "blocked_notes",
        sa.Column("block_id", _SERIAL, nullable=False),
        sa.Column("note_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("block_id", "note_id", name="pk_blocked_notes"),
        sa.ForeignKeyConstraint(
            ["block_id"], ["blocks.id"], name="fk_blocked_notes_block_id_blocks", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["note_id"], ["notes.id"], name="fk_blocked_notes_note_id_notes", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_blocked_notes_note_id", "blocked_notes", ["note_id"])
    op.create_table(
        "reports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("objects", sa.Text(), nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("resolved_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("activity", "actor", name="uq_reports_activity_actor"),
    )
    op.create_index("ix_reports_received_at", "reports", ["received_at"])
    op.create_table(
        "errands",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("leased_until", _INSTANT, nullable=True),
        sa.Column("settled_at", _INSTANT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_errands"),
        sa.UniqueConstraint("kind", "url", name="uq_errands_kind_url"),
    )
    op.create_index("ix_errands_state_due_at_id", "errands", ["state", "due_at", "id"])
    op.create_index("ix_errands_site_state_due_at_id", "errands", ["site", "state", "due_at", "id"])
    op.create_index("ix_errands_leased_until", "errands", ["leased_until"])


def downgrade() -> None:
    for (table, old), new in _INDEXES.items():
        op.drop_index(_index(table, new), table_name=table)
        if old:
            op.create_index(_index(table, old), table, list(old))
    for table in ("errands", "reports", "blocked_notes", "blocks"):
        op.drop_table(table)
    with op.batch_alter_table("notes") as batch:
        batch.drop_index("ix_notes_work_id")
        batch.drop_constraint("fk_notes_work_id_works", type_="foreignkey")
        for name in ("work_id", "rating_worst", "rating_best", "rating_value"):
            batch.drop_column(name)
    with op.batch_alter_table("arrivals") as batch:
        batch.drop_index("ix_arrivals_sender_state")
        batch.drop_column("is_proved")
        batch.drop_column("signed_at")
    for table, name in (
        ("hosts", "software_at"),
        ("quotes", "revoked_at"),
        ("reviews", "featured_at"),
        ("keys", "retired_at"),
        ("authors", "shows_network"),
    ):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(name)
    for table, names in _TEXTS.items():
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.drop_column(name)
