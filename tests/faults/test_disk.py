"""A full disk costs nothing that was promised, and says what to do; room heals it."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.remote import RemoteServer
from tests.servers import FedreviewProcess, eventually
from tests.stories.test_forms import a_photo

pytestmark = pytest.mark.faults

SIZE = "12m"
BODY = "Nobody walks it twice.\n\n" + "A long and winding corridor. " * 300
REVIEW = {
    "kind": "film",
    "title": "The Long Corridor",
    "rating": "8.5",
    "body": BODY,
    "do": "publish",
}


class SmallDisk:
    """A file system with little room."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave room for nothing at all."""
        with self._ballast.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                return

    def mount_again(self, how: str) -> None:
        """Let it be read only, "ro", or written again, "rw"."""
        options = f"remount,{how}"
        subprocess.run(["mount", "-o", options, str(self.folder)], check=True)

    def make_room(self) -> None:
        """Take away what it was filled with."""
        self._ballast.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of its own; mounting one takes rights that not everybody has."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def site(tmp_path: Path, disk: SmallDisk) -> Iterator[FedreviewProcess]:
    """A site with its data on the small disk, and its log elsewhere."""
    (tmp_path / "beside").mkdir()
    spool = disk.folder / "temporary"
    spool.mkdir()
    where = {"FEDREVIEW_DATA_DIR": str(disk.folder / "data"), "TMPDIR": str(spool)}
    with FedreviewProcess(tmp_path / "beside", environment=where) as process:
        yield process


@pytest.fixture
def remote() -> Iterator[RemoteServer]:
    with RemoteServer() as server:
        yield server


def half_files(disk: SmallDisk) -> list[Path]:
    """List what was begun to be written and is not whole."""
    return [path for path in disk.folder.rglob(".*") if path.is_file()]


def test_a_full_disk_loses_nothing_and_room_heals_it(
    site: FedreviewProcess, disk: SmallDisk, remote: RemoteServer
) -> None:
    inbox = f"{site.actor_id}/inbox"
    with site.login() as author:
        author.headers["Accept"] = "text/html"
        first = author.post("/studio/write", data={**REVIEW, "title": "Before"})
        page = f"{site.own_url}{first.headers['location'].partition('?')[0]}"
        uri = httpx.get(page, headers={"Accept": "application/activity+json"}).headers["location"]
        assert remote.reply(inbox, uri, "In time.").status_code == 202
        eventually(lambda: "In time." in httpx.get(page).text)
        huge = {"cover": ("huge.jpg", b"\xff" * 2_000_000, "image/jpeg")}
        assert author.post("/studio/write", data=REVIEW, files=huge).status_code == 422
        disk.fill()

        refused = author.post("/studio/write", data=REVIEW)
        picture = {"cover": ("cover.jpg", a_photo((900, 1200)), "image/jpeg")}
        uploaded = author.post("/studio/write", data=REVIEW, files=picture)
        unread = author.post("/studio/write", data=REVIEW, files=huge)
        knocks = [remote.reply(inbox, uri, f"Number {n}. {'x' * 5000}") for n in range(4)]
        health = httpx.get(f"{site.own_url}/healthz")
        doctor = site.run("doctor", status=1)
        while_full = [author.get(path) for path in (page, "/", "/studio", "/studio/write")]
        begun = half_files(disk)
        disk.make_room()
        eventually(lambda: httpx.get(f"{site.own_url}/healthz").is_success)
        again = author.post("/studio/write", data=REVIEW, files=picture)
        late = remote.reply(inbox, uri, "After all.")
        eventually(lambda: "After all." in httpx.get(page).text)
        whole = httpx.get(page).text

    for answer in (refused, uploaded):
        assert answer.status_code == 503
        assert "the disk of this site is full" in answer.text
        assert BODY[:200] in answer.text
    assert "choose the picture once more" in uploaded.text
    assert (unread.status_code, "press Back" in unread.text) == (503, True)
    assert {knock.status_code for knock in knocks} <= {202, 503}
    assert knocks[-1].status_code == 503
    assert all(k.headers["Retry-After"] == "300" for k in knocks if k.status_code == 503)
    assert (health.status_code, "The disk is full" in health.text) == (503, True)
    assert "The disk is full: make room" in doctor
    assert [answer.status_code for answer in while_full] == [200] * 4
    assert begun == []
    assert (again.status_code, late.status_code) == (303, 202)
    for n, knock in enumerate(knocks):
        assert (f"Number {n}." in whole) == (knock.status_code == 202)
    assert "Traceback" not in site.log
    assert site.log.count("nothing can be saved") == 1
    assert site.log.count("the disk takes again") == 1
    site.stop()
    with sqlite3.connect(disk.folder / "data" / "fedreview.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("SELECT count(*) FROM reviews").fetchone() == (2,)
    database.close()


def test_a_disk_that_is_mounted_read_only_is_named_at_the_start(
    disk: SmallDisk, tmp_path: Path
) -> None:
    (tmp_path / "beside").mkdir()
    data = disk.folder / "data"
    where = {"FEDREVIEW_DATA_DIR": str(data)}
    site = FedreviewProcess(tmp_path / "beside", environment=where)
    disk.mount_again("ro")
    never = _said(site, "init")
    disk.mount_again("rw")
    site.run("init")
    disk.mount_again("ro")
    later = _said(site, "serve")

    for said in (never, later):
        assert f"FEDREVIEW_DATA_DIR is {data}, where nothing can be written" in said
        assert "the disk is mounted read-only. Mount it to be written" in said
        assert "Traceback" not in said


def _said(site: FedreviewProcess, command: str) -> str:
    """Run a command that fails, and give what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "fedreview", command],
        cwd=site.folder,
        env=site.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr
