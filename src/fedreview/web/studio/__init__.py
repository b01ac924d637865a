"""The author's desk: writing, answering, looking after the site."""
