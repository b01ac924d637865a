"""Lists of servers to keep away, in the form in which Mastodon exports and imports them.

Source: Mastodon, app/controllers/admin/export_domain_blocks_controller.rb: the first line names
the columns, each with a number sign; booleans are "true" and "false".
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fedreview.domain.moderation import Severity
from fedreview.errors import InvalidInput

COLUMNS = (
    "domain",
    "severity",
    "reject_media",
    "reject_reports",
    "public_comment",
    "obfuscate",
)
HEADER = tuple(f"#{name}" for name in COLUMNS)

LARGEST_LIST = 1024 * 1024
"""Bytes; the longest lists in use have some 5,000 lines and 400 kB."""

MOST_LINES = 20_000
LONGEST_FIELD = 2_000
"""Characters; what is longer is cut in comments, and can be no name."""

_YES = frozenset({"true", "t", "yes", "y", "1"})
_NO = frozenset({"false", "f", "no", "n", "0", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One server of a list. number: of the line in the file. name: as it is written there.

    problem: what is wrong with the line, or "". severity: None where the list says none.
    """

    number: int
    name: str
    severity: Severity | None = None
    reject_media: bool = False
    reject_reports: bool = False
    public_comment: str = ""
    obfuscate: bool = False
    problem: str = ""


def read_blocklist(data: bytes) -> tuple[Line, ...]:
    """Read a list: with the names of its columns first, or a server a line and nothing else.

    Raises InvalidInput for field "file" when it is no list that can be read at all; what is
    wrong with one line is said in it.
    """
    rows = _rows(_text(data))
    columns: Sequence[str] = COLUMNS
    lines: list[Line] = []
    for number, row in rows:
        first = row[0].strip()
        if not lines and _is_header(row):
            columns = [name.strip().lower().lstrip("#") for name in row]
            continue
        if len(row) == 1 and (not first or first.startswith("#")):
            continue
        if len(lines) == MOST_LINES:
            raise InvalidInput({"file": f"The list has more than {MOST_LINES:,} servers."})
        lines.append(_line(number, dict(zip(columns, row, strict=False))))
    if not lines:
        raise InvalidInput({"file": "There is no server in this file."})
    return tuple(lines)


def _text(data: bytes) -> str:
    if len(data) > LARGEST_LIST:
        megabytes = LARGEST_LIST // 1024**2
        raise InvalidInput({"file": f"The file has more than {megabytes} MB: that is no list."})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput({"file": "The file is not text in UTF-8. Save it as CSV."}) from error
    if "\0" in text:
        raise InvalidInput({"file": "The file is not text in UTF-8. Save it as CSV."})
    return text


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give each row that has something in it, with the line that it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 1
    try:
        for row in reader:
            if row:
                yield number, row
            number = reader.line_num + 1
    except csv.Error as error:
        problem = f"From line {number} on, the file is not CSV: a quotation mark may be missing."
        raise InvalidInput({"file": problem}) from error


def _is_header(row: Sequence[str]) -> bool:
    return row[0].strip().lower().lstrip("#") == "domain"


def _line(number: int, fields: dict[str, str]) -> Line:
    name = fields.get("domain", "").strip()
    try:
        return Line(
            number=number,
            name=name[:LONGEST_FIELD],
            severity=_severity(fields.get("severity", "")),
            reject_media=_flag(fields, "reject_media"),
            reject_reports=_flag(fields, "reject_reports"),
            public_comment=" ".join(fields.get("public_comment", "").split())[:LONGEST_FIELD],
            obfuscate=_flag(fields, "obfuscate"),
        )
    except ValueError as error:
        return Line(number=number, name=name[:LONGEST_FIELD], problem=str(error))


def _severity(text: str) -> Severity | None:
    word = text.strip().lower()
    if not word:
        return None
    try:
        return Severity(word)
    except ValueError as error:
        words = ", ".join(Severity)
        raise ValueError(f"“{word[:40]}” is no severity. It is one of: {words}.") from error


def _flag(fields: dict[str, str], column: str) -> bool:
    word = fields.get(column, "").strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError(f"“{word[:40]}” stands for {column}, where true or false should.")


def write_blocklist(lines: Iterable[Line]) -> bytes:
    """Write a list as Mastodon does.

    Comments stand as they are, also where one begins with an equals sign: the list is read by
    servers, and whatever was put before it would be imported with it.
    """
    written = io.StringIO(newline="")
    # Ruby's CSV ends lines with \\n alone.
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(HEADER)
    for line in lines:
        writer.writerow(
            (
                line.name,
                line.severity or Severity.SUSPEND,
                _word(on=line.reject_media),
                _word(on=line.reject_reports),
                line.public_comment,
                _word(on=line.obfuscate),
            )
        )
    return written.getvalue().encode()


def _word(*, on: bool) -> str:
    return "true" if on else "false"
