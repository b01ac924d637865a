"""What can be chosen in the form for a review, with the words for it."""

KINDS = (
    ("film", "Film"),
    ("series", "Series"),
    ("anime", "Anime"),
    ("manga", "Manga"),
    ("book", "Book"),
    ("game", "Game"),
    ("music", "Music"),
)
SPOILER_LEVELS = (
    ("none", "Nothing"),
    ("some", "Some of the story"),
    ("full", "The whole story"),
)
LANGUAGES = (
    ("en", "English"),
    ("ar", "العربية"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("he", "עברית"),
    ("id", "Bahasa Indonesia"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("ko", "한국어"),
    ("nl", "Nederlands"),
    ("pl", "Polski"),
    ("pt-BR", "Português (Brasil)"),
    ("pt", "Português"),
    ("ru", "Русский"),
    ("sv", "Svenska"),
    ("tl", "Tagalog"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("zh-Hans", "简体中文"),
    ("zh-Hant", "繁體中文"),
)


def with_language(chosen: str) -> tuple[tuple[str, str], ...]:
    """Offer a language that came from elsewhere too, so that saving does not change it."""
    known = {tag for tag, _ in LANGUAGES}
    return LANGUAGES if not chosen or chosen in known else ((chosen, chosen), *LANGUAGES)
