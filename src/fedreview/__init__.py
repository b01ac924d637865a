"""Publish reviews on your own site, and be followed, liked and answered from the fediverse."""

__version__ = "0.1.0"
