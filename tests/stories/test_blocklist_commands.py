"""The commands that exchange lists of servers."""

import shutil
from pathlib import Path

import pytest

from tests.stories.test_commands import Run, folder, run, site_with_author

__all__ = ["folder", "run", "site_with_author"]

LIST = "#domain,#severity\nevil.example,suspend\nnoise.example,silence\nev**.example,noop\n"


@pytest.fixture
def here(site_with_author: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(site_with_author, folder / "site")
    monkeypatch.setenv("FEDREVIEW_DATA_DIR", str(folder / "site"))


@pytest.mark.usefixtures("here")
def test_a_list_is_tried_taken_over_and_written_again(run: Run, folder: Path) -> None:
    (folder / "list.csv").write_text(LIST)

    tried = run("blocks", "import", "list.csv", "--dry-run")
    none = run("blocks", "export", "-")
    taken = run("blocks", "import", "list.csv")
    again = run("blocks", "import", "list.csv")
    saved = run("blocks", "export", "saved.csv")

    assert "2 servers would be added, 0 changed; 0 stood so already, 1 left out." in tried.output
    assert "Line 4, ev**.example: Letters of this name are hidden" in tried.output
    assert none.output.splitlines()[-1].startswith("#domain,#severity,")
    assert "2 servers were added" in taken.output
    assert "0 servers were added, 0 changed; 2 stood so already" in again.output
    assert "2 servers are in saved.csv." in saved.output
    assert (folder / "saved.csv").read_text().splitlines()[1:] == [
        "evil.example,suspend,false,false,,false",
        "noise.example,silence,false,false,,false",
    ]


@pytest.mark.usefixtures("here")
def test_a_file_that_is_no_list_ends_in_one_line(run: Run, folder: Path) -> None:
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0" + b"\xff" * 2_000_000)
    (folder / "many.txt").write_text("".join(f"s{number}.\n" for number in range(25)))

    picture = run("blocks", "import", "picture.png")
    many = run("blocks", "import", "many.txt")

    assert picture.exit_code == 1
    assert "file: The file has more than 1 MB: that is no list." in picture.output
    assert "And 5 more lines that cannot be used." in many.output
