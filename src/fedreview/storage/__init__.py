"""Keeping: the database. Plain def; the only user of SQLAlchemy."""
