"""Let reviews be found by their words.

One table of what things are found by, and over it what the database itself offers: FTS5 in
SQLite, kept by triggers; an index over a tsvector in PostgreSQL. It is empty at first: only the
code can tell what of a review is no spoiler. `fedreview migrate` fills it afterwards.
"""

import sqlalchemy as sa

from alembic import op

revision = "3b8e1d6f4a20"
down_revision = "5d0e9b3c7a14"
branch_labels = None
depends_on = None

_SQLITE = (
    """
    CREATE VIRTUAL TABLE search_words USING fts5(
        heading, words, content='search_entries', content_rowid='id',
        tokenize="unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc Me'"
    )
    """,
    """
    CREATE TRIGGER search_entries_added AFTER INSERT ON search_entries BEGIN
        INSERT INTO search_words (rowid, heading, words)
        VALUES (new.id, new.heading, new.words);
    END
    """,
    """
    CREATE TRIGGER search_entries_removed AFTER DELETE ON search_entries BEGIN
        INSERT INTO search_words (search_words, rowid, heading, words)
        VALUES ('delete', old.id, old.heading, old.words);
    END
    """,
    """
    CREATE TRIGGER search_entries_changed AFTER UPDATE ON search_entries BEGIN
        INSERT INTO search_words (search_words, rowid, heading, words)
        VALUES ('delete', old.id, old.heading, old.words);
        INSERT INTO search_words (rowid, heading, words)
        VALUES (new.id, new.heading, new.words);
    END
    """,
)
_POSTGRESQL = """
    CREATE INDEX search_words ON search_entries USING gin ((
        setweight(to_tsvector('simple'::regconfig, heading), 'A')
        || setweight(to_tsvector('simple'::regconfig, words), 'D')
    ))
"""


def upgrade() -> None:
    op.create_table(
        "search_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("thing_id", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_entries"),
        sa.UniqueConstraint("kind", "thing_id", name="uq_search_entries_kind_thing_id"),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE if is_sqlite else (_POSTGRESQL,):
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_words")
    op.drop_table("search_entries")
