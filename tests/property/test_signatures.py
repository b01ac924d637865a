import base64
import hashlib
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import rfc8785
from hypothesis import assume, given
from hypothesis import strategies as st

from fedreview.errors import UntrustedSignature
from fedreview.signatures import cavage, multibase, rfc9421
from fedreview.signatures.integrity import Json, add_proof, check_proof
from fedreview.signatures.message import Message
from fedreview.signatures.verify import Scheme, check, read_claim
from tests.property.documents import OBJECTS, SCALARS, near_documents
from tests.property.effort import examples
from tests.protocol.material import ORIGIN, private_key, public_key, received

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
TYPE = "application/activity+json"
NAMES = ("test-key-rsa", "test-key-ed25519")
KEY, PUBLIC = private_key("test-key-ed25519"), public_key("test-key-ed25519")
SIGN: Mapping[Scheme, Callable[..., dict[str, str]]] = {
    Scheme.CAVAGE: cavage.sign,
    Scheme.RFC9421: rfc9421.sign,
}
TARGETS = st.from_regex(r"/[!$-;=@-_a-z~]{0,30}(\?[!$-;=?-_a-z~]{0,20})?", fullmatch=True)
COVERED = {
    Scheme.CAVAGE: ("host", "date", "digest", "content-type"),
    Scheme.RFC9421: ("content-digest", "content-type"),
}
MEANINGFUL = ("content-type", "digest", "content-digest", "date")

schemes = pytest.mark.parametrize("scheme", Scheme)
keys = pytest.mark.parametrize("name", NAMES)


@st.composite
def requests(draw: st.DrawFn, scheme: Scheme, name: str) -> Message:
    """Sign a request of any shape that we send, and receive it."""
    method = draw(st.sampled_from(("GET", "POST", "HEAD", "PUT")))
    body = draw(st.none() | st.binary(max_size=40)) if method == "GET" else draw(st.binary())
    target = draw(TARGETS)
    headers = SIGN[scheme](
        private_key(name),
        method=draw(st.sampled_from((method, method.lower()))),
        url=ORIGIN + target,
        body=body,
        now=NOW - timedelta(seconds=draw(st.integers(-3_000, 43_000))),
        content_type=draw(st.none() | st.just(TYPE)),
    )
    return received(
        method=method,
        target=target,
        headers=[("Content-Type", TYPE), *draw(st.permutations(sorted(headers.items())))],
        body=body or b"",
    )


def holds(message: Message, *names: str) -> bool:
    try:
        claim = read_claim(message, now=NOW)
    except UntrustedSignature:
        return False
    return any(is_by(message, name, claim.key_id) for name in names or NAMES)


def is_by(message: Message, name: str, key_id: str) -> bool:
    try:
        check(read_claim(message, now=NOW), public_key(name, key_id))
    except UntrustedSignature:
        return False
    return True


def changed(draw: st.DrawFn, data: bytes) -> bytes:
    """Overwrite, insert or take away one byte."""
    at = draw(st.integers(0, max(0, len(data) - 1)))
    match draw(st.sampled_from(("overwrite", "insert", "remove"))):
        case "overwrite":
            new = data[:at] + draw(st.binary(min_size=1, max_size=1)) + data[at + 1 :]
        case "insert":
            new = data[:at] + draw(st.binary(min_size=1, max_size=1)) + data[at:]
        case _:
            new = data[:at] + data[at + 1 :]
    assume(new != data)
    return new


def with_header(message: Message, name: str, *values: str) -> Message:
    kept = tuple(pair for pair in message.headers if pair[0] != name)
    return replace(message, headers=(*kept, *((name, value) for value in values)))


@schemes
@keys
@examples(50)
@given(data=st.data())
def test_what_is_signed_is_accepted_from_its_signer_alone(
    scheme: Scheme, name: str, data: st.DataObject
) -> None:
    message = data.draw(requests(scheme, name))

    claim = read_claim(message, now=NOW)

    check(claim, public_key(name))
    assert claim.scheme is scheme
    [other] = set(NAMES) - {name}
    assert not is_by(message, other, claim.key_id)
    with pytest.raises(UntrustedSignature):
        check(claim, public_key(name, f"{claim.key_id}x"))


@schemes
@keys
@examples(50)
@given(data=st.data())
def test_a_request_with_another_body_is_refused(
    scheme: Scheme, name: str, data: st.DataObject
) -> None:
    message = data.draw(requests(scheme, name))
    assume(message.needs_digest or message.header("digest") or message.header("content-digest"))

    assert not holds(replace(message, body=data.draw(st.composite(changed)(message.body))))


@schemes
@keys
@examples(50)
@given(data=st.data())
def test_a_request_for_another_target_is_refused(
    scheme: Scheme, name: str, data: st.DataObject
) -> None:
    message = data.draw(requests(scheme, name))
    target = data.draw(st.composite(changed)(message.raw_target))
    only_a_query_more = target.partition(b"?")[0] == message.raw_target
    assume(scheme is Scheme.RFC9421 or not only_a_query_more)

    assert not holds(replace(message, raw_target=target))


@schemes
@keys
@examples(30)
@given(
    data=st.data(), method=st.sampled_from(("GET", "POST", "HEAD", "PUT", "DELETE", "POST ", ""))
)
def test_a_request_with_another_method_is_refused(
    scheme: Scheme, name: str, data: st.DataObject, method: str
) -> None:
    message = data.draw(requests(scheme, name))
    assume(method != message.method)

    assert not holds(replace(message, method=method))


@schemes
@keys
@examples(50)
@given(data=st.data())
def test_a_request_with_a_covered_header_changed_doubled_or_gone_is_refused(
    scheme: Scheme, name: str, data: st.DataObject
) -> None:
    message = data.draw(requests(scheme, name))
    reader = cavage.read if scheme is Scheme.CAVAGE else rfc9421.read
    covered = [each for each in reader(message).covered if each in COVERED[scheme]]
    assume(covered)
    header = data.draw(st.sampled_from(covered))
    value = message.covered(header)
    new = data.draw(st.composite(changed)(value.encode())).decode("latin-1")
    assume(new.strip(" \t") != value)

    assert not holds(with_header(message, header, new))
    assert not holds(with_header(message, header))
    assert not holds(with_header(message, header, value, value))


@schemes
@keys
@examples(100)
@given(data=st.data())
def test_a_changed_signature_is_refused_or_says_the_same(
    scheme: Scheme, name: str, data: st.DataObject
) -> None:
    message = data.draw(requests(scheme, name))
    names = ["signature"] if scheme is Scheme.CAVAGE else ["signature", "signature-input"]
    header = data.draw(st.sampled_from(names))
    value = data.draw(st.composite(changed)(message.covered(header).encode())).decode("latin-1")
    other = with_header(message, header, value)

    if holds(other, name):
        assert meaning(other, scheme) == meaning(message, scheme)


def meaning(message: Message, scheme: Scheme) -> tuple[object, ...]:
    """Give all that a signature says, whatever the spelling."""
    if scheme is Scheme.RFC9421:
        new = rfc9421.read(message)
        return new.key_id, new.covered, new.parameters, new.signature
    old = cavage.read(message)
    return old.covered, old.signature, read_claim(message, now=NOW).bases


@schemes
@examples(50)
@given(data=st.data())
def test_a_parameter_of_the_signature_cannot_be_given_twice(
    scheme: Scheme, data: st.DataObject
) -> None:
    message = data.draw(requests(scheme, "test-key-ed25519"))
    header = "signature" if scheme is Scheme.CAVAGE else "signature-input"
    mark = "," if scheme is Scheme.CAVAGE else ";"
    value = message.covered(header)
    again = data.draw(st.sampled_from([part for part in value.split(mark) if "=" in part]))
    name = again.partition("=")[0]
    new = data.draw(st.sampled_from((again, f'{name}="x"', f"{name}=1", f"{name.upper()}=1")))

    twice = (f"{value}{mark}{new}", f"{new}{mark}{value}", f"{value}{mark} {again}")

    assert not any(holds(with_header(message, header, each)) for each in twice)


@keys
@examples(30)
@given(data=st.data())
def test_a_signature_does_not_fit_another_request(name: str, data: st.DataObject) -> None:
    for scheme in Scheme:
        one, other = data.draw(requests(scheme, name)), data.draw(requests(scheme, name))
        assume(one.raw_target.partition(b"?")[0] != other.raw_target.partition(b"?")[0])
        grafted = other
        for header in ("signature", "signature-input"):
            if value := one.header(header):
                grafted = with_header(grafted, header, value)

        assert not holds(grafted)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
JSON: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
CONTEXT: Json = ["https://www.w3.org/ns/activitystreams", {"x": "https://a.example/x"}]
DOCUMENTS = st.dictionaries(
    TEXT.filter(lambda name: name not in {"proof", "signature", "@context"}), JSON, max_size=5
).map(lambda members: {"@context": CONTEXT, "id": "https://a.example/1", **members})

OPTIONS = (
    "type",
    "cryptosuite",
    "verificationMethod",
    "proofPurpose",
    "created",
    "expires",
    "proofValue",
    "@context",
)


def proof_of(document: Mapping[str, Json]) -> dict[str, Json]:
    proof = document["proof"]
    assert isinstance(proof, dict)
    return proof


def is_proved(document: Mapping[str, Json]) -> bool:
    try:
        check_proof(document, PUBLIC, now=NOW)
    except UntrustedSignature:
        return False
    return True


def shuffled(value: Json, order: random.Random) -> Json:
    if isinstance(value, dict):
        names = list(value)
        order.shuffle(names)
        return {name: shuffled(value[name], order) for name in names}
    return [shuffled(inner, order) for inner in value] if isinstance(value, list) else value


@examples(80)
@given(DOCUMENTS, st.randoms(use_true_random=False), st.sampled_from((None, 0, 3)))
def test_a_proof_holds_in_any_order_and_with_any_white_space(
    document: dict[str, Json], order: random.Random, indent: int | None
) -> None:
    proved = add_proof(document, KEY, now=NOW)

    again = json.loads(json.dumps(shuffled(proved, order), indent=indent))

    assert is_proved(again)


@examples(100)
@given(DOCUMENTS, TEXT, JSON)
def test_a_document_with_a_member_more_less_or_changed_is_not_proved(
    document: dict[str, Json], name: str, value: Json
) -> None:
    proved = add_proof(document, KEY, now=NOW)
    assume(name not in {"proof", "signature"})

    changed_ones = [{**proved, member: value} for member in (*document, name)]
    changed_ones += [
        {other: proved[other] for other in proved if other != member} for member in document
    ]

    for other in changed_ones:
        if rfc8785.dumps({**other, "proof": 0}) != rfc8785.dumps({**proved, "proof": 0}):
            assert not is_proved(other)


@examples(50)
@given(DOCUMENTS, JSON)
def test_contexts_may_be_added_behind_those_that_were_proved_and_nowhere_else(
    document: dict[str, Json], extra: Json
) -> None:
    proved = add_proof(document, KEY, now=NOW)
    context = document["@context"]
    assert isinstance(context, list)

    assert is_proved({**proved, "@context": [*context, extra]})
    assert not is_proved({**proved, "@context": [extra, *context]})
    assert not is_proved({**proved, "@context": [context[0], extra, *context[1:]]})
    assert not is_proved({**proved, "@context": context[:1]})


@examples(100)
@given(DOCUMENTS, TEXT, JSON)
def test_an_option_of_the_proof_cannot_be_changed_added_or_taken_away(
    document: dict[str, Json], name: str, value: Json
) -> None:
    proved = add_proof(document, KEY, now=NOW)
    proof = proof_of(proved)
    assume(name != "proofValue")

    others = [{**proof, option: value} for option in (*proof, name)]
    others += [{key: proof[key] for key in proof if key != option} for option in proof]

    for other in others:
        if other.get("proofValue") != proof["proofValue"] or rfc8785.dumps(other) != rfc8785.dumps(
            proof
        ):
            assert not is_proved({**proved, "proof": other})


@examples(50)
@given(DOCUMENTS, st.dictionaries(TEXT.map("x-{}".format), JSON, min_size=1, max_size=3))
def test_an_option_that_nobody_knows_is_proved_with_the_others(
    document: dict[str, Json], unknown: dict[str, Json]
) -> None:
    options = {**proof_of(add_proof(document, KEY, now=NOW)), **unknown}
    del options["proofValue"]
    hashes = b"".join(hashlib.sha256(rfc8785.dumps(part)).digest() for part in (options, document))
    value = multibase.encode(KEY.sign(hashes))
    proved = {**document, "proof": {**options, "proofValue": value}}

    assert is_proved(proved)
    name = next(iter(unknown))
    assert not is_proved({**proved, "proof": {**proof_of(proved), name: "changed"}})


@examples(50)
@given(DOCUMENTS, st.integers(0, 63), st.integers(1, 255))
def test_a_proof_with_a_changed_byte_does_not_hold(
    document: dict[str, Json], at: int, by: int
) -> None:
    proved = add_proof(document, KEY, now=NOW)
    value = proof_of(proved)["proofValue"]
    assert isinstance(value, str)
    signature = bytearray(multibase.decode(value))

    signature[at] ^= by

    other = {**proof_of(proved), "proofValue": multibase.encode(bytes(signature))}
    assert not is_proved({**proved, "proof": other})


@examples(100)
@given(OBJECTS | near_documents(), st.dictionaries(st.sampled_from(OPTIONS), SCALARS))
def test_a_document_of_any_shape_is_proved_or_untrusted(
    document: dict[str, Json], odd: dict[str, Json]
) -> None:
    proof = {**proof_of(add_proof({"of": "another"}, KEY, now=NOW)), **odd}

    assert not is_proved(document)
    assert not is_proved({**document, "proof": proof})
    assert not is_proved({**document, "proof": [proof, document]})


@examples(100)
@given(st.binary(max_size=300))
def test_bytes_come_back_from_multibase(data: bytes) -> None:
    in_base64url = "u" + base64.urlsafe_b64encode(data).decode().rstrip("=")

    assert multibase.decode(multibase.encode(data)) == data
    assert multibase.decode(in_base64url) == data


@examples(100)
@given(st.text() | st.text("z123AZaz0OIl").map("z{}".format))
def test_base58_has_one_text_for_the_same_bytes(text: str) -> None:
    try:
        data = multibase.decode(text)
    except UntrustedSignature:
        return

    assert text.startswith("u") or multibase.encode(data) == text
