from collections.abc import Callable, Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedreview.activitypub.parse import parse_activity, read_heading
from fedreview.activitypub.vocabulary import (
    Accept,
    Activity,
    Announce,
    AnnounceActivity,
    Block,
    CreateNote,
    Delete,
    Flag,
    Follow,
    Json,
    Like,
    Move,
    QuoteRequest,
    Reference,
    Reject,
    ReplyRequest,
    Undo,
    Unsupported,
    UpdateActor,
    UpdateNote,
)
from fedreview.domain.actor import ActorId
from fedreview.errors import MalformedActivity

ID = "https://a.example/activities/1"
ALICE = ActorId("https://a.example/users/alice")
BOB = ActorId("https://b.example/users/bob")
NOTE = "https://a.example/notes/1"
FOLLOW = "https://b.example/follows/1"


def activity(type: Json, object: Json, **members: Json) -> Activity:
    document = {"id": ID, "type": type, "actor": ALICE, "object": object, **members}
    read = parse_activity(document)
    heading = read_heading(document)
    # Whatever is read here: its heading says the same.
    assert (heading.id, heading.actor, heading.kind) == (read.id, read.actor, read.__class__)
    return read


def a_note(**members: Json) -> dict[str, Json]:
    return {"id": NOTE, "type": "Note", "attributedTo": ALICE, "content": "hello", **members}


def a_follow(**members: Json) -> dict[str, Json]:
    return {"id": FOLLOW, "type": "Follow", "actor": BOB, "object": ALICE, **members}


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"id": None}, "/id"),
        ({"id": "#likes/1"}, "/id"),
        ({"id": "https://alice:secret@a.example/1"}, "/id"),
        ({"id": [ID]}, "/id"),
        ({"type": None}, "/type"),
        ({"type": ["Like", "Announce"]}, "/type"),
        ({"actor": None}, "/actor"),
        ({"actor": "acct:alice@a.example"}, "/actor"),
        ({"actor": {"type": "Person"}}, "/actor"),
        ({"object": None}, "/object"),
        ({"object": []}, "/object"),
        ({"object": {"type": "Note"}}, "/object"),
        ({"object": "urn:uuid:0"}, "/object"),
        ({"id": None, "type": None, "actor": None, "object": None}, "/id"),
        ({"type": None, "actor": None, "object": None}, "/type"),
        ({"actor": None, "object": None}, "/actor"),
    ],
)
@pytest.mark.parametrize("read", [parse_activity, read_heading])
def test_the_first_fault_is_named(
    read: Callable[[Mapping[str, Json]], object], members: dict[str, Json], pointer: str
) -> None:
    like: dict[str, Json] = {"id": ID, "type": "Like", "actor": ALICE, "object": NOTE}

    with pytest.raises(MalformedActivity) as refusal:
        read({**like, **members})

    assert refusal.value.pointer == pointer


@pytest.mark.parametrize(
    ("type", "object", "is_about_itself"),
    [
        ("Delete", ALICE, True),
        ("Update", {"id": ALICE, "type": "Person"}, True),
        ("Delete", NOTE, False),
        ("Update", {"id": NOTE, "type": "Note"}, False),
        ("Follow", ALICE, False),
    ],
)
def test_a_heading_says_whether_an_account_changes_or_goes(
    type: str, object: Json, *, is_about_itself: bool
) -> None:
    heading = read_heading({"id": ID, "type": type, "actor": ALICE, "object": object})

    assert heading.is_about_itself is is_about_itself


@pytest.mark.parametrize("nothing", [None, "", [], {}, 1, {"type": "Note"}, "tag:a,2026:b"])
@pytest.mark.parametrize(
    "type",
    [
        "Accept",
        "Announce",
        "Block",
        "Create",
        "Delete",
        "EmojiReact",
        "Follow",
        "Like",
        "Reject",
        "Undo",
        "Update",
    ],
)
def test_what_is_done_needs_something_it_is_done_to(type: str, nothing: Json) -> None:
    with pytest.raises(MalformedActivity) as refusal:
        activity(type, nothing)

    assert refusal.value.pointer == "/object"


@pytest.mark.parametrize("actor", [ALICE, {"id": ALICE}, [None, ALICE, BOB], [{"id": ALICE}]])
def test_an_actor_may_be_named_embedded_or_listed(actor: Json) -> None:
    assert activity("Like", NOTE, actor=actor) == Like(id=ID, actor=ALICE, object=NOTE)


@pytest.mark.parametrize("object", [NOTE, {"id": NOTE, "type": "Note"}, ["", NOTE], [{"id": NOTE}]])
def test_an_object_may_be_named_embedded_or_listed(object: Json) -> None:
    assert activity("Follow", object) == Follow(id=ID, actor=ALICE, object=ActorId(NOTE))
    assert activity("Announce", object) == Announce(id=ID, actor=ALICE, object=NOTE)
    assert activity("Block", object) == Block(id=ID, actor=ALICE, object=NOTE)
    assert activity("Delete", object) == Delete(id=ID, actor=ALICE, object=NOTE)


def test_a_type_may_be_the_only_one_of_a_list() -> None:
    assert activity(["Like"], NOTE) == Like(id=ID, actor=ALICE, object=NOTE)


@pytest.mark.parametrize("type", ["Note", "Article", "Question", "Page", "Video", "Review"])
def test_an_embedded_note_is_created_or_updated(type: str) -> None:
    created = activity("Create", a_note(type=type))
    updated = activity("Update", [a_note(type=type)])

    assert isinstance(created, CreateNote)
    assert isinstance(updated, UpdateNote)
    assert created.note == updated.note
    assert (created.note.type, created.note.content) == (type, "hello")


@pytest.mark.parametrize("type", ["Create", "Update"])
@pytest.mark.parametrize("object", [NOTE, {"id": NOTE}, [NOTE]])
def test_a_note_that_is_only_named_is_a_reference(type: str, object: Json) -> None:
    assert activity(type, object) == Reference(id=ID, actor=ALICE, type=type, object=NOTE)


@pytest.mark.parametrize("type", ["Create", "Update"])
@pytest.mark.parametrize("inner", ["ChatMessage", "Tombstone", "Follow", None, ["Note", "Article"]])
def test_making_what_is_no_note_is_unsupported(type: str, inner: Json) -> None:
    assert activity(type, a_note(type=inner)) == Unsupported(id=ID, actor=ALICE, type=type)


@pytest.mark.parametrize("object", [ALICE, {"id": ALICE}, {"id": ALICE, "type": "Person"}])
def test_an_actor_may_say_that_it_has_changed(object: Json) -> None:
    assert activity("Update", object) == UpdateActor(id=ID, actor=ALICE)


def test_nobody_may_say_that_another_actor_has_changed() -> None:
    assert activity("Update", {"id": BOB, "type": "Person"}) == Unsupported(
        id=ID, actor=ALICE, type="Update"
    )


@pytest.mark.parametrize("object", [NOTE, {"id": NOTE, "type": "Tombstone"}, a_note()])
def test_a_delete_names_what_is_gone_in_any_shape(object: Json) -> None:
    assert activity("Delete", object) == Delete(id=ID, actor=ALICE, object=NOTE)


@pytest.mark.parametrize("type", ["Like", "EmojiReact"])
@pytest.mark.parametrize(
    ("content", "emoji"),
    [
        ("🔥", "🔥"),
        (" ❤ ", "❤\ufe0f"),
        ("🔥🔥", ""),
        ("🔥" * 101, ""),
        (":blobcat:", ""),
        ("", ""),
        (None, ""),
        ({"en": "x"}, ""),
    ],
)
def test_a_reaction_is_a_like_with_an_emoji(type: str, content: Json, emoji: str) -> None:
    assert activity(type, NOTE, content=content) == Like(
        id=ID, actor=ALICE, object=NOTE, emoji=emoji
    )
    assert activity(type, NOTE, _misskey_reaction=content) == activity(type, NOTE, content=content)


@pytest.mark.parametrize("name", ["blobcat", ":blobcat:", ":blobcat@social.example:"])
@pytest.mark.parametrize("sent", [":blobcat:", ":blobcat@.:"])
def test_a_custom_emoji_comes_with_the_address_of_its_picture(sent: str, name: str) -> None:
    picture = "https://social.example/blobcat.png"
    tags: list[Json] = [
        None,
        {"type": "Mention", "name": name, "icon": {"url": "https://social.example/no.png"}},
        {"type": "Emoji", "name": ":other:", "icon": {"url": "https://social.example/no.png"}},
        {"type": "Emoji", "name": name},
        {"type": "Emoji", "name": name, "icon": {"type": "Image", "url": picture}},
    ]

    assert activity("EmojiReact", NOTE, content=sent, tag=tags) == Like(
        id=ID, actor=ALICE, object=NOTE, emoji=":blobcat:", emoji_url=picture
    )


def test_an_undo_says_which_emoji_is_taken_back() -> None:
    undone: Json = {"type": "EmojiReact", "object": NOTE, "content": ":blobcat:"}

    assert activity("Undo", undone) == Undo(
        id=ID, actor=ALICE, object="", type="Like", inner_object=NOTE, emoji=":blobcat:"
    )


@pytest.mark.parametrize(("type", "answer"), [("Accept", Accept), ("Reject", Reject)])
def test_an_answer_to_a_follow_says_who_follows_whom_when_it_is_embedded(
    type: str, answer: type[Accept | Reject]
) -> None:
    assert activity(type, FOLLOW) == answer(id=ID, actor=ALICE, object=FOLLOW)
    assert activity(type, a_follow()) == answer(
        id=ID, actor=ALICE, object=FOLLOW, inner_actor=BOB, inner_object=ALICE
    )
    assert activity(type, a_follow(id=None)) == answer(
        id=ID, actor=ALICE, object="", inner_actor=BOB, inner_object=ALICE
    )
    assert activity(type, a_follow(type="Join")) == answer(id=ID, actor=ALICE, object=FOLLOW)


def test_an_undo_says_what_the_undone_was_about_when_it_is_embedded() -> None:
    undone = a_follow(actor=ALICE, object=BOB)

    assert activity("Undo", FOLLOW) == Undo(id=ID, actor=ALICE, object=FOLLOW)
    assert activity("Undo", undone) == Undo(
        id=ID, actor=ALICE, object=FOLLOW, type="Follow", inner_object=BOB
    )


@pytest.mark.parametrize("id", [None, "", "follows/1", 1, {}])
def test_an_undo_of_something_without_an_id_says_what_it_was_about(id: Json) -> None:
    assert activity("Undo", a_follow(id=id, actor=ALICE, object=BOB)) == Undo(
        id=ID, actor=ALICE, object="", type="Follow", inner_object=BOB
    )


def test_an_undo_that_does_not_repeat_who_did_it_is_believed() -> None:
    assert activity("Undo", a_follow(actor=None, object=NOTE)) == Undo(
        id=ID, actor=ALICE, object=FOLLOW, type="Follow", inner_object=NOTE
    )


def test_nobody_may_undo_what_another_did() -> None:
    assert activity("Undo", a_follow(actor=BOB)) == Unsupported(id=ID, actor=ALICE, type="Undo")


def test_undoing_a_reaction_is_undoing_a_like() -> None:
    undone: dict[str, Json] = {"id": FOLLOW, "type": "EmojiReact", "object": NOTE}

    assert activity("Undo", undone) == Undo(
        id=ID, actor=ALICE, object=FOLLOW, type="Like", inner_object=NOTE
    )


@pytest.mark.parametrize("type", ["Move", "QuoteRequest", "ReplyRequest", "Add", "Dislike", "like"])
@pytest.mark.parametrize("object", [NOTE, None, [ALICE, NOTE], {}])
def test_what_we_know_nothing_to_do_about_is_unsupported(type: str, object: Json) -> None:
    assert activity(type, object) == Unsupported(id=ID, actor=ALICE, type=type)


def test_a_report_names_people_and_posts() -> None:
    assert activity("Flag", [BOB, NOTE, NOTE, 7], content="Rude.") == Flag(
        id=ID, actor=ALICE, objects=(BOB, NOTE), content="Rude."
    )


def test_a_report_of_nothing_is_unsupported() -> None:
    assert activity("Flag", [7]) == Unsupported(id=ID, actor=ALICE, type="Flag")


def test_a_move_says_where_to() -> None:
    assert activity("Move", ALICE, target=BOB) == Move(id=ID, actor=ALICE, target=BOB)


@pytest.mark.parametrize(("object", "target"), [(BOB, BOB), (ALICE, ALICE), (ALICE, 7)])
def test_a_move_of_somebody_else_or_nowhere_is_unsupported(object: Json, target: Json) -> None:
    moved = activity("Move", object, target=target)

    assert moved == Unsupported(id=ID, actor=ALICE, type="Move")


def test_what_a_group_passes_on_names_the_thing_and_not_the_activity() -> None:
    inner: dict[str, Json] = {"id": FOLLOW, "type": "Create", "actor": BOB, "object": NOTE}

    assert activity("Announce", inner) == AnnounceActivity(
        id=ID, actor=ALICE, type="Create", object=NOTE
    )


def test_what_a_group_passes_on_about_nothing_is_unsupported() -> None:
    assert activity("Announce", {"id": FOLLOW, "type": "Create"}) == Unsupported(
        id=ID, actor=ALICE, type="Announce"
    )


TEXTS = st.sampled_from(["", NOTE, ALICE, "Note", "Person", "Follow", "as:Public", "\0", "\ud800"])
KEYS = st.sampled_from(
    ["id", "type", "actor", "object", "href", "url", "to", "tag", "0", "content"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | TEXTS
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=6)
    ),
    max_leaves=15,
)
KINDS = st.sampled_from(
    [
        "Accept",
        "Create",
        "Delete",
        "Follow",
        "Like",
        "Undo",
        "Update",
        "Flag",
        "Announce",
        "ReplyRequest",
    ]
)
ACTIVITIES = st.fixed_dictionaries(
    {"id": st.just(ID) | JSON, "type": KINDS | JSON, "actor": st.just(ALICE) | JSON},
    optional={"object": JSON, "content": JSON, "instrument": JSON},
)
NOTES = st.fixed_dictionaries(
    {"id": st.just(NOTE), "type": st.just("Note")},
    optional=dict.fromkeys(
        ("to", "cc", "tag", "url", "content", "contentMap", "context", "published"), JSON
    ),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.text(max_size=5) | KEYS, JSON)
    | ACTIVITIES
    | st.builds(
        lambda kind, note: {"id": ID, "type": kind, "actor": ALICE, "object": note},
        KINDS,
        NOTES,
    )
)
def test_any_json_is_an_activity_or_refused_as_malformed(document: dict[str, Json]) -> None:
    try:
        found = parse_activity(document)
    except MalformedActivity as refusal:
        where = refusal.pointer
    else:
        where = ""
        assert isinstance(found, Activity)
        assert isinstance(hash(found), int)

    assert where in {"", "/id", "/type", "/actor", "/object"}


def test_a_quote_request_says_whose_the_quoting_post_is_when_it_is_embedded() -> None:
    post: dict[str, Json] = {"id": FOLLOW, "type": "Note", "attributedTo": BOB}

    by_id = activity("QuoteRequest", NOTE, instrument=FOLLOW)
    embedded = activity("QuoteRequest", NOTE, instrument=post)

    assert by_id == QuoteRequest(id=ID, actor=ALICE, object=NOTE, quoting=FOLLOW)
    assert embedded == QuoteRequest(id=ID, actor=ALICE, object=NOTE, quoting=FOLLOW, writer=BOB)


def test_a_reply_request_has_the_reply_in_it_or_names_it() -> None:
    post: dict[str, Json] = {"id": FOLLOW, "type": "Note", "attributedTo": BOB, "inReplyTo": NOTE}

    by_id = activity("ReplyRequest", NOTE, instrument=FOLLOW)
    embedded = activity("ReplyRequest", NOTE, instrument=post)

    assert by_id == ReplyRequest(id=ID, actor=ALICE, object=NOTE, reply=FOLLOW)
    assert isinstance(embedded, ReplyRequest)
    assert embedded.note
    assert (embedded.note.id, embedded.note.in_reply_to) == (embedded.reply, NOTE)


def test_a_request_to_reply_with_something_else_is_unsupported() -> None:
    like: dict[str, Json] = {"id": FOLLOW, "type": "Like"}

    assert activity("ReplyRequest", NOTE, instrument=like) == Unsupported(
        id=ID, actor=ALICE, type="ReplyRequest"
    )
