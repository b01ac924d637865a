"""Kept answers: bounded in bytes, the longest unused go first."""

from fedreview.web.keeping import LARGEST_SHARE, Kept, versioned_etag


def test_what_is_kept_is_found_under_its_etag() -> None:
    kept = Kept()

    kept.keep('"a"', b"page")

    assert (kept.find('"a"'), kept.find('"b"')) == (b"page", None)


def test_the_longest_unused_make_room() -> None:
    kept = Kept(most_bytes=40)
    for name in "abcd":
        kept.keep(name, b"x" * 10)
    kept.find("a")

    kept.keep("e", b"x" * 10)

    assert [name for name in "abcde" if kept.find(name)] == ["a", "c", "d", "e"]
    assert kept.size == 40


def test_one_large_answer_does_not_push_all_others_out() -> None:
    kept = Kept(most_bytes=40)

    kept.keep("a", b"x" * (40 // LARGEST_SHARE + 1))

    assert (kept.find("a"), kept.size) == (None, 0)


def test_what_is_kept_twice_counts_once() -> None:
    kept = Kept()

    kept.keep("a", b"page")
    kept.keep("a", b"page")

    assert kept.size == 4


def test_an_etag_names_one_version_at_one_address() -> None:
    etags = {versioned_etag(path, tag) for path in ("/", "/reviews/a") for tag in ("1", "2")}

    assert len(etags) == 4
    assert all(etag.startswith('"') and etag.endswith('"') for etag in etags)
