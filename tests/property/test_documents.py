import copy
import json
import math
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.activitypub.documents import check_document, load_document
from fedreview.activitypub.parse import parse_activity, parse_actor, parse_note
from fedreview.activitypub.vocabulary import Json
from fedreview.errors import MalformedActivity, RemoteRefused
from fedreview.federation.reading import read_json_object
from tests.judges.values import UNSTORABLE, faults
from tests.property.documents import (
    ANYTHING,
    MEMBERS,
    OBJECTS,
    ODD,
    TYPES,
    encoded,
    escaped,
    near_documents,
    places_of,
)
from tests.property.effort import examples
from tests.protocol.wire_samples import NAMES, raw, sample

DEEPEST = 32
WIDEST = 1_000
BYTES = (
    st.binary(max_size=200)
    | st.text("[]{},:\"\\ \n01-.eEntfu/*'", max_size=60).map(str.encode)
    | ANYTHING.map(encoded)
    | OBJECTS.map(escaped)
    | near_documents().map(encoded)
    | near_documents().map(escaped)
)

Parse = Callable[[dict[str, Json]], object]
parsers = pytest.mark.parametrize("parse", [parse_activity, parse_actor, parse_note])


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Take a real server's bytes and overwrite, insert or cut some."""
    body = raw(draw(st.sampled_from(NAMES)))
    start = draw(st.integers(0, len(body)))
    stop = draw(st.integers(start, min(len(body), start + 8)))
    return body[:start] + draw(st.binary(max_size=8)) + body[stop:]


def containers(value: Json, depth: int = 1) -> Iterator[tuple[dict[str, Json] | list[Json], int]]:
    if isinstance(value, dict | list):
        yield value, depth
        for inner in value.values() if isinstance(value, dict) else value:
            yield from containers(inner, depth + 1)


def unfit(value: Json) -> bool:
    match value:
        case str():
            return bool(UNSTORABLE.search(value))
        case float():
            return not math.isfinite(value)
        case _:
            return False


def is_bounded(document: dict[str, Json]) -> bool:
    for container, depth in containers(document):
        names = list(container) if isinstance(container, dict) else []
        values = list(container.values()) if isinstance(container, dict) else container
        if depth > DEEPEST or any(map(unfit, [*names, *values])):
            return False
    return True


@examples(70)
@given(BYTES | damaged())
def test_whatever_is_sent_is_a_bounded_document_or_malformed(body: bytes) -> None:
    with suppress(MalformedActivity):
        document = load_document(body)

        assert is_bounded(document)
        assert all(len(container) <= WIDEST for container, _ in containers(document))


@examples(70)
@given(BYTES | damaged())
def test_whatever_is_fetched_is_a_bounded_object_or_refused(body: bytes) -> None:
    with suppress(RemoteRefused):
        assert is_bounded(read_json_object(body))


@examples(50)
@given(BYTES | damaged())
def test_what_arrives_and_what_is_fetched_is_read_alike(body: bytes) -> None:
    with suppress(MalformedActivity):
        document = load_document(body)

        assert read_json_object(body) == document


@examples(50)
@given(near_documents() | OBJECTS)
def test_checking_a_document_says_malformed_or_nothing(document: dict[str, Json]) -> None:
    with suppress(MalformedActivity):
        check_document(document)

        assert is_bounded(document)


@parsers
@examples(70)
@given(document=near_documents() | OBJECTS)
def test_a_document_that_nobody_checked_is_read_or_malformed(
    parse: Parse, document: dict[str, Json]
) -> None:
    as_it_was = copy.deepcopy(document)

    with suppress(MalformedActivity):
        assert faults(parse(document)) == []

    assert repr(document) == repr(as_it_was)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["\x00", "half \ud800"])
def test_a_text_that_cannot_be_stored_is_refused_wherever_it_stands(name: str, text: str) -> None:
    document: dict[str, Json] = json.loads(raw(name))

    for container, key in list(places_of(document)):
        held: Json = container[key]  # type: ignore[index]  # a key of its own kind
        container[key] = text  # type: ignore[index]  # likewise
        with pytest.raises(MalformedActivity):
            load_document(escaped(document))
        with pytest.raises(RemoteRefused):
            read_json_object(escaped(document))
        container[key] = held  # type: ignore[index]  # likewise


@pytest.mark.parametrize("member", MEMBERS)
def test_an_odd_value_of_a_known_member_is_read_within_bounds_or_malformed(member: str) -> None:
    activity = sample("mastodon_reply")
    note, actor = activity["object"], sample("actor_mastodon")
    assert isinstance(note, dict)

    for value in (*ODD, *({"id": odd, "type": odd, "href": odd} for odd in ODD)):
        with suppress(MalformedActivity):
            assert faults(parse_note({**note, member: value})) == []
        with suppress(MalformedActivity):
            assert faults(parse_actor({**actor, member: [value, value]})) == []
        with suppress(MalformedActivity):
            assert faults(parse_actor({**actor, member: value})) == []
        for kind in TYPES:
            with suppress(MalformedActivity):
                assert faults(parse_activity({**activity, "type": kind, member: value})) == []


@parsers
@examples(50)
@given(body=near_documents().map(escaped) | damaged())
def test_what_is_read_keeps_its_bounds(parse: Parse, body: bytes) -> None:
    with suppress(MalformedActivity):
        assert faults(parse(load_document(body))) == []
