"""What a review is. Pure: standard library only; no I/O, no clock."""
