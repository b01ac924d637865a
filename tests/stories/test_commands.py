"""The command, as whoever runs a site meets it: by day, and at three in the morning."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from sqlalchemy import NullPool, create_engine, make_url, text

from fedreview.cli import main
from tests.databases import Postgresql
from tests.servers import LOG_SHOWN, eventually, free_port

PASSWORD = "correct horse battery staple"
REVIEW = "---\ntitle: Stalker\nrating: 9\n---\nNobody hurries.\n"
STOPPED_WITHIN = 20.0

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and no settings but the trial's."""
    for name in [name for name in os.environ if name.startswith("FEDREVIEW_")]:
        if not name.startswith("FEDREVIEW_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    def run(*arguments: str, typed: str | bytes = "", **settings: str) -> Result:
        given = {f"FEDREVIEW_{name.upper()}": text for name, text in settings.items()}
        return CliRunner().invoke(main, arguments, input=typed, env=given)

    return run


@pytest.fixture(scope="session")
def site_with_author(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder to copy, set up as http://localhost:8000, where anna writes."""
    data = tmp_path_factory.mktemp("commands") / "data"
    given = {"FEDREVIEW_DATA_DIR": str(data)}
    for arguments in (["init"], ["user", "create", "anna", "--password-stdin"]):
        done = CliRunner().invoke(main, arguments, input=f"{PASSWORD}\n", env=given)
        assert done.exit_code == 0, done.output
    return data


@pytest.fixture
def site(folder: Path, site_with_author: Path) -> Path:
    """The data folder of a site with one author, in the current folder."""
    return Path(shutil.copytree(site_with_author, folder / "data"))


def changed(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(data / "fedreview.sqlite3")) as connection, connection:
        connection.execute(statement)


def one_line(result: Result) -> str:
    """Give the one line that a command failed with."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.stdout == ""
    assert result.stderr.startswith("✗ ")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("✗ ").rstrip("\n")


def reviews(data: Path) -> int:
    with closing(sqlite3.connect(data / "fedreview.sqlite3")) as connection:
        (count,) = connection.execute("SELECT count(*) FROM reviews").fetchone()
    return int(count)


def test_a_site_with_sqlite_holds_nothing_of_postgresql_in_memory() -> None:
    code = "import sys, fedreview.app; print([n for n in sys.modules if '.postgresql' in n])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_the_command_explains_itself_without_loading_a_server(folder: Path) -> None:
    names = "'fedreview.app', 'sqlalchemy', 'uvicorn', 'asyncio', 'structlog'"
    code = f"import sys, fedreview.cli; print([n for n in [{names}] if n in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "arguments",
    [[], ["serve"], ["work"], ["init"], ["migrate"], ["doctor"], ["demo"], ["publish"], ["user"]],
)
def test_help_is_there_for_every_command(run: Run, arguments: list[str]) -> None:
    result = run(*arguments, "--help")

    assert result.exit_code == 0
    assert "Usage: " in result.stdout


def test_a_new_site_is_one_line_and_can_be_made_again(run: Run, folder: Path) -> None:
    first, again = run("init"), run("init")

    assert first.output == f"✓ Ready in {folder}/data, for http://localhost:8000\n"
    assert again.output == first.output
    assert (folder / "data" / "media").is_dir()


def test_nobody_else_on_the_machine_may_look_into_the_data(run: Run, folder: Path) -> None:
    run("init")

    assert (folder / "data").stat().st_mode & 0o077 == 0


def test_a_data_folder_may_have_any_name(run: Run, folder: Path) -> None:
    result = run("init", data_dir="what? 100% #1 [/]")

    assert result.output == (f"✓ Ready in {folder}/what? 100% #1 [/], for http://localhost:8000\n")
    assert (folder / "what? 100% #1 [/]" / "fedreview.sqlite3").is_file()


@pytest.mark.parametrize("command", ["init", "migrate", "serve", "work", "doctor", "demo"])
def test_every_problem_with_the_settings_is_said_by_every_command(
    run: Run, command: str, folder: Path
) -> None:
    result = run(command, port="[/]", log_level="loud", colour="red")

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "✗ FEDREVIEW_COLOUR is no setting; see docs/settings.md.",
        "✗ FEDREVIEW_PORT must be a port from 1 to 65535, not '[/]'.",
        "✗ FEDREVIEW_LOG_LEVEL must be one of debug, info, warning, error, not 'loud'.",
    ]
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("file", "it is no folder"),
        ("file/below", "Not a directory"),
        ("a" * 300, "File name too long"),
    ],
)
def test_a_data_folder_that_cannot_be_is_said(
    run: Run, folder: Path, place: str, reason: str
) -> None:
    (folder / "file").touch()

    said = one_line(run("init", data_dir=place))

    assert said.startswith(f"FEDREVIEW_DATA_DIR is {folder}/{place}, where nothing can be written")
    assert said.endswith(f": {reason}.")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_data_folder_of_somebody_else_is_said(run: Run, folder: Path) -> None:
    (folder / "data").mkdir(mode=0o500)

    said = one_line(run("init"))

    assert "where nothing can be written: Permission denied. Run as root: chown" in said


@pytest.mark.parametrize("arguments", [["serve"], ["work"], ["demo"], ["user", "create", "anna"]])
def test_a_site_that_was_never_made_is_to_be_made(
    run: Run, folder: Path, arguments: list[str]
) -> None:
    said = one_line(run(*arguments, port=str(free_port())))

    assert said == (
        f"There is no site here yet. FEDREVIEW_DATA_DIR is {folder}/data: if that is right, "
        "run: fedreview init"
    )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("command", ["init", "migrate", "serve", "work", "demo"])
def test_a_database_of_a_newer_version_is_left_alone(run: Run, site: Path, command: str) -> None:
    changed(site, "UPDATE alembic_version SET version_num = 'from_the_future'")

    said = one_line(run(command, port=str(free_port())))

    assert said.startswith("The database belongs to a newer version of fedreview: install that")


@pytest.mark.parametrize(
    "arguments",
    [
        ["init"],
        ["migrate"],
        ["serve"],
        ["work"],
        ["demo"],
        ["publish", "review.md"],
        ["user", "password", "anna"],
    ],
)
def test_a_site_does_not_run_under_another_name(
    run: Run, site: Path, folder: Path, arguments: list[str]
) -> None:
    (folder / "review.md").write_text(REVIEW)

    said = one_line(run(*arguments, base_url="https://other.example", port=str(free_port())))

    assert said.startswith("FEDREVIEW_BASE_URL is https://other.example, but this site was set up")


@pytest.mark.parametrize("command", ["init", "migrate", "serve", "work", "demo"])
def test_a_file_that_is_no_database_is_said(run: Run, site: Path, command: str) -> None:
    (site / "fedreview.sqlite3").write_bytes(b"no database" * 1000)

    said = one_line(run(command, port=str(free_port())))

    assert said == "The database file is damaged: restore it from a backup."


def test_a_database_that_cannot_be_opened_is_said(run: Run, site: Path) -> None:
    (site / "fedreview.sqlite3").unlink()
    (site / "fedreview.sqlite3").mkdir()

    assert one_line(run("migrate")).startswith("The database file cannot be opened: this user")


def test_a_table_that_is_gone_is_said_without_the_statement(
    run: Run, site: Path, folder: Path
) -> None:
    changed(site, "DROP TABLE reviews")
    (folder / "review.md").write_text(REVIEW)

    said = one_line(run("publish", "review.md"))

    assert said == "The database does not work: no such table: reviews."


def test_a_database_that_another_program_holds_is_said(
    run: Run, site: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedreview.storage.database._BUSY_MILLISECONDS", 50)
    (folder / "review.md").write_text(REVIEW)

    with closing(sqlite3.connect(site / "fedreview.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        published, examined = run("publish", "review.md"), run("doctor")

    assert one_line(published).startswith("The database is locked: another program writes to it")
    assert "✗ The database is locked" in examined.stdout
    assert reviews(site) == 0


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://anna:hunter2@127.0.0.1:1/site", "Connection refused"),
        ("postgresql://anna:hunter2@[::1]:1/site", "PostgreSQL cannot be reached"),
        ("postgresql://anna:hunter2@/site?host=/nowhere", "No such file or directory"),
        ("postgresql://anna:hunter2@127.0.0.1:1/site?colour=red", "invalid connection option"),
    ],
)
@pytest.mark.parametrize("command", ["init", "serve"])
def test_a_postgresql_that_is_not_there_is_said_without_the_password(
    run: Run, url: str, said: str, command: str
) -> None:
    line = one_line(run(command, database_url=url, port=str(free_port())))

    assert said in line
    assert "hunter2" not in line


def test_a_postgresql_that_knows_nothing_of_the_site_is_said(
    run: Run, postgresql: Postgresql, folder: Path
) -> None:
    (folder / "review.md").write_text(REVIEW)
    with postgresql.fresh(migrated=False) as url:
        nowhere = make_url(url).set(database="of_nobody").render_as_string(hide_password=False)

        lines = [
            one_line(run("init", database_url=nowhere)),
            one_line(run("publish", "review.md", database_url=url)),
        ]

    assert 'database "of_nobody" does not exist' in lines[0]
    assert lines[1] == (
        "There is no site here yet. FEDREVIEW_DATABASE_URL names an empty database: if that is "
        "right, run: fedreview init"
    )


def test_a_postgresql_that_cannot_hold_a_site_is_said(
    run: Run, postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedreview.storage.schema._OLDEST_POSTGRESQL", 99)
    with postgresql.fresh(migrated=False, options="ENCODING 'LATIN1' LOCALE 'C'") as url:
        said = run("init", database_url=url).stderr.splitlines()

    assert said[0].endswith("fedreview needs 99 or newer.")
    assert said[1].startswith("✗ The database can hold LATIN1 only, and not every letter.")


def test_a_site_on_postgresql_is_made_and_written_to(
    run: Run, empty_postgresql_url: str, folder: Path
) -> None:
    (folder / "review.md").write_text(REVIEW)

    for arguments in (["init"], ["migrate"], ["user", "create", "anna", "--password-stdin"]):
        done = run(*arguments, typed=f"{PASSWORD}\n", database_url=empty_postgresql_url)
        assert done.exit_code == 0, done.output
    published = run("publish", "review.md", database_url=empty_postgresql_url)

    assert published.output == "✓ http://localhost:8000/reviews/stalker\n"


def test_a_table_that_postgresql_lacks_is_said_without_the_statement(
    run: Run, postgresql_url: str, folder: Path
) -> None:
    run("init", database_url=postgresql_url)
    engine = create_engine(postgresql_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE authors CASCADE"))
    (folder / "review.md").write_text(REVIEW)

    said = one_line(run("publish", "review.md", database_url=postgresql_url))

    assert said.startswith('PostgreSQL refuses: relation "authors" does not exist')
    assert "SELECT" not in said


def test_an_author_is_made_once(run: Run, site: Path) -> None:
    made = run("user", "create", "@Bob", "--password-stdin", typed=f"{PASSWORD}\n")
    again = run("user", "create", "bob", "--password-stdin", typed=f"{PASSWORD}\n")

    assert made.output == "✓ @bob@localhost:8000 can sign in.\n"
    assert one_line(again) == "username: There is an author bob already."


@pytest.mark.parametrize("name", ["admin", "änna", "a b", "", "a" * 31])
def test_a_name_that_cannot_be_is_refused(run: Run, site: Path, name: str) -> None:
    made = run("user", "create", name, "--password-stdin", typed=f"{PASSWORD}\n")

    assert one_line(made).startswith("username: ")


@pytest.mark.parametrize("typed", ["short\n", "", b"long enough \xff password\n"])
def test_a_password_that_cannot_be_is_refused(run: Run, site: Path, typed: str | bytes) -> None:
    made = run("user", "create", "bob", "--password-stdin", typed=typed)

    assert one_line(made).startswith("password: ")


def test_a_password_is_asked_for_twice(run: Run, site: Path) -> None:
    made = run("user", "create", "bob", typed=f"{PASSWORD}\n{PASSWORD}\n")

    assert made.exit_code == 0
    assert "@bob@localhost:8000 can sign in." in made.output
    assert PASSWORD not in made.output


def test_a_forgotten_password_is_replaced(run: Run, site: Path) -> None:
    result = run("user", "password", "@Anna", "--password-stdin", typed="another good one\n")

    assert result.output == "✓ anna can sign in with the new password.\n"


def test_an_author_that_is_not_there_is_said(run: Run, site: Path, folder: Path) -> None:
    (folder / "review.md").write_text(REVIEW)

    for arguments in (["user", "password", "bob"], ["publish", "review.md", "--author", "bob"]):
        assert one_line(run(*arguments)) == "There is no author bob. There is: anna."


def test_without_an_author_nobody_writes(run: Run, folder: Path) -> None:
    run("init")
    (folder / "review.md").write_text(REVIEW)

    for arguments in (["publish", "review.md"], ["demo"], ["user", "password", "anna"]):
        said = one_line(run(*arguments))
        assert said == "There is no author yet. Run: fedreview user create NAME"


def test_of_two_authors_one_must_be_named(run: Run, site: Path, folder: Path) -> None:
    run("user", "create", "bob", "--password-stdin", typed=f"{PASSWORD}\n")
    (folder / "review.md").write_text(REVIEW)

    unsaid = run("publish", "review.md")
    said = run("publish", "review.md", "--author", "@Bob")

    assert one_line(unsaid) == "Say who writes, with --author: anna, bob."
    assert said.output == "✓ http://localhost:8000/reviews/stalker\n"


@pytest.mark.parametrize(
    "content",
    [
        REVIEW.encode(),
        REVIEW.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + REVIEW.encode(),
    ],
    ids=["unix", "windows", "byte order mark"],
)
def test_a_file_is_published_whichever_editor_wrote_it(
    run: Run, site: Path, folder: Path, content: bytes
) -> None:
    (folder / "review.md").write_bytes(content)

    result = run("publish", "review.md", "--json")

    told = json.loads(result.stdout)
    assert told["url"] == "http://localhost:8000/reviews/stalker"
    assert told["id"].startswith("http://localhost:8000/ap/reviews/")


def test_a_file_is_published_with_its_cover(run: Run, site: Path, folder: Path) -> None:
    (folder / "reviews").mkdir()
    Image.new("RGB", (40, 60)).save(folder / "reviews" / "cover.png")
    text = REVIEW.replace("rating: 9", "cover: cover.png")
    (folder / "reviews" / "review.md").write_text(text)

    result = run("publish", "reviews/review.md")

    assert result.exit_code == 0, result.output
    assert sorted(path.suffix for path in (site / "media").iterdir()) == [".jpg", ".webp"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "front matter: Begin the file with a line ---"),
        (b"no front matter", "front matter: Begin the file with a line ---"),
        (b"---\ntitle: [a\n---\nx\n", "front matter: It is not YAML in line 2: expected ',' or"),
        (b"---\na: 1\n\tb: 2\n---\nx\n", "front matter: It is not YAML in line 3: found character"),
        (b"---\ntitle: \x07\n---\nx\n", "front matter: It is not YAML"),
        (b"---\ntitle: " + b"[" * 2_000 + b"\n---\nx\n", "front matter: It is not YAML"),
        (b"---\n- title\n---\nx\n", "front matter: Write `field: value`, one on each line."),
        (b"---\ntitle: A\n'[/]': 1\n---\nx\n", "[/]: There is no such field."),
        (b"---\ntitle: {a: b}\n---\nx\n", "title: Write one value, or a list."),
        (b'---\ntitle: "\\ud800"\n---\nx\n', "title: There is a character in it that cannot be"),
        (b"---\ntitle: A\n---\nx\0y\n", "body: There is a character in it that cannot be stored."),
        (b"---\ntitle: A\n---\n" + b"x" * 300_000, "body: Use at most 200,000 characters"),
        (b"---\ntitle: A\n---\n" + b"x" * 3_000_000, "review.md has more than 2 MB"),
        (b"\xff\xfe-\0-\0-\0", "review.md is not text in UTF-8: save it as UTF-8."),
        (b"---\ntitle: A\ncover: '[/]'\n---\nx\n", "cover: There is no file [/]"),
        (b"---\ntitle: A\ncover: .\n---\nx\n", "cover: There is no file ."),
        (b'---\ntitle: A\ncover: "a\\0b"\n---\nx\n', "cover: There is no file a�b"),
        (b"---\ntitle: A\ncover: " + b"a" * 900 + b"\n---\nx\n", "cover: aaa"),
        (b"---\ntitle: A\ncover: review.md\n---\nx\n", "cover: That is no JPEG, PNG, WebP, GIF"),
    ],
)
def test_a_file_that_cannot_be_published_is_said(
    run: Run, site: Path, folder: Path, content: bytes, said: str
) -> None:
    (folder / "review.md").write_bytes(content)

    assert one_line(run("publish", "review.md")).startswith(said)
    assert reviews(site) == 0


def test_every_field_that_is_wrong_is_said(run: Run, site: Path, folder: Path) -> None:
    (folder / "review.md").write_text("---\nkind: opera\nyear: 20\nrating: 11\n---\n")

    result = run("publish", "review.md")

    assert result.exit_code == 1
    assert {line.split(":")[0] for line in result.stderr.splitlines()} == {
        "✗ kind",
        "✗ title",
        "✗ year",
        "✗ rating",
        "✗ body",
    }


def test_a_cover_that_the_form_would_refuse_is_refused(run: Run, site: Path, folder: Path) -> None:
    (folder / "cover.png").write_bytes(b"x" * 20_000)
    (folder / "review.md").write_text(REVIEW.replace("rating: 9", "cover: cover.png"))

    said = one_line(run("publish", "review.md", upload_limit_bytes="10000"))

    assert said == "cover: cover.png has more than 10,000 bytes (FEDREVIEW_UPLOAD_LIMIT_BYTES)."


def test_a_media_folder_that_cannot_be_is_said(run: Run, site: Path, folder: Path) -> None:
    (site / "media").rmdir()
    (site / "media").touch()
    Image.new("RGB", (40, 60)).save(folder / "cover.png")
    (folder / "review.md").write_text(REVIEW.replace("rating: 9", "cover: cover.png"))

    assert one_line(run("publish", "review.md")) == f"{site}/media: File exists."


def test_a_file_without_certificates_is_said(run: Run, site: Path, folder: Path) -> None:
    (folder / "ca.pem").write_text("no certificate\n")

    said = one_line(run("migrate", ca_file="ca.pem"))

    assert said.endswith(f"no certificates can be read from {folder}/ca.pem")


def test_a_file_that_is_not_there_is_said(run: Run, site: Path) -> None:
    result = run("publish", "nowhere.md")

    assert result.exit_code == 2
    assert "File 'nowhere.md' does not exist." in result.stderr


def test_examples_fill_an_empty_site_once(run: Run, site: Path) -> None:
    filled, again = run("demo"), run("demo")

    assert filled.stdout == "✓ Look at http://localhost:8000\n"
    assert one_line(again)


def test_the_doctor_finds_nothing_wrong_inside_a_good_site(run: Run, site: Path) -> None:
    result = run("doctor", allow_private_network="on", base_url="http://localhost:8000")

    lines = result.stdout.splitlines()
    assert "".join(line[0] for line in lines) == "✓✓✓✓✓✓✓    ✓✓✗"
    assert "Is the server running, and the proxy right?" in lines[-1]
    assert result.exit_code == 1


def test_the_doctor_says_which_database_there_is(run: Run, postgresql_url: str) -> None:
    run("init")

    with create_engine(postgresql_url, poolclass=NullPool).begin() as connection:
        columns = "kind, url, site, state, failures, created_at, due_at, last_error"
        row = "'actor', 'x', 'a.example', 'waiting', 0, now(), now(), ''"
        connection.execute(text(f"INSERT INTO errands ({columns}) VALUES ({row})"))

    on_sqlite, on_postgresql = run("doctor"), run("doctor", database_url=postgresql_url)

    assert re.search(r"The database is SQLite 3\.\d+\.\d+\.\n", on_sqlite.output)
    said = r"The database is PostgreSQL \d+\.\d+\. Workers alive: 0\."
    assert re.search(said, on_postgresql.output)
    assert "✗ Waiting: 1, and no worker is there to do it." in on_postgresql.output


def test_the_doctor_says_what_to_do_about_a_site_without_an_author(run: Run) -> None:
    run("init")

    result = run("doctor")

    assert "✗ There is no author. Run: fedreview user create NAME" in result.stdout
    assert "✗ FEDREVIEW_BASE_URL is http://localhost:8000, not https" in result.stdout
    assert result.exit_code == 1


def test_the_doctor_says_what_to_do_about_a_database_that_is_not_ready(
    run: Run, folder: Path
) -> None:
    run("init")
    changed(folder / "data", "UPDATE alembic_version SET version_num = '632161f08737'")

    result = run("doctor")

    assert result.stdout.endswith("Run: fedreview migrate\n")
    assert result.exit_code == 1


def test_the_doctor_makes_nothing_where_there_is_no_site(run: Run, folder: Path) -> None:
    result = run("doctor")

    assert "There is no site here yet." in result.stderr
    assert result.exit_code == 1
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("number", "is_said"), [(19, False), (20, True)])
def test_the_doctor_says_when_little_can_be_fetched(
    run: Run, site: Path, number: int, is_said: bool
) -> None:
    columns = "kind, url, site, state, failures, created_at, due_at, last_error"
    row = "'actor', value, 'a.example', 'given up', 4, '2026-01-01', '2026-01-01', 'no answer'"
    numbers = f"WITH RECURSIVE n(value) AS (SELECT 1 UNION SELECT value + 1 FROM n LIMIT {number})"
    changed(site, f"{numbers} INSERT INTO errands ({columns}) SELECT {row} FROM n")

    result = run("doctor")

    said = f"{number} things could not be fetched from other servers"
    assert (said in result.stdout) is is_said


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE alembic_version SET version_num = 'new'", "✗ The database belongs to a newer"),
        ("UPDATE keys SET actor = 'https://a.example/actor'", "✗ FEDREVIEW_BASE_URL is"),
        ("DROP TABLE authors", "✗ The database does not work: no such table: authors."),
    ],
)
def test_the_doctor_goes_on_to_the_end(run: Run, site: Path, statement: str, said: str) -> None:
    changed(site, statement)

    result = run("doctor")

    assert said in result.output
    assert result.exit_code == 1


def test_a_terminal_without_our_letters_shows_others(run: Run, site: Path, folder: Path) -> None:
    (folder / "review.md").write_text(REVIEW)

    result = CliRunner(charset="ascii").invoke(main, ["publish", "review.md"])

    assert result.exit_code == 0
    assert result.output == "? http://localhost:8000/reviews/stalker\n"


def test_a_port_that_is_taken_is_said_and_the_set_up_link_stays_good(
    run: Run, folder: Path
) -> None:
    run("init")
    changed(folder / "data", "INSERT INTO settings VALUES ('setup_token_hash', 'before')")

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = one_line(run("serve", "--port", str(port)))

    assert said.startswith(f"Nobody can listen on port {port} of 127.0.0.1: Address already in use")
    with closing(sqlite3.connect(folder / "data" / "fedreview.sqlite3")) as connection:
        assert connection.execute(
            "SELECT value FROM settings WHERE name = 'setup_token_hash'"
        ).fetchall() == [("before",)]


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "192.0.2.1"])
def test_an_address_of_somebody_else_is_said(run: Run, site: Path, host: str) -> None:
    said = one_line(run("serve", "--host", host))

    assert said.startswith(f"Nobody can listen on port 8000 of {host}: ")


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_what_is_no_port_is_refused(run: Run, site: Path, port: str) -> None:
    result = run("serve", "--port", port)

    assert result.exit_code == 2
    assert "Invalid value for '--port'" in result.stderr


class Process:
    """A command that runs until a signal."""

    def __init__(self, *arguments: str, **settings: str) -> None:
        self.port = free_port()
        self._log = Path("process.log").open("w+b")  # noqa: SIM115  (closed in `end`)
        given = {f"FEDREVIEW_{name.upper()}": text for name, text in settings.items()}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fedreview", *arguments],
            env={"PATH": os.environ["PATH"], "FEDREVIEW_PORT": str(self.port), **given},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    @property
    def said(self) -> str:
        return Path("process.log").read_text()[-LOG_SHOWN:]

    def is_healthy(self, host: str = "127.0.0.1") -> bool:
        assert self._process.poll() is None, self.said
        try:
            return httpx.get(f"http://{host}:{self.port}/healthz").is_success
        except httpx.TransportError:
            return False

    def tell(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self, number: signal.Signals) -> int:
        self._process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        try:
            return self._process.wait(STOPPED_WITHIN)
        finally:
            self._process.kill()
            self._process.wait()
            self._log.close()


@pytest.fixture
def started(folder: Path) -> Iterator[Callable[..., Process]]:
    processes: list[Process] = []

    def start(*arguments: str, **settings: str) -> Process:
        processes.append(Process(*arguments, **settings))
        return processes[-1]

    yield start
    for process in processes:
        process.end(signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_well_when_it_is_asked_to(
    site: Path, started: Callable[..., Process], number: signal.Signals
) -> None:
    server = started("serve")
    eventually(server.is_healthy)

    status = server.end(number)

    assert status == 0
    assert server.said.splitlines()[0] == (
        f"Serving http://localhost:8000 on 127.0.0.1:{server.port}. Stop with Ctrl+C."
    )
    assert server.said.endswith("\nStopped. What was not finished waits in the database.\n")
    assert "Traceback" not in server.said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_ends_well_when_it_is_asked_to(
    site: Path, started: Callable[..., Process], number: signal.Signals
) -> None:
    worker = started("work")
    eventually(lambda: "Working" in worker.said)

    status = worker.end(number)

    assert status == 0
    assert worker.said.startswith("Working. Stop with Ctrl+C.\n")
    assert "Traceback" not in worker.said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("command", [("work",), ("serve", "--no-worker")])
def test_a_process_that_is_asked_twice_ends_as_well(
    site: Path,
    started: Callable[..., Process],
    command: tuple[str, ...],
    number: signal.Signals,
) -> None:
    process = started(*command)
    eventually(lambda: "Stop with Ctrl+C" in process.said)

    process.tell(number)
    time.sleep(0.05)
    status = process.end(number)

    assert status == 0
    assert "Traceback" not in process.said


def test_a_server_listens_on_every_address_of_its_host(
    site: Path, started: Callable[..., Process]
) -> None:
    server = started("serve", "--no-worker", "--host", "::1")
    eventually(lambda: server.is_healthy("[::1]"))

    assert not server.is_healthy("127.0.0.1")
    assert f"on [::1]:{server.port}." in server.said


def test_a_log_for_collectors_has_nothing_but_json(
    run: Run, folder: Path, started: Callable[..., Process]
) -> None:
    run("init")
    server = started("serve", "--no-worker", log_format="json")
    eventually(server.is_healthy)
    changed(folder / "data", "DROP TABLE reviews")

    answer = httpx.get(f"http://127.0.0.1:{server.port}/")
    server.end(signal.SIGTERM)

    assert answer.status_code == 500
    entries = [json.loads(line) for line in server.said.splitlines()]
    assert "/setup?token=" in entries[2]["event"]
    assert any("no such table: reviews" in entry.get("exception", "") for entry in entries)


def test_keys_are_listed_without_their_secrets(run: Run, site: Path) -> None:
    shown = run("keys", "list")

    lines = [line.split() for line in shown.stdout.splitlines()]
    assert shown.exit_code == 0
    assert [line[:2] for line in lines[1:3]] == [["the", "site"]] * 2
    assert [[line[0], line[1], line[-1]] for line in lines[3:]] == [
        ["anna", "main-key", "signs"],
        ["anna", "ed25519-key", "signs"],
    ]
    assert "PRIVATE" not in shown.stdout


def test_keys_are_rotated_for_whom_it_is_asked(run: Run, site: Path) -> None:
    first = run("keys", "rotate", "@Anna", "anna")
    second = run("keys", "rotate", "--all")
    third = run("keys", "rotate", "--site")

    assert first.stdout == "✓ anna signs with main-key-2; nobody needs to be told.\n"
    assert second.stdout.splitlines() == [
        "✓ the site signs with main-key-2.",
        "✓ anna signs with main-key-3; nobody needs to be told.",
    ]
    assert third.stdout == "✓ the site signs with main-key-3.\n"
    shown = run("keys", "list").stdout
    assert shown.count(" signs what waits") == shown.count(" proves old posts") == 4
    assert sum(line.endswith("signs") for line in map(str.rstrip, shown.splitlines())) == 4


def test_whose_keys_are_rotated_must_be_said(run: Run, site: Path) -> None:
    done = run("keys", "rotate")

    assert done.exit_code == 2
    assert "--all" in done.stderr


def test_no_key_is_rotated_when_one_name_is_wrong(run: Run, site: Path) -> None:
    assert one_line(run("keys", "rotate", "anna", "bob")) == (
        "There is no author bob. There is: anna."
    )
    assert "main-key-2" not in run("keys", "list").stdout


def test_keys_that_somebody_else_has_are_forgotten(run: Run, site: Path) -> None:
    done = run("keys", "rotate", "anna", "--forget-old")

    assert done.exit_code == 0
    assert "fedreview user password NAME" in done.stdout
    shown = run("keys", "list").stdout
    assert sum(line.rstrip().endswith("nothing") for line in shown.splitlines()) == 2
    with closing(sqlite3.connect(site / "fedreview.sqlite3")) as connection:
        kept = connection.execute("SELECT id FROM keys WHERE private_pem != ''").fetchall()
    assert len(kept) == 4


def test_what_reviews_are_found_by_can_be_made_anew(run: Run, site: Path) -> None:
    Path("review.md").write_text(REVIEW)
    assert run("publish", "review.md").exit_code == 0
    with closing(sqlite3.connect(site / "fedreview.sqlite3")) as database:
        database.execute("DELETE FROM search_entries")
        database.commit()

    missing = run("doctor")
    rebuilt = run("search", "rebuild")

    assert "✗ The search finds 0 of 1 reviews. Run: fedreview search rebuild" in missing.stdout
    assert rebuilt.stdout == "✓ 1 of 1 reviews can be found.\n"
    assert "✓ The search finds every review." in run("doctor").stdout


def test_an_upgrade_lets_what_is_there_be_found(run: Run, site: Path) -> None:
    Path("review.md").write_text(REVIEW)
    assert run("publish", "review.md").exit_code == 0
    with closing(sqlite3.connect(site / "fedreview.sqlite3")) as database:
        database.execute("DELETE FROM search_entries")
        database.commit()

    assert run("migrate").exit_code == 0

    assert "✓ The search finds every review." in run("doctor").stdout
