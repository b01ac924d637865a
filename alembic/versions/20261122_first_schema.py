"""Make the first tables.

Every instant is in UTC, every text is unbounded, and ids of ours are short texts that sort by
time. What a person typed or a server sent is kept as it was; ratings are whole thousandths.
"""

import sqlalchemy as sa

from alembic import op

revision = "632161f08737"
down_revision = None
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
# SQLite numbers rows only in an INTEGER column.
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _make_people()
    _make_reviews()
    _make_threads()
    _make_queues()


def _make_people() -> None:
    op.create_table(
        "settings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )
    op.create_table(
        "authors",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_authors"),
        sa.UniqueConstraint("username", name="uq_authors_username"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("last_seen_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name="fk_sessions_author_id_authors", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
    )
    op.create_index("ix_sessions_author_id", "sessions", ["author_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "login_failures",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("failed_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_failures"),
    )
    op.create_index("ix_login_failures_failed_at", "login_failures", ["failed_at"])
    op.create_index(
        "ix_login_failures_subject_failed_at", "login_failures", ["subject", "failed_at"]
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("private_pem", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
    )
    op.create_index("ix_keys_actor", "keys", ["actor"])
    op.create_table(
        "actors",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("shared_inbox", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("icon_url", sa.Text(), nullable=False),
        sa.Column("fetched_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_actors"),
    )
    op.create_index("ix_actors_handle", "actors", ["handle"])
    op.create_table(
        "remote_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("fetched_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_remote_keys"),
        sa.ForeignKeyConstraint(
            ["owner"], ["actors.id"], name="fk_remote_keys_owner_actors", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_remote_keys_owner", "remote_keys", ["owner"])
    op.create_table(
        "followers",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("follow", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_followers"),
        sa.ForeignKeyConstraint(
            ["actor"], ["actors.id"], name="fk_followers_actor_actors", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name="fk_followers_author_id_authors", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("author_id", "actor", name="uq_followers_author_id_actor"),
    )
    op.create_index("ix_followers_actor", "followers", ["actor"])
    op.create_table(
        "following",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("follow", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_following"),
        sa.ForeignKeyConstraint(
            ["actor"], ["actors.id"], name="fk_following_actor_actors", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name="fk_following_author_id_authors", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("author_id", "actor", name="uq_following_author_id_actor"),
        sa.UniqueConstraint("follow", name="uq_following_follow"),
    )
    op.create_index("ix_following_actor", "following", ["actor"])
    op.create_table(
        "hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("resting_until", _INSTANT, nullable=True),
        sa.Column("blocked", sa.Text(), nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_hosts"),
    )
    op.create_index("ix_hosts_seen_at", "hosts", ["seen_at"])


def _make_reviews() -> None:
    op.create_table(
        "media",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_media"),
    )
    op.create_table(
        "works",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("original_title", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("creators", sa.Text(), nullable=False),
        sa.Column("length", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("links", sa.Text(), nullable=False),
        sa.Column("cover_name", sa.Text(), nullable=True),
        sa.Column("cover_alt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_works"),
        sa.ForeignKeyConstraint(["cover_name"], ["media.name"], name="fk_works_cover_name_media"),
        sa.UniqueConstraint("slug", name="uq_works_slug"),
    )
    op.create_index("ix_works_kind_title_key_year", "works", ["kind", "title_key", "year"])
    op.create_table(
        "reviews",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("work_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("rating_value", sa.Integer(), nullable=True),
        sa.Column("rating_best", sa.Integer(), nullable=True),
        sa.Column("rating_worst", sa.Integer(), nullable=True),
        sa.Column("rating_step", sa.Integer(), nullable=True),
        sa.Column("synopsis", sa.Text(), nullable=False),
        sa.Column("synopsis_source", sa.Text(), nullable=False),
        sa.Column("synopsis_url", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("teaser", sa.Text(), nullable=False),
        sa.Column("spoilers", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("published_at", _INSTANT, nullable=True),
        sa.Column("updated_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name="fk_reviews_author_id_authors"),
        sa.ForeignKeyConstraint(["work_id"], ["works.id"], name="fk_reviews_work_id_works"),
        sa.UniqueConstraint("slug", name="uq_reviews_slug"),
    )
    op.create_index(
        "ix_reviews_author_id_state_published_at", "reviews", ["author_id", "state", "published_at"]
    )
    op.create_index("ix_reviews_state_published_at_id", "reviews", ["state", "published_at", "id"])
    op.create_index("ix_reviews_work_id", "reviews", ["work_id"])
    op.create_table(
        "review_tags",
        sa.Column("review_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("review_id", "key", name="pk_review_tags"),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["reviews.id"],
            name="fk_review_tags_review_id_reviews",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_review_tags_key", "review_tags", ["key"])


def _make_threads() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("review_id", sa.Text(), nullable=True),
        sa.Column("author_id", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("in_reply_to", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("published_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=True),
        sa.Column("arrived_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name="fk_notes_author_id_authors"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_notes_review_id_reviews"),
        sa.UniqueConstraint("uri", name="uq_notes_uri"),
    )
    op.create_index("ix_notes_actor_published_at", "notes", ["actor", "published_at"])
    op.create_index("ix_notes_arrived_at", "notes", ["arrived_at"])
    op.create_index("ix_notes_context", "notes", ["context"])
    op.create_index("ix_notes_in_reply_to", "notes", ["in_reply_to"])
    op.create_index("ix_notes_review_id_published_at", "notes", ["review_id", "published_at"])
    op.create_table(
        "note_recipients",
        sa.Column("note_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("note_id", "author_id", name="pk_note_recipients"),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["authors.id"],
            name="fk_note_recipients_author_id_authors",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["note_id"], ["notes.id"], name="fk_note_recipients_note_id_notes", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_note_recipients_author_id", "note_recipients", ["author_id"])
    op.create_table(
        "reactions",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("emoji", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reactions"),
        sa.UniqueConstraint("kind", "actor", "object", name="uq_reactions_kind_actor_object"),
    )
    op.create_index("ix_reactions_activity", "reactions", ["activity"])
    op.create_index("ix_reactions_actor", "reactions", ["actor"])
    op.create_index("ix_reactions_object", "reactions", ["object"])
    op.create_table(
        "quotes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("quoting", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quotes"),
        sa.UniqueConstraint("object", "quoting", name="uq_quotes_object_quoting"),
    )
    op.create_index("ix_quotes_actor", "quotes", ["actor"])
    op.create_table(
        "gone",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("gone_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", "actor", name="pk_gone"),
    )
    op.create_index("ix_gone_gone_at", "gone", ["gone_at"])


def _make_queues() -> None:
    op.create_table(
        "activities",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_activities"),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name="fk_activities_author_id_authors"
        ),
        sa.UniqueConstraint("uri", name="uq_activities_uri"),
    )
    op.create_index(
        "ix_activities_author_id_listed_created_at",
        "activities",
        ["author_id", "listed", "created_at"],
    )
    op.create_index("ix_activities_object", "activities", ["object"])
    op.create_table(
        "deliveries",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("activity_id", sa.Text(), nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("queued_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("leased_until", _INSTANT, nullable=True),
        sa.Column("settled_at", _INSTANT, nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activities.id"],
            name="fk_deliveries_activity_id_activities",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("activity_id", "inbox", name="uq_deliveries_activity_id_inbox"),
    )
    op.create_index("ix_deliveries_inbox_state_id", "deliveries", ["inbox", "state", "id"])
    op.create_index("ix_deliveries_state_due_at_id", "deliveries", ["state", "due_at", "id"])
    op.create_table(
        "arrivals",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("leased_until", _INSTANT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_arrivals"),
        sa.UniqueConstraint("activity", "actor", name="uq_arrivals_activity_actor"),
    )
    op.create_index(
        "ix_arrivals_actor_state_due_at_id", "arrivals", ["actor", "state", "due_at", "id"]
    )
    op.create_index("ix_arrivals_leased_until", "arrivals", ["leased_until"])
    op.create_index("ix_arrivals_received_at", "arrivals", ["received_at"])
    op.create_index("ix_arrivals_state_due_at_id", "arrivals", ["state", "due_at", "id"])


def downgrade() -> None:
    for table in (
        "arrivals",
        "deliveries",
        "activities",
        "gone",
        "quotes",
        "reactions",
        "note_recipients",
        "notes",
        "review_tags",
        "reviews",
        "works",
        "media",
        "hosts",
        "following",
        "followers",
        "remote_keys",
        "actors",
        "keys",
        "login_failures",
        "sessions",
        "authors",
        "settings",
    ):
        op.drop_table(table)
