"""What the site does: one verb per module."""
