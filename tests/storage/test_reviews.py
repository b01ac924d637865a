"""Reviews come back exactly as given, and in order."""

from dataclasses import replace
from decimal import Decimal

import pytest

from fedreview.domain.actor import Author
from fedreview.domain.rating import Rating, Scale
from fedreview.domain.review import Review, ReviewState, Spoilers
from fedreview.domain.work import Work
from fedreview.errors import NotFound
from fedreview.storage import accounts, media, reviews, works
from fedreview.storage.database import Database
from fedreview.storage.reviews import Cursor, Filter
from tests.databases import Statements
from tests.factories import NOON, a_cover, a_review, a_work, an_author, minutes, work_facts

EVERYTHING = Filter()


def save(database: Database, *wanted: Review) -> list[Review]:
    with database.transaction() as tx:
        return [reviews.save(tx, review) for review in wanted]


def listed(database: Database, wanted: Filter = EVERYTHING) -> list[str]:
    with database.snapshot() as tx:
        found = reviews.list_published(tx, wanted, limit=100)
        assert reviews.count_published(tx, wanted) == len(found)
    return [review.id for review in found]


def test_a_review_comes_back_as_given(database: Database, author: Author, work: Work) -> None:
    review = a_review(
        author=author,
        work=work,
        title="„Blame!“ – 弐瓶勉 🏙",
        body="Zeile\n\n  ||spoiler|| \t\N{RIGHT-TO-LEFT OVERRIDE}",
        updated_at=NOON + minutes(90.5),
    )

    (saved,) = save(database, review)

    assert saved == review
    with database.snapshot() as tx:
        assert reviews.get(tx, review.id) == review
        assert reviews.get_by_slug(tx, "blame") == review
        assert reviews.find(tx, review.id) == review


def test_a_review_needs_no_rating_and_no_synopsis(
    database: Database, author: Author, work: Work
) -> None:
    bare = replace(
        a_review(author=author, work=work, rating=None, tags=(), published_at=None),
        state=ReviewState.DRAFT,
        synopsis=None,
        verdict="",
        teaser="",
        spoilers=Spoilers.NONE,
    )

    assert save(database, bare) == [bare]


@pytest.mark.parametrize(
    ("value", "scale"),
    [
        ("8.5", Scale()),
        ("0", Scale()),
        ("4.25", Scale(best=Decimal(5), worst=Decimal(1), step=Decimal("0.25"))),
        ("99.9", Scale(best=Decimal(100), step=Decimal("0.1"))),
        ("0.001", Scale(best=Decimal(1), step=Decimal("0.001"))),
    ],
)
def test_a_rating_is_kept_exactly(
    database: Database, author: Author, work: Work, value: str, scale: Scale
) -> None:
    rating = Rating(value=Decimal(value), scale=scale)

    (saved,) = save(database, replace(a_review(author=author, work=work), rating=rating))

    assert saved.rating == rating
    assert saved.rating is not None
    assert saved.rating.number == value


def test_an_edit_replaces_what_was_there(database: Database, author: Author, work: Work) -> None:
    save(database, a_review(author=author, work=work))
    edited = replace(
        a_review(author=author, work=work, title="Again", rating=None, tags=("Netflix", "scifi")),
        synopsis=None,
    )

    save(database, edited)

    with database.snapshot() as tx:
        assert reviews.get(tx, edited.id) == edited


def test_an_unknown_review_is_not_found(database: Database) -> None:
    with database.snapshot() as tx:
        assert reviews.find(tx, "nothing") is None
        with pytest.raises(NotFound):
            reviews.get(tx, "nothing")
        with pytest.raises(NotFound):
            reviews.get_by_slug(tx, "nothing")


def test_a_review_is_found_by_its_id_or_else_by_its_slug(
    database: Database, author: Author, work: Work
) -> None:
    (review,) = save(database, a_review(author=author, work=work))

    with database.snapshot() as tx:
        assert reviews.find_by_address(tx, id=review.id, slug=None) == review
        assert reviews.find_by_address(tx, id=None, slug="blame") == review
        assert reviews.find_by_address(tx, id="nothing", slug="blame") is None
        assert reviews.find_by_address(tx, id=None, slug="nothing") is None
        assert reviews.find_by_address(tx, id=None, slug=None) is None


def test_the_titles_of_several_reviews_are_read_at_once(
    database: Database, author: Author, work: Work
) -> None:
    save(
        database,
        a_review(id="a", slug="one", title="One", author=author, work=work),
        a_review(id="b", slug="two", title="Two", author=author, work=work),
    )

    with database.snapshot() as tx:
        assert reviews.titles(tx, ["a", "b", "c"]) == {"a": ("One", "one"), "b": ("Two", "two")}


def test_reviews_that_want_the_same_slug_are_numbered(
    database: Database, author: Author, work: Work
) -> None:
    saved = save(
        database, *(a_review(id=name, author=author, work=work, slug="dune") for name in "ab")
    )

    assert [review.slug for review in saved] == ["dune", "dune-2"]


def test_a_draft_keeps_the_number_of_its_slug_when_it_is_saved_again(
    database: Database, author: Author, work: Work
) -> None:
    draft = a_review(
        id="b", author=author, work=work, slug="dune", state=ReviewState.DRAFT, published_at=None
    )
    save(database, a_review(id="a", author=author, work=work, slug="dune"))

    slugs = [save(database, draft)[0].slug for _ in range(3)]

    assert slugs == ["dune-2"] * 3


def test_the_slug_follows_the_title_of_a_draft_but_never_of_a_published_review(
    database: Database, author: Author, work: Work
) -> None:
    draft = a_review(
        author=author, work=work, slug="first", state=ReviewState.DRAFT, published_at=None
    )
    published = a_review(author=author, work=work, slug="second")
    save(database, draft)

    at_publication = save(database, published)[0].slug
    after_an_edit = save(database, replace(published, slug="third"))[0].slug

    assert (at_publication, after_an_edit) == ("second", "second")


def test_the_newest_review_is_listed_first(database: Database, author: Author, work: Work) -> None:
    save(
        database,
        *(
            a_review(
                id=f"r{n}", slug=f"r{n}", author=author, work=work, published_at=NOON + minutes(n)
            )
            for n in (2, 3, 1)
        ),
    )

    assert listed(database) == ["r3", "r2", "r1"]


def test_drafts_and_deleted_reviews_are_not_listed(
    database: Database, author: Author, work: Work
) -> None:
    draft = a_review(
        id="draft", slug="d", author=author, work=work, state=ReviewState.DRAFT, published_at=None
    )
    deleted = a_review(id="deleted", slug="x", author=author, work=work, state=ReviewState.DELETED)
    save(database, draft, deleted, a_review(author=author, work=work))

    assert listed(database) == ["review1"]


def test_the_drafts_of_an_author_are_listed_newest_first(
    database: Database, author: Author, work: Work
) -> None:
    other = an_author(id="author2", username="ben")
    with database.transaction() as tx:
        accounts.add_author(tx, other, password_hash="")
    old, new, of_other = (
        a_review(
            id=name,
            slug=name,
            author=who,
            work=work,
            state=ReviewState.DRAFT,
            published_at=None,
            created_at=NOON + minutes(n),
        )
        for n, (name, who) in enumerate((("old", author), ("new", author), ("other", other)))
    )
    save(database, old, new, of_other, a_review(author=author, work=work))

    with database.snapshot() as tx:
        assert reviews.list_drafts(tx, author.id) == (new, old)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_have_no_gaps_where_reviews_came_out_at_the_same_time(
    database: Database, author: Author, work: Work, size: int
) -> None:
    save(
        database,
        *(
            a_review(
                id=f"r{n}",
                slug=f"r{n}",
                author=author,
                work=work,
                published_at=NOON + minutes(n // 4),
            )
            for n in range(7)
        ),
    )

    seen: list[str] = []
    before: Cursor | None = None
    with database.snapshot() as tx:
        while page := reviews.list_published(tx, EVERYTHING, limit=size, before=before):
            seen += [review.id for review in page]
            assert page[-1].published_at is not None
            before = (page[-1].published_at, page[-1].id)

    assert seen == ["r6", "r5", "r4", "r3", "r2", "r1", "r0"]


def test_tags_keep_their_order_and_spelling_and_are_found_in_any_case(
    database: Database, author: Author, work: Work
) -> None:
    tags = ("Zombies", "anime", "Straße", "映画")
    save(
        database,
        a_review(author=author, work=work, tags=tags),
        a_review(id="other", slug="o", author=author, work=work, tags=("drama",)),
    )

    with database.snapshot() as tx:
        assert reviews.get(tx, "review1").tags == tags
    for typed in ("zombies", "ANIME", "STRASSE", "映画"):
        assert listed(database, Filter(tag=typed)) == ["review1"]
    assert listed(database, Filter(tag="nothing")) == []


def test_reviews_are_listed_by_author_and_by_work(
    database: Database, author: Author, work: Work
) -> None:
    other_author = an_author(id="author2", username="ben")
    with database.transaction() as tx:
        accounts.add_author(tx, other_author, password_hash="")
        other_work = works.save(
            tx, a_work(id="work2").id, work_facts(title="Dune"), slug="dune", cover=None
        )
    save(
        database,
        a_review(id="mine", slug="a", author=author, work=work),
        a_review(id="theirs", slug="b", author=other_author, work=work),
        a_review(id="dune", slug="c", author=author, work=other_work),
    )

    assert set(listed(database, Filter(author_id=author.id))) == {"mine", "dune"}
    assert set(listed(database, Filter(work_id=work.id))) == {"mine", "theirs"}
    assert listed(database, Filter(author_id=author.id, work_id=work.id)) == ["mine"]
    with database.snapshot() as tx:
        assert reviews.count_of_work(tx, work.id) == 2


def test_a_list_of_twenty_takes_no_more_statements_than_a_list_of_one(
    database: Database, author: Author, statements: Statements
) -> None:
    with database.transaction() as tx:
        for n in range(20):
            cover = a_cover(f"{n}.jpg")
            media.add(tx, cover, now=NOON)
            work = works.save(
                tx, a_work(id=f"w{n}").id, work_facts(title=f"T{n}"), slug=f"w{n}", cover=cover
            )
            reviews.save(tx, a_review(id=f"r{n}", slug=f"r{n}", author=author, work=work))

    with database.snapshot() as tx, statements.recorded() as for_one:
        assert len(reviews.list_published(tx, EVERYTHING, limit=1)) == 1
    with database.snapshot() as tx, statements.recorded() as for_twenty:
        assert len(reviews.list_published(tx, EVERYTHING, limit=20)) == 20

    assert len(for_one) == len(for_twenty) == 3


def test_pins_are_kept_through_edits_and_end_with_the_review(
    database: Database, author: Author, work: Work
) -> None:
    pinned = [a_review(id=f"r{n}", slug=f"r{n}", author=author, work=work) for n in range(3)]
    with database.transaction() as tx:
        for n, review in enumerate(pinned):
            reviews.save(tx, review)
            reviews.feature(tx, review.id, NOON + minutes(n))
        reviews.feature(tx, pinned[0].id, None)
        reviews.save(tx, replace(pinned[1], title="Changed"))

    with database.snapshot() as tx:
        found = reviews.list_featured(tx, author.id)
        assert [review.id for review in found] == ["r2", "r1"]
        assert [review.featured_at for review in found] == [NOON + minutes(2), NOON + minutes(1)]
        assert reviews.list_featured_ids(tx, author.id) == ("r2", "r1")
        others = reviews.list_published(tx, Filter(author_id=author.id, featured=False), limit=9)
        assert [review.id for review in others] == ["r0"]

    with database.transaction() as tx:
        gone = reviews.save(tx, pinned[2].emptied(now=NOON))

    assert gone.featured_at is None
    with database.snapshot() as tx:
        assert reviews.list_featured_ids(tx, author.id) == ("r1",)


def test_only_a_published_review_has_public_names_and_an_author(
    database: Database, author: Author, work: Work
) -> None:
    with database.transaction() as tx:
        reviews.save(tx, a_review(author=author, work=work))
        draft = a_review(id="draft1", slug="draft", author=author, work=work)
        reviews.save(tx, replace(draft, state=ReviewState.DRAFT, published_at=None))

    with database.snapshot() as tx:
        assert reviews.find_published_names(tx, id=None, slug="blame") == ("review1", "blame")
        assert reviews.find_published_names(tx, id="review1", slug=None) == ("review1", "blame")
        assert reviews.find_published_names(tx, id="draft1", slug=None) is None
        assert reviews.find_published_names(tx, id=None, slug=None) is None
        assert reviews.get_published_author(tx, "review1") == author
        with pytest.raises(NotFound):
            reviews.get_published_author(tx, "draft1")
