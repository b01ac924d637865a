"""Start the programme without importing it each time, which takes longer than most tests.

Each process is forked from one that has imported it, and shares nothing else with it: it has its
own arguments, environment, folder and files, and is killed, signalled and waited for like one
that was started from a shell. That the installed command starts is for
tests/stories/test_commands.py to prove.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_nursery = multiprocessing.get_context("forkserver")
_nursery.set_forkserver_preload(["fedreview.cli.serving"])

NOTHING = Path(os.devnull)


def _be(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    streams: tuple[Path, Path, Path],
) -> None:
    """Become the programme, as if it had been started from a shell."""
    typed, *written = streams
    for number, path in enumerate(written, start=1):
        with path.open("ab") as file:
            os.dup2(file.fileno(), number)
    with typed.open("rb") as file:
        os.dup2(file.fileno(), 0)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  (multiprocessing has put another there)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["fedreview", *arguments]
    # Here, because whoever starts processes imports this module and not the programme.
    from fedreview.cli import main

    main()


class Forked:
    """One process of the programme; what it has in common with Popen is called alike.

    folder: the current one. typed: the file with its input. stdout, stderr: files that it adds to.
    """

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        folder: Path,
        stdout: Path,
        stderr: Path,
        typed: Path = NOTHING,
    ) -> None:
        self.args = ("fedreview", *arguments)
        self._process = _nursery.Process(
            target=_be, args=(arguments, dict(environment), folder, (typed, stdout, stderr))
        )
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Give the status that it ended with; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended, for so many seconds, and give its status."""
        self._process.join(timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return status

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, when it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a power cut does, when it still runs."""
        self.send_signal(signal.SIGKILL)
