"""Apply what arrived: one function for each type of activity."""
