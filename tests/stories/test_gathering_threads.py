"""What nobody sent us: parents up the thread, and answers that others list."""

from datetime import timedelta

import httpx
import pytest

from fedreview.activitypub.parse import parse_note
from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS
from fedreview.services.ascending import MOST_HOPS
from fedreview.services.refilling import MOST_NOTES, MOST_OF_OTHERS
from fedreview.storage import domains
from tests.clock import Clock
from tests.factories import a_domain_block
from tests.fediverse import Document, PretendActor
from tests.stories.site import Published, Site, said, thread

pytestmark = pytest.mark.anyio

MISSING = "A reply that has not reached this server stood here."


def answers_of(actor: PretendActor, note: Document, *ids: str, **more: object) -> Document:
    """Let a note list what answers it."""
    url = f"{note['id']}/replies"
    actor.server.publish({"id": url, "type": "Collection", "items": list(ids), **more})
    return {**note, "replies": url}


def chain(actor: PretendActor, root: str, length: int) -> list[Document]:
    """Publish replies that each answer the one before, the first the root."""
    notes: list[Document] = []
    for n in range(1, length + 1):
        parent = notes[-1]["id"] if notes else root
        notes.append(actor.server.publish(actor.note(f"Reply {n}", in_reply_to=parent)))
    return notes


def asked(actor: PretendActor) -> list[str]:
    """Give every request so far, of anybody."""
    return actor.server.neighbourhood.asked


async def bring(site: Site, actor: PretendActor, note: Document) -> None:
    assert (await actor.send(site.inbox, actor.create(note))).status_code == 202
    await site.settle()


def in_our_conversation(site: Site, review: Published) -> dict[str, str]:
    return {"context": f"{review.uri}/context"}


async def test_a_missing_parent_is_fetched_and_takes_its_place(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    parent = chain(alice, review.uri, 1)[0]
    child = bob.note("Child", in_reply_to=parent["id"], **in_our_conversation(site, review))

    await bring(site, bob, child)

    assert thread(await site.page(review.path)) == [(0, "Reply 1"), (1, "Child")]
    assert said((await site.page(review.path)).select_one(".thread .who")).startswith("Alice")


async def test_five_missing_ancestors_are_fetched_and_stand_in_order(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    notes = chain(alice, review.uri, 5)
    child = bob.note("Child", in_reply_to=notes[-1]["id"], **in_our_conversation(site, review))

    await bring(site, bob, child)

    assert thread(await site.page(review.path)) == [
        *((n, f"Reply {n + 1}") for n in range(5)),
        (5, "Child"),
    ]


async def test_parents_that_answer_one_another_in_a_circle_end_the_search(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    one = alice.note("One")
    two = alice.note("Two", in_reply_to=one["id"])
    alice.server.publish({**one, "inReplyTo": two["id"]})
    alice.server.publish(two)
    child = bob.note("Child", in_reply_to=two["id"], **in_our_conversation(site, review))

    await bring(site, bob, child)

    assert thread(await site.page(review.path)) == [(0, MISSING), (1, "Child")]
    assert site.rows()["notes"] == 1
    assert site.queues().errands["done"] == 1


async def test_an_endless_chain_of_parents_ends_at_the_bound(
    site: Site,
    alice: PretendActor,
    bob: PretendActor,
    review: Published,
) -> None:
    notes = chain(alice, "https://social.example/users/alice/notes/0", MOST_HOPS + 10)
    child = bob.note("Child", in_reply_to=notes[-1]["id"], **in_our_conversation(site, review))

    await bring(site, bob, child)

    looks = [url for url in asked(alice) if "/alice/notes/" in url]
    assert len(set(looks)) == MOST_HOPS
    assert site.rows()["notes"] == 1


async def test_nobody_on_a_blocked_host_is_asked_for_a_parent(
    site: Site,
    alice: PretendActor,
    bob: PretendActor,
    review: Published,
    now: Clock,
) -> None:
    with site.parts.database.transaction() as tx:
        domains.put_block(tx, a_domain_block("social.example"))
    parent = chain(alice, review.uri, 1)[0]
    child = bob.note("Child", in_reply_to=parent["id"], **in_our_conversation(site, review))

    await bring(site, bob, child)

    assert thread(await site.page(review.path)) == [(0, MISSING), (1, "Child")]
    assert not any("social.example" in url for url in asked(alice))


async def test_a_private_parent_is_never_shown(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    private = alice.note("Secret", in_reply_to=review.uri, to=[site.actor_id, bob.id], cc=[])
    alice.server.publish(private)
    child = bob.note("Child", in_reply_to=private["id"], **in_our_conversation(site, review))

    await bring(site, bob, child)

    assert thread(await site.page(review.path)) == [(0, MISSING), (1, "Child")]
    assert site.rows()["notes"] == 1


async def test_a_reply_cannot_pull_somebodys_other_post_into_the_thread(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    elsewhere = alice.server.publish(alice.note("About something else"))
    child = bob.note("Child", in_reply_to=elsewhere["id"], **in_our_conversation(site, review))

    await bring(site, bob, child)

    assert thread(await site.page(review.path)) == [(0, MISSING), (1, "Child")]
    assert site.rows()["notes"] == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"attributedTo": "https://small.example/users/bob"},
        {"id": "https://social.example/users/alice/notes/other"},
        {"id": "https://small.example/users/bob/notes/77"},
        {"type": "Person"},
    ],
    ids=["foreign writer", "another id", "an id elsewhere", "no note"],
)
async def test_a_fetched_parent_is_believed_no_more_than_one_that_arrives(
    site: Site,
    alice: PretendActor,
    bob: PretendActor,
    review: Published,
    changes: dict[str, str],
) -> None:
    parent = alice.note("Forged", in_reply_to=review.uri)
    path = parent["id"].removeprefix(alice.server.url)
    alice.server.documents[path] = {"@context": ACTIVITY_STREAMS, **parent, **changes}
    child = bob.note("Child", in_reply_to=parent["id"], **in_our_conversation(site, review))

    await bring(site, bob, child)

    assert thread(await site.page(review.path)) == [(0, MISSING), (1, "Child")]


@pytest.mark.parametrize("status", [404, 410])
async def test_a_flood_that_names_one_missing_parent_costs_one_look(
    site: Site,
    alice: PretendActor,
    bob: PretendActor,
    review: Published,
    status: int,
) -> None:
    gone = "https://social.example/users/alice/notes/gone"
    alice.server.pages["/users/alice/notes/gone"] = lambda _: httpx.Response(status)

    looks = []
    for n in range(10):
        child = bob.note(f"Child {n}", in_reply_to=gone, **in_our_conversation(site, review))
        await bring(site, bob, child)
        looks.append(asked(alice).count(f"GET {gone}"))

    assert looks[0] > 0
    assert set(looks) == {looks[0]}
    assert site.rows()["notes"] == 10


async def test_a_parent_whose_server_is_down_is_asked_for_again(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    parent = chain(alice, review.uri, 1)[0]
    child = bob.note("Child", in_reply_to=parent["id"], **in_our_conversation(site, review))
    alice.server.is_down = True
    await bring(site, bob, child)
    alice.server.is_down = False

    now.advance(timedelta(minutes=11))
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "Reply 1"), (1, "Child")]


async def test_a_chain_that_broke_goes_on_where_it_ended(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    top = chain(alice, review.uri, 1)[0]
    middle = bob.note("Middle", in_reply_to=top["id"], **in_our_conversation(site, review))
    bob.server.publish(middle)
    child = bob.note("Child", in_reply_to=middle["id"], **in_our_conversation(site, review))
    alice.server.is_down = True
    await bring(site, bob, child)
    assert [text for _, text in thread(await site.page(review.path))] == [
        MISSING,
        "Middle",
        "Child",
    ]

    alice.server.is_down = False
    now.advance(timedelta(minutes=11))
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "Reply 1"), (1, "Middle"), (2, "Child")]


async def test_a_parent_that_nobody_can_have_is_given_up_after_a_while(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    child = bob.note(
        "Child", in_reply_to=f"{alice.id}/notes/9", **in_our_conversation(site, review)
    )
    alice.server.is_down = True
    await bring(site, bob, child)

    for _ in range(3):
        now.advance(timedelta(hours=3))
        await site.settle()

    assert site.queues().errands == {"given up": 1}


async def test_whether_an_unknown_reply_is_ours_is_found_out_before_it_is_kept(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    notes = chain(alice, review.uri, 3)
    child = parse_note(bob.note("Child", in_reply_to=notes[-1]["id"]))
    gathering = site.parts.worker.gathering

    found = await gathering.ascending.ancestors_of(child)

    assert [note.id for note in found] == [note["id"] for note in notes]
    assert await gathering.ascending.ancestors_of(child) == ()
    assert site.rows()["notes"] == 0
    assert site.rows()["actors"] == 1


@pytest.mark.parametrize(
    "changes", [{"to": ["https://reviews.example/users/critic"], "cc": []}, {}]
)
async def test_nobody_is_asked_about_a_message_or_a_post(
    site: Site, alice: PretendActor, changes: dict[str, object]
) -> None:
    parent = f"{alice.id}/notes/0" if changes else ""
    note = parse_note(alice.note("Hello", in_reply_to=parent, **changes))

    assert await site.parts.worker.gathering.ascending.ancestors_of(note) == ()
    assert asked(alice) == []


async def test_a_way_up_that_breaks_is_tried_again_by_the_worker(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    child = parse_note(bob.note("Child", in_reply_to=f"{alice.id}/notes/0"))
    alice.server.is_down = True

    assert await site.parts.worker.gathering.ascending.ancestors_of(child) == ()
    assert site.queues().errands == {"waiting": 1}


async def test_answers_that_others_list_are_fetched_after_some_minutes(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    first = alice.note("First", in_reply_to=review.uri)
    second = bob.server.publish(bob.note("Second", in_reply_to=first["id"]))
    await bring(site, alice, answers_of(alice, first, second["id"]))
    assert thread(await site.page(review.path)) == [(0, "First")]

    now.advance(timedelta(minutes=6))
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "First"), (1, "Second")]


async def test_the_list_is_read_again_once_some_hours_later(
    site: Site,
    alice: PretendActor,
    bob: PretendActor,
    review: Published,
    now: Clock,
) -> None:
    first = alice.note("First", in_reply_to=review.uri)
    late = bob.server.publish(bob.note("Late", in_reply_to=first["id"]))
    await bring(site, alice, answers_of(alice, first))
    now.advance(timedelta(minutes=6))
    await site.settle()
    answers_of(alice, first, late["id"])

    for _ in range(3):
        now.advance(timedelta(hours=7))
        await site.settle()

    assert thread(await site.page(review.path)) == [(0, "First"), (1, "Late")]
    assert asked(alice).count(f"GET {first['id']}/replies") == 2


async def test_answers_to_answers_are_found_in_one_go_and_bring_no_errands(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    first = alice.note("First", in_reply_to=review.uri)
    second = bob.note("Second", in_reply_to=first["id"])
    third = alice.server.publish(alice.note("Third", in_reply_to=second["id"]))
    bob.server.publish(answers_of(bob, second, third["id"]))
    await bring(site, alice, answers_of(alice, first, second["id"]))

    now.advance(timedelta(minutes=6))
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "First"), (1, "Second"), (2, "Third")]
    assert site.rows()["errands"] == 1


async def test_an_embedded_answer_is_not_believed_but_fetched(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    first = alice.note("First", in_reply_to=review.uri)
    true = bob.server.publish(bob.note("What bob said", in_reply_to=first["id"]))
    forged = {**true, "content": "What bob never said"}
    listed = answers_of(alice, first, items=[forged])
    await bring(site, alice, listed)

    now.advance(timedelta(minutes=6))
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "First"), (1, "What bob said")]


async def test_what_is_listed_and_stands_in_no_thread_of_ours_is_left_out(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    first = alice.note("First", in_reply_to=review.uri)
    others = [
        bob.server.publish(bob.note("Buy this")),
        bob.server.publish(bob.note("Private", in_reply_to=first["id"], to=[site.actor_id], cc=[])),
        bob.server.publish(
            bob.note("Elsewhere", in_reply_to="https://x.example/1", to=[site.actor_id])
        ),
    ]
    await bring(site, alice, answers_of(alice, first, *(note["id"] for note in others)))

    now.advance(timedelta(minutes=6))
    await site.settle()

    assert site.rows()["notes"] == 1


async def test_a_long_list_costs_a_bounded_number_of_looks(
    site: Site,
    alice: PretendActor,
    review: Published,
    now: Clock,
) -> None:
    first = alice.note("First", in_reply_to=review.uri)
    ids = [f"{alice.id}/notes/no{n}" for n in range(150)]
    await bring(site, alice, answers_of(alice, first, *ids))

    now.advance(timedelta(minutes=6))
    await site.settle()

    assert len({url for url in asked(alice) if "/notes/no" in url}) == MOST_NOTES


async def test_a_list_cannot_send_us_to_somebody_it_wishes_ill(
    site: Site,
    alice: PretendActor,
    review: Published,
    now: Clock,
) -> None:
    alice.server.neighbourhood.server("victim.example")
    first = alice.note("First", in_reply_to=review.uri)
    ids = [f"https://victim.example/{n}" for n in range(20)]
    await bring(site, alice, answers_of(alice, first, *ids))

    now.advance(timedelta(minutes=6))
    await site.settle()

    looks = [url for url in asked(alice) if "victim.example" in url]
    assert len(set(looks)) == MOST_OF_OTHERS


async def test_a_site_that_does_not_answer_is_asked_for_one_of_its_notes(
    site: Site,
    alice: PretendActor,
    bob: PretendActor,
    review: Published,
    now: Clock,
) -> None:
    first = alice.note("First", in_reply_to=review.uri)
    bob.server.is_down = True
    await bring(site, alice, answers_of(alice, first, *(f"{bob.id}/{n}" for n in range(5))))

    now.advance(timedelta(minutes=6))
    await site.settle()

    assert len([url for url in asked(alice) if bob.id in url]) == 1


async def test_a_conversation_that_their_server_lists_is_read_too(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    context = f"{alice.server.url}/contexts/1"
    first = alice.note("First", in_reply_to=review.uri, context=context)
    second = bob.server.publish(bob.note("Second", in_reply_to=first["id"]))
    third = alice.server.publish(alice.note("Third", in_reply_to=second["id"]))
    alice.server.documents["/contexts/1"] = {
        "@context": ACTIVITY_STREAMS,
        "id": context,
        "type": "OrderedCollection",
        "orderedItems": [third["id"], first["id"], second["id"]],
    }
    await bring(site, alice, first)

    now.advance(timedelta(minutes=6))
    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "First"), (1, "Second"), (2, "Third")]


async def test_only_lists_on_the_notes_own_server_are_read(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    first = alice.note("First", in_reply_to=review.uri, replies=f"{bob.id}/replies")

    await bring(site, alice, first)

    assert site.rows()["errands"] == 0


async def test_no_reader_makes_us_ask_anybody(
    site: Site,
    alice: PretendActor,
    bob: PretendActor,
    review: Published,
) -> None:
    child = bob.note(
        "Child", in_reply_to=f"{alice.id}/notes/0", **in_our_conversation(site, review)
    )
    await bring(site, bob, child)
    before = len(asked(alice))

    await site.page(review.path)
    await site.document(f"{review.uri}/replies")

    assert len(asked(alice)) == before


async def test_a_mention_under_something_unknown_is_led_to_its_thread(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    parent = chain(alice, review.uri, 1)[0]
    mention = {"type": "Mention", "href": site.actor_id}
    child = bob.note("Child", in_reply_to=parent["id"], tag=[mention], cc=[site.actor_id])

    await bring(site, bob, child)

    assert thread(await site.page(review.path)) == [(0, "Reply 1"), (1, "Child")]


async def test_for_a_message_nobody_is_asked_what_it_answers(
    site: Site, alice: PretendActor, bob: PretendActor
) -> None:
    answered = f"{alice.id}/notes/0"
    message = bob.note("Between us", in_reply_to=answered, to=[site.actor_id], cc=[])

    await bring(site, bob, message)

    assert site.rows()["notes"] == 1
    assert site.rows()["errands"] == 0


async def test_a_writer_who_cannot_be_found_keeps_the_parent_out(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    parent = chain(alice, review.uri, 1)[0]
    del alice.server.documents["/users/alice"]
    child = bob.note("Child", in_reply_to=parent["id"], **in_our_conversation(site, review))

    await bring(site, bob, child)

    assert thread(await site.page(review.path)) == [(0, MISSING), (1, "Child")]
