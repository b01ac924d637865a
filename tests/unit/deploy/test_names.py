"""What deploy/ and the operating manual name exists in the program."""

import re
from pathlib import Path

import pytest

from fedreview.cli import main
from fedreview.settings import SETTINGS, Settings
from tests.proxied import DEPLOY

MANUAL = DEPLOY.parent / "docs" / "operating.md"
# As in a shell, a unit or code in prose; not "while fedreview restarts".
CALL = re.compile(r"(?:bin/|&& |exec |`|^|\[)fedreview (?!fedreview)([a-z]+)", re.MULTILINE)
FILES = [path for path in sorted(DEPLOY.rglob("*")) if path.is_file()] + [MANUAL]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_named_exists(path: Path) -> None:
    named = set(re.findall(r"FEDREVIEW_[A-Z_]+", path.read_text()))

    assert named <= {setting.name for setting in SETTINGS}


def test_the_example_of_settings_is_accepted_with_every_line_in_use() -> None:
    example = (DEPLOY / "fedreview.env.example").read_text()
    lines = re.findall(r'^#?(FEDREVIEW_[A-Z_]+)="([^"]*)"$', example, flags=re.MULTILINE)

    settings = Settings.load(dict(lines))

    assert len(lines) == len(re.findall(r"^#?FEDREVIEW", example, flags=re.MULTILINE))
    assert settings.base_url == "https://reviews.example"
    assert settings.is_https


def test_every_command_named_exists() -> None:
    words = " ".join(path.read_text() for path in FILES).replace('", "', " ").replace('["', "[")

    called = set(CALL.findall(words))

    assert {"migrate", "serve", "work", "init", "doctor"} <= called <= set(main.commands)


def test_every_file_of_deploy_named_in_the_manual_exists() -> None:
    named = set(re.findall(r"deploy/[\w./@*-]+\w", MANUAL.read_text()))

    assert named
    assert {name for name in named if not list(DEPLOY.parent.glob(name))} == set()
