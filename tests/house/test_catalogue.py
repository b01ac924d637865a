"""The catalogue of attacks names tests that are there, and every test of attacks has a row."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.stories.attacks.catalogue import ADVISORIES, CHECKLIST

TESTS = Path(__file__).parents[1]
ROWS = {**ADVISORIES, **CHECKLIST}


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text())
    functions = (
        node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return frozenset(function.name for function in functions)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_of_the_catalogue_names_tests_that_are_there(row: str) -> None:
    missing = []
    for named in ROWS[row]:
        file, _, name = named.partition("::")
        if f"test_{name}" not in names_in(file):
            missing.append(named)

    assert ROWS[row] != ()
    assert missing == []


def test_the_catalogue_has_a_row_for_every_advisory_and_every_check() -> None:
    assert (len(ADVISORIES), len(CHECKLIST)) == (37, 29)
