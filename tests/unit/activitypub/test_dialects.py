"""What we say in the words of others, fact by fact."""

from dataclasses import replace
from decimal import Decimal

import pytest

from fedreview.activitypub import build
from fedreview.activitypub.build import ArticleText
from fedreview.activitypub.contexts import OBJECT_CONTEXT
from fedreview.activitypub.dialects.bookwyrm import bookwyrm_review, bookwyrm_work, stars
from fedreview.activitypub.dialects.neodb import NEODB_TYPES, neodb_tag
from fedreview.activitypub.dialects.schema import page_json_ld
from fedreview.activitypub.dialects.works import work_document
from fedreview.activitypub.policy import OPEN
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import PUBLIC
from fedreview.domain.identifiers import Catalogue, Identifier
from fedreview.domain.rating import Scale
from fedreview.domain.review import Review, Spoilers
from fedreview.domain.work import Work, WorkFacts, WorkKind
from tests.factories import NOON, SITE, a_cover, a_rating, a_review, a_work, minutes
from tests.fediverse import Document

URLS = Urls(SITE)
WORK = f"{SITE}/ap/works/work1"
HUNDRED = Scale(best=Decimal(100), worst=Decimal(0), step=Decimal(1))


def a_book(*links: str, kind: WorkKind = WorkKind.BOOK, **facts: object) -> Work:
    given = WorkFacts(kind=kind, title="The Long Corridor", links=links)
    return a_work(facts=replace(given, **facts))  # type: ignore[arg-type]  # any of its fields


def the_article(review: Review) -> Document:
    text = ArticleText(content="<p>All of it.</p>", summary="8.5/10 – a book.")
    return build.article(review, text, URLS, OPEN)


def work_of(work: Work) -> Document:
    return work_document(work, URLS)


def common_to(work: Work) -> Document:
    return bookwyrm_work(work, URLS)


def in_bookwyrm(review: Review) -> Document:
    return bookwyrm_review(the_article(review), review, URLS)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("10", 5),
        ("9.5", 4.75),
        ("9", 4.5),
        ("8.5", 4.25),
        ("8", 4),
        ("7.5", 3.75),
        ("1", 0.5),
        ("0.5", 0.5),
        ("0", 0.5),
    ],
)
def test_a_rating_in_bookwyrm_is_exact_and_at_least_half_a_star(
    value: str, expected: float
) -> None:
    assert stars(a_rating(value)) == expected


def test_a_rating_is_rounded_once_to_the_hundredth() -> None:
    assert stars(a_rating("74", HUNDRED)) == 3.7
    assert stars(a_rating("5", Scale(best=Decimal(7), step=Decimal(1)))) == 3.57


def test_a_review_in_bookwyrm_is_the_same_thing_under_the_same_id() -> None:
    review = a_review(work=a_book(), updated_at=NOON + minutes(5))
    article, theirs = the_article(review), in_bookwyrm(review)

    assert theirs["type"] == "Review"
    for shared in ("id", "attributedTo", "content", "published", "updated", "replies"):
        assert theirs[shared] == article[shared]
    assert theirs["inReplyToBook"] == WORK
    assert theirs["rating"] == 4.25
    assert theirs["name"] == review.title


def test_bookwyrm_tells_who_may_read_by_comparing_lists() -> None:
    theirs = in_bookwyrm(a_review(work=a_book()))

    assert theirs["to"] == [PUBLIC]
    assert theirs["cc"] == [f"{SITE}/users/ana/followers"]


def test_bookwyrm_gets_nothing_that_it_would_stumble_over() -> None:
    theirs = in_bookwyrm(a_review(work=a_book()))

    assert theirs["attachment"] == []
    assert [tag["type"] for tag in theirs["tag"]] == ["Hashtag", "Hashtag"]
    for unwanted in ("relatedWith", "reviewRating", "preview", "image", "source", "summary"):
        assert unwanted not in theirs


def test_a_title_is_no_longer_in_bookwyrm_than_its_column() -> None:
    assert in_bookwyrm(a_review(work=a_book(), title="a" * 300))["name"] == "a" * 255


def test_only_full_spoilers_are_a_content_warning_in_bookwyrm() -> None:
    review = replace(a_review(work=a_book(), rating=None), spoilers=Spoilers.FULL)
    long = replace(review, work=a_book(title="b" * 300))

    assert in_bookwyrm(review)["summary"] == "Spoilers for The Long Corridor"
    assert in_bookwyrm(review)["sensitive"] is True
    assert len(str(in_bookwyrm(long)["summary"])) < 255
    assert "rating" not in in_bookwyrm(review)


def test_a_tag_list_that_is_none_gives_no_tags() -> None:
    review = a_review(work=a_book())

    assert bookwyrm_review({**the_article(review), "tag": None}, review, URLS)["tag"] == []


def test_an_edition_has_what_bookwyrm_cannot_do_without() -> None:
    document = work_of(a_book())

    assert document["id"] == WORK
    assert document["type"] == "Edition"
    assert document["title"] == "The Long Corridor"
    assert document["work"] == f"{WORK}/work"
    assert document["authors"] == []


def test_a_work_of_bookwyrm_names_no_editions_for_it_would_make_them_twice() -> None:
    assert common_to(a_book()) == {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{WORK}/work",
        "type": "Work",
        "title": "The Long Corridor",
        "authors": [],
        "editions": [],
    }


@pytest.mark.parametrize(
    ("link", "member", "key"),
    [
        ("https://openlibrary.org/books/OL7353617M/The_Corridor", "openlibraryKey", "OL7353617M"),
        ("https://www.goodreads.com/book/show/4671.The_Great_Gatsby", "goodreadsKey", "4671"),
        ("https://openlibrary.org/isbn/9780140328721", "isbn13", "9780140328721"),
        ("http://inventaire.io/entity/isbn:9780140328721", "isbn13", "9780140328721"),
        ("https://openlibrary.org/isbn/9780140328722", "isbn13", None),
        ("https://evil.example/openlibrary.org/books/OL1M", "openlibraryKey", None),
        ("https://openlibrary.org/books/OL1Mx", "openlibraryKey", None),
    ],
)
def test_links_tell_bookwyrm_which_edition_it_has_already(
    link: str, member: str, key: str | None
) -> None:
    assert work_of(a_book(link)).get(member) == key


@pytest.mark.parametrize(
    ("link", "member", "key"),
    [
        ("https://openlibrary.org/works/OL45804W", "openlibraryKey", "OL45804W"),
        ("https://www.wikidata.org/wiki/Q190192", "wikidata", "Q190192"),
        ("https://inventaire.io/entity/wd:Q190192", "inventaireId", "wd:Q190192"),
    ],
)
def test_links_tell_bookwyrm_which_work_it_has_already(link: str, member: str, key: str) -> None:
    assert common_to(a_book(link))[member] == key
    assert member not in work_of(a_book(link))


def test_the_isbn_is_written_in_the_words_of_both() -> None:
    document = work_of(a_book("https://openlibrary.org/isbn/9780140328721"))

    assert document["isbn"] == document["isbn13"] == "9780140328721"


def test_a_manga_is_a_book_in_bookwyrm_and_says_so() -> None:
    manga = a_book(kind=WorkKind.MANGA, year=1998, publisher="Kodansha")
    document = work_of(manga)

    assert document["physicalFormat"] == "GraphicNovel"
    assert document["publishers"] == document["publisher"] == ["Kodansha"]
    assert document["firstPublishedDate"] == "1998"
    assert document["pub_year"] == 1998


def test_a_cover_always_says_what_it_shows_in_bookwyrm() -> None:
    work = replace(a_book(), cover=a_cover())

    assert work_of(work)["cover"] == {
        "type": "Document",
        "url": f"{SITE}/media/c0ffee.jpg",
        "name": "Cover of The Long Corridor",
    }
    described = replace(work, facts=replace(work.facts, cover_alt="A door"))
    assert common_to(described)["cover"]["name"] == "A door"


@pytest.mark.parametrize(
    ("kind", "creators", "publisher"),
    [
        (WorkKind.FILM, "director", None),
        (WorkKind.SERIES, "director", None),
        (WorkKind.ANIME, "director", None),
        (WorkKind.BOOK, "author", "publisher"),
        (WorkKind.MANGA, "author", "publisher"),
        (WorkKind.GAME, "developer", "publisher"),
        (WorkKind.MUSIC, "artist", "company"),
    ],
)
def test_every_kind_of_work_has_a_catalogue_type_that_neodb_knows(
    kind: WorkKind, creators: str, publisher: str | None
) -> None:
    work = a_book(kind=kind, creators=("Ida Storm",), publisher="North Light", year=1998)
    document = work_of(work)

    assert document["id"] == WORK
    assert document["type"] == NEODB_TYPES[kind]
    assert document[creators] == ["Ida Storm"]
    assert document.get(publisher or "publisher") == (["North Light"] if publisher else None)
    assert "work" not in document or kind in {WorkKind.BOOK, WorkKind.MANGA}


@pytest.mark.parametrize("kind", WorkKind)
def test_exactly_one_tag_is_of_neodbs_catalogue(kind: WorkKind) -> None:
    article = the_article(a_review(work=a_book(kind=kind)))

    catalogue = [tag["href"] for tag in article["tag"] if tag["type"] in NEODB_TYPES.values()]

    assert catalogue == [WORK]


def test_neodb_gets_a_whole_rating_rounded_up_and_all_three_objects() -> None:
    related = {each["type"]: each for each in the_article(a_review())["relatedWith"]}

    assert set(related) == {"Status", "Rating", "Review"}
    rating = related["Rating"]
    assert (rating["value"], rating["best"], rating["worst"]) == (9, 10, 1)


def test_the_item_reviewed_says_where_else_it_is_known() -> None:
    link = "https://www.imdb.com/title/tt6574146/"
    item = the_article(a_review(work=a_book(link)))["itemReviewed"]
    bare = the_article(a_review(work=a_book()))["itemReviewed"]

    assert item["sameAs"] == [link]
    assert item["url"] == f"{SITE}/works/blame"
    assert "sameAs" not in bare


def test_what_catalogues_call_a_work_is_told_like_the_pages_about_it() -> None:
    isbn = Identifier(catalogue=Catalogue.ISBN, value="9783161484100")
    book = a_book("https://a.example/b", identifiers=(isbn,))

    document = work_of(book)

    assert the_article(a_review(work=book))["itemReviewed"]["sameAs"] == [
        "https://a.example/b",
        isbn.url,
    ]
    assert {"url": isbn.url} in document["external_resources"]
    assert document["isbn13"] == isbn.value


def test_no_two_terms_have_one_iri() -> None:
    terms = next(each for each in OBJECT_CONTEXT if isinstance(each, dict))
    meanings = [each["@id"] if isinstance(each, dict) else each for each in terms.values()]

    assert len(meanings) == len(set(map(str, meanings)))


def test_the_page_says_nothing_of_what_is_not_known_of_a_draft() -> None:
    bare = WorkFacts(kind=WorkKind.FILM, title="Untitled")
    draft = replace(a_review(), work=a_work(facts=bare), published_at=None, rating=None)

    document = page_json_ld(draft, URLS, description="")

    item = document["itemReviewed"]
    assert isinstance(item, dict)
    assert not {"datePublished", "director", "sameAs", "image"} & set(item)
    assert not {"datePublished", "dateModified", "reviewRating"} & set(document)


def test_a_work_with_a_picture_and_an_original_title_has_them_for_neodb() -> None:
    work = replace(
        a_book(kind=WorkKind.FILM, original_title="BLAME! \u5287\u5834\u7248"), cover=a_cover()
    )
    picture = f"{SITE}/media/c0ffee.jpg"

    assert work_of(work)["orig_title"] == "BLAME! \u5287\u5834\u7248"
    assert neodb_tag(work, URLS)["image"] == picture
    article = the_article(a_review(work=work))
    assert article["image"]["url"] == picture
