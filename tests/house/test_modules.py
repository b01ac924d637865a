"""Our files keep to the house's rules."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import MODULES, PACKAGE, REPOSITORY, short

LONGEST_MODULE = 400
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager"}

# Spelt in two parts, so that this file may be read too.
UNDONE = ("TO" + "DO", "FIX" + "ME", "X" + "XX")

TEXT = {".py", ".html", ".css", ".md", ".mako", ".sh", ".service"}
NOT_OURS = {".venv", ".git", "node_modules", "vectors", "wire", "peer"}


def our_texts(directory: Path = REPOSITORY) -> Iterator[Path]:
    """Go through the text files that we wrote."""
    for path in sorted(directory.iterdir()):
        if path.name in NOT_OURS or path.name.startswith("."):
            continue
        if path.is_dir():
            yield from our_texts(path)
        elif path.suffix in TEXT:
            yield path


def imports_inside_functions(tree: ast.Module) -> Iterator[int]:
    """Give the lines of imports that happen when a function is called."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for function in ast.walk(tree):
        if isinstance(function, functions):
            for node in ast.walk(function):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    yield node.lineno


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = {part for path in MODULES for part in path.relative_to(PACKAGE).with_suffix("").parts}

    assert names & FORBIDDEN_NAMES == set()


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_a_module_says_in_one_line_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))

    assert docstring is not None
    first, _, rest = docstring.partition("\n")
    assert first.endswith(".")
    assert not rest or rest.startswith("\n")


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_a_module_fits_into_one_head(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", MODULES, ids=short)
def test_an_import_inside_a_function_says_why(path: Path) -> None:
    source = path.read_text()
    lines = source.splitlines()

    without_reason = [
        line
        for line in imports_inside_functions(ast.parse(source))
        if "#" not in lines[line - 1] and not lines[line - 2].lstrip().startswith("#")
    ]

    assert without_reason == []


def test_nothing_is_left_undone() -> None:
    found = [
        f"{short(path)}: {mark}"
        for path in our_texts()
        for mark in UNDONE
        if mark in path.read_text()
    ]

    assert found == []
