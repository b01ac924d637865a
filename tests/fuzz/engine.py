"""Running a target by hand, with coverage to guide it."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec

Target = Callable[[bytes], None]


def instrumented(name: str) -> AbstractContextManager[None]:
    """Let what is imported meanwhile report its coverage, when the script is run by hand.

    name: the ``__name__`` of the script.
    """
    if name != "__main__" or find_spec("atheris") is None:
        return nullcontext()
    import atheris

    guarded: AbstractContextManager[None] = atheris.instrument_imports(
        include=["fedreview", "http_sf", "rfc8785"]
    )
    return guarded


def fuzz(target: Target) -> None:
    """Feed the target until it fails or the options of libFuzzer on the command line say stop."""
    import atheris

    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
