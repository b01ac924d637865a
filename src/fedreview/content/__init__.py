"""Markup: the author's Markdown in, strangers' HTML made safe. Pure."""
