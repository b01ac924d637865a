"""What fifteen kinds of server send, at our door, and what is stored then."""

from collections.abc import Iterator
from itertools import permutations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from structlog.typing import EventDict

from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS
from fedreview.signatures.keys import PrivateKey
from fedreview.signatures.verify import Scheme
from tests.fediverse import Document, Neighbourhood
from tests.protocol.material import vectors
from tests.protocol.wire_samples import NAMES
from tests.stories.site import Published, Site, thread
from tests.stories.wire import lives_at, move_in, post, sample, server_of, stored

pytestmark = pytest.mark.anyio

ALICE = "mastodon.example/ap/users/115500000000000001"
BOB = "mastodon.example/users/bob"
FOLLOW = "mastodon.example/5b0f6d0e-4b6e-4a6a-9a70-7f7b1f0c2d11"
BOOST = f"{BOB}/statuses/115912400000000001/activity"
REPLY = f"{ALICE}/statuses/115912345678901234"


def reply(who: str, text: str, *, type: str = "Note", fold: str = "") -> list[str]:
    return [f"public {type} of {who} under the review{fold}: {text}"]


STORED: dict[str, list[str]] = {
    "bookwyrm_reply": reply("mouse@bookwyrm.example", "@critic@reviews.example the book is …"),
    "gotosocial_note": reply("erin@gts.example", "@ critic which cut did you see?"),
    "lemmy_announce_comment": reply("dave@lemmy.example", "The sandworm scene alone is a 10."),
    "lemmy_comment": reply("dave@lemmy.example", "The sandworm scene alone is a 10."),
    "mastodon_announce": ["boost of bob@mastodon.example"],
    "mastodon_delete_tombstone": [f"gone: {REPLY}"],
    "mastodon_flag": ["report of mastodon.example on 2"],
    "mastodon_follow": ["bob@mastodon.example follows"],
    "mastodon_like": ["like of bob@mastodon.example"],
    "mastodon_quote_request": [
        "leave for alice@mastodon.example to quote",
        "quote of alice@mastodon.example",
    ],
    "mastodon_reply": reply("alice@mastodon.example", "@ critic 8.5 is too kind, the third …"),
    "mastodon_undo_announce": [f"gone: {BOOST}"],
    "mastodon_undo_follow": [f"gone: {FOLLOW}"],
    "mastodon_undo_like": [f"gone: {BOB}#likes/90311"],
    "mastodon_update": reply("alice@mastodon.example", "@ critic 8.5 is about right on a …"),
    "misskey_delete": ["gone: misskey.example/notes/a1b2c3d4e5"],
    "misskey_like_custom_emoji": ["emoji :blobcat: of yui@misskey.example"],
    "misskey_like_unicode_emoji": ["emoji 🔥 of yui@misskey.example"],
    "misskey_note": reply(
        "yui@misskey.example", "@critic@reviews.example great review …", fold=" (ending)"
    ),
    "pixelfed_comment": reply("frank@pixelfed.example", "Lovely stills!"),
    "pleroma_emoji_react": ["emoji \N{HOT PEPPER} of carol@pleroma.example"],
    "pleroma_note": reply("carol@pleroma.example", "@ critic agreed, see #imax"),
    "threads_note": reply("ivan@threads.example", "Bookmarked, thanks."),
    "wordpress_article": reply(
        "grace@blog.example", "A reply to the Dune review: In this …", type="Article"
    ),
}
"""What a sample leaves when it comes alone."""

NOTHING = {
    "actor_bookwyrm": "nobody makes an actor by sending one in a Create",
    "actor_mastodon": "nobody makes an actor by sending one in a Create",
    "actor_misskey": "nobody makes an actor by sending one in a Create",
    "actor_multikey": "nobody makes an actor by sending one in a Create",
    "actor_threads": "nobody makes an actor by sending one in a Create",
    "bookwyrm_review": "it is of a book that nobody here has written about",
    "ghost_article": "nobody here follows its writer",
    "key_gotosocial": "a key is no note",
    "key_standalone": "a key is not even ActivityStreams",
    "mastodon_block": "bob does not follow",
    "mastodon_delete_actor": "nobody here has heard of them",
    "mastodon_move": "nobody here follows bob",
    "neodb_review": "nobody here follows its writer",
}
"""Why a sample leaves nothing when it comes alone."""

REFUSED = {"key_standalone": 400}

CONVERSATIONS = {
    "a reply, edited": (("mastodon_reply", "mastodon_update"), STORED["mastodon_update"]),
    "a reply, edited and deleted": (
        ("mastodon_reply", "mastodon_update", "mastodon_delete_tombstone"),
        [f"gone: {REPLY}"],
    ),
    "a note of Misskey, deleted": (
        ("misskey_note", "misskey_delete"),
        ["gone: misskey.example/notes/a1b2c3d4e5"],
    ),
    "a like, taken back": (
        ("mastodon_like", "mastodon_undo_like"),
        [f"gone: {BOB}#likes/90311"],
    ),
    "a boost, taken back": (("mastodon_announce", "mastodon_undo_announce"), [f"gone: {BOOST}"]),
    "a comment, and its group's word of it": (
        ("lemmy_comment", "lemmy_announce_comment"),
        STORED["lemmy_comment"],
    ),
    "a follower who likes and boosts": (
        ("mastodon_follow", "mastodon_like", "mastodon_announce"),
        [
            "bob@mastodon.example follows",
            "boost of bob@mastodon.example",
            "like of bob@mastodon.example",
        ],
    ),
}
ORDERS = [
    pytest.param(order, left, id=f"{title}: {' '.join(order)}")
    for title, (names, left) in CONVERSATIONS.items()
    for order in permutations(names)
]

PROVEN = {
    "https://bookwyrm.example/user/mouse": "mouse@bookwyrm.example",
    "https://gts.example/users/erin": "erin@gts.example",
    "https://keys.example/u/kim": "kim@keys.example",
    "https://mastodon.example/ap/users/115500000000000001": "alice@mastodon.example",
    "https://misskey.example/users/9xkq2m7a1b": "yui@misskey.example",
    "https://mitra.example/users/judy": "judy@mitra.example",
    "https://threads.example/ap/users/17841400000000001/": "ivan@threads.example",
}
"""Whom we get to know through the actor and key files alone."""


@pytest.fixture
async def dune(site: Site, neighbourhood: Neighbourhood) -> Published:
    """A review, and a Lemmy that stands by the comment which its group passes on."""
    review = await site.publish(title="Dune: Part Two", review_title="Dune: Part Two")
    create = sample("lemmy_comment", review)
    move_in(neighbourhood, create["actor"])
    lives_at(neighbourhood, create["object"])
    return review


@pytest.fixture(autouse=True)
def nothing_broken(logs: list[EventDict]) -> Iterator[None]:
    """See to it that no sample is logged as a mistake of ours."""
    yield
    assert [entry for entry in logs if entry["log_level"] in {"error", "critical"}] == []


def like_of(actor: str, review: Published) -> Document:
    return {
        "@context": ACTIVITY_STREAMS,
        "id": f"{actor}#likes/1",
        "type": "Like",
        "actor": actor,
        "object": review.uri,
    }


def test_of_every_sample_it_is_said_what_it_leaves() -> None:
    assert sorted({**STORED, **NOTHING}) == list(NAMES)
    assert STORED.keys() & NOTHING.keys() == set()


@pytest.mark.parametrize("name", NAMES)
async def test_a_sample_leaves_what_it_says_and_no_more_when_it_comes_again(
    site: Site, dune: Published, neighbourhood: Neighbourhood, name: str
) -> None:
    activity = sample(name, dune)

    first = await post(neighbourhood, site, activity)
    await site.settle()
    once = stored(site)
    again = await post(neighbourhood, site, activity)
    await site.settle()

    assert first == again == REFUSED.get(name, 202)
    assert once == stored(site) == STORED.get(name, [])
    assert site.queues().arrivals.keys() <= {"done"}


@pytest.mark.parametrize(("order", "left"), ORDERS)
async def test_a_conversation_ends_the_same_in_whatever_order_it_comes(
    site: Site,
    dune: Published,
    neighbourhood: Neighbourhood,
    order: tuple[str, ...],
    left: list[str],
) -> None:
    for name in (*order, *order):
        assert await post(neighbourhood, site, sample(name, dune)) == 202
        await site.settle()

    assert stored(site) == left


@pytest.mark.parametrize("actor", PROVEN, ids=PROVEN.get)
@pytest.mark.parametrize("scheme", Scheme)
async def test_an_actor_is_known_by_the_documents_of_their_server(
    site: Site, dune: Published, neighbourhood: Neighbourhood, actor: str, scheme: Scheme
) -> None:
    status = await post(neighbourhood, site, like_of(actor, dune), scheme=scheme)
    await site.settle()

    assert (status, stored(site)) == (202, [f"like of {PROVEN[actor]}"])


async def test_a_key_of_the_other_kind_proves_as_much(
    site: Site, dune: Published, neighbourhood: Neighbourhood
) -> None:
    judy = "https://mitra.example/users/judy"
    seed = bytes.fromhex(vectors("eddsa_jcs_2022")["key"]["secret_seed_hex"])
    secret = Ed25519PrivateKey.from_private_bytes(seed)
    pem = secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    key = PrivateKey.load(f"{judy}#ed25519-key", pem)

    status = await post(neighbourhood, site, like_of(judy, dune), key=key)
    await site.settle()

    assert (status, stored(site)) == (202, ["like of judy@mitra.example"])


@pytest.mark.parametrize("name", ["ghost_article", "neodb_review"])
async def test_an_article_of_somebody_whom_the_author_follows_is_kept(
    site: Site, dune: Published, neighbourhood: Neighbourhood, name: str
) -> None:
    article = sample(name, dune)
    actor = article["actor"]
    move_in(neighbourhood, actor)
    await site.author.post("/studio/following", data={"handle": actor})
    await site.settle()
    (follow,) = server_of(neighbourhood, actor).activities("Follow")
    accept = {**follow, "id": f"{actor}#accepts/1", "type": "Accept", "actor": actor}
    await post(neighbourhood, site, {**accept, "object": follow})

    await post(neighbourhood, site, article)
    await site.settle()

    (kept,) = stored(site)
    assert kept.startswith("public Article of ")
    assert article["object"]["name"] in kept


async def test_the_end_of_somebody_who_was_here_takes_all_they_left(
    site: Site, dune: Published, neighbourhood: Neighbourhood
) -> None:
    gone = "https://mastodon.example/users/gone"
    await post(neighbourhood, site, like_of(gone, dune))
    await site.settle()
    before = stored(site)

    end = sample("mastodon_delete_actor", dune)
    status = await post(neighbourhood, site, end, has_left=True)
    await site.settle()

    assert (before, status, stored(site)) == (["like of gone@mastodon.example"], 202, [])


@pytest.mark.parametrize(
    "order",
    list(permutations(("mastodon_follow", "mastodon_undo_follow"))),
    ids=["in order", "overtaken"],
)
async def test_a_follow_that_was_taken_back_is_over_in_whatever_order_it_comes(
    site: Site, dune: Published, neighbourhood: Neighbourhood, order: tuple[str, ...]
) -> None:
    for name in (*order, *order):
        assert await post(neighbourhood, site, sample(name, dune)) == 202
        await site.settle()

    assert site.rows()["followers"] == 0


async def test_who_blocks_the_author_follows_no_more(
    site: Site, dune: Published, neighbourhood: Neighbourhood
) -> None:
    await post(neighbourhood, site, sample("mastodon_follow", dune))
    await site.settle()
    before = stored(site)

    await post(neighbourhood, site, sample("mastodon_block", dune))
    await site.settle()

    assert (before, stored(site)) == (["bob@mastodon.example follows"], [])


async def test_a_conversation_from_many_kinds_of_server_is_shown_whole(
    site: Site, dune: Published, neighbourhood: Neighbourhood
) -> None:
    replies = [name for name, (words, *_) in STORED.items() if "under the review" in words]
    replies.remove("mastodon_update")
    replies.remove("lemmy_announce_comment")
    for name in replies:
        await post(neighbourhood, site, sample(name, dune))
    await site.settle()

    page = await site.page(dune.path)

    assert len([text for _, text in thread(page) if text]) == len(replies)
    assert page.select(".conversation script, .conversation img") == []
