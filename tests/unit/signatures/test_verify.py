import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedreview.errors import UntrustedSignature
from fedreview.signatures import cavage, rfc9421
from fedreview.signatures.digest import digest_header
from fedreview.signatures.keys import PrivateKey, PublicKey
from fedreview.signatures.message import Message
from fedreview.signatures.verify import Scheme, check, read_claim
from tests.protocol.material import ORIGIN, private_key, public_key, received

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
BODY = b'{"type":"Like"}'
TYPE = "application/activity+json"
NAMES = ("test-key-rsa", "test-key-ed25519")
TARGETS = st.from_regex(r"/[a-z0-9%@/._~-]{0,20}(\?[a-z0-9=&%/?-]{0,20})?", fullmatch=True)
# Printable, without what a header may not begin or end with.
BYTES = st.integers(0x21, 0x7E)

# Of the 86 letters of an Ed25519 signature the last carries two bits and four spare ones.
LETTERS_THAT_COUNT = 85

Sign = Callable[..., dict[str, str]]
SCHEMES = {Scheme.CAVAGE: cavage.sign, Scheme.RFC9421: rfc9421.sign}


def delivered(
    sign: Sign,
    key: PrivateKey,
    *,
    method: str = "POST",
    target: str = "/inbox",
    body: bytes | None = BODY,
    at: datetime = NOW,
) -> Message:
    """Sign a request to us and receive it."""
    headers = sign(key, method=method, url=ORIGIN + target, body=body, now=at, content_type=TYPE)
    return received(
        method=method,
        target=target,
        headers={"Content-Type": TYPE, **headers},
        body=body or b"",
    )


def verdict(message: Message, key: PublicKey) -> None:
    check(read_claim(message, now=NOW), key)


def with_header(message: Message, name: str, value: str | None) -> Message:
    kept = tuple(pair for pair in message.headers if pair[0] != name)
    return replace(message, headers=kept if value is None else (*kept, (name, value)))


def changed(data: bytes, at: int, to: int) -> bytes:
    return data[:at] + bytes([to if data[at] != to else to ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=40)
@given(target=TARGETS, body=st.none() | st.binary(max_size=60), seconds=st.integers(0, 43200))
def test_what_we_sign_we_accept(
    scheme: Scheme, name: str, target: str, body: bytes | None, seconds: int
) -> None:
    message = delivered(
        SCHEMES[scheme],
        private_key(name),
        method="GET" if body is None else "POST",
        target=target,
        body=body,
        at=NOW - timedelta(seconds=seconds),
    )

    claim = read_claim(message, now=NOW)

    assert (claim.key_id, claim.scheme) == (private_key(name).id, scheme)
    check(claim, public_key(name))


@pytest.mark.parametrize("scheme", Scheme)
@settings(deadline=None)
@given(data=st.data(), to=st.integers(0, 255))
def test_any_changed_byte_in_the_body_is_refused(
    scheme: Scheme, data: st.DataObject, to: int
) -> None:
    message = delivered(SCHEMES[scheme], private_key("test-key-ed25519"))
    at = data.draw(st.integers(0, len(BODY) - 1))

    with pytest.raises(UntrustedSignature, match="not that of the body"):
        verdict(replace(message, body=changed(BODY, at, to)), public_key("test-key-ed25519"))


@pytest.mark.parametrize("scheme", Scheme)
@settings(deadline=None)
@given(data=st.data(), to=BYTES)
def test_any_changed_byte_in_the_target_is_refused(
    scheme: Scheme, data: st.DataObject, to: int
) -> None:
    message = delivered(SCHEMES[scheme], private_key("test-key-ed25519"), target="/users/a?b=1")
    at = data.draw(st.integers(0, len(message.raw_target) - 1))

    with pytest.raises(UntrustedSignature, match="not signed by"):
        verdict(
            replace(message, raw_target=changed(message.raw_target, at, to)),
            public_key("test-key-ed25519"),
        )


@pytest.mark.parametrize(
    ("scheme", "name"),
    [(Scheme.CAVAGE, name) for name in ("host", "date", "digest", "content-type")]
    + [(Scheme.RFC9421, name) for name in ("content-digest", "content-type")],
)
@settings(deadline=None)
@given(data=st.data(), to=BYTES)
def test_any_changed_byte_in_a_covered_header_is_refused(
    scheme: Scheme, name: str, data: st.DataObject, to: int
) -> None:
    message = delivered(SCHEMES[scheme], private_key("test-key-ed25519"))
    value = message.covered(name).encode()
    at = data.draw(st.integers(0, len(value) - 1))

    with pytest.raises(UntrustedSignature):
        verdict(
            with_header(message, name, changed(value, at, to).decode("latin-1")),
            public_key("test-key-ed25519"),
        )


@pytest.mark.parametrize("scheme", Scheme)
@settings(deadline=None)
@given(data=st.data(), to=BYTES)
def test_any_changed_byte_in_the_signature_is_refused(
    scheme: Scheme, data: st.DataObject, to: int
) -> None:
    message = delivered(SCHEMES[scheme], private_key("test-key-ed25519"))
    value = message.covered("signature").encode()
    mark = b"sig1=:" if scheme is Scheme.RFC9421 else b'signature="'
    start = value.index(mark) + len(mark)
    at = data.draw(st.integers(start, start + LETTERS_THAT_COUNT - 1))

    with pytest.raises(UntrustedSignature):
        verdict(
            with_header(message, "signature", changed(value, at, to).decode()),
            public_key("test-key-ed25519"),
        )


@pytest.mark.parametrize("scheme", Scheme)
def test_another_method_is_refused(scheme: Scheme) -> None:
    message = delivered(SCHEMES[scheme], private_key("test-key-rsa"))

    with pytest.raises(UntrustedSignature, match="not signed by"):
        verdict(replace(message, method="PUT"), public_key("test-key-rsa"))


@pytest.mark.parametrize("scheme", Scheme)
def test_a_request_meant_for_another_server_is_refused(scheme: Scheme) -> None:
    headers = SCHEMES[scheme](
        private_key("test-key-rsa"),
        method="POST",
        url="https://other.example/inbox",
        body=BODY,
        now=NOW,
    )

    with pytest.raises(UntrustedSignature, match="another host"):
        verdict(received(headers=headers, body=BODY), public_key("test-key-rsa"))
    with pytest.raises(UntrustedSignature, match="not signed by"):
        verdict(
            received(headers={**headers, "Host": "reviews.example"}, body=BODY),
            public_key("test-key-rsa"),
        )


@pytest.mark.parametrize("scheme", Scheme)
def test_a_request_to_any_of_our_origins_is_accepted(scheme: Scheme) -> None:
    message = delivered(SCHEMES[scheme], private_key("test-key-rsa"))
    origins = frozenset({"http://127.0.0.1:8000", ORIGIN, "https://www.reviews.example"})

    verdict(replace(message, origins=origins), public_key("test-key-rsa"))


def test_an_unsigned_request_is_refused() -> None:
    with pytest.raises(UntrustedSignature, match="the request is not signed"):
        read_claim(received(headers=[("Host", "reviews.example")]), now=NOW)


@pytest.mark.parametrize("scheme", Scheme)
def test_the_claimed_keys_id_must_be_that_of_the_key(scheme: Scheme) -> None:
    message = delivered(SCHEMES[scheme], private_key("test-key-rsa"))
    same_key_other_id = public_key("test-key-rsa", "https://evil.example/users/mallory#main-key")

    with pytest.raises(UntrustedSignature, match="signed with"):
        verdict(message, same_key_other_id)


@pytest.mark.parametrize("scheme", Scheme)
def test_a_key_of_the_same_id_that_did_not_sign_is_refused(scheme: Scheme) -> None:
    message = delivered(SCHEMES[scheme], private_key("test-key-rsa"))
    other = public_key("test-key-ed25519", private_key("test-key-rsa").id)

    with pytest.raises(UntrustedSignature, match="not signed by"):
        verdict(message, other)


def test_a_label_for_the_wrong_kind_of_key_is_refused_even_if_the_key_signed() -> None:
    message = delivered(cavage.sign, private_key("test-key-ed25519"))
    relabelled = message.covered("signature").replace("hs2019", "rsa-sha256")

    with pytest.raises(UntrustedSignature, match="not signed by"):
        verdict(with_header(message, "signature", relabelled), public_key("test-key-ed25519"))


def cavage_signed(covered: str, parameters: str = "", **headers: str) -> Message:
    """Sign over exactly these names, as a sender of another make would."""
    key = private_key("test-key-rsa")
    given = {
        "Host": "reviews.example",
        "Date": "Sat, 14 Mar 2026 12:00:00 GMT",
        "Digest": digest_header(BODY),
        **headers,
    }
    text = f'keyId="{key.id}",headers="{covered}"{parameters},signature="AAAA"'
    draft = received(headers={**given, "Signature": text}, body=BODY)
    signed = cavage.signing_string(draft, cavage.read(draft), target="/inbox")
    signature = base64.b64encode(key.sign(signed)).decode()
    return with_header(draft, "signature", text.replace("AAAA", signature))


ENOUGH = "(request-target) host date digest"
WITH_CREATED = "(request-target) host digest (created)"
AT = int(NOW.timestamp())


@pytest.mark.parametrize(
    "message",
    [
        cavage_signed(ENOUGH),
        cavage_signed(WITH_CREATED, f",algorithm=hs2019,created={AT}"),
        cavage_signed(WITH_CREATED, f",created={AT}"),
        cavage_signed(f"{WITH_CREATED} date", f",created={AT}"),
        cavage_signed(f"{WITH_CREATED} (expires)", f",created={AT},expires={AT - 3600}"),
    ],
    ids=["date", "created", "created, no label", "both times", "just expired"],
)
def test_cavage_signatures_that_cover_enough_are_accepted(message: Message) -> None:
    verdict(message, public_key("test-key-rsa"))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (cavage_signed("host date digest"), r"does not cover \(request-target\)"),
        (cavage_signed("(request-target) date digest"), "does not cover host"),
        (cavage_signed("(request-target) host date"), "does not cover digest"),
        (cavage_signed("(request-target) host digest", f",created={AT}"), "covers no time"),
        (cavage_signed(ENOUGH, Digest="SHA-256=AAAA"), "digest is not that of the body"),
        (cavage_signed(ENOUGH, Digest="SHA-512=AAAA"), "digest is not that of the body"),
        (cavage_signed(ENOUGH, Date="Fri, 13 Mar 2026 23:59:59 GMT"), "too long ago"),
        (cavage_signed(ENOUGH, Date="Sat, 14 Mar 2026 13:00:01 GMT"), "in the future"),
        (cavage_signed(ENOUGH, Date="yesterday"), "not a date"),
        (cavage_signed(WITH_CREATED, f",created={AT - 43201}"), "too long ago"),
        (cavage_signed(WITH_CREATED, f",created={AT + 3601}"), "in the future"),
        (cavage_signed(WITH_CREATED, ",created=999999999999"), "out of range"),
        (cavage_signed(f"{WITH_CREATED} date", f",created={AT - 43201}"), "too long ago"),
        (cavage_signed(ENOUGH, f",expires={AT - 3601}"), "expired"),
    ],
)
def test_cavage_signatures_that_cover_too_little_or_not_now_are_refused(
    message: Message, reason: str
) -> None:
    with pytest.raises(UntrustedSignature, match=reason):
        read_claim(message, now=NOW)


def test_a_digest_that_is_covered_without_need_must_still_be_right() -> None:
    message = replace(cavage_signed(ENOUGH, Digest="SHA-256=AAAA"), method="GET", body=b"")

    with pytest.raises(UntrustedSignature, match="digest is not that of the body"):
        read_claim(message, now=NOW)


def test_a_signed_path_is_enough_where_the_request_has_a_query() -> None:
    message = cavage_signed(ENOUGH)

    verdict(replace(message, raw_target=b"/inbox?page=1"), public_key("test-key-rsa"))


def test_a_signed_query_cannot_be_dropped() -> None:
    message = delivered(cavage.sign, private_key("test-key-rsa"), target="/inbox?page=1")

    with pytest.raises(UntrustedSignature, match="not signed by"):
        verdict(replace(message, raw_target=b"/inbox"), public_key("test-key-rsa"))


def both(first: Message, second: Message) -> Message:
    """Put both requests' signatures on one, each on lines of its own."""
    known = {name for name, _ in first.headers} - {"signature"}
    more = tuple(pair for pair in second.headers if pair[0] not in known)
    return replace(first, headers=(*first.headers, *more))


def test_of_two_signatures_rfc9421_comes_first_and_cavage_is_kept() -> None:
    message = both(
        delivered(cavage.sign, private_key("test-key-rsa")),
        delivered(rfc9421.sign, private_key("test-key-rsa")),
    )

    claim = read_claim(message, now=NOW)

    assert claim.scheme is Scheme.RFC9421
    assert claim.otherwise is not None
    assert claim.otherwise.scheme is Scheme.CAVAGE
    check(claim, public_key("test-key-rsa"))
    check(claim.otherwise, public_key("test-key-rsa"))


def test_when_rfc9421_fails_a_good_cavage_signature_of_the_same_key_counts() -> None:
    good = delivered(cavage.sign, private_key("test-key-rsa"))
    bad = delivered(rfc9421.sign, private_key("test-key-rsa"), target="/elsewhere")

    claim = read_claim(both(good, bad), now=NOW)

    assert claim.scheme is Scheme.RFC9421
    check(claim, public_key("test-key-rsa"))


def test_when_rfc9421_proves_too_little_only_cavage_is_claimed() -> None:
    good = delivered(cavage.sign, private_key("test-key-rsa"))
    stale = delivered(rfc9421.sign, private_key("test-key-rsa"), at=NOW - timedelta(days=1))

    claim = read_claim(both(good, stale), now=NOW)

    assert (claim.scheme, claim.otherwise) == (Scheme.CAVAGE, None)
    assert claim.surely_signed_at == claim.signed_at == NOW


def test_of_two_signatures_the_older_says_since_when_it_is_sure() -> None:
    earlier = NOW - timedelta(minutes=1)
    good = delivered(cavage.sign, private_key("test-key-rsa"), at=earlier)
    newer = delivered(rfc9421.sign, private_key("test-key-rsa"))

    claim = read_claim(both(good, newer), now=NOW)

    assert (claim.signed_at, claim.surely_signed_at) == (NOW, earlier)


def test_two_signatures_by_two_keys_can_each_be_checked() -> None:
    message = both(
        delivered(cavage.sign, private_key("test-key-rsa")),
        delivered(rfc9421.sign, private_key("test-key-ed25519")),
    )

    claim = read_claim(message, now=NOW)

    check(claim, public_key("test-key-ed25519"))
    check(claim, public_key("test-key-rsa"))


def test_when_both_signatures_fail_both_reasons_are_told() -> None:
    old = NOW - timedelta(days=1)
    message = both(
        delivered(cavage.sign, private_key("test-key-rsa"), at=old),
        delivered(rfc9421.sign, private_key("test-key-rsa"), at=old),
    )

    with pytest.raises(UntrustedSignature, match=r"too long ago.*; .*too long ago"):
        read_claim(message, now=NOW)


def rfc9421_input(value: str) -> Message:
    message = delivered(rfc9421.sign, private_key("test-key-rsa"))
    return with_header(message, "signature-input", f'sig1={value};keyid="k"')


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (f'("@target-uri" "content-digest");created={AT}', "does not cover @method"),
        (f'("@method" "@path" "content-digest");created={AT}', "does not cover @target-uri"),
        (f'("@method" "@target-uri");created={AT}', "does not cover content-digest"),
        ('("@method" "@target-uri" "content-digest")', "covers no time"),
        (f'("@method" "@target-uri" "content-digest");created={AT - 43201}', "too long ago"),
        (f'("@method" "@target-uri" "content-digest");created={AT + 3601}', "in the future"),
        ('("@method" "@target-uri" "content-digest");created=-1', "out of range"),
        (f'("@method" "@target-uri" "content-digest");created={AT};expires=1', "expired"),
    ],
)
def test_rfc9421_signatures_that_cover_too_little_or_not_now_are_refused(
    value: str, reason: str
) -> None:
    with pytest.raises(UntrustedSignature, match=reason):
        read_claim(rfc9421_input(value), now=NOW)
