"""Read and check the configuration once, into one frozen object; every problem at once."""

import ipaddress
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from fedreview.errors import ConfigurationError

PREFIX = "FEDREVIEW_"
CONFIG_FILES = (Path("fedreview.toml"), Path("/etc/fedreview/fedreview.toml"))


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
        name="FEDREVIEW_UPLOAD_LIMIT_BYTES",
        default="15728640",
        meaning="The largest form with a picture taken from the author.",
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

_NAMES = {setting.name for setting in SETTINGS}
_YES, _NO = {"on", "yes", "true", "1"}, {"off", "no", "false", "0", ""}
_LEVELS = ("debug", "info", "warning", "error")
_FORMATS = ("console", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The configuration, checked. Meanings: SETTINGS."""

    base_url: str
    data_dir: Path
    database_url: str
    host: str
    port: int
    trusted_proxies: tuple[str, ...]
    ca_file: Path | None
    allow_private_network: bool
    inbox_limit_bytes: int
    upload_limit_bytes: int
    log_format: str
    log_level: str

    @property
    def media_dir(self) -> Path:
        """Where pictures lie."""
        return self.data_dir / "media"

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the site over https."""
        return self.base_url.startswith("https://")

    @classmethod
    def load(cls, environment: Mapping[str, str]) -> Self:
        """Read the TOML file, then the environment, which wins.

        Raises ConfigurationError listing every problem at once.
        """
        problems: list[str] = []
        values = {setting.name: setting.default for setting in SETTINGS}
        values |= _from_file(environment.get("FEDREVIEW_CONFIG", ""), problems)
        values |= _from_environment(environment, problems)
        read = _Reader(values, problems)
        data_dir = Path(values["FEDREVIEW_DATA_DIR"]).expanduser().absolute()
        settings = cls(
            base_url=read.base_url(),
            data_dir=data_dir,
            database_url=read.database_url(data_dir),
            host=values["FEDREVIEW_HOST"],
            port=read.number("FEDREVIEW_PORT", least=1, most=65535, unit="a port"),
            trusted_proxies=read.networks("FEDREVIEW_TRUSTED_PROXIES"),
            ca_file=read.file("FEDREVIEW_CA_FILE"),
            allow_private_network=read.switch("FEDREVIEW_ALLOW_PRIVATE_NETWORK"),
            inbox_limit_bytes=read.number(
                "FEDREVIEW_INBOX_LIMIT_BYTES", least=10_000, most=10**8, unit="a number of bytes"
            ),
            upload_limit_bytes=read.number(
                "FEDREVIEW_UPLOAD_LIMIT_BYTES", least=10_000, most=10**9, unit="a number of bytes"
            ),
            log_format=read.choice("FEDREVIEW_LOG_FORMAT", _FORMATS),
            log_level=read.choice("FEDREVIEW_LOG_LEVEL", _LEVELS),
        )
        if problems:
            raise ConfigurationError(problems)
        return settings


def _from_file(name: str, problems: list[str]) -> dict[str, str]:
    path = Path(name) if name else next((p for p in CONFIG_FILES if p.is_file()), None)
    if path is None:
        return {}
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"The settings file {path} cannot be read: {error}.")
        return {}
    known = {setting.key: setting.name for setting in SETTINGS}
    known.pop("config")
    problems.extend(
        f"{path} has {key!r}, which is no setting; see docs/settings.md."
        for key in document
        if key not in known
    )
    return {known[key]: _text(value) for key, value in document.items() if key in known}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return str(value)


def _from_environment(environment: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    problems.extend(
        f"{name} is no setting; see docs/settings.md."
        for name in given
        if name not in _NAMES and not name.startswith("FEDREVIEW_TEST_")
    )
    return {name: value.strip() for name, value in given.items() if name in _NAMES}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns texts into values, and notes what is wrong with them instead of stopping."""

    values: Mapping[str, str]
    problems: list[str]

    def base_url(self) -> str:
        text = self.values["FEDREVIEW_BASE_URL"].rstrip("/").lower()
        parts = urlsplit(text)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            self.problems.append(
                "FEDREVIEW_BASE_URL must look like https://reviews.example, with nothing after it."
            )
        elif parts.path or parts.query or parts.fragment:
            self.problems.append(
                "FEDREVIEW_BASE_URL must end after the host: the site cannot live in a folder."
            )
        return text

    def database_url(self, data_dir: Path) -> str:
        text = self.values["FEDREVIEW_DATABASE_URL"]
        if not text:
            return f"sqlite:///{data_dir / 'fedreview.sqlite3'}"
        if text.startswith(("postgresql://", "postgres://")):
            return f"postgresql+psycopg://{text.partition('://')[2]}"
        if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
            self.problems.append(
                "FEDREVIEW_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://."
            )
        return text

    def number(self, name: str, *, least: int, most: int, unit: str) -> int:
        text = self.values[name]
        if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
            self.problems.append(f"{name} must be {unit} from {least} to {most}, not {text!r}.")
            return least
        return int(text)

    def switch(self, name: str) -> bool:
        text = self.values[name].lower()
        if text not in _YES | _NO:
            self.problems.append(f"{name} must be on or off, not {text!r}.")
        return text in _YES

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        text = self.values[name].lower()
        if text not in choices:
            self.problems.append(f"{name} must be one of {', '.join(choices)}, not {text!r}.")
        return text

    def file(self, name: str) -> Path | None:
        if not self.values[name]:
            return None
        path = Path(self.values[name]).expanduser()
        if not path.is_file():
            self.problems.append(f"{name} names {path}, and there is no such file.")
        return path

    def networks(self, name: str) -> tuple[str, ...]:
        items = tuple(item.strip() for item in self.values[name].split(",") if item.strip())
        for item in items:
            if not _is(ipaddress.ip_network, item):
                self.problems.append(
                    f"{name} has {item!r}, which is no address or network such as 10.0.0.0/8."
                )
        return items


def _is(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True
