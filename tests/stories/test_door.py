"""The quick way in: what is signed with a known key is kept in groups, and nothing is missed."""

import asyncio

import pytest

from fedreview.domain.moderation import Severity
from fedreview.storage import actors, domains
from fedreview.storage.actors import KnownKey
from fedreview.storage.database import Database
from fedreview.storage.domains import DomainBlock
from tests.clock import Clock
from tests.databases import Statements
from tests.fediverse import Neighbourhood, PretendActor, PretendServer, a_public_pem, signed_post
from tests.stories.site import Published, Site, thread
from tests.stories.test_threads import converse

pytestmark = pytest.mark.anyio


async def reply(site: Site, actor: PretendActor, review: Published, words: str) -> int:
    note = actor.note(words, in_reply_to=review.uri)
    return (await actor.send(site.inbox, actor.create(note))).status_code


async def replies(site: Site, people: list[PretendActor], review: Published) -> list[int]:
    """Let everybody reply at the same moment."""
    return await asyncio.gather(*(reply(site, each, review, f"By {each.name}") for each in people))


async def test_thirty_at_once_cost_the_door_no_more_statements_than_two(
    site: Site, social: PretendServer, review: Published, statements: Statements
) -> None:
    people = [social.person(f"p{number}") for number in range(30)]
    for each in people:
        await reply(site, each, review, "Now their keys are known")

    with statements.recorded() as of_two:
        await replies(site, people[:2], review)
    with statements.recorded() as of_thirty:
        answers = await replies(site, people, review)

    assert answers == [202] * 30
    assert len(of_thirty) <= 2 * len(of_two)


async def test_the_long_way_in_answers_as_the_short_one(
    site: Site, alice: PretendActor, review: Published, neighbourhood: Neighbourhood
) -> None:
    ways = [site.inbox, f"{site.inbox}?long", site.author_inbox, f"{site.author_inbox}?long"]

    taken = [await alice.send(each, alice.create(alice.note("Yes"))) for each in ways]
    refused = [await signed_post(neighbourhood, each, b"[]", key=alice.key) for each in ways]

    assert [each.status_code for each in taken] == [202] * 4
    assert [each.status_code for each in refused] == [400] * 4
    for one, *others in (taken, refused):
        assert all(each.headers == one.headers for each in others)
        assert all(each.content == one.content for each in others)


async def test_one_more_reply_costs_the_same_under_two_and_under_a_thousand(
    site: Site, alice: PretendActor, review: Published, statements: Statements
) -> None:
    async def another() -> int:
        await reply(site, alice, review, "Once more")
        with statements.recorded() as seen:
            await site.settle()
        return len(seen)

    await another()
    under_one = await another()
    converse(site, review.uri, review.id, [-1] * 1_000)

    assert await another() == under_one


async def test_what_cannot_be_applied_fails_alone_in_its_group(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    early = bob.note("Too early", in_reply_to="https://elsewhere.example/notes/1")
    await bob.send(site.inbox, bob.create(early))
    await reply(site, alice, review, "In time")

    await site.settle()

    assert thread(await site.page(review.path)) == [(0, "In time")]
    assert site.queues().arrivals == {"done": 1, "waiting": 1}


async def test_a_block_by_another_process_holds_for_the_next_activity(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    for words in ("By the long way in", "By the short one", "With all answers remembered"):
        assert await reply(site, alice, review, words) == 202
    elsewhere = Database(site.settings.database_url)
    block = DomainBlock(domain="social.example", severity=Severity.SUSPEND, created_at=now())
    with elsewhere.transaction() as tx:
        domains.put_block(tx, block)
    elsewhere.close()

    assert await reply(site, alice, review, "After") == 403


async def test_a_key_that_another_process_replaced_proves_nothing_any_more(
    site: Site, alice: PretendActor, review: Published, now: Clock
) -> None:
    for words in ("By the long way in", "By the short one", "With all answers remembered"):
        assert await reply(site, alice, review, words) == 202
    elsewhere = Database(site.settings.database_url)
    with elsewhere.transaction() as tx:
        person = actors.find(tx, alice.id)
        assert person
        pem = a_public_pem("other")
        other = KnownKey(id=alice.key.id, owner=person.id, pem=pem, fetched_at=now())
        actors.save(tx, person, [other])
    elsewhere.close()

    assert await reply(site, alice, review, "After") == 401
