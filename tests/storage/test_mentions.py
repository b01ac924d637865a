"""Where an author wrote of a work before."""

from dataclasses import replace

import pytest

from fedreview.domain.actor import Author
from fedreview.domain.review import ReviewState
from fedreview.domain.work import WorkId
from fedreview.storage import accounts, mentions, reviews, works
from fedreview.storage.database import Database
from tests.factories import a_review, an_author, work_facts


def wrote(
    database: Database,
    author: Author,
    name: str,
    *,
    title: str = "Other",
    original_title: str = "",
    body: str = "Nothing.",
    state: ReviewState = ReviewState.PUBLISHED,
) -> None:
    facts = replace(work_facts(title=title), original_title=original_title)
    with database.transaction() as tx:
        work = works.save(tx, WorkId(name), facts, slug=name, cover=None)
        review = a_review(id=name, slug=name, author=author, work=work, state=state)
        reviews.save(tx, replace(review, body=body))


def of_title(database: Database, author: Author, title: str, but: str = "") -> list[str]:
    with database.snapshot() as tx:
        return [each.id for each in mentions.list_of_title(tx, author.id, title, but=but)]


def with_title(database: Database, author: Author, title: str, but: str = "") -> list[str]:
    with database.snapshot() as tx:
        return [each.id for each in mentions.list_with_title(tx, author.id, title, but=but)]


@pytest.mark.parametrize(
    "typed", ["Blame!", " BLAME! ", "ＢＬＡＭＥ！", "ブラム", "ÉTÉ", "été", "Été"]
)
def test_a_work_is_found_by_either_title_however_it_is_typed(
    database: Database, author: Author, typed: str
) -> None:
    is_summer = typed.casefold() == "été"
    original = "Été" if is_summer else "ブラム"
    wrote(database, author, "one", title="BLAME!", original_title=original)

    assert of_title(database, author, typed) == ["one"]
    assert of_title(database, author, f"{typed} 2") == []
    assert of_title(database, author, typed, but="one") == []


def test_drafts_count_and_what_is_deleted_or_of_others_does_not(
    database: Database, author: Author
) -> None:
    other = replace(an_author(id="author2"), username="ben")
    with database.transaction() as tx:
        accounts.add_author(tx, other, password_hash="hash")
    wrote(database, author, "draft", title="Dune", state=ReviewState.DRAFT)
    wrote(database, author, "gone", title="Dune", state=ReviewState.DELETED)
    wrote(database, other, "theirs", title="Dune", body="Dune is Dune.")

    assert of_title(database, author, "dune") == ["draft"]
    assert with_title(database, author, "dune") == []


@pytest.mark.parametrize(
    ("typed", "body"),
    [
        ("Akira", "As in *akira*, but slower."),
        ("akira", "ＡＫＩＲＡ did it."),
        ("Ａｋｉｒａ", "Akira's night"),
        ("100% Wolf", "It is no 100% wolf."),
        ("蟲師", "もう『蟲師』だ"),
        ("ÎLES", "Les îles."),
        ("Her", "Think of Her."),
    ],
)
def test_a_title_is_found_in_a_text(
    database: Database, author: Author, typed: str, body: str
) -> None:
    wrote(database, author, "one", body=body)

    assert with_title(database, author, typed) == ["one"]
    assert with_title(database, author, typed, but="one") == []


@pytest.mark.parametrize(
    ("typed", "body"),
    [
        ("Her", "There and other."),
        ("100_ Wolf", "It is no 100% wolf."),
        ("a%b", "axxb"),
        ("It", "It is."),
        ("師", "蟲師"),
        ("x" * 301, "x" * 301),
        ("Heat 2", "Heat 21"),
    ],
)
def test_what_only_looks_like_a_title_is_none(
    database: Database, author: Author, typed: str, body: str
) -> None:
    wrote(database, author, "one", body=body)

    assert with_title(database, author, typed) == []


def test_a_review_of_the_work_itself_is_no_mention(database: Database, author: Author) -> None:
    wrote(database, author, "own", title="Akira", body="Akira!")
    wrote(database, author, "draft", body="Akira!", state=ReviewState.DRAFT)

    assert with_title(database, author, "akira") == []


def test_only_the_newest_few_are_given(database: Database, author: Author) -> None:
    for number in range(mentions.MOST + 2):
        wrote(database, author, f"n{number}", title="Solaris", body="Stalker and Solaris.")

    assert len(of_title(database, author, "solaris")) == mentions.MOST
    assert len(with_title(database, author, "stalker")) == mentions.MOST
