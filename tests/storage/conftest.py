"""An author and a work to hang reviews on."""

import pytest

from fedreview.domain.actor import Author
from fedreview.domain.work import Work
from fedreview.storage import accounts, works
from fedreview.storage.database import Database
from tests.factories import a_work, an_author


@pytest.fixture
def author(database: Database) -> Author:
    """An author who has an account."""
    author = an_author()
    with database.transaction() as tx:
        accounts.add_author(tx, author, password_hash="hash")
    return author


@pytest.fixture
def work(database: Database) -> Work:
    """A work that is known."""
    work = a_work()
    with database.transaction() as tx:
        return works.save(tx, work.id, work.facts, slug=work.slug, cover=None)
