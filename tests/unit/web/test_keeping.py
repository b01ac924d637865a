"""Kept answers: bounded in bytes, the longest unused go first."""

from fedreview.web.keeping import LARGEST_SHARE, Kept, versioned_etag
from fedreview.web.ready import OVERHEAD, Ready, ready_of

BODY = OVERHEAD
SIZE = OVERHEAD + BODY


def an_answer(name: str, size: int = BODY) -> Ready:
    return ready_of(b"x" * size, etag=name, media_type="image/png", headers={})


def test_what_is_kept_is_found_under_its_etag() -> None:
    kept, answer = Kept(), an_answer('"a"')

    kept.keep(answer)

    assert (kept.find('"a"'), kept.find('"b"')) == (answer, None)


def test_the_longest_unused_make_room() -> None:
    kept = Kept(most_bytes=LARGEST_SHARE * SIZE)
    names = [f'"{letter}"' for letter in "abcdefghi"]
    for name in names[:-1]:
        kept.keep(an_answer(name))
    kept.find(names[0])

    kept.keep(an_answer(names[-1]))

    assert [name for name in names if kept.find(name)] == [names[0], *names[2:]]
    assert kept.size == LARGEST_SHARE * SIZE


def test_one_large_answer_does_not_push_all_others_out() -> None:
    kept = Kept(most_bytes=LARGEST_SHARE * SIZE)

    kept.keep(an_answer('"a"', BODY + 1))

    assert (kept.find('"a"'), kept.size) == (None, 0)


def test_what_is_kept_twice_counts_once() -> None:
    kept = Kept()

    kept.keep(an_answer('"a"'))
    kept.keep(an_answer('"a"'))

    assert kept.size == SIZE


def test_an_etag_names_one_version_at_one_address() -> None:
    etags = {versioned_etag(path, tag) for path in ("/", "/reviews/a") for tag in ("1", "2")}

    assert len(etags) == 4
    assert all(etag.startswith('"') and etag.endswith('"') for etag in etags)


def test_what_was_taken_the_place_of_leaves_its_room() -> None:
    kept = Kept()
    kept.keep(an_answer('"a"'))

    kept.drop('"a"')
    kept.drop('"a"')

    assert (kept.find('"a"'), kept.size) == (None, 0)
