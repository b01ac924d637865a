import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = [*sorted((ROOT / "scripts").iterdir()), ROOT / ".ci" / "run"]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_be_run_and_stops_at_the_first_failure(path: Path) -> None:
    lines = path.read_text().splitlines()

    assert path.stat().st_mode & 0o111
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_finds_nothing() -> None:
    paths = [*SCRIPTS, ROOT / "deploy" / "fedreview.sh"]

    result = subprocess.run(
        ["shellcheck", *map(str, paths)], capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout


def test_setup_refuses_what_it_does_not_know_in_one_line() -> None:
    result = subprocess.run(
        [ROOT / "scripts" / "setup", "--fast"], capture_output=True, text=True, check=False
    )

    assert result.returncode == 1
    assert result.stderr == "scripts/setup: usage: scripts/setup [--dev]\n"


def copied(folder: Path) -> Path:
    target = folder / "a site" / "scripts" / "setup"
    target.parent.mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "setup", target)
    shutil.copy(ROOT / "pyproject.toml", target.parents[1])
    return target


def test_setup_names_the_package_to_install_when_python_is_missing(tmp_path: Path) -> None:
    result = subprocess.run(
        [copied(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": "", "PYTHON": "python-of-nobody"},
    )

    assert result.returncode == 1
    assert result.stderr == (
        "scripts/setup: python-of-nobody is missing: apt-get install python3 python3-venv\n"
    )


def test_the_licence_named_is_the_one_in_the_box() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["license"] == "AGPL-3.0-or-later"
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in (ROOT / "LICENSE").read_text()
