"""Leave to quote is given once, listed for its author, and taken back for good."""

from dataclasses import replace

import pytest

from fedreview.domain.actor import Author
from fedreview.domain.work import Work
from fedreview.errors import NotFound
from fedreview.storage import quotes, reviews, threads
from fedreview.storage.database import Database
from fedreview.storage.quotes import Quote
from tests.factories import NOON, SITE, a_note, a_note_uri, a_review, minutes

START = f"{SITE}/ap/reviews/"
KIM = "https://social.example/users/kim"


def a_quote(n: int, thing: str) -> Quote:
    return Quote(
        id=f"quote{n}",
        object=thing,
        quoting=f"https://social.example/notes/{n}",
        actor=KIM,
        created_at=NOON + minutes(n),
    )


def test_an_authors_quotes_are_those_of_their_reviews_and_answers(
    database: Database, author: Author, work: Work
) -> None:
    with database.transaction() as tx:
        review = reviews.save(tx, a_review(author=author, work=work))
        threads.add(tx, replace(a_note(1), author_id=author.id))
        of_review = quotes.add(tx, a_quote(1, f"{START}{review.id}"))
        of_answer = quotes.add(tx, a_quote(2, a_note_uri(1)))
        quotes.add(tx, a_quote(3, f"{START}another"))

        listed = quotes.list_by_author(tx, author.id, reviews_start=START, limit=9)

    assert listed == (of_answer, of_review)


def test_leave_that_was_taken_back_is_not_found_and_not_given_again(database: Database) -> None:
    with database.transaction() as tx:
        quotes.add(tx, a_quote(1, "o"))
        held = quotes.get(tx, "quote1")
        quotes.revoke(tx, "quote1", now=NOON)
        quotes.revoke(tx, "quote1", now=NOON + minutes(1))
        again = quotes.add(tx, replace(a_quote(1, "o"), id="another"))

        with pytest.raises(NotFound):
            quotes.get(tx, "quote1")

    assert held == a_quote(1, "o")
    assert again == replace(held, revoked_at=NOON)
