"""Ask a process to end, at whatever moment: nothing is lost, and nothing breaks in the middle."""

import signal
from collections.abc import Callable

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Ending:
    """Notes that somebody asks this process to end, from its first moment to its last.

    An exit from within the handler of a signal can come where Python lets no exception out, as
    while an object is freed: it would be dropped with a line in the log, and nobody would end.
    And the first process of a container gets no signal that it does not listen for.
    """

    def __init__(self) -> None:
        self.is_asked = False
        self._tell: Callable[[], object] = lambda: None

    def listen(self) -> None:
        """Listen from now on, in place of whoever would end the process at once."""
        for number in _SIGNALS:
            signal.signal(number, self._note)

    def then(self, tell: Callable[[], object]) -> None:
        """Do something when it is asked; at once, when it was.

        tell: is called between any two steps of the main thread, so it must do next to nothing.
        """
        self._tell = tell
        if self.is_asked:
            tell()

    def finish(self) -> None:
        """Heed nobody any more, as there is nothing left to end but Python itself.

        That would take its handlers away, and who is asked twice would be ended by the second.
        """
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    def _note(self, *_: object) -> None:
        self.is_asked = True
        self._tell()
