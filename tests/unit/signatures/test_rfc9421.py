from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.errors import RemoteRefused, UntrustedSignature
from fedreview.signatures import rfc9421
from fedreview.signatures.fields import read_dictionary
from fedreview.signatures.keys import KeyKind
from tests.protocol.material import ORIGIN, private_key, public_key, received

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
RSA = private_key("test-key-rsa")
INPUT = 'sig1=("@method");created=1;keyid="k"'


def signed(value: str, signature: str = "sig1=:AAAA:") -> list[tuple[str, str]]:
    return [("Signature-Input", value), ("Signature", signature)]


def test_a_post_covers_what_mastodon_covers() -> None:
    headers = rfc9421.sign(
        RSA, method="post", url="https://Mastodon.example:443/inbox?a=1#x", body=b"{}", now=NOW
    )

    signature = rfc9421.read(received(headers=headers))
    parameters = f'("@method" "@target-uri" "content-digest");created=1773489600;keyid="{RSA.id}"'
    assert set(headers) == {"Host", "Content-Digest", "Signature-Input", "Signature"}
    assert headers["Host"] == "mastodon.example"
    assert headers["Signature-Input"] == f"sig1={parameters}"
    assert public_key("test-key-rsa").verify(
        signature.signature,
        b'"@method": POST\n'
        b'"@target-uri": https://mastodon.example/inbox?a=1\n'
        b'"content-digest": sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:\n'
        b'"@signature-params": ' + parameters.encode(),
    )


def test_a_get_covers_method_and_target() -> None:
    headers = rfc9421.sign(
        RSA, method="GET", url="https://a.example/x", body=None, now=NOW, content_type="x/y"
    )

    assert set(headers) == {"Host", "Signature-Input", "Signature"}
    assert headers["Signature-Input"].startswith('sig1=("@method" "@target-uri");created=')


def test_a_content_type_is_covered_when_given() -> None:
    headers = rfc9421.sign(
        RSA, method="POST", url="https://a.example/x", body=b"", now=NOW, content_type="x/y"
    )

    assert '"content-digest" "content-type")' in headers["Signature-Input"]


def test_nothing_is_signed_for_what_is_no_address() -> None:
    with pytest.raises(RemoteRefused):
        rfc9421.sign(RSA, method="GET", url="a.example/x", body=None, now=NOW)


def test_what_we_ask_of_a_sender_is_a_structured_field() -> None:
    [(label, (items, parameters))] = read_dictionary(rfc9421.ACCEPT_SIGNATURE).items()

    assert label == "sig1"
    assert items == [("@method", {}), ("@target-uri", {})]
    assert parameters == {"created": True}


@pytest.mark.parametrize(
    ("alg", "kind"),
    [
        ("", None),
        (';alg="rsa-v1_5-sha256"', KeyKind.RSA),
        (';alg="ed25519"', KeyKind.ED25519),
    ],
)
def test_the_alg_says_which_kind_of_key_is_asked_for(alg: str, kind: KeyKind | None) -> None:
    message = received(headers=signed(f"{INPUT};expires=2;nonce=x;tag=y{alg}"))

    signature = rfc9421.read(message)

    assert rfc9421.is_present(message)
    assert (signature.key_id, signature.kind, signature.signature) == ("k", kind, b"\0\0\0")
    assert (signature.created, signature.expires) == (1, 2)


def test_a_cavage_signature_on_its_own_line_is_passed_over() -> None:
    headers = [("Signature", 'keyId="k",signature="BBBB"'), *signed(INPUT)]

    assert rfc9421.read(received(headers=headers)).signature == b"\0\0\0"


def test_every_derived_component_of_a_request_can_be_covered() -> None:
    names = (
        "@method",
        "@target-uri",
        "@authority",
        "@scheme",
        "@request-target",
        "@path",
        "@query",
    )
    listed = " ".join(f'"{name}"' for name in (*names, "x"))
    message = received(
        method="get",
        target="/a%20b?c=%2F&d",
        headers=[*signed(f'sig1=({listed});keyid="k"'), ("X", "1"), ("X", "2")],
    )

    base = rfc9421.signature_base(message, rfc9421.read(message), origin=ORIGIN)

    assert base.decode().splitlines() == [
        '"@method": GET',
        '"@target-uri": https://reviews.example/a%20b?c=%2F&d',
        '"@authority": reviews.example',
        '"@scheme": https',
        '"@request-target": /a%20b?c=%2F&d',
        '"@path": /a%20b',
        '"@query": ?c=%2F&d',
        '"x": 1, 2',
        f'"@signature-params": ({listed});keyid="k"',
    ]


def test_a_request_without_a_query_has_an_empty_one() -> None:
    message = received(headers=signed('sig1=("@query");keyid="k"'))

    base = rfc9421.signature_base(message, rfc9421.read(message), origin=ORIGIN)

    assert base.startswith(b'"@query": ?\n')


@pytest.mark.parametrize(
    ("value", "signature", "reason"),
    [
        ("", "sig1=:AAAA:", "0 signature inputs"),
        (f"{INPUT}, sig2=()", "sig1=:AAAA:", "2 signature inputs"),
        (f"{INPUT}, {INPUT}", "sig1=:AAAA:", "given twice"),
        (f'{INPUT};keyid="evil"', "sig1=:AAAA:", "given twice"),
        ('sig1=("@method");created=1', "sig1=:AAAA:", "no keyid"),
        ('sig1=("@method");keyid=""', "sig1=:AAAA:", "no keyid"),
        ('sig1=("@method");keyid=token', "sig1=:AAAA:", "no keyid"),
        (f'sig1=("@method");keyid="{"k" * 2049}"', "sig1=:AAAA:", "too long"),
        (f'{INPUT};alg="rsa-pss-sha512"', "sig1=:AAAA:", "unknown alg"),
        (f"{INPUT};alg=ed25519", "sig1=:AAAA:", "unknown alg"),
        (f"{INPUT};alg=1", "sig1=:AAAA:", "unknown alg"),
        ('sig1="@method";keyid="k"', "sig1=:AAAA:", "no list of covered"),
        (
            f'sig1=({" ".join(f"{chr(34)}{n}{chr(34)}" for n in range(33))});keyid="k"',
            "",
            "no list",
        ),
        ('sig1=("@method";req);keyid="k"', "sig1=:AAAA:", "cannot check"),
        ('sig1=("date";sf);keyid="k"', "sig1=:AAAA:", "cannot check"),
        ('sig1=("date" "date");keyid="k"', "sig1=:AAAA:", "cannot check"),
        ('sig1=("Date");keyid="k"', "sig1=:AAAA:", "cannot check"),
        ('sig1=(date);keyid="k"', "sig1=:AAAA:", "cannot check"),
        ('sig1=("@method");keyid="k";created=?1', "sig1=:AAAA:", "created is not"),
        ('sig1=("@method");keyid="k";created="1"', "sig1=:AAAA:", "created is not"),
        ('sig1=("@method");keyid="k";expires=1.5', "sig1=:AAAA:", "expires is not"),
        (INPUT, "", "no signature called 'sig1'"),
        (INPUT, "sig2=:AAAA:", "no signature called 'sig1'"),
        (INPUT, 'sig1="AAAA"', "no signature called 'sig1'"),
        (INPUT, "sig1=:AAAA:, sig1=:BBBB:", "given twice"),
        (INPUT, "sig1=:!:", "not a structured dictionary"),
    ],
)
def test_a_signature_that_is_ambiguous_or_broken_is_refused(
    value: str, signature: str, reason: str
) -> None:
    with pytest.raises(UntrustedSignature, match=reason):
        rfc9421.read(received(headers=signed(value, signature)))


@pytest.mark.parametrize("name", ["date", "@status", "@query-param"])
def test_what_is_covered_must_be_there(name: str) -> None:
    message = received(headers=signed(f'sig1=("{name}");keyid="k"'))

    with pytest.raises(UntrustedSignature, match="was not sent"):
        rfc9421.signature_base(message, rfc9421.read(message), origin=ORIGIN)


def test_what_is_not_ascii_was_not_signed() -> None:
    message = received(headers=[*signed('sig1=("x");keyid="k"'), ("X", "é")])

    with pytest.raises(UntrustedSignature, match="ASCII"):
        rfc9421.signature_base(message, rfc9421.read(message), origin=ORIGIN)


@given(st.text(alphabet='sig1=();:"@ ,keyid?created%é', max_size=80))
def test_no_header_breaks_the_reader(text: str) -> None:
    message = received(headers=signed(f'sig1=("@method");keyid="k"{text}'))

    try:
        signature = rfc9421.read(message)
    except UntrustedSignature:
        return
    assert signature.parameters.startswith('("@method");keyid="k"')
