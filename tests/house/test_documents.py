"""What we promise in writing is there, and what is there is written down."""

import inspect

import pytest

from fedreview import errors
from fedreview.settings import SETTINGS
from fedreview.web.errors import ANSWERS, answer_for
from tests.house.sources import DOCS, PACKAGE

ERRORS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.FedreviewError) and kind is not errors.FedreviewError
]
PACKAGES = sorted(
    path.parent.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("__init__.py")
    if path.parent != PACKAGE
)


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_has_an_answer(kind: type[errors.FedreviewError]) -> None:
    answered = [ancestor for ancestor in kind.__mro__ if ancestor in ANSWERS]

    assert answered
    assert answer_for(kind.__new__(kind)) is ANSWERS[answered[0]]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_stands_in_the_drawn_tree(kind: type[errors.FedreviewError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS])
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in (DOCS / "settings.md").read_text()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_stands_in_the_architecture(package: str) -> None:
    assert f"{package.rpartition('/')[2]}/" in (DOCS / "ARCHITECTURE.md").read_text()
