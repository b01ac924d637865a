"""Every case of vectors/rfc9421.json that a request to us could be, and a second opinion."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    MappingKeyResolver,
    algorithms,
)

from fedreview.errors import UntrustedSignature
from fedreview.signatures import rfc9421
from fedreview.signatures.message import Message
from fedreview.signatures.verify import Scheme, check, read_claim
from tests.protocol.material import (
    ORIGIN,
    by_id,
    private_key,
    public_key,
    received,
    received_case,
    vectors,
)

RFC = by_id(vectors("rfc9421")["cases"])
PROFILE = by_id(vectors("rfc9421")["fediverse_profile"])
ACCEPTED = [name for name, case in PROFILE.items() if case["verdict"] == "accept"]
REFUSED = [name for name, case in PROFILE.items() if case["verdict"] == "reject"]
UNCHANGED = [name for name, case in PROFILE.items() if case["signature_base"]]
ALGORITHMS = {
    "test-key-rsa": algorithms.RSA_V1_5_SHA256,
    "test-key-ed25519": algorithms.ED25519,
}
BODY = b'{"type":"Like"}'


def the_rfcs_request(id: str) -> Message:
    message = vectors("rfc9421")["messages"]["request"]
    return received(
        method=message["method"],
        target=message["target"],
        headers=[*map(tuple, message["headers"]), *RFC[id]["headers"].items()],
        body=message["body"].encode(),
        origins=frozenset({"https://example.com"}),
        hosts=frozenset({"example.com"}),
    )


@pytest.mark.parametrize("id", ["B.2.1", "B.2.3", "B.2.5", "B.2.6"])
def test_the_rfcs_signature_bases_come_out_byte_for_byte(id: str) -> None:
    message = the_rfcs_request(id)

    signature = rfc9421.read(message)

    base = rfc9421.signature_base(message, signature, origin="https://example.com")
    assert base == RFC[id]["signature_base"].encode()


def test_the_rfcs_ed25519_signature_comes_out_byte_for_byte_and_verifies() -> None:
    signature = rfc9421.read(the_rfcs_request("B.2.6"))
    base = RFC["B.2.6"]["signature_base"].encode()

    assert private_key("test-key-ed25519").sign(base) == signature.signature
    assert public_key("test-key-ed25519").verify(signature.signature, base)


def test_a_component_with_a_parameter_is_more_than_we_can_check() -> None:
    with pytest.raises(UntrustedSignature, match="@query-param"):
        rfc9421.read(the_rfcs_request("B.2.2"))


@pytest.mark.parametrize("id", ["B.2.1", "B.2.2", "B.2.3", "B.2.5", "B.2.6"])
def test_none_of_the_rfcs_requests_covers_enough_for_an_inbox(id: str) -> None:
    signed_at = datetime.fromtimestamp(1618884473, UTC)

    with pytest.raises(UntrustedSignature, match=r"does not cover|cannot check"):
        read_claim(the_rfcs_request(id), now=signed_at)


@pytest.mark.parametrize("id", UNCHANGED)
def test_the_fediverses_signature_bases_come_out_byte_for_byte(id: str) -> None:
    message = received_case(PROFILE[id])

    base = rfc9421.signature_base(message, rfc9421.read(message), origin=ORIGIN)

    assert base == PROFILE[id]["signature_base"].encode()


@pytest.mark.parametrize("id", ACCEPTED)
def test_what_the_fediverse_sends_is_accepted(id: str) -> None:
    case = PROFILE[id]
    now = datetime.fromtimestamp(case["now"], UTC)

    claim = read_claim(received_case(case), now=now)

    assert (claim.key_id, claim.scheme) == (case["keyid"], Scheme.RFC9421)
    check(claim, public_key(case["key"], case["keyid"]))


@pytest.mark.parametrize("id", REFUSED)
def test_what_proves_too_little_is_refused(id: str) -> None:
    case = PROFILE[id]
    now = datetime.fromtimestamp(case["now"], UTC)
    key = public_key(case["key"], case["keyid"])

    with pytest.raises(UntrustedSignature):
        check(read_claim(received_case(case), now=now), key)


def their_keys(name: str) -> MappingKeyResolver:
    pems, key_id = vectors("rfc9421")["keys"][name], private_key(name).id
    return MappingKeyResolver(
        public_keys={key_id: pems["public_pem"].encode()},
        private_keys={key_id: pems["private_pem"].encode()},
    )


@dataclass
class Request:
    """The shape of request that the other implementation reads and writes."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("content_type", [None, "application/activity+json"])
def test_another_implementation_accepts_what_we_sign(name: str, content_type: str | None) -> None:
    url = "https://mastodon.example/users/alice/inbox?page=1"
    headers = rfc9421.sign(
        private_key(name),
        method="POST",
        url=url,
        body=BODY,
        now=datetime.now(UTC),
        content_type=content_type,
    )
    verifier = HTTPMessageVerifier(
        signature_algorithm=ALGORITHMS[name], key_resolver=their_keys(name)
    )
    request = Request("POST", url, {"Content-Type": content_type or "text/plain", **headers})

    [result] = verifier.verify(
        request, body=BODY, require_components=("@method", "@target-uri", "content-digest")
    )

    assert result.parameters["keyid"] == private_key(name).id
    assert result.body == BODY


@pytest.mark.parametrize("name", ALGORITHMS)
def test_we_accept_what_another_implementation_signs(name: str) -> None:
    key_id = private_key(name).id
    request = Request("POST", f"{ORIGIN}/inbox", {"Host": "reviews.example"})
    signer = HTTPMessageSigner(signature_algorithm=ALGORITHMS[name], key_resolver=their_keys(name))
    signer.sign(
        request,
        key_id=key_id,
        created=datetime.now(UTC),
        covered_component_ids=("@method", "@target-uri", "@authority", "content-digest"),
        body=BODY,
    )
    message = received(headers=request.headers, body=BODY)

    claim = read_claim(message, now=datetime.now(UTC))

    assert base64.b64encode(claim.signature).decode() in request.headers["Signature"]
    check(claim, public_key(name))
