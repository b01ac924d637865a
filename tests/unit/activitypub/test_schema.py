from dataclasses import replace
from typing import Any, cast

import pytest

from fedreview.activitypub.dialects.schema import page_json_ld, work_json_ld
from fedreview.activitypub.urls import Urls
from fedreview.domain.identifiers import Catalogue, Identifier
from fedreview.domain.relations import Relation, RelationKind
from fedreview.domain.work import WorkFacts, WorkKind
from tests.factories import NOON, SITE, a_cover, a_review, a_work, minutes, work_facts
from tests.judges.schema_org import judge

URLS = Urls(SITE)


def item(**facts: Any) -> dict[str, Any]:
    given = replace(WorkFacts(kind=WorkKind.FILM, title="BLAME!"), **facts)
    document = work_json_ld(a_work(facts=given), URLS, reviews=[])
    judge(document)
    return cast("dict[str, Any]", document)


@pytest.mark.parametrize("kind", WorkKind)
def test_a_review_of_any_kind_of_work_keeps_to_the_vocabulary(kind: WorkKind) -> None:
    review = replace(
        a_review(updated_at=NOON + minutes(5)),
        work=a_work(facts=work_facts(kind=kind), cover=a_cover()),
    )
    judge(page_json_ld(review, URLS, description="8.5/10 – a film."))
    judge(work_json_ld(review.work, URLS, reviews=[review], average="7.5", count=3))


def test_a_review_of_next_to_nothing_keeps_to_it_too() -> None:
    work = a_work(facts=WorkFacts(kind=WorkKind.GAME, title="Ib"))
    review = replace(a_review(rating=None, tags=()), work=work, aspects=())
    document = page_json_ld(review, URLS, description="game.")
    judge(document)
    assert "reviewRating" not in document
    assert "keywords" not in document


def test_the_page_of_a_review_tells_the_rating_and_that_of_each_aspect() -> None:
    document: Any = page_json_ld(a_review(), URLS, description="8.5/10")
    assert document["reviewRating"]["ratingValue"] == 8.5
    told = {
        each["reviewAspect"]: each["reviewRating"]["ratingValue"]
        for each in document["associatedReview"]
    }
    assert told == {"Story": 7.5, "Look": 9}


def test_the_page_of_a_work_tells_its_reviews_and_what_others_give_it() -> None:
    document: Any = work_json_ld(
        a_work(), URLS, reviews=[a_review(), a_review(id="review2")], average="7.8", count=12
    )
    assert [each["@id"] for each in document["review"]] == [
        URLS.review("review1"),
        URLS.review("review2"),
    ]
    assert document["aggregateRating"]["ratingValue"] == 7.8
    assert document["aggregateRating"]["ratingCount"] == 12
    assert "aggregateRating" not in work_json_ld(a_work(), URLS, reviews=[])


@pytest.mark.parametrize(
    ("kind", "length", "expected"),
    [
        ("film", "105 min", {"duration": "PT105M"}),
        ("film", "1 h 45 min", {"duration": "PT105M"}),
        ("film", "2 hours", {"duration": "PT120M"}),
        ("film", "1h45m", {"duration": "PT105M"}),
        ("film", "rather long", {}),
        ("film", "0 min", {}),
        ("film", "", {}),
        ("anime", "12 episodes", {"numberOfEpisodes": 12}),
        ("series", "1 episode", {"numberOfEpisodes": 1}),
        ("series", "8 × 45 min", {}),
        ("book", "320 pages", {"numberOfPages": 320}),
        ("manga", "10 volumes", {}),
        ("game", "12 episodes", {}),
        ("music", "45 min", {}),
    ],
)
def test_a_length_is_told_when_it_can_be_read(
    kind: str, length: str, expected: dict[str, object]
) -> None:
    terms = {"duration", "numberOfPages", "numberOfEpisodes"}
    found = item(kind=WorkKind(kind), length=length)
    assert {name: value for name, value in found.items() if name in terms} == expected


def test_what_catalogues_call_a_work_is_told_by_name_and_by_page() -> None:
    isbn = Identifier(catalogue=Catalogue.ISBN, value="9783161484100")
    book = item(kind=WorkKind.BOOK, identifiers=(isbn,), links=("https://a.example/b",))
    assert book["isbn"] == "9783161484100"
    assert book["sameAs"] == ["https://a.example/b", isbn.url]
    assert book["identifier"][0]["propertyID"] == "ISBN"
    assert "isbn" not in item(kind=WorkKind.FILM, identifiers=(isbn,))


def test_relations_are_told_for_which_there_is_a_word() -> None:
    relations = (
        Relation(kind=RelationKind.BASED_ON, title="A", work_kind=WorkKind.MANGA, year=1998),
        Relation(kind=RelationKind.BASED_ON, title="B"),
        Relation(kind=RelationKind.SERIES, title="C", work_kind=WorkKind.MANGA),
        Relation(kind=RelationKind.SEQUEL, title="D"),
    )
    found = item(relations=relations)
    assert found["isBasedOn"] == [
        {"@type": "Book", "name": "A", "datePublished": "1998"},
        {"@type": "CreativeWork", "name": "B"},
    ]
    assert found["isPartOf"] == [{"@type": "CreativeWorkSeries", "name": "C"}]


def test_who_made_it_is_told_in_the_words_of_its_type() -> None:
    assert item(publisher="P")["productionCompany"]["name"] == "P"
    assert item(kind=WorkKind.BOOK, publisher="P")["publisher"]["name"] == "P"
    assert item(kind=WorkKind.GAME, platform="Switch")["gamePlatform"] == "Switch"
    assert "gamePlatform" not in item(platform="Netflix")
    assert item(kind=WorkKind.MUSIC, creators=("M",))["byArtist"][0]["@type"] == "MusicGroup"
