"""The threads for the database are all there before anything is served."""

import subprocess
import sys

# Each with a stack that leaves room for a few of them only.
CODE = """
import asyncio, resource, threading
from fedreview.app import use_threads

async def begin():
    use_threads()

resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
threading.stack_size(1 << 30)
asyncio.run(begin())
"""


def test_where_not_all_can_begin_the_process_says_so_and_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 1
    assert "can't start new thread" in done.stderr
