import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.federation.answers import EXTRA_LIMIT_BYTES, MOST_HEADERS, AnswerReader

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


def read(*pieces: bytes) -> AnswerReader:
    reader = AnswerReader()
    for piece in pieces:
        reader.feed(piece)
    return reader


def body(reader: AnswerReader) -> bytes:
    return b"".join(iter(reader.take, b""))


@given(st.integers(1, 60), st.sampled_from([b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX: y\r\n\r\n"]))
def test_an_answer_reads_the_same_however_it_is_cut(size: int, chunks: bytes) -> None:
    whole = b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + CHUNKED + chunks

    reader = read(*(whole[start : start + size] for start in range(0, len(whole), size)))

    assert (reader.status, reader.headers) == (200, [(b"Transfer-Encoding", b"chunked")])
    assert (reader.is_complete, reader.allows_another, body(reader)) == (True, True, b"abcde")


@pytest.mark.parametrize(
    ("answer", "allows_another"),
    [
        (TAKEN, True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", True),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + TAKEN, True),
        (b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 202 Accepted\r\nContent-Length: 0\r\n\r\n", False),
        (TAKEN + TAKEN, False),
        (TAKEN + b"behind it", False),
        (b"HTTP/1.1 202 A\r\nConnection: close\r\nContent-Length: 0\r\n\r\nbehind it", False),
    ],
)
def test_a_whole_answer_says_whether_another_may_follow(
    answer: bytes, allows_another: bool
) -> None:
    reader = read(answer)

    assert (reader.is_complete, reader.allows_another) == (True, allows_another)
    assert reader.status in {202, 204, 304}
    assert body(reader) == b""


def test_what_comes_behind_an_answer_changes_nothing_of_it() -> None:
    reader = read(TAKEN, b"HTTP/1.1 500 Oh\r\nX: y\r\nContent-Length: 2\r\n\r\nno")

    assert (reader.status, reader.headers) == (202, [(b"Content-Length", b"0")])
    assert (reader.allows_another, body(reader)) == (False, b"")


def test_without_a_length_the_answer_ends_with_the_connection() -> None:
    reader = read(b"HTTP/1.1 200 OK\r\n\r\nall of", b" it")
    assert not reader.is_complete

    reader.feed_end()

    assert (reader.is_complete, reader.allows_another, body(reader)) == (True, False, b"all of it")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        CHUNKED + b"5\r\nabc",
        CHUNKED + b"3\r\nabc\r\n",
        b"HTTP/1.1 103 Early\r\n\r\n",
    ],
)
def test_an_answer_cut_short_is_none(answer: bytes) -> None:
    reader = read(answer) if answer else AnswerReader()

    with pytest.raises(httpx.RemoteProtocolError):
        reader.feed_end()


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x00" * 20,
        b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 042 Odd\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxxxx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0x3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nX : y\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        CHUNKED + b"zz\r\nabc\r\n",
        CHUNKED + b"-1\r\nabc\r\n",
        CHUNKED + b"fffffffffffffffff\r\nabc\r\n",
        CHUNKED + b"3\r\nabcdef\r\n",
        CHUNKED + b"3\nabc\n0\n\n",
    ],
)
def test_an_answer_that_could_be_read_in_two_ways_is_refused(answer: bytes) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        read(answer)


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"HTTP/1.1 200 ", b"O" * 1000),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y" * 1000),
        (b"HTTP/1.1 200 OK\r\n", b"y" * 1000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (CHUNKED + b"1;", b"x" * 1000),
        (CHUNKED + b"0\r\n", b"X: y\r\n"),
        (CHUNKED + b"0\r\nX: ", b"y" * 1000),
    ],
)
def test_what_never_ends_is_cut_short(start: bytes, more: bytes) -> None:
    pieces = [start] * bool(start) + [more] * (2 * EXTRA_LIMIT_BYTES // len(more))

    with pytest.raises(httpx.RemoteProtocolError):
        read(*pieces)


def test_a_bomb_of_headers_is_refused() -> None:
    lines = b"".join(b"X-%d: y\r\n" % number for number in range(MOST_HEADERS + 1))

    with pytest.raises(httpx.RemoteProtocolError, match="more than 200 headers"):
        read(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n")


def test_a_body_in_chunks_of_one_byte_is_lawful() -> None:
    reader = read(CHUNKED, b"1\r\nx\r\n" * 50_000, b"0\r\n\r\n")

    assert reader.waiting_bytes == 50_000
    assert body(reader) == b"x" * 50_000
    assert reader.waiting_bytes == 0


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_noise_is_refused_and_never_breaks_the_reader(pieces: list[bytes]) -> None:
    reader = AnswerReader()

    try:
        for piece in pieces:
            reader.feed(piece)
        reader.feed_end()
    except httpx.RemoteProtocolError:
        assert not reader.is_complete
