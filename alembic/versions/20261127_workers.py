"""Note which worker holds a lease, so that what a dead one held can be given back at once."""

import sqlalchemy as sa

from alembic import op

revision = "4e2a8f6c1b93"
down_revision = "9c4f7a2e6b18"
branch_labels = None
depends_on = None

_LEASED = ("arrivals", "deliveries", "errands", "letters")


def upgrade() -> None:
    for table in _LEASED:
        op.add_column(table, sa.Column("leased_by", sa.Integer(), nullable=True))


def downgrade() -> None:
    for table in _LEASED:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("leased_by")
