"""What fifteen kinds of server send, at our door."""

import json
from urllib.parse import urlsplit

import pytest
from structlog.typing import EventDict

from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS
from fedreview.signatures.keys import PrivateKey
from tests.clock import Clock
from tests.fediverse import Document, Neighbourhood, PretendServer, a_key, signed_post
from tests.protocol.wire_samples import NAMES, raw
from tests.stories.site import Published, Site, thread

pytestmark = pytest.mark.anyio

CONVERSATION = "https://reviews.example/reviews/dune-part-two/context"
SHOWN = (
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
LATE_EDIT = "mastodon_update"
"""Of a note that never came; it is young enough to stand in for it."""

NOT_ACTIVITYSTREAMS = "key_standalone"
REACTIONS = {
    "mastodon_like": (1, 0),
    "misskey_like_custom_emoji": (1, 0),
    "misskey_like_unicode_emoji": (1, 0),
    "pleroma_emoji_react": (1, 0),
    "mastodon_announce": (0, 1),
}


@pytest.fixture
async def dune(site: Site) -> Published:
    return await site.publish(title="Dune: Part Two", review_title="Dune: Part Two")


def sample(name: str, review: Published) -> Document:
    """Read a sample; what is no activity is wrapped in one by whoever it belongs to."""
    text = raw(name).decode().replace(CONVERSATION, f"{review.uri}/context")
    document: Document = json.loads(text)
    if "actor" in document and "object" in document:
        return document
    owner = document.get("attributedTo") or document.get("owner") or document["id"]
    owner = owner[0] if isinstance(owner, list) else owner
    actor = owner if isinstance(owner, str) else owner["id"]
    return {
        "@context": document.pop("@context", ACTIVITY_STREAMS),
        "id": f"{document['id']}#create",
        "type": "Create",
        "actor": actor,
        "object": document,
    }


def move_in(neighbourhood: Neighbourhood, actor: str) -> PrivateKey:
    """Let an actor with this id be found, and give what they sign with."""
    parts = urlsplit(actor)
    place = neighbourhood.places.get(parts.netloc) or neighbourhood.server(parts.netloc)
    assert isinstance(place, PretendServer)
    person = place.person("somebody")
    key_id = f"{actor}#main-key"
    document = json.loads(json.dumps(person.document()).replace(person.id, actor))
    place.documents[parts.path] = document
    return a_key(key_id)


@pytest.mark.parametrize("name", NAMES)
async def test_a_sample_is_taken_or_refused_but_never_breaks_anything(
    site: Site, dune: Published, neighbourhood: Neighbourhood, name: str, logs: list[EventDict]
) -> None:
    activity = sample(name, dune)
    key = move_in(neighbourhood, activity["actor"])

    body = json.dumps(activity).encode()
    answer = await signed_post(neighbourhood, site.inbox, body, key=key)
    await site.settle()

    article = await site.document(dune.uri)
    shown = thread(await site.page(dune.path))
    assert answer.status_code == (400 if name == NOT_ACTIVITYSTREAMS else 202), answer.text
    assert [entry for entry in logs if entry["log_level"] in {"error", "critical"}] == []
    assert site.queues().arrivals.get("waiting", 0) == 0
    assert len(shown) == (1 if name in {*SHOWN, LATE_EDIT} else 0)
    reactions = (article["likes"]["totalItems"], article["shares"]["totalItems"])
    assert reactions == REACTIONS.get(name, (0, 0))


async def test_a_conversation_from_many_kinds_of_server_is_shown_whole(
    site: Site, dune: Published, neighbourhood: Neighbourhood, now: Clock
) -> None:
    for name in SHOWN:
        activity = sample(name, dune)
        key = move_in(neighbourhood, activity["actor"])
        body = json.dumps(activity).encode()
        await signed_post(neighbourhood, site.inbox, body, key=key)
    await site.settle()

    page = await site.page(dune.path)

    assert len([text for _, text in thread(page) if text]) == len(SHOWN)
    assert page.select(".conversation script, .conversation img") == []
