"""The kinds of work that can be reviewed here."""

from enum import StrEnum


class WorkKind(StrEnum):
    """A kind of work; the values are what an author types, and stand in addresses."""

    FILM = "film"
    SERIES = "series"
    ANIME = "anime"
    MANGA = "manga"
    BOOK = "book"
    GAME = "game"
    MUSIC = "music"
