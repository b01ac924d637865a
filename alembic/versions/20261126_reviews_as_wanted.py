"""Make room for what reviewers want of a review.

Scales with legends, aspects, relations and identifiers of works, postscripts, days, schedules,
the trash, earlier versions, what is being typed, what is announced, and pictures in several
widths. What is there keeps its meaning: every author has the scale that all had so far.
"""

import sqlalchemy as sa

from alembic import op

revision = "5d0e9b3c7a14"
down_revision = "8c1f0a6d2b57"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Filled with a default, which the code then gives itself.
_FILLED: dict[str, dict[str, tuple[type[sa.Integer | sa.Text], str]]] = {
    "authors": {
        "scale_best": (sa.Integer, "10000"),
        "scale_worst": (sa.Integer, "0"),
        "scale_step": (sa.Integer, "500"),
        "legend": (sa.Text, ""),
        "aspects": (sa.Text, ""),
        "sign_off": (sa.Text, ""),
        "time_zone": (sa.Text, "UTC"),
    },
    "works": {"identifiers": (sa.Text, ""), "relations": (sa.Text, "")},
    "media": {"blurhash": (sa.Text, "")},
    "reviews": {
        "aspects": (sa.Text, ""),
        "sign_off": (sa.Text, ""),
        "postscripts": (sa.Text, ""),
        "former_ids": (sa.Text, ""),
    },
}
_EMPTY: dict[str, dict[str, sa.Date | sa.DateTime | sa.Integer]] = {
    "reviews": {
        "finished_on": sa.Date(),
        "scheduled_at": _INSTANT,
        "trashed_at": _INSTANT,
        "boosted_at": _INSTANT,
    },
    "notes": {"rating_step": sa.Integer()},
}
_RATING = ("rating_value", "rating_best", "rating_worst", "rating_step")


def upgrade() -> None:
    for table, columns in _FILLED.items():
        with op.batch_alter_table(table) as batch:
            for name, (kind, default) in columns.items():
                batch.add_column(sa.Column(name, kind(), nullable=False, server_default=default))
    for table, columns in _FILLED.items():
        with op.batch_alter_table(table) as batch:
            for name in columns:
                batch.alter_column(name, server_default=None)
    for table, empty in _EMPTY.items():
        with op.batch_alter_table(table) as batch:
            for name, kept in empty.items():
                batch.add_column(sa.Column(name, kept, nullable=True))
    with op.batch_alter_table("reviews") as batch:
        batch.add_column(
            sa.Column("is_repeat", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch.create_index("ix_reviews_scheduled_at", ["scheduled_at"])
        batch.create_index("ix_reviews_trashed_at", ["trashed_at"])
    with op.batch_alter_table("reviews") as batch:
        batch.alter_column("is_repeat", server_default=None)
    with op.batch_alter_table("authors") as batch:
        batch.add_column(sa.Column("avatar_name", sa.Text(), nullable=True))
        batch.create_foreign_key("fk_authors_avatar_name_media", "media", ["avatar_name"], ["name"])
    _make_tables()


def _make_tables() -> None:
    op.create_table(
        "work_relations",
        sa.Column("work_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("work_kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("work_id", "position", name="pk_work_relations"),
        sa.ForeignKeyConstraint(
            ["work_id"], ["works.id"], name="fk_work_relations_work_id_works", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_work_relations_title_key", "work_relations", ["title_key"])
    op.create_table(
        "media_variants",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_media_variants"),
        sa.ForeignKeyConstraint(
            ["media_name"],
            ["media.name"],
            name="fk_media_variants_media_name_media",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_media_variants_media_name", "media_variants", ["media_name"])
    op.create_table(
        "review_versions",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("review_id", sa.Text(), nullable=False),
        sa.Column("saved_at", _INSTANT, nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_review_versions"),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["reviews.id"],
            name="fk_review_versions_review_id_reviews",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_review_versions_review_id_id", "review_versions", ["review_id", "id"])
    op.create_table(
        "autosaves",
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("tab", sa.Text(), nullable=False),
        sa.Column("saved_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("author_id", "id", name="pk_autosaves"),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name="fk_autosaves_author_id_authors", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_autosaves_author_id_saved_at", "autosaves", ["author_id", "saved_at"])
    op.create_table(
        "upcoming",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("work_id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in _RATING),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("announced_at", _INSTANT, nullable=False),
        sa.Column("announced_in", sa.Text(), nullable=True),
        sa.Column("review_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_upcoming"),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name="fk_upcoming_author_id_authors", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["work_id"], ["works.id"], name="fk_upcoming_work_id_works"),
        sa.ForeignKeyConstraint(
            ["announced_in"], ["reviews.id"], name="fk_upcoming_announced_in_reviews"
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name="fk_upcoming_review_id_reviews"
        ),
    )
    op.create_index("ix_upcoming_author_id_announced_at", "upcoming", ["author_id", "announced_at"])
    for name in ("work_id", "announced_in", "review_id"):
        op.create_index(f"ix_upcoming_{name}", "upcoming", [name])


def downgrade() -> None:
    # The version before knows no trash: what lies in it is the author's again, for no server
    # has been asked to delete it yet.
    reviews = sa.table("reviews", sa.column("state"), sa.column("published_at"))
    trashed = sa.update(reviews).where(reviews.c.state == "trashed")
    op.execute(trashed.where(reviews.c.published_at.is_not(None)).values(state="published"))
    op.execute(trashed.values(state="draft"))
    for table in ("upcoming", "autosaves", "review_versions", "media_variants", "work_relations"):
        op.drop_table(table)
    with op.batch_alter_table("authors") as batch:
        batch.drop_constraint("fk_authors_avatar_name_media", type_="foreignkey")
        batch.drop_column("avatar_name")
    with op.batch_alter_table("reviews") as batch:
        batch.drop_index("ix_reviews_trashed_at")
        batch.drop_index("ix_reviews_scheduled_at")
        batch.drop_column("is_repeat")
    for table in sorted({*_FILLED, *_EMPTY}):
        with op.batch_alter_table(table) as batch:
            for name in (*_FILLED.get(table, ()), *_EMPTY.get(table, ())):
                batch.drop_column(name)
