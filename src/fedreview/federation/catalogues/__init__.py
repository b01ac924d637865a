"""Ask public catalogues about a work: one module for each, none needs a key."""
