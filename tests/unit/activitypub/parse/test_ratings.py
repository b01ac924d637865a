"""Scores of others, and what of them is not believed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.activitypub.parse.notes import parse_note
from fedreview.activitypub.parse.properties import members
from fedreview.activitypub.vocabulary import Json, RemoteRating
from fedreview.domain.rating import Rating
from tests.protocol.wire_samples import sample

BOOK = "https://bookwyrm.example/book/1"
NOTE = "https://a.example/notes/1"


def parsed(**more: Json) -> RemoteRating | None:
    return parse_note({"id": NOTE, "type": "Note", **more}).rating


def schema(value: Json, best: Json = 10, worst: Json = 0) -> RemoteRating | None:
    return parsed(reviewRating={"ratingValue": value, "bestRating": best, "worstRating": worst})


def score(value: str, best: str = "10", worst: str = "0") -> RemoteRating:
    return RemoteRating(value=Decimal(value), best=Decimal(best), worst=Decimal(worst))


def test_a_score_of_bookwyrm_is_one_of_five() -> None:
    found = parsed(type="Review", inReplyToBook=BOOK, rating=4.5)

    assert found == score("4.5", "5", "0.5")


@pytest.mark.parametrize("type", ["Article", "Note"])
def test_bookwyrm_leaves_its_score_in_what_others_get(type: str) -> None:
    assert parsed(type=type, inReplyToBook=BOOK, rating=4) == score("4", "5", "0.5")
    assert parsed(type=type, rating=4) is None


@pytest.mark.parametrize("type", ["Review", "Rating"])
def test_a_score_of_bookwyrm_needs_no_book_that_we_can_read(type: str) -> None:
    assert parsed(type=type, rating=3) == score("3", "5", "0.5")
    assert parsed(type=type, rating=None) is None


def test_a_score_of_neodb_stands_among_the_related_objects() -> None:
    related: Json = [
        {"type": "Review", "name": "Worms"},
        "nonsense",
        {"type": "Rating", "best": 10, "worst": 1, "value": 8},
    ]

    assert parsed(relatedWith=related) == score("8", "10", "1")
    assert parsed(relatedWith={"type": "Rating", "value": 4}) == score("4", "5", "1")
    assert parsed(relatedWith=[{"type": "Status"}]) is None


def test_a_score_of_schema_org_is_exact_and_comes_before_the_others() -> None:
    found = parsed(
        reviewRating={"ratingValue": 8.5, "bestRating": 10, "worstRating": 0},
        relatedWith=[{"type": "Rating", "best": 10, "worst": 1, "value": 9}],
    )

    assert found == score("8.5")


def test_ends_that_are_not_named_are_those_of_schema_org() -> None:
    assert parsed(reviewRating={"ratingValue": 4}) == score("4", "5", "1")


@pytest.mark.parametrize("value", ["8.5", "8,5", "8.500", 8.5, 8.4999999])
def test_short_texts_and_numbers_are_scores(value: Json) -> None:
    assert schema(value) == score("8.5")


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        True,
        False,
        [],
        {},
        [8],
        "eight",
        "8.5/10",
        "NaN",
        "Infinity",
        "1e3",
        " 8",
        "٨",
        "0" * 10,
        "999999",
        "8." + "5" * 10,
        float("nan"),
        float("inf"),
        float("-inf"),
        1e300,
        -1,
        10.001,
        11,
    ],
)
def test_nonsense_is_no_score(value: Json) -> None:
    assert schema(value) is None


def test_a_number_too_long_to_write_out_is_no_score() -> None:
    assert schema(10**5_000) is None
    assert schema(10, best=10**5_000) is None


@pytest.mark.parametrize(
    ("best", "worst"),
    [
        (0, 0),
        (10, 10),
        (1, 10),
        (10, -1),
        (1_001, 0),
        (10**30, 0),
        ("many", 0),
        (10, "few"),
        (10, 0.00001 + 9.9999),
        ([], {}),
        (True, 0),
    ],
)
def test_a_scale_that_is_none_makes_no_score(best: Json, worst: Json) -> None:
    assert schema(10, best, worst) is None


def test_the_largest_scale_and_the_smallest_difference_are_believed() -> None:
    assert schema(1_000, 1_000, 0) == score("1000", "1000")
    assert schema(1, 1, 0.999) == score("1", "1", "0.999")


@given(value=st.floats(), best=st.floats(), worst=st.floats())
def test_whatever_is_believed_is_a_rating(value: float, best: float, worst: float) -> None:
    found = schema(value, best, worst)

    if found:
        rating = Rating.given_elsewhere(found.value, best=found.best, worst=found.worst)
        assert 0 <= rating.share <= 1


def works(**more: Json) -> tuple[str, ...]:
    return parse_note({"id": NOTE, "type": "Note", **more}).works


def test_the_work_is_named_in_every_shape() -> None:
    assert works(inReplyToBook=BOOK) == (BOOK,)
    assert works(
        itemReviewed={
            "id": "https://a.example/w/1",
            "url": "https://a.example/works/dune",
            "sameAs": ["https://www.imdb.com/title/tt1/", 5],
        }
    ) == (
        "https://a.example/w/1",
        "https://a.example/works/dune",
        "https://www.imdb.com/title/tt1/",
    )
    assert works(
        relatedWith=[{"type": "Rating", "withRegardTo": "https://n.example/movie/1"}],
        tag=[
            {"type": "Movie", "href": "https://n.example/movie/1"},
            {"type": "Hashtag", "href": "https://n.example/tags/film"},
            "nonsense",
        ],
    ) == ("https://n.example/movie/1",)


def test_a_note_names_ten_works_at_the_most_and_only_web_addresses() -> None:
    many = [f"https://a.example/{n}" for n in range(50)]

    assert len(works(itemReviewed={"sameAs": [*many]})) == 10
    assert works(itemReviewed="https://a.example/w", inReplyToBook="javascript:alert(1)") == ()


def test_the_samples_of_other_servers_are_read() -> None:
    bookwyrm = parse_note(sample("bookwyrm_review"))
    neodb = parse_note(members(sample("neodb_review")["object"]))

    assert bookwyrm.rating == score("4.5", "5", "0.5")
    assert bookwyrm.works == ("https://bookwyrm.example/book/1",)
    assert neodb.rating == score("8", "10", "1")
    assert neodb.works == ("https://neodb.example/movie/7hfF7d0aFMaqHpFjUpq4zR",)
