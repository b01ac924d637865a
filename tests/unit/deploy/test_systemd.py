import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proxied import DEPLOY

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SANDBOX = {
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
    "ProtectSystem=strict",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "SystemCallFilter=@system-service",
}


def installed(folder: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace("/opt/fedreview/bin/fedreview", sys.executable)
        (folder / unit.name).write_text(text)


def analyse(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["systemd-analyze", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "SYSTEMD_UNIT_PATH": f"{folder}:"},
    )


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_the_unit(tmp_path: Path, unit: Path) -> None:
    installed(tmp_path)
    name = unit.name.replace("@.", "@1.")
    if name != unit.name:
        (tmp_path / unit.name).rename(tmp_path / name)

    result = analyse(tmp_path, "verify", "--man=no", f"./{name}")

    assert result.returncode == 0, result.stderr
    assert unit.stem.rstrip("@") not in result.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_unit_is_locked_in(tmp_path: Path, unit: Path) -> None:
    installed(tmp_path)

    result = analyse(tmp_path, "security", "--offline=true", "--threshold=20", f"./{unit.name}")

    assert result.returncode == 0, result.stdout + result.stderr
    assert set(unit.read_text().splitlines()) >= SANDBOX


def test_a_stop_waits_for_requests_and_deliveries_to_end() -> None:
    waiting = {unit.name for unit in UNITS if "TimeoutStopSec=30" in unit.read_text()}

    assert waiting == {"fedreview.service", "fedreview-web@.service", "fedreview-worker@.service"}
