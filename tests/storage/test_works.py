"""Works are kept once, with their covers."""

from dataclasses import replace

import pytest

from fedreview.domain.review import ReviewState
from fedreview.domain.work import WorkFacts, WorkId, WorkKind
from fedreview.errors import NotFound
from fedreview.storage import accounts, media, reviews, works
from fedreview.storage.database import Database
from tests.factories import NOON, a_cover, a_review, an_author, work_facts

ONE, TWO, THREE = WorkId("work1"), WorkId("work2"), WorkId("work3")


def test_a_work_comes_back_as_given(database: Database) -> None:
    facts = work_facts()
    with database.transaction() as tx:
        media.add(tx, a_cover(), now=NOON)
        saved = works.save(tx, ONE, facts, slug="blame", cover=a_cover())

    with database.snapshot() as tx:
        assert saved.facts == facts
        assert saved.cover == a_cover()
        assert works.get(tx, ONE) == saved
        assert works.get_by_slug(tx, "blame") == saved


def test_a_work_needs_no_more_than_kind_and_title(database: Database) -> None:
    bare = WorkFacts(kind=WorkKind.GAME, title="大神")

    with database.transaction() as tx:
        saved = works.save(tx, ONE, bare, slug="大神", cover=None)

    assert saved.facts == bare
    assert saved.cover is None
    with database.snapshot() as tx:
        assert works.get_by_slug(tx, "大神") == saved


def test_an_unknown_work_is_not_found(database: Database) -> None:
    with database.snapshot() as tx:
        with pytest.raises(NotFound):
            works.get(tx, "nothing")
        with pytest.raises(NotFound):
            works.get_by_slug(tx, "nothing")


def test_works_that_want_the_same_slug_are_numbered(database: Database) -> None:
    with database.transaction() as tx:
        slugs = [
            works.save(tx, known, work_facts(year=year), slug="dune", cover=None).slug
            for known, year in ((ONE, 1984), (TWO, 2000), (THREE, 2021))
        ]

    assert slugs == ["dune", "dune-2", "dune-3"]


def test_new_facts_change_the_work_but_keep_its_slug_and_cover(database: Database) -> None:
    with database.transaction() as tx:
        media.add(tx, a_cover(), now=NOON)
        works.save(tx, ONE, work_facts(), slug="blame", cover=a_cover())

    with database.transaction() as tx:
        changed = works.save(tx, ONE, work_facts(title="Blame"), slug="other", cover=None)

    assert (changed.facts.title, changed.slug, changed.cover) == ("Blame", "blame", a_cover())


def reviewed(
    database: Database, facts: WorkFacts, state: ReviewState = ReviewState.PUBLISHED
) -> None:
    review = a_review(state=state)
    with database.transaction() as tx:
        accounts.add_author(tx, review.author, password_hash="x")
        work = works.save(tx, ONE, facts, slug="work", cover=None)
        reviews.save(tx, replace(review, work=work))


@pytest.mark.parametrize("title", ["Amélie", "  AMÉLIE ", "Ame\N{COMBINING ACUTE ACCENT}lie"])
def test_the_same_work_is_found_however_its_title_is_typed(database: Database, title: str) -> None:
    reviewed(database, work_facts(title="Amélie"))

    with database.snapshot() as tx:
        assert works.find_public(tx, work_facts(title=title)) == ONE


def test_another_kind_title_or_year_is_another_work(database: Database) -> None:
    known = replace(work_facts(title="Dune", year=1984), links=(), identifiers=())
    reviewed(database, known)

    with database.snapshot() as tx:
        assert works.find_public(tx, known) == ONE
        assert works.find_public(tx, replace(known, kind=WorkKind.BOOK)) is None
        assert works.find_public(tx, replace(known, title="Dune II")) is None
        assert works.find_public(tx, replace(known, year=2021)) is None
        assert works.find_public(tx, replace(known, year=None)) is None


def test_works_without_a_year_are_the_same_too(database: Database) -> None:
    reviewed(database, work_facts(year=None))

    with database.snapshot() as tx:
        assert works.find_public(tx, work_facts(year=None)) == ONE


def test_a_work_that_only_drafts_are_about_is_nobodys_business(database: Database) -> None:
    reviewed(database, work_facts(), state=ReviewState.DRAFT)

    with database.snapshot() as tx:
        assert works.find_public(tx, work_facts()) is None


def test_works_that_no_review_is_about_are_dropped(database: Database) -> None:
    reviewed(database, work_facts())
    with database.transaction() as tx:
        works.save(tx, TWO, work_facts(title="Left behind"), slug="left", cover=None)

    with database.transaction() as tx:
        works.drop_unused(tx)

    with database.snapshot() as tx:
        assert works.get(tx, ONE).facts == work_facts()
        with pytest.raises(NotFound):
            works.get(tx, TWO)


def test_a_picture_is_remembered_once(database: Database) -> None:
    with database.transaction() as tx:
        media.add(tx, a_cover(), now=NOON)
        media.add(tx, replace(a_cover(), width=1), now=NOON)

    with database.snapshot() as tx:
        assert media.find(tx, a_cover().name) == a_cover()
        assert media.find(tx, "other.png") is None


@pytest.fixture
def linked(database: Database) -> None:
    """Two works that are reviewed, and one that only a draft is about."""
    with database.transaction() as tx:
        author = an_author()
        accounts.add_author(tx, author, password_hash="hash")
        for name, link, state in (
            (ONE, "https://www.IMDb.com/title/tt1/", ReviewState.PUBLISHED),
            (TWO, "http://books.example/a_b?id=5#top", ReviewState.PUBLISHED),
            (THREE, "https://draft.example/1", ReviewState.DRAFT),
        ):
            facts = replace(work_facts(title=name), links=("https://other.example/x", link))
            if name is TWO:
                facts = replace(facts, links=(link,))
            work = works.save(tx, name, facts, slug=f"the-{name}", cover=None)
            review = a_review(id=f"of-{name}", slug=name, author=author, work=work, state=state)
            reviews.save(tx, review)


def named(
    database: Database, *links: str, ids: tuple[str, ...] = (), slugs: tuple[str, ...] = ()
) -> str | None:
    with database.snapshot() as tx:
        return works.find_by_address(tx, ids=ids, slugs=slugs, links=links)


def test_a_work_is_known_by_our_own_address(database: Database, linked: None) -> None:
    assert named(database, ids=(ONE,)) == ONE
    assert named(database, slugs=("the-work2",)) == TWO
    assert named(database, "https://other.example/x", slugs=("the-work2",)) == TWO
    assert named(database, ids=("nothing",)) is None


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("https://www.imdb.com/title/tt1/", ONE),
        ("http://imdb.com/title/tt1", ONE),
        ("https://imdb.com/title/tt1#cast", ONE),
        ("https://books.example/a_b?id=5", TWO),
        ("https://imdb.com/title/tt", None),
        ("https://imdb.com/title/TT1", None),
        ("https://imdb.com/title/tt1/cast", None),
        ("https://evil.example/imdb.com/title/tt1", None),
        ("https://books.example/aXb?id=5", None),
        ("https://books.example/a%b?id=5", None),
        ("https://books.example", None),
        ("https://imdb.com/", None),
        ("https://draft.example/1", None),
        ("", None),
    ],
)
def test_a_work_is_known_by_a_page_that_we_link(
    database: Database, linked: None, link: str, found: str | None
) -> None:
    assert named(database, link) == found


def with_links(facts: WorkFacts, *links: str) -> WorkFacts:
    return replace(facts, links=links, identifiers=())


IMDB = "https://www.imdb.com/title/tt6574146/"


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (with_links(work_facts(title="Другое имя"), IMDB), ONE),
        (with_links(work_facts(title="Blame", year=None), "http://imdb.com/title/tt6574146"), ONE),
        (with_links(work_facts(title="Blame", year=2020), IMDB), None),
        (with_links(work_facts(title="Blame", kind=WorkKind.ANIME), IMDB), None),
        (with_links(work_facts(title="Blame"), "https://www.imdb.com/title/tt65741460/"), None),
        (with_links(work_facts(title="Blame"), "https://example.org/tt6574146"), None),
        (with_links(work_facts(title="Blame")), None),
    ],
)
def test_what_a_catalogue_gives_one_name_is_one_work(
    database: Database, facts: WorkFacts, found: str | None
) -> None:
    reviewed(database, with_links(work_facts(), IMDB))

    with database.snapshot() as tx:
        assert works.find_public(tx, facts) == found


def test_seasons_of_a_series_stay_apart_though_a_catalogue_calls_them_the_same(
    database: Database,
) -> None:
    first = with_links(work_facts(title="Season 1", kind=WorkKind.SERIES, year=None), IMDB)
    reviewed(database, first)

    with database.snapshot() as tx:
        assert works.find_public(tx, replace(first, title="Season 2")) is None


def test_a_work_is_known_by_the_page_of_a_catalogue_whose_name_it_has(database: Database) -> None:
    reviewed(database, replace(work_facts(), links=()))

    assert named(database, "https://www.wikidata.org/wiki/Q28054533") == ONE
    assert named(database, "https://www.wikidata.org/wiki/Q2805453") is None
