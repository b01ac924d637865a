"""Let what has ended be forgotten, and still be counted.

Each activity has how many of its deliveries are over and were dropped since. Indices tell
quickly whether somebody elsewhere is named by anything.
"""

import sqlalchemy as sa

from alembic import op

revision = "a7d20c4e91b5"
down_revision = "b41d6e0f9a37"
branch_labels = None
depends_on = None

_COUNTS = ("delivered_count", "given_up_count")
_NAMING = ("note_mentions", "notices", "reports")


def upgrade() -> None:
    with op.batch_alter_table("activities") as activities:
        for name in _COUNTS:
            activities.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("activities") as activities:
        for name in _COUNTS:
            activities.alter_column(name, server_default=None)
    for table in _NAMING:
        op.create_index(f"ix_{table}_actor", table, ["actor"])


def downgrade() -> None:
    for table in _NAMING:
        op.drop_index(f"ix_{table}_actor", table)
    with op.batch_alter_table("activities") as activities:
        for name in _COUNTS:
            activities.drop_column(name)
