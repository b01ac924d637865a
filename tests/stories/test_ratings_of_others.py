"""Scores of others beside their replies and on the work's page, as long as they stand."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup

from fedreview.activitypub.vocabulary import PUBLIC
from tests.clock import Clock
from tests.fediverse import Document, Neighbourhood, PretendActor
from tests.stories.site import Published, Site, said

pytestmark = pytest.mark.anyio

FILM = "https://www.imdb.com/title/tt6574146/"
WORK = "/works/blame"


def in_bookwyrm(rating: Any) -> Document:
    return {"type": "Review", "inReplyToBook": "https://bookwyrm.example/book/1", "rating": rating}


def in_neodb(value: Any, item: str = "https://neodb.example/movie/1") -> Document:
    return {
        "type": "Article",
        "relatedWith": [
            {"type": "Rating", "value": value, "best": 10, "worst": 1, "withRegardTo": item}
        ],
        "tag": [{"type": "Movie", "href": item, "name": "BLAME!"}],
    }


def in_schema(value: Any, best: Any = 10, **item: Any) -> Document:
    return {
        "reviewRating": {"ratingValue": value, "bestRating": best, "worstRating": 0},
        "itemReviewed": item,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    site: Site
    review: Published
    now: Clock

    async def replies(self, actor: PretendActor, **more: Any) -> Document:
        note = actor.note("Hm.", in_reply_to=self.review.uri, **more)
        await self.told(actor, actor.create(note))
        return note

    async def told(self, actor: PretendActor, activity: Document) -> None:
        self.now.advance(timedelta(minutes=1))
        await actor.send(self.site.inbox, activity)
        await self.site.settle()

    async def beside(self) -> list[str]:
        """Give what stands beside the replies."""
        page = await self.site.page(self.review.path)
        return [said(reply.select_one(".about")) for reply in page.select(".reply")]

    async def on_work(self) -> tuple[list[str], BeautifulSoup]:
        page = await self.site.page(WORK)
        return [said(li) for li in page.select("section[aria-labelledby=ratings] li")], page


@pytest.fixture
async def stage(site: Site, now: Clock) -> Stage:
    return Stage(site=site, review=await site.publish(links=FILM), now=now)


@pytest.fixture
def people(neighbourhood: Neighbourhood, alice: PretendActor) -> list[PretendActor]:
    others = [neighbourhood.server(f"s{n}.example").person(f"person{n}") for n in range(3)]
    return [alice, *others]


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        (in_bookwyrm(4.5), "Rates it 9 of 10 (4.5 out of 5 on their scale)"),
        (in_neodb(8), "Rates it 8 of 10"),
        (in_schema("8,5"), "Rates it 8.5 of 10"),
        (in_schema(71, 100), "Rates it 7.1 of 10 (71 out of 100 on their scale)"),
    ],
    ids=["bookwyrm", "neodb", "schema", "hundred"],
)
async def test_a_score_stands_beside_the_reply_in_words(
    stage: Stage, alice: PretendActor, shape: Document, shown: str
) -> None:
    await stage.replies(alice, **shape)

    assert await stage.beside() == [shown]


@pytest.mark.parametrize(
    "shape",
    [
        {},
        in_bookwyrm(0),
        in_bookwyrm(50),
        in_bookwyrm("many"),
        in_neodb(11),
        in_neodb(None),
        in_schema(10**12, 10**12),
        in_schema(5, {"@value": 10}),
        {"reviewRating": "10"},
        {"relatedWith": [[[]], 5, {"type": "Rating", "value": {}}]},
    ],
)
async def test_nonsense_is_a_reply_without_a_score(
    stage: Stage, alice: PretendActor, shape: Document
) -> None:
    await stage.replies(alice, **shape)

    assert await stage.beside() == [""]
    assert (await stage.on_work())[0] == []


async def test_the_score_of_a_reply_counts_for_the_work_that_is_reviewed(
    stage: Stage, alice: PretendActor
) -> None:
    note = await stage.replies(alice, **in_bookwyrm(4.5))

    [rating], page = await stage.on_work()

    assert "9 of 10 (4.5 out of 5 on their scale)" in rating
    assert "Alice" in rating
    link = page.select_one("section[aria-labelledby=ratings] li a[rel]:last-child")
    assert link is not None
    assert link["href"] == note["id"]
    assert said(link) == "Original of the rating by Alice"


async def test_a_review_by_somebody_followed_counts_for_the_work_it_names(
    stage: Stage, alice: PretendActor
) -> None:
    site = stage.site
    await site.author.post("/studio/following", data={"handle": alice.handle})
    await site.settle()
    await alice.send(
        site.author_inbox,
        alice.activity("Accept", alice.server.activities("Follow")[0]),
    )
    await site.settle()
    work = (await site.document(stage.review.uri))["itemReviewed"]["id"]
    for n, named in enumerate((FILM.replace("www.", ""), work, site.base_url + WORK), start=1):
        post = alice.note("Dark.", **in_schema(n, sameAs=[named]))
        await stage.told(alice, alice.create(post))

        [rating], _ = await stage.on_work()
        assert f"{n} of 10" in rating

    elsewhere = alice.note("Light.", **in_schema(9, sameAs=["https://www.imdb.com/title/tt1/"]))
    await stage.told(alice, alice.create(elsewhere))
    assert "3 of 10" in (await stage.on_work())[0][0]


async def test_an_edit_changes_the_score_and_another_takes_it_away(
    stage: Stage, alice: PretendActor
) -> None:
    note = await stage.replies(alice, **in_neodb(8))
    later = (stage.now() + timedelta(minutes=5)).isoformat()
    await stage.told(alice, alice.activity("Update", {**note, **in_neodb(3), "updated": later}))
    changed = await stage.beside()
    on_work = (await stage.on_work())[0]

    latest = (stage.now() + timedelta(minutes=9)).isoformat()
    plain = {name: value for name, value in note.items() if name != "relatedWith"}
    await stage.told(alice, alice.activity("Update", {**plain, "updated": latest}))

    assert changed == ["Rates it 3 of 10"]
    assert "3 of 10" in on_work[0]
    assert await stage.beside() == [""]
    assert (await stage.on_work())[0] == []


async def test_a_deletion_takes_the_score_away(stage: Stage, alice: PretendActor) -> None:
    note = await stage.replies(alice, **in_neodb(8))

    await stage.told(alice, alice.activity("Delete", {"id": note["id"], "type": "Tombstone"}))

    assert (await stage.on_work())[0] == []


async def test_what_the_author_hides_does_not_count(stage: Stage, alice: PretendActor) -> None:
    await stage.replies(alice, **in_neodb(1))
    hide = (await stage.site.desk(stage.review.path)).select_one("form[action$='/hide']")
    assert hide is not None

    await stage.site.author.post(str(hide["action"]))

    assert (await stage.on_work())[0] == []


async def test_a_private_score_is_nobodys_business(stage: Stage, alice: PretendActor) -> None:
    await stage.replies(alice, **in_neodb(8), to=[stage.site.actor_id], cc=[])

    assert (await stage.on_work())[0] == []


async def test_only_one_score_of_each_writer_counts_the_newest(
    stage: Stage, alice: PretendActor
) -> None:
    for value in (2, 9):
        await stage.replies(alice, **in_neodb(value), to=[PUBLIC])

    [rating], _ = await stage.on_work()

    assert "9 of 10" in rating


async def test_an_average_is_told_of_three_or_more_and_says_of_how_many(
    stage: Stage, people: list[PretendActor]
) -> None:
    shapes = (in_neodb(8), in_bookwyrm(4.5), in_schema(8.5), in_schema(20, 100))
    averages = []
    for person, shape in zip(people, shapes, strict=True):
        await stage.replies(person, **shape)
        _, page = await stage.on_work()
        averages.append(said(page.select_one("section[aria-labelledby=ratings] > .about")))

    assert averages == [
        "",
        "",
        "8.5 of 10 on average, of 3 ratings",
        "6.9 of 10 on average, of 4 ratings",
    ]


async def test_a_work_that_nobody_rated_says_nothing_of_it(stage: Stage) -> None:
    found, page = await stage.on_work()

    assert found == []
    assert "fediverse" not in said(page.select_one("main")).lower()


async def test_the_warning_of_a_bookwyrm_review_hides_its_text_and_not_its_score(
    stage: Stage, alice: PretendActor
) -> None:
    await stage.replies(alice, **in_bookwyrm(2), summary="Spoilers ahead!", sensitive=True)

    page = await stage.site.page(stage.review.path)

    assert said(page.select_one(".reply details summary")) == "Content warning: Spoilers ahead!"
    assert await stage.beside() == ["Rates it 4 of 10 (2 out of 5 on their scale)"]


async def test_two_sites_of_ours_understand_one_another(stage: Stage, alice: PretendActor) -> None:
    article = await stage.site.document(stage.review.uri)
    shape = {name: article[name] for name in ("reviewRating", "itemReviewed", "relatedWith")}

    await stage.replies(alice, **shape)

    assert await stage.beside() == ["Rates it 8.5 of 10"]
