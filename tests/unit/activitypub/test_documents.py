import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedreview.activitypub.documents import check_document, load_document
from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS, Json
from fedreview.errors import MalformedActivity


def body(**members: Json) -> bytes:
    return json.dumps({"@context": ACTIVITY_STREAMS, **members}).encode()


def raw(inside: str) -> bytes:
    return f'{{"@context": "{ACTIVITY_STREAMS}", {inside}}}'.encode()


def nested(levels: int) -> Json:
    value: Json = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_a_document_is_given_as_it_was_sent() -> None:
    document = load_document(body(id="https://a.example/1", content="ü 🌶️", rating=4.5, ok=None))

    assert document == {
        "@context": ACTIVITY_STREAMS,
        "id": "https://a.example/1",
        "content": "ü 🌶️",
        "rating": 4.5,
        "ok": None,
    }


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"null",
        b"[]",
        b'"https://www.w3.org/ns/activitystreams"',
        b"{",
        b"{}}",
        b'{"a": "unfinished',
        b"\xef\xbb\xbf" + body(),
        body().decode().encode("utf-16"),
        body(name="\N{LATIN SMALL LETTER U WITH DIAERESIS}").replace(b"\\u00fc", b"\xfc"),
        raw("'single': 1"),
        raw('"tab": "\t"'),
        raw('"trailing": 1,'),
        raw('"zeros": 01'),
    ],
)
def test_what_is_not_one_json_object_in_utf8_is_refused(sent: bytes) -> None:
    with pytest.raises(MalformedActivity) as refusal:
        load_document(sent)

    assert refusal.value.pointer == ""


@pytest.mark.parametrize(
    "number",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1e999",
        "9223372036854775809",
        "-9223372036854775809",
        "1" + "0" * 10_000,
        "0." + "1" * 10_000,
    ],
)
def test_a_number_beyond_64_bits_is_refused(number: str) -> None:
    with pytest.raises(MalformedActivity):
        load_document(raw(f'"value": {number}'))


@pytest.mark.parametrize("number", ["9223372036854775808", "-9223372036854775808", "0", "-4.5e10"])
def test_a_number_within_64_bits_is_read(number: str) -> None:
    assert load_document(raw(f'"value": {number}'))["value"] == float(number)


@pytest.mark.parametrize("name", ["id", "type", "actor", "object"])
def test_saying_twice_who_or_what_is_refused_on_any_level(name: str) -> None:
    twice = f'"{name}": "a", "{name}": "a"'

    for inside in (twice, f'"object": {{{twice}}}', f'"tag": [{{{twice}}}]'):
        with pytest.raises(MalformedActivity, match=f"says {name} twice"):
            load_document(raw(inside))


def test_saying_something_else_twice_keeps_the_last() -> None:
    assert load_document(raw('"name": "a", "name": "b", "id": "c"'))["name"] == "b"


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\udfff", "a\\udc00b"])
def test_a_text_that_cannot_be_stored_is_refused_where_it_stands(escape: str) -> None:
    places = {
        f'"name": "{escape}"': "/name",
        f'"object": {{"tag": ["a", "{escape}"]}}': "/object/tag/1",
        f'"a/b~c": {{"x": "{escape}"}}': "/a~1b~0c/x",
        f'"object": {{"{escape}": 1}}': "/object",
    }

    for inside, pointer in places.items():
        with pytest.raises(MalformedActivity) as refusal:
            load_document(raw(inside))
        assert refusal.value.pointer == pointer


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert load_document(raw('"name": "\\ud83c\\udf36"'))["name"] == "\N{HOT PEPPER}"


def test_a_document_may_be_32_levels_deep_and_no_deeper() -> None:
    assert load_document(body(tag=nested(31)))["tag"] == nested(31)
    with pytest.raises(MalformedActivity, match="deeper"):
        load_document(body(tag=nested(32)))


def test_brackets_inside_texts_are_no_depth() -> None:
    content = '[{"' * 1_000 + "\\"

    assert load_document(body(content=content))["content"] == content


@pytest.mark.parametrize(
    "sent",
    [
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
        b'"' + b'\\"' * 500_000,
        b'"' * 1_000_001,
        b"\\" * 1_000_000,
        raw('"tag": [' + "[]," * 330_000 + "[]]"),
    ],
)
def test_a_million_hostile_bytes_are_refused_in_little_time(sent: bytes) -> None:
    began = time.process_time()

    with pytest.raises(MalformedActivity):
        load_document(sent)

    assert time.process_time() - began < 5


def test_a_thousand_entries_are_enough() -> None:
    assert len(str(load_document(body(tag=[0] * 1_000))["tag"])) == 3_000
    with pytest.raises(MalformedActivity) as refusal:
        load_document(body(object={"tag": [0] * 1_001}))
    assert refusal.value.pointer == "/object/tag"
    with pytest.raises(MalformedActivity) as refusal:
        load_document(body(object={str(number): 0 for number in range(1_001)}))
    assert refusal.value.pointer == "/object"


@pytest.mark.parametrize("name", ["@graph", "@included", "@reverse", "@id", "@type"])
def test_what_only_a_linked_data_processor_sees_is_refused_at_the_top(name: str) -> None:
    with pytest.raises(MalformedActivity) as refusal:
        load_document(raw(f'"{name}": []'))

    assert refusal.value.pointer == f"/{name}"


@pytest.mark.parametrize(
    "context",
    [
        ACTIVITY_STREAMS,
        [ACTIVITY_STREAMS],
        ["https://w3id.org/identity/v1", {"a": "b"}, ACTIVITY_STREAMS],
    ],
)
def test_activitystreams_may_stand_anywhere_in_the_context(context: Json) -> None:
    assert load_document(json.dumps({"@context": context}).encode()) == {"@context": context}


@pytest.mark.parametrize(
    "context",
    [
        None,
        0,
        "",
        [],
        {},
        "https://w3id.org/security/v1",
        ["https://www.w3.org/ns/activitystreams2"],
        [[ACTIVITY_STREAMS]],
        {"as": ACTIVITY_STREAMS},
    ],
)
def test_a_context_without_activitystreams_is_refused(context: Json) -> None:
    with pytest.raises(MalformedActivity) as refusal:
        load_document(json.dumps({"@context": context}).encode())

    assert refusal.value.pointer == "/@context"


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        (nested(2_000), "/tag" + "/0" * 31),
        ([2**63 + 1], "/tag/0"),
        ([float("nan")], "/tag/0"),
        (["\0"], "/tag/0"),
        ([True] * 1_001, "/tag"),
    ],
)
def test_a_document_that_was_parsed_elsewhere_is_held_to_the_same(
    value: Json, pointer: str
) -> None:
    with pytest.raises(MalformedActivity) as refusal:
        check_document({"@context": ACTIVITY_STREAMS, "tag": value})

    assert refusal.value.pointer == pointer


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused_as_malformed(sent: bytes) -> None:
    try:
        document = load_document(sent)
    except MalformedActivity:
        return
    assert "@context" in document
