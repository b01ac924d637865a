import pytest

from fedreview.activitypub.parse.notes import parse_note
from fedreview.activitypub.vocabulary import PUBLIC, Audience, Json, RemoteNote
from fedreview.domain.actor import ActorId
from fedreview.errors import MalformedActivity

ALICE = ActorId("https://a.example/users/alice")
NOTE = "https://a.example/notes/1"


def note(**members: Json) -> RemoteNote:
    return parse_note({"id": NOTE, "type": "Note", "attributedTo": ALICE, **members})


def test_a_note_of_nothing_but_an_id_and_a_type_is_empty_and_private() -> None:
    found = parse_note({"id": NOTE, "type": "Note"})

    assert found == RemoteNote(id=NOTE, type="Note", attributed_to=ActorId(""))
    assert found.audience is Audience.PRIVATE


@pytest.mark.parametrize(
    "id",
    [
        None,
        "",
        1,
        [NOTE],
        {"id": NOTE},
        "#fragment",
        "/notes/1",
        "ftp://a.example/1",
        "https://alice@a.example/notes/1",
        "https://a.example/" + "n" * 2_048,
        "https://a.example/" + "n" * 800,
        "https://a.example/" + "\u00e9" * 400,
    ],
)
def test_a_note_needs_an_absolute_web_address_of_its_own(id: Json) -> None:
    with pytest.raises(MalformedActivity) as refusal:
        note(id=id)

    assert refusal.value.pointer == "/id"


@pytest.mark.parametrize("type", [None, "", "Person", "Tombstone", ["Note", "Article"], {}])
def test_what_is_no_kind_of_note_is_refused(type: Json) -> None:
    with pytest.raises(MalformedActivity) as refusal:
        note(type=type)

    assert refusal.value.pointer == "/type"


@pytest.mark.parametrize("type", ["Article", "Question", "Page", "Video", "Event", "Review"])
def test_people_answer_with_other_things_than_notes(type: str) -> None:
    assert note(type=type).type == type
    assert note(type=[type]).type == type


@pytest.mark.parametrize(
    "named",
    [
        ALICE,
        {"id": ALICE, "type": "Person"},
        [{"type": "Person", "id": ALICE}, "https://b.example/c"],
    ],
)
def test_the_first_who_is_named_has_written_it(named: Json) -> None:
    assert note(attributedTo=named).attributed_to == ALICE


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"content": "a", "contentMap": {"de": "a"}}, "de"),
        ({"content": "b", "contentMap": {"de": "a", "en": "b"}}, "en"),
        ({"content": "c", "contentMap": {"de": "a", "en": "b"}}, "de"),
        ({"contentMap": {"pt-BR": "a"}}, "pt-BR"),
        ({"contentMap": {"zh-Hant-TW": "a"}}, "zh-Hant-TW"),
        ({"content": None, "contentMap": {"de": "a", "en": None}}, "de"),
        ({"content": "a", "contentMap": {"und": "a"}}, ""),
        ({"content": "a", "contentMap": {'"><script>': "a"}}, ""),
        ({"content": "a", "contentMap": {"": "a"}}, ""),
        ({"content": "a", "contentMap": {}}, ""),
        ({"content": "a", "contentMap": ["de"]}, ""),
        ({"content": "a"}, ""),
    ],
)
def test_the_language_is_that_of_the_content(members: dict[str, Json], expected: str) -> None:
    assert note(**members).language == expected


def test_the_content_is_taken_from_its_map_when_it_stands_only_there() -> None:
    assert note(contentMap={"de": "<p>hallo</p>", "en": "<p>hello</p>"}).content == "<p>hallo</p>"


def test_texts_are_cut_where_mastodon_cuts_or_we_do() -> None:
    long = "x" * 600_000

    found = note(content=long, summary=long, name=long)

    assert len(found.content) == 500_000
    assert len(found.summary) == 20_000
    assert len(found.name) == 2_048


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), (False, False), (None, False), (1, False), ("true", False)],
)
def test_only_a_plain_yes_makes_a_note_sensitive(value: Json, expected: bool) -> None:
    assert note(sensitive=value).sensitive is expected


@pytest.mark.parametrize(
    ("context", "conversation", "expected"),
    [
        ("tag:a,2026:b", "https://a.example/c", ("tag:a,2026:b", "https://a.example/c")),
        ("https://a.example/c", "https://a.example/c", ("https://a.example/c",)),
        ({"id": "https://a.example/c", "type": "Collection"}, None, ("https://a.example/c",)),
        ({"type": "Collection"}, ["x"], ("x",)),
        ("x" * 2_049, "", ()),
        ("\u00e9" * 1_025, "", ()),
        (1, [], ()),
    ],
)
def test_contexts_are_what_either_property_says(
    context: Json, conversation: Json, expected: tuple[str, ...]
) -> None:
    assert note(context=context, conversation=conversation).contexts == expected


@pytest.mark.parametrize("name", [PUBLIC, "as:Public", "Public", {"id": "as:Public"}])
@pytest.mark.parametrize("property", ["to", "cc"])
def test_a_note_is_public_when_either_list_says_so(property: str, name: Json) -> None:
    for value in (name, [name], ["https://a.example/followers", name]):
        found = note(**{property: value})

        assert found.audience is Audience.PUBLIC
        assert PUBLIC in found.addressed


@pytest.mark.parametrize(
    "members",
    [
        {"to": "https://a.example/followers"},
        {"to": "public"},
        {"to": "https://www.w3.org/ns/activitystreams#public"},
        {"to": [[PUBLIC]]},
        {"to": {"href": PUBLIC}},
        {"bto": PUBLIC, "bcc": PUBLIC, "audience": PUBLIC},
        {"to": None, "cc": {}},
        {},
    ],
)
def test_a_note_is_private_when_neither_list_names_the_public(members: dict[str, Json]) -> None:
    assert note(**members).audience is Audience.PRIVATE


def test_the_addressed_are_named_once_in_order_and_at_most_500() -> None:
    followers, bob = "https://a.example/followers", "https://b.example/bob"

    assert note(to=[bob, {"id": followers}, 1, ""], cc=["as:Public", bob]).addressed == (
        bob,
        followers,
        PUBLIC,
    )
    crowd: list[Json] = [f"https://b.example/{number}" for number in range(900)]
    assert len(note(to=crowd).addressed) == 500
    assert note(to=crowd, cc=PUBLIC).audience is Audience.PUBLIC


def mention(href: Json) -> dict[str, Json]:
    return {"type": "Mention", "href": href, "name": "@a@b"}


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (mention(ALICE), (ALICE,)),
        ([mention(ALICE), mention(ALICE)], (ALICE,)),
        ([mention(ALICE), {"type": "Hashtag", "href": NOTE}], (ALICE,)),
        ([mention(None), mention("javascript:alert(1)"), mention(""), mention([ALICE])], ()),
        ([None, 1, "Mention", [mention(ALICE)], {}], ()),
        (
            {"0": mention(ALICE), "1": mention(NOTE), "x": mention("https://c.example/")},
            (ALICE, NOTE),
        ),
        ({"0": ALICE}, ()),
        (None, ()),
    ],
)
def test_mentions_are_the_web_addresses_of_mention_tags(
    tag: Json, expected: tuple[str, ...]
) -> None:
    assert note(tag=tag).mentions == expected


def test_no_more_than_500_tags_and_100_mentions_are_looked_at() -> None:
    hashtags: list[Json] = [{"type": "Hashtag"}] * 450
    people: list[Json] = [mention(f"https://b.example/{number}") for number in range(200)]

    assert len(note(tag=people).mentions) == 100
    assert len(note(tag=[*hashtags, *people]).mentions) == 50


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (NOTE, NOTE),
        ({"id": NOTE, "type": "Note"}, NOTE),
        ([None, NOTE], NOTE),
        ({"type": "Link", "href": NOTE}, ""),
        (None, ""),
        ("", ""),
    ],
)
def test_a_reply_names_its_parent_by_id(value: Json, expected: str) -> None:
    assert note(inReplyTo=value).in_reply_to == expected
