import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz import fuzz_html, fuzz_parse, fuzz_signatures

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
WIRE = FOLDER.parent / "protocol" / "wire"
TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "html": fuzz_html.read,
    "parse": fuzz_parse.read,
    "signatures": fuzz_signatures.read,
}
CORPORA: Mapping[str, tuple[Path, ...]] = {
    "html": (FOLDER / "corpus" / "html",),
    "parse": (FOLDER / "corpus" / "parse", WIRE),
    "signatures": (FOLDER / "corpus" / "signatures",),
}
KEPT = [
    pytest.param(name, path, id=f"{name}-{path.name}")
    for name, folders in CORPORA.items()
    for folder in folders
    for path in sorted(folder.iterdir())
]


@pytest.mark.parametrize(("name", "path"), KEPT)
def test_an_input_that_was_kept_is_read_without_a_fault(name: str, path: Path) -> None:
    TARGETS[name](path.read_bytes())


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel for this system")
@pytest.mark.parametrize("name", TARGETS)
def test_a_short_search_guided_by_coverage_finds_nothing(name: str, tmp_path: Path) -> None:
    found = tmp_path / "found"
    found.mkdir()

    run = subprocess.run(
        [
            sys.executable,
            "-m",
            f"tests.fuzz.fuzz_{name}",
            "-runs=3000",
            "-seed=1",
            "-max_len=4096",
            f"-dict={FOLDER / name}.dict",
            f"-artifact_prefix={tmp_path}/",
            found,
            *CORPORA[name],
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-1_000:] + run.stderr[-3_000:]
    assert "Done 3000 runs" in run.stderr
