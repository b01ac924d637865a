import copy
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import product

import pytest

from fedreview.activitypub.origin import same_origin
from fedreview.activitypub.parse import parse_activity, parse_actor, parse_note
from fedreview.activitypub.vocabulary import (
    PUBLIC,
    Activity,
    ActorDocument,
    Announce,
    AnnounceActivity,
    Audience,
    Block,
    CreateNote,
    Delete,
    Flag,
    Follow,
    Json,
    Like,
    Move,
    QuoteRequest,
    RemoteKey,
    RemoteNote,
    Undo,
    UpdateNote,
)
from fedreview.domain.actor import ActorId
from fedreview.errors import MalformedActivity
from tests.protocol.wire_samples import FOLDER, NAMES, raw, sample

CRITIC = ActorId("https://reviews.example/users/critic")
REVIEW = "https://reviews.example/reviews/dune-part-two"
CONVERSATION = f"{REVIEW}/context"
ALICE = ActorId("https://mastodon.example/ap/users/115500000000000001")
BOB = ActorId("https://mastodon.example/users/bob")
YUI = ActorId("https://misskey.example/users/9xkq2m7a1b")

# One thing each, without a note inside.
SMALL = {
    "mastodon_follow": Follow(
        id="https://mastodon.example/5b0f6d0e-4b6e-4a6a-9a70-7f7b1f0c2d11",
        actor=BOB,
        object=CRITIC,
    ),
    "mastodon_undo_follow": Undo(
        id=f"{BOB}#follows/8123/undo",
        actor=BOB,
        object="https://mastodon.example/5b0f6d0e-4b6e-4a6a-9a70-7f7b1f0c2d11",
        type="Follow",
        inner_object=CRITIC,
    ),
    "mastodon_like": Like(id=f"{BOB}#likes/90311", actor=BOB, object=REVIEW),
    "mastodon_undo_like": Undo(
        id=f"{BOB}#likes/90311/undo",
        actor=BOB,
        object=f"{BOB}#likes/90311",
        type="Like",
        inner_object=REVIEW,
    ),
    "mastodon_announce": Announce(
        id=f"{BOB}/statuses/115912400000000001/activity", actor=BOB, object=REVIEW
    ),
    "mastodon_undo_announce": Undo(
        id=f"{BOB}#announces/115912400000000001/undo",
        actor=BOB,
        object=f"{BOB}/statuses/115912400000000001/activity",
        type="Announce",
        inner_object=REVIEW,
    ),
    "mastodon_block": Block(
        id="https://mastodon.example/0d3c6d0c-7f86-4d3f-8f3a-0e9c3b5a1f22",
        actor=BOB,
        object=CRITIC,
    ),
    "mastodon_delete_tombstone": Delete(
        id=f"{ALICE}/statuses/115912345678901234#delete",
        actor=ALICE,
        object=f"{ALICE}/statuses/115912345678901234",
    ),
    "mastodon_delete_actor": Delete(
        id="https://mastodon.example/users/gone#delete",
        actor=ActorId("https://mastodon.example/users/gone"),
        object="https://mastodon.example/users/gone",
    ),
    "mastodon_flag": Flag(
        id="https://mastodon.example/3f6a5f5e-2f0e-4d79-8f3b-b7e3c6a3a9d4",
        actor=ActorId("https://mastodon.example/actor"),
        objects=(CRITIC, REVIEW),
        content="Unmarked spoiler in the second paragraph.",
    ),
    "mastodon_move": Move(
        id=f"{BOB}#moves/12", actor=BOB, target=ActorId("https://elsewhere.example/users/bob")
    ),
    "mastodon_quote_request": QuoteRequest(
        id=f"{ALICE}/quote_requests/1c3a1f52-5d9b-4a0f-9a57-2b8a4f9d7e61",
        actor=ALICE,
        object=REVIEW,
        quoting=f"{ALICE}/statuses/115912500000000077",
        writer=ALICE,
        audience=Audience.PUBLIC,
    ),
    "misskey_like_custom_emoji": Like(
        id="https://misskey.example/likes/a1b2c3d4f0",
        actor=YUI,
        object=REVIEW,
        emoji=":blobcat:",
        emoji_url="https://media.misskey.example/files/blobcat.webp",
    ),
    "misskey_like_unicode_emoji": Like(
        id="https://misskey.example/likes/a1b2c3d4f1", actor=YUI, object=REVIEW, emoji="🔥"
    ),
    "misskey_delete": Delete(
        id="https://misskey.example/0f1c2d3e-aaaa-4bbb-8ccc-0123456789ab",
        actor=YUI,
        object="https://misskey.example/notes/a1b2c3d4e5",
    ),
    "pleroma_emoji_react": Like(
        id="https://pleroma.example/activities/7d1a5a44-2c0e-4b0e-8f8e-2a0e9f1c7b55",
        actor=ActorId("https://pleroma.example/users/carol"),
        object=REVIEW,
        emoji="\N{HOT PEPPER}",
    ),
    "lemmy_announce_comment": AnnounceActivity(
        id="https://lemmy.example/activities/announce/create/8030b171-803a-4108-94b1-342688f375cf",
        actor=ActorId("https://lemmy.example/c/movies"),
        type="Create",
        object="https://lemmy.example/comment/38741",
    ),
}

# Replies to our review, public, with the author mentioned.
REPLIES = (
    "bookwyrm_reply",
    "gotosocial_note",
    "lemmy_comment",
    "mastodon_reply",
    "misskey_note",
    "pixelfed_comment",
    "pleroma_note",
    "threads_note",
    "wordpress_article",
)
ARTICLES = ("ghost_article", "neodb_review")
ACTORS = ("actor_bookwyrm", "actor_mastodon", "actor_misskey", "actor_multikey", "actor_threads")
OTHERS = ("bookwyrm_review", "key_gotosocial", "key_standalone", "mastodon_update")


def created(name: str) -> RemoteNote:
    activity = parse_activity(sample(name))
    assert isinstance(activity, CreateNote)
    return activity.note


def actor(name: str) -> ActorDocument:
    return parse_actor(sample(name))


def test_every_sample_is_spoken_for_here_and_in_the_readme() -> None:
    readme = (FOLDER / "README.md").read_text()

    assert sorted((*SMALL, *REPLIES, *ARTICLES, *ACTORS, *OTHERS)) == list(NAMES)
    assert [name for name in NAMES if f"{name}.json" not in readme] == []


@pytest.mark.parametrize("name", SMALL)
def test_an_activity_says_who_does_what_to_which_thing(name: str) -> None:
    activity = parse_activity(sample(name))

    assert activity == SMALL[name]


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_is_found_to_be_public_and_about_the_review(name: str) -> None:
    note = created(name)

    assert note.in_reply_to == REVIEW
    assert note.audience is Audience.PUBLIC
    assert CRITIC in note.mentions
    assert {PUBLIC, CRITIC} <= {*note.addressed, *note.mentions}
    assert note.content != ""


@pytest.mark.parametrize("name", [*REPLIES, *ARTICLES])
def test_a_note_is_by_the_actor_of_its_activity_and_from_one_host(name: str) -> None:
    activity = parse_activity(sample(name))

    assert isinstance(activity, CreateNote)
    assert activity.note.attributed_to == activity.actor
    assert same_origin(activity.note.id, activity.actor)
    assert same_origin(activity.id, activity.actor)


def test_a_mastodon_reply_is_read_in_full() -> None:
    note = created("mastodon_reply")

    assert note == RemoteNote(
        id=f"{ALICE}/statuses/115912345678901234",
        type="Note",
        attributed_to=ALICE,
        in_reply_to=REVIEW,
        content=note.content,
        language="en",
        url="https://mastodon.example/@alice/115912345678901234",
        published=datetime(2026, 3, 14, 18, 20, 31, tzinfo=UTC),
        contexts=(CONVERSATION,),
        mentions=(CRITIC,),
        addressed=(f"{ALICE}/followers", PUBLIC, CRITIC),
        replies=f"{ALICE}/statuses/115912345678901234/replies",
        audience=Audience.PUBLIC,
    )
    assert "8.5 is too kind" in note.content


def test_a_mastodon_edit_is_of_the_same_note_and_later() -> None:
    activity = parse_activity(sample("mastodon_update"))

    assert isinstance(activity, UpdateNote)
    assert activity.id == f"{ALICE}/statuses/115912345678901234#updates/1773513000"
    assert activity.note.id == created("mastodon_reply").id
    assert activity.note.updated == datetime(2026, 3, 14, 18, 30, tzinfo=UTC)
    assert "second viewing" in activity.note.content


def test_a_misskey_warning_and_its_milliseconds_are_kept() -> None:
    note = created("misskey_note")

    assert (note.summary, note.sensitive) == ("ending", True)
    assert note.published == datetime(2026, 3, 14, 21, 0, 0, 123_000, tzinfo=UTC)
    assert "||Paul loses||" in note.content
    assert note.mentions == (CRITIC,)
    assert (note.language, note.url) == ("", "")


def test_a_pleroma_note_without_a_word_on_sensitivity_is_not_sensitive() -> None:
    note = created("pleroma_note")

    assert note.sensitive is False
    assert note.contexts == (CONVERSATION,)
    assert note.language == "en"
    assert note.published == datetime(2026, 3, 14, 21, 28, 35, 602_455, tzinfo=UTC)
    assert note.mentions == (CRITIC,)


def test_single_values_of_gotosocial_are_read_as_lists_of_one() -> None:
    note = created("gotosocial_note")

    assert note.mentions == (CRITIC,)
    assert note.addressed == (PUBLIC, "https://gts.example/users/erin/followers", CRITIC)


def test_a_lemmy_comment_keeps_its_edit_in_the_create_and_its_context() -> None:
    note = created("lemmy_comment")

    assert note.published == datetime(2026, 3, 14, 22, 30, 0, 966_208, tzinfo=UTC)
    assert note.updated == datetime(2026, 3, 14, 22, 31, 3, 955_787, tzinfo=UTC)
    assert note.contexts == ("https://lemmy.example/comment/38741/context",)
    assert note.content.startswith("<p>The <strong>sandworm</strong>")


def test_the_tags_that_pixelfed_nests_under_numbers_are_found() -> None:
    note = created("pixelfed_comment")

    assert note.mentions == (CRITIC, BOB)
    assert note.published == datetime(2026, 3, 14, 23, tzinfo=UTC)
    assert note.content == "Lovely stills!"


def test_a_wordpress_article_keeps_its_query_id_name_and_entities() -> None:
    note = created("wordpress_article")

    assert (note.id, note.type) == ("https://blog.example/?p=148", "Article")
    assert note.name == "A reply to the Dune review"
    assert note.summary == "Why I think the critic &#8211; for once &#8211; is wrong."
    assert note.language == "en"
    assert note.url == "https://blog.example/a-reply-to-the-dune-review/"
    assert note.updated == datetime(2026, 3, 15, 8, 5, tzinfo=UTC)


def test_a_bookwyrm_review_that_was_fetched_is_a_note_with_a_name() -> None:
    note = parse_note(sample("bookwyrm_review"))

    assert (note.type, note.name) == ("Review", "Better than the film")
    assert (note.summary, note.sensitive) == ("Spoilers ahead!", True)
    assert note.in_reply_to == ""
    assert note.audience is Audience.PUBLIC
    assert note.attributed_to == "https://bookwyrm.example/user/mouse"


def test_a_bookwyrm_reply_is_read_in_spite_of_its_nested_contexts() -> None:
    note = created("bookwyrm_reply")

    assert (note.type, note.id) == ("Note", "https://bookwyrm.example/user/mouse/note/9")
    assert note.published == datetime(2026, 3, 15, 9, 50, 0, 1, tzinfo=UTC)


def test_a_neodb_review_is_public_and_mentions_no_film() -> None:
    note = created("neodb_review")

    assert (note.type, note.name) == ("Article", "Worms, twice")
    assert note.addressed == (PUBLIC,)
    assert note.audience is Audience.PUBLIC
    assert note.mentions == ()
    assert note.content == "<p>Long review body.</p>"


def test_a_ghost_article_is_public_by_a_compact_string() -> None:
    note = created("ghost_article")

    assert (note.type, note.name, note.summary) == ("Article", "On adaptations", "A short excerpt.")
    assert note.addressed == (PUBLIC, "https://ghost.example/.ghost/activitypub/followers/index")
    assert note.audience is Audience.PUBLIC
    assert note.url == "https://ghost.example/on-adaptations/"


def test_a_threads_note_has_its_web_page_and_a_zone_without_a_colon() -> None:
    note = created("threads_note")

    assert note.id.endswith("/post/18000000000000001/")
    assert note.url == "https://www.threads.example/@ivan/post/C8abcdEFgh"
    assert note.published == datetime(2026, 3, 15, 15, tzinfo=UTC)
    assert note.addressed[0] == PUBLIC


@pytest.mark.parametrize("name", ACTORS)
def test_an_actor_has_an_inbox_and_one_key_that_it_owns(name: str) -> None:
    document = actor(name)

    (key,) = (key for key in document.keys if key.pem)
    assert key.pem == "PUBLIC_KEY_PEM"
    assert key.owner == document.id
    assert document.type == "Person"
    assert same_origin(document.inbox, document.id)


def test_a_mastodon_actor_is_read_in_full() -> None:
    document = actor("actor_mastodon")

    assert document == ActorDocument(
        id=ALICE,
        type="Person",
        username="alice",
        name="Alice",
        inbox=f"{ALICE}/inbox",
        shared_inbox="https://mastodon.example/inbox",
        webfinger="alice@mastodon.example",
        url="https://mastodon.example/@alice",
        icon_url="https://files.mastodon.example/a.png",
        keys=(RemoteKey(id=f"{ALICE}#main-key", owner=ALICE, pem="PUBLIC_KEY_PEM"),),
    )


def test_a_bookwyrm_key_keeps_the_slash_before_its_fragment() -> None:
    (key,) = actor("actor_bookwyrm").keys

    assert key.id == "https://bookwyrm.example/user/mouse/#main-key"


def test_a_misskey_actor_has_one_shared_inbox_and_no_picture() -> None:
    document = actor("actor_misskey")

    assert document.shared_inbox == "https://misskey.example/inbox"
    assert document.icon_url == ""


def test_a_multikey_stands_beside_the_rsa_key() -> None:
    document = actor("actor_multikey")

    assert [key.id.partition("#")[2] for key in document.keys] == ["main-key", "ed25519-key"]
    assert document.keys[1].multibase == "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    assert (document.name, document.shared_inbox, document.url) == ("", "", "")


def test_a_threads_actor_keeps_its_slash_and_its_page_on_another_host() -> None:
    document = actor("actor_threads")

    assert document.id == "https://threads.example/ap/users/17841400000000001/"
    assert document.url == "https://www.threads.example/@ivan"


def test_a_gotosocial_key_stub_is_no_actor_to_deliver_to() -> None:
    with pytest.raises(MalformedActivity) as refusal:
        actor("key_gotosocial")

    assert refusal.value.pointer == "/inbox"


def test_a_key_document_of_its_own_is_not_activitystreams() -> None:
    with pytest.raises(MalformedActivity) as refusal:
        sample("key_standalone")

    assert refusal.value.pointer == "/@context"


NESTED: Json = []
for _ in range(2_000):
    NESTED = [NESTED]
NONSENSE: tuple[Json, ...] = (None, 0, "", [], {}, "x" * 100_000, NESTED)


def places(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield (*path, index)
            yield from places(inner, (*path, index))


def replaced(document: Json, path: tuple[str | int, ...], value: Json) -> Json:
    if not path:
        return value
    first, *rest = path
    changed = copy.copy(document)
    if isinstance(changed, dict) and isinstance(first, str):
        changed[first] = replaced(changed[first], tuple(rest), value)
    if isinstance(changed, list) and isinstance(first, int):
        changed[first] = replaced(changed[first], tuple(rest), value)
    return changed


def reader(name: str) -> Callable[[Mapping[str, Json]], Activity | ActorDocument | RemoteNote]:
    if name.startswith(("actor_", "key_")):
        return parse_actor
    return parse_note if name == "bookwyrm_review" else parse_activity


@pytest.mark.parametrize("name", NAMES)
def test_nonsense_in_any_one_place_is_read_or_refused_as_malformed(name: str) -> None:
    document = json.loads(raw(name))
    read = reader(name)
    required = {"/id", "/type", "/actor", "/object", "/inbox", "/preferredUsername"}
    faults = set()

    for path, nonsense in product(places(document), NONSENSE):
        changed = replaced(document, path, nonsense)
        assert isinstance(changed, dict)
        try:
            parsed = read(changed)
        except MalformedActivity as refusal:
            faults.add(refusal.pointer)
        else:
            assert isinstance(hash(parsed), int)
            assert len(repr(parsed)) < 500_000

    assert "/id" in faults
    assert faults <= required
