"""What the benchmarks share: the machine, the time that processes take, and the kept tables.

A figure goes to docs/benchmarks.md only when its command is given --keep, into the section that
is marked with its name.
"""

import os
import platform
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
_SCHEDULED = 2
_PAGE = os.sysconf("SC_PAGE_SIZE")


def machine() -> str:
    """Say on what this runs, in one line: processor, cores, system, Python, date."""
    cpuinfo = Path("/proc/cpuinfo")
    named = re.search(r"model name\s*: (.+)", cpuinfo.read_text()) if cpuinfo.exists() else None
    model = named[1] if named else platform.processor() or platform.machine()
    today = datetime.now(UTC).date().isoformat()
    python = platform.python_version()
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {python}, {today}"


def cpu_seconds(pid: int) -> float:
    """Give the CPU time that a process has taken so far, in user and in kernel mode.

    Read from its own clock, for /proc tells only hundredths of a second.
    Source: the Linux kernel, include/linux/posix-timers.h, how the id of such a clock is made.
    """
    return time.clock_gettime((~pid << 3) | _SCHEDULED)


def resident_bytes(pid: int) -> int:
    """Give how much memory of the machine a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value that this share (0 to 1) of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    """Give the middle of the values."""
    return statistics.median(values)


@dataclass(slots=True)
class Figure:
    """One table, printed at the end and kept in the documents when that is wished.

    name: of its section in docs/benchmarks.md. columns: their headings; the first one names the
    row.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """Add a row."""
        self.rows.append(tuple(str(cell) for cell in cells))

    def note(self, line: str) -> None:
        """Add a line below the table: a ratio beside its goal, or what was done."""
        self.notes.append(line)

    def show(self, *, keep: bool = False) -> None:
        """Print the table, and put it into the documents when `keep`."""
        table = Table(title=self.title)
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        console = Console()
        console.print(table)
        for line in [*self.notes, machine()]:
            console.print(line)
        if keep:
            self._keep()

    def _keep(self) -> None:
        before, after = f"<!-- {self.name} -->\n", f"<!-- /{self.name} -->"
        text = DOCUMENT.read_text()
        start, end = text.index(before) + len(before), text.index(after)
        DOCUMENT.write_text(f"{text[:start]}{self._as_markdown()}{text[end:]}")

    def _as_markdown(self) -> str:
        heads = "| " + " | ".join(self.columns) + " |"
        line = "|" + "---|" + "---:|" * (len(self.columns) - 1)
        rows = ["| " + " | ".join(row) + " |" for row in self.rows]
        notes = [f"- {note}" for note in self.notes]
        return "\n".join([heads, line, *rows, "", *notes, "", f"*{machine()}.*", ""])
