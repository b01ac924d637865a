"""Too much of something: names, tags, depth, bytes, rows, activities."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event

from fedreview.activitypub.vocabulary import ACTIVITY_JSON, ACTIVITY_STREAMS
from fedreview.services.acquainting import NAME_LENGTH
from fedreview.services.handling.notes import MOST_CONTENT
from fedreview.storage.queue_tables import HostRow
from fedreview.storage.tables import ActorRow, NoteRow
from tests.clock import Clock
from tests.fediverse import Document, Neighbourhood, PretendActor, signed_post
from tests.stories.attacks.tricks import change, create, point_at, upload
from tests.stories.site import Published, Site, thread
from tests.stories.wire import stored

pytestmark = pytest.mark.anyio

FIVE_MEGABYTES = b"<a" * 2_500_000
INSIDE_A_DOCUMENT = 900_000
TOO_MANY = 100_000
LISTS = ("tag", "attachment", "to", "cc", "url", "replies", "name")


@pytest.fixture
def statements(site: Site) -> Iterator[list[str]]:
    """What the database was asked so far."""
    asked: list[str] = []

    def note(*given: object) -> None:
        asked.append(str(given[2]))

    engine = site.parts.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def fetched(actor: PretendActor, note: Document) -> str:
    """Let a note be fetched at its id, and tell the id."""
    path = note["id"].removeprefix(actor.server.url)
    actor.server.pages[path] = upload({"@context": ACTIVITY_STREAMS, **note})
    return str(note["id"])


async def test_five_megabytes_at_the_door_are_not_read(
    site: Site, mallory: PretendActor, neighbourhood: Neighbourhood
) -> None:
    answer = await signed_post(neighbourhood, site.inbox, FIVE_MEGABYTES, key=mallory.key)

    assert answer.status_code == 413
    assert neighbourhood.times_asked(mallory.id) == 0


async def test_five_megabytes_that_are_fetched_are_cut(
    site: Site, mallory: PretendActor, review: Published
) -> None:
    large = {**mallory.note("", in_reply_to=review.uri), "content": FIVE_MEGABYTES.decode()}

    await point_at(mallory, site, fetched(mallory, large))

    assert stored(site) == []


async def test_an_actor_of_five_megabytes_is_nobody(site: Site, mallory: PretendActor) -> None:
    change(mallory, name=FIVE_MEGABYTES.decode())

    answer = await mallory.send(site.inbox, mallory.activity("Follow", site.actor_id))

    assert answer.status_code == 401
    assert site.rows()["actors"] == 0


async def test_a_name_as_long_as_a_document_is_cut(
    site: Site, mallory: PretendActor, review: Published
) -> None:
    long = "A" * INSIDE_A_DOCUMENT
    change(mallory, name=long, summary="")
    note = mallory.note("x", in_reply_to=review.uri, type="Article", name=long)
    await mallory.send(site.inbox, mallory.activity("Follow", site.actor_id))

    await create(mallory, site, note)

    with site.parts.database.snapshot() as tx:
        (actor,), (kept,) = tx.query(ActorRow).all(), tx.query(NoteRow).all()
        assert len(actor.name) <= NAME_LENGTH
        assert len(kept.name) <= 300


async def test_a_text_as_long_as_a_document_is_cut(
    site: Site, mallory: PretendActor, review: Published
) -> None:
    note = mallory.note("x " * (INSIDE_A_DOCUMENT // 2), in_reply_to=review.uri)

    await create(mallory, site, {**note, "summary": "y " * 10_000})

    with site.parts.database.snapshot() as tx:
        (kept,) = tx.query(NoteRow).all()
        assert len(kept.html) <= MOST_CONTENT + len("<p></p>")
        assert len(kept.summary) <= 500


@pytest.mark.parametrize("name", LISTS)
async def test_a_hundred_thousand_of_anything_are_refused_unread(
    site: Site, mallory: PretendActor, review: Published, statements: list[str], name: str
) -> None:
    note = {**mallory.note("x", in_reply_to=review.uri), name: [1] * TOO_MANY}

    answer = await mallory.send(site.inbox, mallory.create(note))
    at_the_door = list(statements)
    await point_at(mallory, site, fetched(mallory, note))

    assert answer.status_code == 400
    assert at_the_door == []
    assert stored(site) == []


async def test_a_thousand_people_named_cost_no_statement_each(
    site: Site, mallory: PretendActor, review: Published, statements: list[str]
) -> None:
    async def cost(number: int) -> int:
        people = [f"{site.base_url}/users/u{each}" for each in range(number)]
        tags = [{"type": "Mention", "href": person} for person in people]
        note = mallory.note("x", in_reply_to=review.uri, cc=people, tag=tags)
        before = len(statements)
        await create(mallory, site, note)
        return len(statements) - before

    await cost(1)
    one = await cost(1)
    many = await cost(999)

    assert many <= one + 1


@pytest.mark.parametrize(
    ("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"]
)
async def test_a_hundred_thousand_levels_are_refused(
    site: Site,
    mallory: PretendActor,
    neighbourhood: Neighbourhood,
    opening: str,
    closing: str,
) -> None:
    deep = opening * TOO_MANY + "1" + closing * TOO_MANY
    like = json.dumps(mallory.activity("Like", site.actor_id))
    body = f'{like[:-1]}, "deep": {deep}}}'.encode()

    answer = await signed_post(neighbourhood, site.inbox, body, key=mallory.key)

    assert answer.status_code == 400
    assert neighbourhood.times_asked(mallory.id) == 0


@pytest.mark.parametrize(
    "piece",
    [
        '"published": NaN',
        '"published": 1e999999',
        f'"published": {"9" * 5_000}',
        '"summary": "\\u0000"',
        '"summary": "\\ud800"',
        '"id": "https://evil.example/another"',
        '"actor": "https://social.example/users/alice"',
        '"object": "https://evil.example/another"',
        '"type": "Delete"',
    ],
)
async def test_what_two_readers_may_read_differently_is_refused(
    site: Site, mallory: PretendActor, neighbourhood: Neighbourhood, piece: str
) -> None:
    like = json.dumps(mallory.activity("Like", site.actor_id))
    body = f"{like[:-1]}, {piece}}}".encode()

    answer = await signed_post(neighbourhood, site.inbox, body, key=mallory.key)

    assert answer.status_code == 400
    assert site.rows()["arrivals"] == 0


async def test_rows_that_strangers_made_do_not_stay_for_ever(
    site: Site, neighbourhood: Neighbourhood, review: Published, now: Clock
) -> None:
    with site.parts.database.transaction() as tx:
        for number in range(200):
            host = f"{number}.evil.example"
            tx.add(HostRow(host=host, scheme="", failures=9, seen_at=now()))
    for number in range(5):
        person = neighbourhood.server(f"s{number}.evil.example").person("mallory")
        await person.send(site.inbox, person.activity("Delete", f"{person.id}/notes/1"))
        await person.send(site.inbox, person.activity("Wave", f"{person.id}/notes/2"))
    await site.settle()

    now.advance(timedelta(days=100))
    site.parts.site.maintaining.tidy()

    rows = site.rows()
    names = ("hosts", "actors", "remote_keys", "gone", "arrivals")
    assert {name: rows[name] for name in names} == dict.fromkeys(names, 0)


async def test_an_activity_beyond_the_calendar_is_only_late(
    site: Site, mallory: PretendActor, review: Published
) -> None:
    for number, date in enumerate(
        ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "-5000-01-01T00:00:00Z", "tomorrow", 7)
    ):
        note = mallory.note(f"{number}", in_reply_to=review.uri, published=date, updated=date)
        await create(mallory, site, note)

    assert len(thread(await site.page(review.path))) == 5
    assert ACTIVITY_JSON in (await site.reader.get(review.path)).headers["link"]
