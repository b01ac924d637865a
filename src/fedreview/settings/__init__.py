"""Read and check the configuration once, into one frozen object; every problem at once."""

import difflib
import ipaddress
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

from fedreview.errors import ConfigurationError
from fedreview.mail.relay import Relay
from fedreview.settings.addresses import (
    STANDARD_PORTS,
    base_url_problem,
    database_url_problem,
    is_readable,
    split,
)
from fedreview.settings.known import PREFIX, SETTINGS, Setting
from fedreview.settings.postal import MAIL_FROM, SMTP_URL, relay_from_text

__all__ = ["CONFIG_FILES", "SETTINGS", "Setting", "Settings"]

CONFIG_FILES = (Path("fedreview.toml"), Path("/etc/fedreview/fedreview.toml"))


_NAMES = {setting.name for setting in SETTINGS}
_YES, _NO = {"on", "yes", "true", "1"}, {"off", "no", "false", "0", ""}
_LEVELS = ("debug", "info", "warning", "error")
_FORMATS = ("console", "json")
_CATALOGUES = ("openlibrary", "wikidata", "anilist", "musicbrainz")
_LONGEST_NUMBER = 12


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
    inbox_per_minute: int
    queue_limit: int
    upload_limit_bytes: int
    avatar_cache_bytes: int
    copy_cache_bytes: int
    page_cache_bytes: int
    keep_posts_days: int
    catalogues: tuple[str, ...]
    relay: Relay | None
    log_format: str
    log_level: str

    @property
    def media_dir(self) -> Path:
        """Where pictures lie."""
        return self.data_dir / "media"

    @property
    def is_within_folder(self) -> bool:
        """Whether the database is in the data folder, as it is unless another is named."""
        return self.database_url == _within(self.data_dir)

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
        data_dir = read.folder("FEDREVIEW_DATA_DIR")
        base_url, ca_file = read.base_url(), read.file("FEDREVIEW_CA_FILE")
        settings = cls(
            base_url=base_url,
            data_dir=data_dir,
            database_url=read.database_url(data_dir),
            host=read.needed("FEDREVIEW_HOST"),
            port=read.number("FEDREVIEW_PORT", least=1, most=65535, unit="a port"),
            trusted_proxies=read.networks("FEDREVIEW_TRUSTED_PROXIES"),
            ca_file=ca_file,
            allow_private_network=read.switch("FEDREVIEW_ALLOW_PRIVATE_NETWORK"),
            inbox_limit_bytes=read.number(
                "FEDREVIEW_INBOX_LIMIT_BYTES", least=10_000, most=10**8, unit="a number of bytes"
            ),
            inbox_per_minute=read.number(
                "FEDREVIEW_INBOX_PER_MINUTE", least=1, most=10**6, unit="a number"
            ),
            queue_limit=read.number("FEDREVIEW_QUEUE_LIMIT", least=10, most=10**7, unit="a number"),
            upload_limit_bytes=read.number(
                "FEDREVIEW_UPLOAD_LIMIT_BYTES", least=10_000, most=10**9, unit="a number of bytes"
            ),
            avatar_cache_bytes=read.number(
                "FEDREVIEW_AVATAR_CACHE_BYTES", least=0, most=10**11, unit="a number of bytes"
            ),
            copy_cache_bytes=read.number(
                "FEDREVIEW_COPY_CACHE_BYTES", least=0, most=10**11, unit="a number of bytes"
            ),
            page_cache_bytes=read.number(
                "FEDREVIEW_PAGE_CACHE_BYTES", least=0, most=10**10, unit="a number of bytes"
            ),
            keep_posts_days=read.number(
                "FEDREVIEW_KEEP_POSTS_DAYS", least=0, most=36_500, unit="a number of days"
            ),
            catalogues=read.several("FEDREVIEW_CATALOGUES", _CATALOGUES),
            relay=read.relay(base_url, ca_file),
            log_format=read.choice("FEDREVIEW_LOG_FORMAT", _FORMATS),
            log_level=read.choice("FEDREVIEW_LOG_LEVEL", _LEVELS),
        )
        if problems:
            raise ConfigurationError(problems)
        return settings


def _from_file(name: str, problems: list[str]) -> dict[str, str]:
    path, text = _config_text(name, problems)
    try:
        document = tomllib.loads(text)
    except ValueError as error:
        problems.append(f"The settings file {path} is no TOML: {error}.")
        return {}
    known = {setting.key: setting.name for setting in SETTINGS if setting.key != "config"}
    problems.extend(
        f"{path} has {key!r}, which is no setting{_meant(key, known)}"
        for key in document
        if key not in known
    )
    problems.extend(
        f"{path}: {key} must be one value, or a list."
        for key, value in document.items()
        if key in known and isinstance(value, dict)
    )
    return {known[key]: _text(value) for key, value in document.items() if key in known}


def _config_text(name: str, problems: list[str]) -> tuple[Path, str]:
    """Read the file that was named, else the first that is there; "" when there is none."""
    for path in (Path(name),) if name else CONFIG_FILES:
        try:
            # Editors on Windows begin a file with a mark that TOML does not know.
            return path, path.read_text(encoding="utf-8-sig")
        except (FileNotFoundError, NotADirectoryError):
            if name:
                problems.append(f"FEDREVIEW_CONFIG names {path}, and there is no such file.")
        except UnicodeDecodeError:
            problems.append(f"The settings file {path} is not UTF-8: save it as UTF-8.")
            return path, ""
        except OSError as error:
            if not name and not path.is_absolute() and _is_shut(path.parent):
                # Root became the site's user there: what is in root's folder is not meant.
                continue
            problems.append(f"The settings file {path} cannot be read: {error.strerror}.")
            return path, ""
    return Path(name), ""


def _is_shut(folder: Path) -> bool:
    """Tell whether not even the names of what is in a folder can be looked up."""
    try:
        (folder / "any").stat()
    except PermissionError:
        return True
    except OSError:
        pass
    return False


def _meant(name: str, known: Iterable[str]) -> str:
    # Without what all have in common: else everything is near to everything.
    endings = {each.removeprefix(PREFIX): each for each in known}
    near = difflib.get_close_matches(name.removeprefix(PREFIX), endings, n=1, cutoff=0.75)
    return f": do you mean {endings[near[0]]}?" if near else "; see docs/settings.md."


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return str(value).strip()


def _from_environment(environment: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    problems.extend(
        f"{name} is no setting{_meant(name, _NAMES)}"
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
        parts, port = split(text)
        problem = base_url_problem(text, parts)
        if problem:
            self.problems.append(f"FEDREVIEW_BASE_URL {problem}")
        elif parts and port == STANDARD_PORTS[parts.scheme]:
            # Browsers and other servers leave it out, and would take ids with it for foreign.
            return text.removesuffix(f":{port}")
        return text

    def database_url(self, data_dir: Path) -> str:
        text = self.values["FEDREVIEW_DATABASE_URL"]
        if not text:
            return _within(data_dir)
        if text.startswith(("postgresql://", "postgres://")):
            text = f"postgresql+psycopg://{text.partition('://')[2]}"
        problem = database_url_problem(text)
        if problem:
            self.problems.append(f"FEDREVIEW_DATABASE_URL {problem}")
        return text

    def needed(self, name: str) -> str:
        if not self.values[name]:
            self.problems.append(f"{name} is empty: give it a value, or leave it out.")
        return self.values[name]

    def folder(self, name: str) -> Path:
        path = Path(self.needed(name))
        try:
            return path.expanduser().absolute()
        except RuntimeError:
            self.problems.append(f"{name} is {path}, and that user has no home: write it out.")
        except FileNotFoundError:
            self.problems.append(f"{name} is {path}, but the current folder is gone: write it out.")
        return path

    def number(self, name: str, *, least: int, most: int, unit: str) -> int:
        text = self.values[name]
        is_number = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER
        if not (is_number and least <= int(text) <= most):
            self.problems.append(f"{name} must be {unit} from {least} to {most}, not {_cut(text)}.")
            return least
        return int(text)

    def switch(self, name: str) -> bool:
        text = self.values[name].lower()
        if text not in _YES | _NO:
            self.problems.append(f"{name} must be on or off, not {_cut(text)}.")
        return text in _YES

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        text = self.values[name].lower()
        if text not in choices:
            self.problems.append(f"{name} must be one of {', '.join(choices)}, not {_cut(text)}.")
        return text

    def several(self, name: str, choices: tuple[str, ...]) -> tuple[str, ...]:
        items = [item.strip() for item in self.values[name].lower().split(",") if item.strip()]
        self.problems.extend(
            f"{name} has {_cut(item)}; it may have {', '.join(choices)}."
            for item in items
            if item not in choices
        )
        return tuple(dict.fromkeys(items))

    def file(self, name: str) -> Path | None:
        if not self.values[name]:
            return None
        path = self.folder(name)
        if not os.path.isfile(path):  # noqa: PTH113  (Path.is_file raises where nothing may be read)
            self.problems.append(f"{name} names {path}, and there is no such file.")
        return path

    def relay(self, base_url: str, ca_file: Path | None) -> Relay | None:
        url, sender = self.values[SMTP_URL], self.values[MAIL_FROM]
        host = base_url.partition("://")[2].partition(":")[0]
        return relay_from_text(url, sender, host=host, ca_file=ca_file, problems=self.problems)

    def networks(self, name: str) -> tuple[str, ...]:
        items = tuple(item.strip() for item in self.values[name].split(",") if item.strip())
        for item in items:
            if not is_readable(ipaddress.ip_network, item):
                self.problems.append(
                    f"{name} has {item!r}, which is no address or network such as 10.0.0.0/8."
                )
        return items


def _within(data_dir: Path) -> str:
    # Quoted, because a ? would begin the options.
    return f"sqlite:///{quote(str(data_dir / 'fedreview.sqlite3'))}"


def _cut(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
