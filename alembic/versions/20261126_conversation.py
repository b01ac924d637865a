"""Make room for conversations that hold together and can be moderated.

Held replies with their reasons, servers kept at a distance, trust, rules and the log; guests'
comments; notices, mail and push; leave to reply; what a note has besides its text.

What blocks hide is told by a column of its own now, and no longer by the state of a note with a
table that remembers it: so a note is shown, hidden or held whatever blocks come and go.
"""

from urllib.parse import urlsplit

import sqlalchemy as sa

from alembic import op

revision = "9c4f7a2e6b18"
down_revision = "3b8e1d6f4a20"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Filled with a default, which the code then gives itself.
_TEXTS: dict[str, dict[str, str]] = {
    "authors": {"who_replies": "everyone", "who_quotes": "everyone"},
    "reviews": {"replies_mode": "", "who_replies": "", "who_quotes": ""},
    "actors": {"emojis": "", "host": ""},
    "notes": {"host": "", "held_for": "", "held_detail": "", "extras": ""},
    "reactions": {"emoji_url": "", "post": "", "host": ""},
}
_FLAGS: dict[str, tuple[str, ...]] = {
    "authors": ("welcomes_guests",),
    "actors": ("veiled",),
    "notes": ("veiled", "local_only"),
    "reactions": ("veiled",),
}
_EMPTY: dict[str, dict[str, sa.Integer | sa.DateTime]] = {
    "reviews": {"closes_after_days": sa.Integer()},
    "notes": {"moderated_at": _INSTANT},
}
_OF_ACTORS = (("host",), ("veiled", "id"), ("avatar",))
_THREAD = ("review_id", "audience", "published_at", "id", "state")
_NEW_TABLES = (
    "domain_blocks",
    "trusted",
    "moderation_rules",
    "moderation_log",
    "guests",
    "note_mentions",
    "approvals",
    "notices",
    "notice_choices",
    "mailboxes",
    "letters",
    "push_subscriptions",
    "copies",
)

_NOTES = sa.table(
    "notes",
    *map(sa.column, ("id", "actor", "author_id", "state", "host", "veiled", "local_only")),
)
_REACTIONS = sa.table("reactions", *map(sa.column, ("kind", "actor", "emoji", "host", "veiled")))
_ACTORS = sa.table("actors", *map(sa.column, ("id", "host")))
_BLOCKED_NOTES = sa.table("blocked_notes", sa.column("block_id"), sa.column("note_id"))
_BLOCKS = sa.table("blocks", sa.column("id"), sa.column("actor"))
_HOSTS = sa.table(
    "hosts",
    *map(sa.column, ("host", "scheme", "failures", "blocked", "software")),
    sa.column("seen_at", _INSTANT),
)
_DOMAINS = sa.table(
    "domain_blocks",
    *map(sa.column, ("domain", "severity", "public_comment", "private_comment")),
    *(sa.column(name, sa.Boolean()) for name in ("reject_media", "reject_reports", "obfuscate")),
    sa.column("created_at", _INSTANT),
)


def upgrade() -> None:
    for table in {*_TEXTS, *_FLAGS, *_EMPTY}:
        _add_columns(table)
    _widen_index(_THREAD, (*_THREAD, "veiled"))
    op.create_index("ix_notes_state_arrived_at_id", "notes", ["state", "arrived_at", "id"])
    op.create_index("ix_notes_host", "notes", ["host"])
    _tell_reactions_apart()
    for names in _OF_ACTORS:
        _index("actors", *names)
    _make_moderation()
    _make_conversation()
    _make_notices()
    _fill_hosts()
    _move_blocks()
    _veil_reactions()


def _widen_index(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    op.drop_index(f"ix_notes_{'_'.join(old)}", table_name="notes")
    op.create_index(f"ix_notes_{'_'.join(new)}", "notes", list(new))


def _tell_reactions_apart() -> None:
    """Let one person react with several emoji, and quote something in several posts.

    What came with an emoji before stays a like: its picture was not kept, and nobody looked at
    what else it might be.
    """
    op.get_bind().execute(sa.update(_REACTIONS).values(emoji=""))
    op.drop_index("ix_reactions_object_kind_id", table_name="reactions")
    _know_reactions_by(("kind", "actor", "object"), ("kind", "actor", "object", "emoji", "post"))
    op.create_index(
        "ix_reactions_object_veiled_id_kind", "reactions", ["object", "veiled", "id", "kind"]
    )
    op.create_index("ix_reactions_host", "reactions", ["host"])


def _know_reactions_by(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    with op.batch_alter_table("reactions") as batch:
        batch.drop_constraint(f"uq_reactions_{'_'.join(old)}", type_="unique")
        batch.create_unique_constraint(f"uq_reactions_{'_'.join(new)}", list(new))


def _add_columns(table: str) -> None:
    texts, flags = _TEXTS.get(table, {}), _FLAGS.get(table, ())
    with op.batch_alter_table(table) as batch:
        for name, default in texts.items():
            batch.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=default))
        for name in flags:
            batch.add_column(
                sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
            )
        for name, kind in _EMPTY.get(table, {}).items():
            batch.add_column(sa.Column(name, kind, nullable=True))
    with op.batch_alter_table(table) as batch:
        for name in (*texts, *flags):
            batch.alter_column(name, server_default=None)


def _author(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["author_id"], ["authors.id"], name=f"fk_{table}_author_id_authors", ondelete="CASCADE"
    )


def _note(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["note_id"], ["notes.id"], name=f"fk_{table}_note_id_notes", ondelete="CASCADE"
    )


def _text(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.Text(), nullable=False) for name in names)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, _INSTANT, nullable=nullable)


def _flag(*names: str) -> tuple[sa.Column[bool], ...]:
    return tuple(sa.Column(name, sa.Boolean(), nullable=False) for name in names)


def _number(*names: str) -> tuple[sa.Column[int], ...]:
    return tuple(sa.Column(name, sa.Integer(), nullable=False) for name in names)


def _key(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names, name=f"pk_{table}")


def _index(table: str, *names: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(names)}", table, list(names))


def _make_moderation() -> None:
    op.create_table(
        "domain_blocks",
        *_text("domain", "severity"),
        *_flag("reject_media", "reject_reports"),
        *_text("public_comment", "private_comment"),
        *_flag("obfuscate"),
        _moment("created_at"),
        _key("domain_blocks", "domain"),
    )
    op.create_table(
        "trusted",
        *_text("author_id", "actor"),
        *_flag("by_hand"),
        _moment("created_at"),
        _key("trusted", "author_id", "actor"),
        _author("trusted"),
    )
    _index("trusted", "actor")
    op.create_table(
        "moderation_rules",
        *_text("id", "phrase", "verdict"),
        _moment("created_at"),
        _key("moderation_rules", "id"),
        sa.UniqueConstraint("phrase", name="uq_moderation_rules_phrase"),
    )
    op.create_table(
        "moderation_log",
        sa.Column("id", _SERIAL, nullable=False),
        *_text("batch"),
        sa.Column("author_id", sa.Text(), nullable=True),
        *_text("action", "target_kind", "target", "label", "detail", "before"),
        _moment("at"),
        _moment("undone_at", nullable=True),
        _key("moderation_log", "id"),
        _author("moderation_log"),
    )
    _index("moderation_log", "batch")
    _index("moderation_log", "at", "id")
    _index("moderation_log", "target")


def _make_conversation() -> None:
    op.create_table(
        "guests",
        *_text("note_id", "name", "site", "mail", "address_hash"),
        _moment("created_at"),
        _key("guests", "note_id"),
        _note("guests"),
    )
    _index("guests", "address_hash")
    op.create_table(
        "note_mentions",
        *_text("note_id", "actor"),
        *_number("position"),
        _key("note_mentions", "note_id", "actor"),
        _note("note_mentions"),
    )
    op.create_table(
        "approvals",
        *_text("id", "object", "interacting", "actor", "request", "state"),
        _moment("created_at"),
        _moment("decided_at", nullable=True),
        _key("approvals", "id"),
        sa.UniqueConstraint("object", "interacting", name="uq_approvals_object_interacting"),
    )
    _index("approvals", "interacting")
    _index("approvals", "actor")
    op.create_table(
        "copies",
        *_text("url", "kind", "host", "file"),
        *_number("width", "height"),
        _moment("created_at"),
        _moment("used_at"),
        _key("copies", "url"),
    )
    _index("copies", "host")
    _index("copies", "file")
    _index("copies", "used_at")


def _make_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", _SERIAL, nullable=False),
        *_text("author_id", "kind", "subject", "topic"),
        sa.Column("note_id", sa.Text(), nullable=True),
        sa.Column("review_id", sa.Text(), nullable=True),
        *_text("actor", "detail"),
        _moment("created_at"),
        *(_moment(name, nullable=True) for name in ("read_at", "mailed_at", "pushed_at")),
        _key("notices", "id"),
        sa.UniqueConstraint(
            "author_id", "kind", "subject", name="uq_notices_author_id_kind_subject"
        ),
        _author("notices"),
        _note("notices"),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["reviews.id"],
            name="fk_notices_review_id_reviews",
            ondelete="CASCADE",
        ),
    )
    _index("notices", "author_id", "kind", "topic")
    _index("notices", "author_id", "read_at")
    _index("notices", "mailed_at", "created_at")
    _index("notices", "note_id")
    _index("notices", "review_id")
    op.create_table(
        "notice_choices",
        *_text("author_id", "kind", "mail"),
        *_flag("push"),
        _key("notice_choices", "author_id", "kind"),
        _author("notice_choices"),
    )
    op.create_table(
        "mailboxes",
        *_text("author_id", "address"),
        _moment("confirmed_at", nullable=True),
        *_text("token_hash"),
        _moment("asked_at"),
        *_number("digest_hour"),
        *_flag("shows_private"),
        _key("mailboxes", "author_id"),
        _author("mailboxes"),
    )
    op.create_table(
        "letters",
        sa.Column("id", _SERIAL, nullable=False),
        *_text("author_id", "recipient"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        *_text("state"),
        *_number("failures"),
        _moment("created_at"),
        _moment("due_at"),
        _moment("leased_until", nullable=True),
        _moment("settled_at", nullable=True),
        *_text("last_error"),
        _key("letters", "id"),
        _author("letters"),
    )
    _index("letters", "state", "due_at", "id")
    op.create_table(
        "push_subscriptions",
        *_text("id", "author_id", "endpoint", "p256dh", "auth", "user_agent"),
        _moment("created_at"),
        *_number("failures"),
        *_text("last_error"),
        *_number("last_notice"),
        _moment("due_at"),
        _key("push_subscriptions", "id"),
        sa.UniqueConstraint("endpoint", name="uq_push_subscriptions_endpoint"),
        _author("push_subscriptions"),
    )
    _index("push_subscriptions", "author_id")


def _fill_hosts() -> None:
    """Write down of each note, and of everybody, which server they are from."""
    connection = op.get_bind()
    theirs = sa.select(_NOTES.c.actor).where(_NOTES.c.author_id.is_(None)).distinct()
    for actor in list(connection.scalars(theirs)):
        connection.execute(
            sa.update(_NOTES)
            .where(_NOTES.c.actor == actor, _NOTES.c.author_id.is_(None))
            .values(host=_host(actor))
        )
    for actor in list(connection.scalars(sa.select(_REACTIONS.c.actor).distinct())):
        connection.execute(
            sa.update(_REACTIONS).where(_REACTIONS.c.actor == actor).values(host=_host(actor))
        )
    for actor in list(connection.scalars(sa.select(_ACTORS.c.id))):
        connection.execute(
            sa.update(_ACTORS).where(_ACTORS.c.id == actor).values(host=_host(actor))
        )


def _host(actor: str) -> str:
    """Name a server as activitypub.origin.host does; it stands here as it was then."""
    address = urlsplit(actor)
    name = address.netloc.rpartition("@")[2].lower()
    return name.removesuffix(":443" if address.scheme == "https" else ":80")


def _move_blocks() -> None:
    """Tell what blocks hide apart from what an author has hidden."""
    connection = op.get_bind()
    hidden = sa.select(_BLOCKED_NOTES.c.note_id)
    connection.execute(sa.update(_NOTES).where(_NOTES.c.id.in_(hidden)).values(veiled=sa.true()))
    connection.execute(
        sa.update(_NOTES)
        .where(_NOTES.c.id.in_(hidden), _NOTES.c.state == "hidden")
        .values(state="shown")
    )
    op.drop_index("ix_blocked_notes_note_id", table_name="blocked_notes")
    op.drop_table("blocked_notes")
    blocked = sa.select(_HOSTS.c.host, _HOSTS.c.blocked, _HOSTS.c.seen_at)
    for host, why, seen_at in list(connection.execute(blocked.where(_HOSTS.c.blocked != ""))):
        connection.execute(
            sa.insert(_DOMAINS).values(
                domain=host,
                severity="suspend",
                reject_media=False,
                reject_reports=False,
                public_comment="",
                private_comment=why,
                obfuscate=False,
                created_at=seen_at,
            )
        )
    with op.batch_alter_table("hosts") as batch:
        batch.drop_column("blocked")


def _veil_reactions() -> None:
    """Take what blocked people did out of the counts; with one author, whose all of it is.

    Where there are several, it is worked out anew with the next block that comes or goes.
    """
    blocked = sa.select(_BLOCKS.c.actor)
    servers = sa.select(_DOMAINS.c.domain).where(_DOMAINS.c.severity == "suspend")
    unwanted = sa.or_(_REACTIONS.c.actor.in_(blocked), _REACTIONS.c.host.in_(servers))
    op.get_bind().execute(sa.update(_REACTIONS).where(unwanted).values(veiled=sa.true()))


def _know_fewer_reactions() -> None:
    op.get_bind().execute(sa.delete(_REACTIONS).where(_REACTIONS.c.kind.in_(["emoji", "quote"])))
    op.drop_index("ix_reactions_host", table_name="reactions")
    op.drop_index("ix_reactions_object_veiled_id_kind", table_name="reactions")
    _know_reactions_by(("kind", "actor", "object", "emoji", "post"), ("kind", "actor", "object"))
    op.create_index("ix_reactions_object_kind_id", "reactions", ["object", "kind", "id"])


def downgrade() -> None:
    connection = op.get_bind()
    _know_fewer_reactions()
    _bring_blocks_back()
    # The version before holds and sets aside nothing, and tells everybody of what is shown.
    kept_back = _NOTES.c.state.in_(["held", "spam", "removed"])
    connection.execute(sa.update(_NOTES).where(kept_back).values(state="hidden"))
    local = sa.and_(_NOTES.c.local_only.is_(sa.true()), _NOTES.c.state == "shown")
    connection.execute(sa.update(_NOTES).where(local).values(state="hidden"))
    for table in reversed(_NEW_TABLES):
        op.drop_table(table)
    _widen_index((*_THREAD, "veiled"), _THREAD)
    op.drop_index("ix_notes_host", table_name="notes")
    for names in _OF_ACTORS:
        op.drop_index(f"ix_actors_{'_'.join(names)}", table_name="actors")
    op.drop_index("ix_notes_state_arrived_at_id", table_name="notes")
    for table in {*_TEXTS, *_FLAGS, *_EMPTY}:
        added = (*_TEXTS.get(table, {}), *_FLAGS.get(table, ()), *_EMPTY.get(table, {}))
        with op.batch_alter_table(table) as batch:
            for name in added:
                batch.drop_column(name)


def _bring_blocks_back() -> None:
    connection = op.get_bind()
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
    veiled = sa.and_(_NOTES.c.veiled.is_(sa.true()), _NOTES.c.state == "shown")
    links = (
        sa.select(_BLOCKS.c.id, _NOTES.c.id)
        .select_from(_NOTES.join(_BLOCKS, _BLOCKS.c.actor == _NOTES.c.actor))
        .where(veiled)
    )
    connection.execute(sa.insert(_BLOCKED_NOTES).from_select(["block_id", "note_id"], links))
    connection.execute(sa.update(_NOTES).where(veiled).values(state="hidden"))
    with op.batch_alter_table("hosts") as batch:
        batch.add_column(sa.Column("blocked", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("hosts") as batch:
        batch.alter_column("blocked", server_default=None)
    suspended = sa.select(_DOMAINS.c.domain, _DOMAINS.c.created_at, _DOMAINS.c.private_comment)
    rows = connection.execute(suspended.where(_DOMAINS.c.severity == "suspend"))
    for domain, created_at, why in list(rows):
        known = sa.update(_HOSTS).where(_HOSTS.c.host == domain).values(blocked=why or "blocked")
        if connection.execute(known).rowcount == 0:
            connection.execute(
                sa.insert(_HOSTS).values(
                    host=domain,
                    scheme="",
                    failures=0,
                    blocked=why or "blocked",
                    software="",
                    seen_at=created_at,
                )
            )
