import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedreview.activitypub.parse.actors import parse_actor
from fedreview.activitypub.vocabulary import ActorDocument, Json, RemoteKey
from fedreview.domain.actor import ActorId
from fedreview.errors import MalformedActivity

ALICE = ActorId("https://a.example/users/alice")


def actor(**members: Json) -> ActorDocument:
    least: dict[str, Json] = {
        "id": ALICE,
        "type": "Person",
        "preferredUsername": "alice",
        "inbox": f"{ALICE}/inbox",
    }
    return parse_actor({**least, **members})


def pem(**members: Json) -> dict[str, Json]:
    return {"id": f"{ALICE}#main-key", "owner": ALICE, "publicKeyPem": "PEM", **members}


def multikey(**members: Json) -> dict[str, Json]:
    return {
        "id": f"{ALICE}#ed25519-key",
        "type": "Multikey",
        "controller": ALICE,
        "publicKeyMultibase": "z6Mk",
        **members,
    }


def test_an_actor_needs_no_more_than_an_id_a_type_a_name_and_an_inbox() -> None:
    assert actor() == ActorDocument(
        id=ALICE, type="Person", username="alice", name="", inbox=f"{ALICE}/inbox"
    )


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"id": None}, "/id"),
        ({"id": "https://alice@a.example/"}, "/id"),
        ({"type": None}, "/type"),
        ({"type": "Note"}, "/type"),
        ({"type": ["Person", "Group"]}, "/type"),
        ({"preferredUsername": None}, "/preferredUsername"),
        ({"preferredUsername": {"a": "b"}}, "/preferredUsername"),
        ({"inbox": None}, "/inbox"),
        ({"inbox": "mailto:alice@a.example"}, "/inbox"),
        ({"inbox": "file:///etc/passwd"}, "/inbox"),
        ({"id": None, "type": None, "inbox": None}, "/id"),
    ],
)
def test_the_first_fault_that_matters_is_named(members: dict[str, Json], pointer: str) -> None:
    with pytest.raises(MalformedActivity) as refusal:
        actor(**members)

    assert refusal.value.pointer == pointer


@pytest.mark.parametrize("name", ["a", "Alice_1", "a.b-c", "a..b", "index", "9"])
def test_names_that_mastodon_takes_are_taken(name: str) -> None:
    assert actor(preferredUsername=name).username == name


@pytest.mark.parametrize(
    "name",
    [
        ".a",
        "a.",
        "-",
        "a b",
        "a@b",
        "a/b",
        "ali\N{KELVIN SIGN}e",
        "\N{LATIN SMALL LETTER LONG S}",
        "älice",
        "a\n",
        "<b>",
        "a" * 256,
        "a." * 1_000,
    ],
)
def test_names_that_mastodon_refuses_are_refused(name: str) -> None:
    with pytest.raises(MalformedActivity) as refusal:
        actor(preferredUsername=name)

    assert refusal.value.pointer == "/preferredUsername"


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        ("alice@a.example", "alice@a.example"),
        ("acct:alice@a.example", "alice@a.example"),
        ("@alice@A.Example.", "alice@a.example"),
        ("alice@bücher.example", "alice@xn--bcher-kva.example"),
        ("alice@a.example:8443", "alice@a.example:8443"),
        ("alice@a.example/path", ""),
        ("alice@a.example?query", ""),
        ("alice@a.example#x", ""),
        ("alice@bob@a.example", ""),
        ("alice@", ""),
        ("alice", ""),
        ("@a.example", ""),
        ("al ice@a.example", ""),
        (None, ""),
        (1, ""),
    ],
)
def test_a_webfinger_claim_is_kept_when_it_is_a_handle(claimed: Json, expected: str) -> None:
    assert actor(webfinger=claimed).webfinger == expected


def test_the_name_in_the_webfinger_claim_stands_in_for_a_missing_one() -> None:
    assert actor(preferredUsername=None, webfinger="bob@a.example").username == "bob"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"endpoints": {"sharedInbox": "https://a.example/inbox"}}, "https://a.example/inbox"),
        ({"sharedInbox": "https://a.example/inbox"}, "https://a.example/inbox"),
        (
            {"endpoints": {"sharedInbox": "x"}, "sharedInbox": "https://a.example/inbox"},
            "https://a.example/inbox",
        ),
        ({"endpoints": "https://a.example/endpoints"}, ""),
        ({"endpoints": {"sharedInbox": None}, "sharedInbox": 1}, ""),
    ],
)
def test_the_shared_inbox_may_stand_in_two_places(members: dict[str, Json], expected: str) -> None:
    assert actor(**members).shared_inbox == expected


def test_long_texts_are_cut_where_mastodon_cuts() -> None:
    found = actor(name="x" * 100_000, summary="x" * 100_000)

    assert (len(found.name), len(found.summary)) == (2_048, 20_000)


def test_a_script_is_nobodys_page_or_picture() -> None:
    found = actor(url="javascript:alert(1)", icon={"type": "Image", "url": "javascript:alert(1)"})

    assert (found.url, found.icon_url) == ("", "")


def test_keys_of_both_kinds_are_kept() -> None:
    found = actor(publicKey=pem(), assertionMethod=multikey())

    assert found.keys == (
        RemoteKey(id=f"{ALICE}#main-key", owner=ALICE, pem="PEM"),
        RemoteKey(id=f"{ALICE}#ed25519-key", owner=ALICE, multibase="z6Mk"),
    )


@pytest.mark.parametrize(
    "members",
    [
        {"id": None},
        {"id": ""},
        {"id": "main-key"},
        {"id": "https://b.example/users/bob#main-key"},
        {"owner": None},
        {"owner": "https://a.example/users/bob"},
        {"owner": "https://a.example/users/alice/"},
        {"publicKeyPem": None},
        {"publicKeyPem": ""},
        {"publicKeyPem": {"a": "b"}},
        {"publicKeyPem": "x" * 8_193},
    ],
)
def test_a_key_that_is_not_shown_to_be_the_actors_is_left_out(members: dict[str, Json]) -> None:
    assert actor(publicKey=pem(**members)).keys == ()


@pytest.mark.parametrize(
    "members",
    [
        {"id": None},
        {"id": "https://b.example/users/bob#key"},
        {"type": "JsonWebKey"},
        {"type": None},
        {"controller": None},
        {"controller": "https://a.example/users/bob"},
        {"publicKeyMultibase": None},
        {"publicKeyMultibase": "z" * 8_193},
    ],
)
def test_a_multikey_that_is_not_shown_to_be_the_actors_is_left_out(
    members: dict[str, Json],
) -> None:
    assert actor(assertionMethod=multikey(**members)).keys == ()


@pytest.mark.parametrize("value", [None, "", 1, f"{ALICE}#main-key", [], {}, [[pem()]]])
def test_nonsense_instead_of_keys_is_no_key(value: Json) -> None:
    assert actor(publicKey=value, assertionMethod=value).keys == ()


def test_of_two_keys_with_one_id_the_first_counts() -> None:
    first, second = pem(), pem(publicKeyPem="OTHER")

    found = actor(publicKey=[first, second], assertionMethod=[multikey(id=first["id"])])

    assert found.keys == (RemoteKey(id=f"{ALICE}#main-key", owner=ALICE, pem="PEM"),)


def test_no_more_than_ten_keys_are_kept() -> None:
    keys: list[Json] = [pem(id=f"{ALICE}#{number}") for number in range(8)]
    multikeys: list[Json] = [multikey(id=f"{ALICE}#m{number}") for number in range(20)]

    assert len(actor(publicKey=keys, assertionMethod=multikeys).keys) == 10
    assert len(actor(assertionMethod=multikeys).keys) == 10


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(ALICE),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "owner", "url", "href", "sharedInbox", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
PROPERTIES = [
    "id",
    "type",
    "preferredUsername",
    "name",
    "summary",
    "inbox",
    "endpoints",
    "webfinger",
    "url",
    "icon",
    "publicKey",
    "assertionMethod",
]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(PROPERTIES), JSON))
def test_any_properties_make_an_actor_or_are_refused_as_malformed(
    members: dict[str, Json],
) -> None:
    try:
        found = actor(**members)
    except MalformedActivity:
        return
    assert found.inbox.startswith("https://")
    assert all(key.owner == found.id for key in found.keys)
