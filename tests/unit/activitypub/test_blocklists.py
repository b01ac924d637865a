"""Lists of servers in the form that Mastodon exports and imports."""

import pytest

from fedreview.activitypub.blocklists import (
    LARGEST_LIST,
    LONGEST_FIELD,
    MOST_LINES,
    Line,
    read_blocklist,
    write_blocklist,
)
from fedreview.domain.moderation import Severity
from fedreview.errors import InvalidInput

HEADER = b"#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"


def names(data: bytes) -> list[str]:
    return [line.name for line in read_blocklist(data)]


def test_a_list_of_mastodon_is_read_with_everything_in_it() -> None:
    row = b'evil.example,suspend,true,false,"Spam, and ""more""\nof it",true\n'

    [line] = read_blocklist(HEADER + row)

    assert line == Line(
        number=2,
        name="evil.example",
        severity=Severity.SUSPEND,
        reject_media=True,
        public_comment='Spam, and "more" of it',
        obfuscate=True,
    )


def test_what_is_written_is_what_mastodon_writes_and_reads_back_the_same() -> None:
    lines = (
        Line(number=2, name="a.example", severity=Severity.SUSPEND, reject_reports=True),
        Line(number=3, name="b.example", severity=Severity.NOOP, public_comment='=1, "x"'),
    )

    data = write_blocklist(lines)

    assert data == (
        HEADER
        + b"a.example,suspend,false,true,,false\n"
        + b'b.example,noop,false,false,"=1, ""x""",false\n'
    )
    assert read_blocklist(data) == lines
    assert write_blocklist([Line(number=1, name="c.example")]).endswith(
        b"c.example,suspend,false,false,,false\n"
    )


@pytest.mark.parametrize(
    "data",
    [
        b"a.example\nb.example\n",
        b"\xef\xbb\xbfdomain\r\na.example\r\n\r\nb.example",
        b"# Kept by somebody\n\na.example\n  \nb.example\n",
        b"#domain,severity\na.example,silence\nb.example,\n",
    ],
)
def test_a_name_a_line_is_a_list_too_with_or_without_a_heading(data: bytes) -> None:
    assert names(data) == ["a.example", "b.example"]


def test_columns_may_stand_in_another_order_and_be_unknown() -> None:
    [line] = read_blocklist(b"Domain,note,#severity\na.example,why,silence,too much\n")

    assert (line.name, line.severity) == ("a.example", Severity.SILENCE)


def test_what_is_wrong_with_a_line_is_said_in_it_and_the_others_count() -> None:
    found = read_blocklist(
        HEADER + b"a.example,limit\nb.example,,maybe\n,suspend\nc.example,noop\n"
    )

    assert [bool(line.problem) for line in found] == [True, True, False, False]
    assert found[0].problem == "“limit” is no severity. It is one of: noop, silence, suspend."
    assert found[1].problem == "“maybe” stands for reject_media, where true or false should."
    assert [line.number for line in found] == [2, 3, 4, 5]


def test_a_comment_without_end_is_cut() -> None:
    [line] = read_blocklist(HEADER + b"a.example,suspend,,," + b"x" * 5_000)

    assert len(line.public_comment) == LONGEST_FIELD


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "There is no server in this file."),
        (HEADER, "There is no server in this file."),
        (b"x" * (LARGEST_LIST + 1), "The file has more than 1 MB: that is no list."),
        (b"\xff\xfe\x00", "The file is not text in UTF-8. Save it as CSV."),
        (b"a.example\0", "The file is not text in UTF-8. Save it as CSV."),
        (
            b'a.example\nb.example,"open\nc.example\n',
            "From line 2 on, the file is not CSV: a quotation mark may be missing.",
        ),
        (b"a.example\n" * (MOST_LINES + 1), "The list has more than 20,000 servers."),
    ],
)
def test_what_is_no_list_is_refused_as_a_whole(data: bytes, problem: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_blocklist(data)

    assert refused.value.problems == {"file": problem}
