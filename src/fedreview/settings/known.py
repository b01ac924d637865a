"""Everything that can be configured, by name."""

from dataclasses import dataclass

PREFIX = "FEDREVIEW_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing that can be configured.

    name: in the environment; in a TOML file without the prefix and in lower case.
    default: as it would be typed; "" is unset.
    meaning: one sentence, for docs and for `fedreview doctor`.
    """

    name: str
    default: str
    meaning: str

    @property
    def key(self) -> str:
        """Its name in a TOML file."""
        return self.name.removeprefix(PREFIX).lower()


SETTINGS = (
    Setting(
        name="FEDREVIEW_BASE_URL",
        default="http://localhost:8000",
        meaning="Where the site is on the web. Ids are made of it: never change it later.",
    ),
    Setting(
        name="FEDREVIEW_DATA_DIR",
        default="data",
        meaning="The folder for the SQLite database and the pictures.",
    ),
    Setting(
        name="FEDREVIEW_DATABASE_URL",
        default="",
        meaning="postgresql+psycopg://user:password@host/name; unset: SQLite in the data folder.",
    ),
    Setting(name="FEDREVIEW_HOST", default="127.0.0.1", meaning="The address to listen on."),
    Setting(name="FEDREVIEW_PORT", default="8000", meaning="The port to listen on."),
    Setting(
        name="FEDREVIEW_TRUSTED_PROXIES",
        default="127.0.0.1,::1",
        meaning="Proxies (addresses or networks) whose X-Forwarded-For and -Proto are believed.",
    ),
    Setting(
        name="FEDREVIEW_CA_FILE",
        default="",
        meaning="A file with root certificates to trust beside the system's.",
    ),
    Setting(
        name="FEDREVIEW_ALLOW_PRIVATE_NETWORK",
        default="off",
        meaning="Let outgoing requests reach private addresses over http: for trials only.",
    ),
    Setting(
        name="FEDREVIEW_INBOX_LIMIT_BYTES",
        default="1048576",
        meaning="The largest activity taken from another server.",
    ),
    Setting(
        name="FEDREVIEW_INBOX_PER_MINUTE",
        default="1200",
        meaning="How many activities one address, and one server, may send in a minute.",
    ),
    Setting(
        name="FEDREVIEW_QUEUE_LIMIT",
        default="20000",
        meaning="How many received activities may wait before senders are told to come later.",
    ),
    Setting(
        name="FEDREVIEW_UPLOAD_LIMIT_BYTES",
        default="15728640",
        meaning="The largest form with a picture taken from the author.",
    ),
    Setting(
        name="FEDREVIEW_AVATAR_CACHE_BYTES",
        default="200000000",
        meaning="How much room the copies of other people's pictures may take.",
    ),
    Setting(
        name="FEDREVIEW_COPY_CACHE_BYTES",
        default="200000000",
        meaning="How much room the copies of others' emoji and pictures may take.",
    ),
    Setting(
        name="FEDREVIEW_PAGE_CACHE_BYTES",
        default="33554432",
        meaning="How much memory public answers may take that are kept ready.",
    ),
    Setting(
        name="FEDREVIEW_KEEP_POSTS_DAYS",
        default="365",
        meaning="How long posts of those whom authors follow stay on the desk; 0 for ever.",
    ),
    Setting(
        name="FEDREVIEW_CATALOGUES",
        default="",
        meaning="Catalogues that the form for a review may ask about a work.",
    ),
    Setting(
        name="FEDREVIEW_SMTP_URL",
        default="",
        meaning="The mail server for notices: smtp://user:password@host:587; unset: no mail.",
    ),
    Setting(
        name="FEDREVIEW_MAIL_FROM",
        default="",
        meaning="The address that mails come from; unset: notices@ and the host of the site.",
    ),
    Setting(
        name="FEDREVIEW_LOG_FORMAT", default="console", meaning="How logs look: console or json."
    ),
    Setting(
        name="FEDREVIEW_LOG_LEVEL",
        default="info",
        meaning="What is logged: debug, info, warning or error.",
    ),
    Setting(
        name="FEDREVIEW_CONFIG",
        default="",
        meaning="A TOML file with these settings; unset: ./fedreview.toml, then /etc/fedreview/.",
    ),
)
