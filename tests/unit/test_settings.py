import os
from pathlib import Path

import pytest

from fedreview import settings as module
from fedreview.errors import ConfigurationError
from fedreview.settings import SETTINGS, Settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and no settings in /etc."""
    monkeypatch.chdir(tmp_path)
    etc = Path(f"{tmp_path}-etc") / "fedreview.toml"
    monkeypatch.setattr(module, "CONFIG_FILES", (Path("fedreview.toml"), etc))
    return tmp_path


def loaded(**settings: str) -> Settings:
    return Settings.load({f"FEDREVIEW_{name.upper()}": text for name, text in settings.items()})


def problems(**settings: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        loaded(**settings)
    return caught.value.problems


def problem(**settings: str) -> str:
    (only,) = problems(**settings)
    return only


def test_nothing_need_be_set(folder: Path) -> None:
    settings = Settings.load({"PATH": "/bin", "HOME": ""})

    assert settings.base_url == "http://localhost:8000"
    assert settings.data_dir == folder / "data"
    assert settings.media_dir == folder / "data" / "media"
    assert settings.database_url == f"sqlite:///{folder}/data/fedreview.sqlite3"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.trusted_proxies == ("127.0.0.1", "::1")
    assert settings.ca_file is None
    assert not settings.allow_private_network
    assert not settings.is_https
    assert settings.catalogues == ()
    assert (settings.log_format, settings.log_level) == ("console", "info")


def test_the_environment_wins_over_the_file(folder: Path) -> None:
    (folder / "fedreview.toml").write_text('port = 8001\nhost = "::1"\n')

    settings = loaded(port="8002")

    assert (settings.host, settings.port) == ("::1", 8002)


def test_only_the_first_file_is_read(folder: Path) -> None:
    other = module.CONFIG_FILES[1]
    other.parent.mkdir()
    other.write_text('port = 8001\nlog_level = "debug"\n')
    assert loaded().port == 8001

    (folder / "fedreview.toml").write_text("port = 8003\n")

    assert (loaded().port, loaded().log_level) == (8003, "info")


def test_a_named_file_is_read_instead_of_those_that_are_looked_for(folder: Path) -> None:
    (folder / "fedreview.toml").write_text("port = 8001\n")
    (folder / "mine.toml").write_text("port = 8002\n")

    assert loaded(config="mine.toml").port == 8002


def test_a_file_may_use_the_types_of_toml_and_the_ends_of_windows(folder: Path) -> None:
    text = (
        'allow_private_network = true\r\nport = 8001\r\ntrusted_proxies = ["10.0.0.1", "::1"]\r\n'
    )
    (folder / "fedreview.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())

    settings = loaded()

    assert settings.allow_private_network
    assert settings.port == 8001
    assert settings.trusted_proxies == ("10.0.0.1", "::1")


def test_false_in_a_file_is_off(folder: Path) -> None:
    (folder / "fedreview.toml").write_text("allow_private_network = false\n")

    assert not loaded().allow_private_network


def test_a_file_that_is_named_must_be_there() -> None:
    assert problem(config="no.toml") == "FEDREVIEW_CONFIG names no.toml, and there is no such file."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"port =\n", "fedreview.toml is no TOML"),
        (b"host = '\xff'\n", "fedreview.toml is not UTF-8"),
        (b"colour = 'red'\n", "'colour', which is no setting; see docs/settings.md."),
        (b"baseurl = 'x'\n", "'baseurl', which is no setting: do you mean base_url?"),
        (b"config = 'x'\n", "'config', which is no setting"),
        (b"[host]\nname = 'x'\n", "host must be one value, or a list."),
        (b"port = 8000.5\n", "FEDREVIEW_PORT must be a port from 1 to 65535, not '8000.5'."),
    ],
)
def test_what_is_wrong_with_a_file_is_said(folder: Path, content: bytes, said: str) -> None:
    (folder / "fedreview.toml").write_bytes(content)

    assert any(said in each for each in problems())


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_current_folder_of_somebody_else_is_passed_over(folder: Path) -> None:
    (folder / "fedreview.toml").write_text("port = 8001")
    folder.chmod(0o700)

    os.seteuid(65534)
    try:
        settings = Settings.load({"FEDREVIEW_DATA_DIR": "/var/lib/fedreview"})
    finally:
        os.seteuid(0)

    assert settings.port == 8000


def test_a_folder_is_no_settings_file(folder: Path) -> None:
    (folder / "fedreview.toml").mkdir()

    assert problem() == "The settings file fedreview.toml cannot be read: Is a directory."


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = problems(
        base_url="reviews.example",
        data_dir="",
        database_url="mysql://anna:hunter2@host/name",
        host="",
        port="http",
        trusted_proxies="proxy, 10.0.0.1/8",
        ca_file="no.pem",
        allow_private_network="maybe",
        inbox_limit_bytes="1",
        inbox_per_minute="0",
        queue_limit="many",
        upload_limit_bytes="-1",
        avatar_cache_bytes="much",
        copy_cache_bytes="more",
        page_cache_bytes="all of it",
        keep_posts_days="a week",
        catalogues="wikidata, library of babel",
        smtp_url="http://mail.example",
        mail_from="notices",
        log_format="xml",
        log_level="loud",
        colour="red",
    )

    for setting in SETTINGS[:-1]:
        assert any(each.startswith(setting.name) for each in found), setting.name
    assert "FEDREVIEW_COLOUR is no setting; see docs/settings.md." in found
    assert sum(each.startswith("FEDREVIEW_TRUSTED_PROXIES") for each in found) == 2
    assert (
        "FEDREVIEW_CATALOGUES has 'library of babel'; it may have openlibrary, wikidata, anilist, "
        "musicbrainz."
    ) in found
    assert not any("hunter2" in each for each in found)


def test_a_misspelt_setting_is_recognised() -> None:
    assert (
        problem(baseurl="x") == "FEDREVIEW_BASEURL is no setting: do you mean FEDREVIEW_BASE_URL?"
    )


def test_settings_of_the_tests_are_nobodys_mistake() -> None:
    assert loaded(test_postgresql_url="x").port == 8000


@pytest.mark.parametrize("text", ["on", "YES", "true", "1"])
def test_a_switch_can_be_turned_on_in_several_words(text: str) -> None:
    assert loaded(allow_private_network=text).allow_private_network


@pytest.mark.parametrize("text", ["off", "No", "false", "0", ""])
def test_a_switch_can_be_turned_off_in_several_words(text: str) -> None:
    assert not loaded(allow_private_network=text).allow_private_network


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://reviews.example", "https://reviews.example"),
        (" HTTPS://Reviews.Example// ", "https://reviews.example"),
        ("https://reviews.example:443", "https://reviews.example"),
        ("http://reviews.example:80", "http://reviews.example"),
        ("https://reviews.example:8443", "https://reviews.example:8443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://fedreview_web:8000", "http://fedreview_web:8000"),
        ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
    ],
)
def test_a_base_url_is_kept_as_other_servers_write_it(text: str, kept: str) -> None:
    assert loaded(base_url=text).base_url == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "reviews.example",
        "https://",
        "ftp://reviews.example",
        "https://anna:hunter2@reviews.example",
        "https://reviews example",
        "https://reviews.example.",
        "https://.example",
        "https://reviews.example:",
        "https://reviews.example:0",
        "https://reviews.example:99999",
        "https://reviews.example:https",
        "https://reviews\\example",
        "https://reviews%20example",
        "http://[::1",
        "http://[::zz]",
    ],
)
def test_what_is_no_base_url_is_refused(text: str) -> None:
    said = problem(base_url=text)

    assert said.startswith("FEDREVIEW_BASE_URL must look like https://reviews.example")
    assert "hunter2" not in said


@pytest.mark.parametrize("end", ["/folder", "/a/b", "?", "?a=b", "#", "#top"])
def test_a_site_cannot_live_in_a_folder(end: str) -> None:
    assert "the site cannot live in a folder" in problem(base_url=f"https://reviews.example{end}")


def test_a_base_url_must_be_written_as_the_dns_does() -> None:
    assert "as xn--…" in problem(base_url="https://münchen.example")


def test_a_data_folder_may_have_any_name(folder: Path) -> None:
    settings = loaded(data_dir="what? 100% #1")

    assert settings.data_dir == folder / "what? 100% #1"
    assert settings.database_url == (
        f"sqlite:///{folder}/what%3F%20100%25%20%231/fedreview.sqlite3"
    )


def test_a_tilde_is_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder / "anna"))

    assert loaded(data_dir="~/site").data_dir == folder / "anna" / "site"


def test_a_home_that_is_not_known_is_a_problem() -> None:
    assert "has no home" in problem(data_dir="~nobody-of-that-name/site")


def test_a_current_folder_that_is_gone_is_a_problem(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "gone").mkdir()
    monkeypatch.chdir(folder / "gone")
    (folder / "gone").rmdir()

    assert problem() == (
        "FEDREVIEW_DATA_DIR is data, but the current folder is gone: write it out."
    )


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("postgres://u:p@host/name", "postgresql+psycopg://u:p@host/name"),
        ("postgresql://u:p@host:5432/name", "postgresql+psycopg://u:p@host:5432/name"),
        ("postgresql+psycopg://u:p%40@[::1]:1/n", "postgresql+psycopg://u:p%40@[::1]:1/n"),
        ("postgresql:///name?host=/run/pg", "postgresql+psycopg:///name?host=/run/pg"),
        ("postgresql://u:p/:?#s@host/name", "postgresql+psycopg://u:p/:?#s@host/name"),
        ("sqlite:////var/lib/site.db", "sqlite:////var/lib/site.db"),
    ],
)
def test_a_database_can_be_named_in_several_ways(text: str, kept: str) -> None:
    assert loaded(database_url=text).database_url == kept


@pytest.mark.parametrize(
    "text",
    [
        "mysql://anna:hunter2@host/name",
        "postgresql+asyncpg://anna:hunter2@host/name",
        "postgres://anna:hunter2@hunter2@host/name",
        "postgres://anna:hunter2@host:port/name",
        "postgres://anna:hunter2@host:/name",
        "postgres://anna:hunter2@[::1/name",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///?cache=shared",
    ],
)
def test_a_database_that_cannot_be_used_is_refused_without_its_password(text: str) -> None:
    said = problem(database_url=text)

    assert said.startswith("FEDREVIEW_DATABASE_URL ")
    assert "hunter2" not in said


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "+80", "8 0", "٣", "9" * 5000])
def test_what_is_no_port_is_refused_in_a_short_line(text: str) -> None:
    said = problem(port=text)

    assert said.startswith("FEDREVIEW_PORT must be a port from 1 to 65535, not ")
    assert len(said) < 120


def test_proxies_may_be_networks_and_none(folder: Path) -> None:
    assert loaded(trusted_proxies="10.0.0.0/8 , fd00::/64,").trusted_proxies == (
        "10.0.0.0/8",
        "fd00::/64",
    )
    assert loaded(trusted_proxies="").trusted_proxies == ()


def test_a_file_with_certificates_must_be_there(folder: Path) -> None:
    (folder / "ca.pem").write_text("")

    assert loaded(ca_file="ca.pem").ca_file == folder / "ca.pem"
    assert "there is no such file" in problem(ca_file="other.pem")


def test_a_setting_has_a_name_for_the_environment_and_one_for_the_file() -> None:
    keys = {setting.name: setting.key for setting in SETTINGS}

    assert keys["FEDREVIEW_BASE_URL"] == "base_url"
    assert all(setting.meaning.endswith(".") for setting in SETTINGS)


def test_catalogues_are_a_list_in_the_file_and_each_counts_once(folder: Path) -> None:
    (folder / "fedreview.toml").write_text('catalogues = ["AniList", "wikidata", "anilist"]\n')

    assert loaded().catalogues == ("anilist", "wikidata")
