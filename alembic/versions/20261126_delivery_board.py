"""Let deliveries be counted by activity and by server without reading each of them."""

from alembic import op

revision = "b41d6e0f9a37"
down_revision = "4e2a8f6c1b93"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for other in ("activity_id", "host"):
        columns = [other, "state", "failures"]
        op.create_index(f"ix_deliveries_{'_'.join(columns)}", "deliveries", columns)


def downgrade() -> None:
    for other in ("host", "activity_id"):
        op.drop_index(f"ix_deliveries_{other}_state_failures", "deliveries")
