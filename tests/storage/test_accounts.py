"""Authors, sessions, keys and settings are kept as they were given."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fedreview.domain.actor import Author
from fedreview.errors import NotFound
from fedreview.storage import accounts, stale, sweeping
from fedreview.storage.database import Database
from tests.factories import NOON, a_session, an_author, minutes

LATER = NOON + timedelta(days=30)


def test_an_author_comes_back_as_given(database: Database) -> None:
    author = an_author(name="Ana Núñez 🎬", summary="«Líneas»\nund Zeilen")

    with database.transaction() as tx:
        accounts.add_author(tx, author, password_hash="hash")

    with database.snapshot() as tx:
        assert accounts.get_author(tx, "ana") == author
        assert accounts.find_author_by_id(tx, author.id) == author
        assert accounts.password_hash(tx, author.id) == "hash"


def test_where_an_author_came_from_and_went_to_is_kept(database: Database) -> None:
    moved = replace(
        an_author(),
        also_known_as=("https://old.example/users/ana", "https://older.example/users/ana"),
        moved_to="https://new.example/users/ana",
        shows_network=True,
    )

    with database.transaction() as tx:
        accounts.add_author(tx, moved, password_hash="")

    with database.snapshot() as tx:
        assert accounts.get_author(tx, "ana") == moved


def test_a_username_is_found_in_any_case(database: Database, author: Author) -> None:
    with database.snapshot() as tx:
        assert accounts.find_author(tx, "ANA") == author


def test_an_unknown_author_is_not_found(database: Database) -> None:
    with database.snapshot() as tx:
        assert accounts.find_author(tx, "nobody") is None
        assert accounts.find_author_by_id(tx, "nobody") is None
        with pytest.raises(NotFound):
            accounts.get_author(tx, "nobody")


def test_authors_are_listed_by_age(database: Database) -> None:
    younger = an_author(id="a", username="ben", created_at=NOON + minutes(1))
    older = an_author(id="b", username="ana", created_at=NOON)
    with database.transaction() as tx:
        for each in (younger, older):
            accounts.add_author(tx, each, password_hash="")

    with database.snapshot() as tx:
        assert accounts.list_authors(tx) == (older, younger)


def test_a_profile_can_change(database: Database, author: Author) -> None:
    with database.transaction() as tx:
        accounts.update_author(tx, author.id, name="A. N.", summary="", shows_network=True)

    with database.snapshot() as tx:
        assert accounts.get_author(tx, "ana") == replace(
            author, name="A. N.", summary="", shows_network=True
        )


def test_a_session_belongs_to_its_token_until_it_ends(database: Database, author: Author) -> None:
    session = a_session(author_id=author.id)
    with database.transaction() as tx:
        accounts.add_session(tx, session, token_hash="secret", expires_at=LATER)

    with database.snapshot() as tx:
        just_before = LATER - timedelta(seconds=1)
        assert accounts.find_session(tx, "secret", now=just_before) == (session, author)
        assert accounts.find_session(tx, "secret", now=LATER) is None
        assert accounts.find_session(tx, "guess", now=NOON) is None


def test_a_session_in_use_lives_on(database: Database, author: Author) -> None:
    session = a_session(author_id=author.id)
    with database.transaction() as tx:
        accounts.add_session(tx, session, token_hash="secret", expires_at=LATER)

    with database.transaction() as tx:
        accounts.touch_session(tx, session.id, now=NOON + minutes(1), expires_at=LATER + minutes(1))

    with database.snapshot() as tx:
        found = accounts.find_session(tx, "secret", now=LATER)
    assert found == (replace(session, last_seen_at=NOON + minutes(1)), author)


def test_sessions_are_listed_last_used_first_without_those_that_ended(
    database: Database, author: Author
) -> None:
    old = a_session("old", author_id=author.id)
    new = replace(a_session("new", author_id=author.id), last_seen_at=NOON + minutes(5))
    ended = a_session("ended", author_id=author.id)
    with database.transaction() as tx:
        for session, expires_at in ((old, LATER), (new, LATER), (ended, NOON)):
            accounts.add_session(tx, session, token_hash=session.id, expires_at=expires_at)

    with database.snapshot() as tx:
        assert accounts.list_sessions(tx, author.id, now=NOON) == (new, old)


def test_a_session_can_be_ended_only_by_its_author(database: Database, author: Author) -> None:
    other = an_author(id="author2", username="ben")
    with database.transaction() as tx:
        accounts.add_author(tx, other, password_hash="")
        accounts.add_session(
            tx, a_session(author_id=author.id), token_hash="secret", expires_at=LATER
        )

    with database.transaction() as tx:
        accounts.end_session(tx, "session1", author_id=other.id)
    with database.snapshot() as tx:
        assert accounts.find_session(tx, "secret", now=NOON) is not None

    with database.transaction() as tx:
        accounts.end_session(tx, "session1", author_id=author.id)
    with database.snapshot() as tx:
        assert accounts.find_session(tx, "secret", now=NOON) is None


def test_a_new_password_ends_every_session(database: Database, author: Author) -> None:
    with database.transaction() as tx:
        accounts.add_session(
            tx, a_session(author_id=author.id), token_hash="secret", expires_at=LATER
        )

    with database.transaction() as tx:
        accounts.set_password(tx, author.id, "another")

    with database.snapshot() as tx:
        assert accounts.password_hash(tx, author.id) == "another"
        assert accounts.list_sessions(tx, author.id, now=NOON) == ()


def test_wrong_passwords_count_for_a_while_and_until_a_right_one(database: Database) -> None:
    with database.transaction() as tx:
        for n in range(3):
            accounts.add_login_failure(tx, "name:ana", now=NOON + minutes(n))
        accounts.add_login_failure(tx, "name:ben", now=NOON)

    with database.snapshot() as tx:
        assert accounts.login_failures(tx, "name:ana", since=NOON) == 2
        assert accounts.login_failures(tx, "name:ana", since=NOON - minutes(1)) == 3

    with database.transaction() as tx:
        accounts.forget_login_failures(tx, "name:ana")
    with database.snapshot() as tx:
        assert accounts.login_failures(tx, "name:ana", since=NOON - minutes(1)) == 0
        assert accounts.login_failures(tx, "name:ben", since=NOON - minutes(1)) == 1


def test_pruning_keeps_live_sessions_and_recent_failures(
    database: Database, author: Author
) -> None:
    live, ended = a_session("live", author_id=author.id), a_session("ended", author_id=author.id)
    with database.transaction() as tx:
        accounts.add_session(tx, live, token_hash="live", expires_at=LATER)
        accounts.add_session(tx, ended, token_hash="ended", expires_at=NOON)
        accounts.add_login_failure(tx, "name:ana", now=NOON - minutes(1))
        accounts.add_login_failure(tx, "name:ana", now=NOON)

    with database.transaction() as tx:
        sweeping.drop_all(tx, stale.sessions(now=NOON), stale.login_failures(before=NOON))

    with database.snapshot() as tx:
        before_all = NOON - timedelta(days=1)
        assert accounts.list_sessions(tx, author.id, now=before_all) == (live,)
        assert accounts.login_failures(tx, "name:ana", since=before_all) == 1


def test_a_setting_is_remembered_replaced_and_forgotten(database: Database) -> None:
    with database.transaction() as tx:
        accounts.set_setting(tx, "title", "Filme")
        accounts.set_setting(tx, "title", "映画")
        accounts.set_setting(tx, "tagline", "")

    with database.snapshot() as tx:
        assert accounts.all_settings(tx) == {"title": "映画", "tagline": ""}

    with database.transaction() as tx:
        accounts.drop_setting(tx, "title")

    with database.snapshot() as tx:
        assert accounts.find_setting(tx, "title") is None
        assert accounts.find_setting(tx, "tagline") == ""


def test_other_accounts_can_be_changed(database: Database, author: Author) -> None:
    others = ("https://a.example/users/ana", "https://b.example/users/ana")

    with database.transaction() as tx:
        accounts.set_other_accounts(tx, author.id, also_known_as=others, moved_to=others[0])

    with database.transaction() as tx:
        found = accounts.get_author(tx, author.username)
        accounts.set_other_accounts(tx, author.id, also_known_as=(), moved_to="")

    with database.snapshot() as tx:
        after = accounts.get_author(tx, author.username)

    assert (found.also_known_as, found.moved_to) == (others, others[0])
    assert (after.also_known_as, after.moved_to) == ((), "")
