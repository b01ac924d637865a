"""A look at a review sees every change, on both databases."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fedreview.domain.actor import ActorId, Author
from fedreview.domain.review import Review, ReviewState
from fedreview.domain.thread import NoteState
from fedreview.domain.work import Work, WorkKind
from fedreview.storage import (
    accounts,
    actors,
    blocks,
    glances,
    portraits,
    reactions,
    reviews,
    threads,
    works,
)
from fedreview.storage.database import Database, Transaction
from fedreview.storage.glances import ReviewGlance
from fedreview.storage.reactions import ReactionKind
from tests.databases import Statements
from tests.factories import NOON, SITE, a_note, a_rating, a_remote_actor, a_review, minutes

STARTS = f"{SITE}/ap/reviews/"
URI = f"{STARTS}review1"
GIVER = "https://social.example/users/giver"


def look(database: Database, **which: str) -> ReviewGlance:
    with database.snapshot() as tx:
        found = glances.of_review(tx, uri_start=STARTS, **(which or {"id": "review1"}))
    assert found is not None
    return found


def give(tx: Transaction, kind: ReactionKind, emoji: str = "") -> None:
    reactions.add(tx, activity=kind, kind=kind, actor=GIVER, object=URI, emoji=emoji, now=NOON)


@pytest.fixture
def review(database: Database, author: Author, work: Work) -> Review:
    """A review with a reply."""
    with database.transaction() as tx:
        made = reviews.save(tx, a_review(author=author, work=work))
        actors.save(tx, a_remote_actor(1), [])
        actors.save(tx, replace(a_remote_actor(3), id=ActorId(GIVER)), [])
        threads.add(tx, a_note(1, review_id=made.id, in_reply_to=URI))
        give(tx, ReactionKind.EMOJI, "❤\ufe0f")
    return made


def react(tx: Transaction, thing: str, actor: str = "https://social.example/users/p2") -> None:
    reactions.add(
        tx,
        activity=f"{actor}/likes/{thing}",
        kind=ReactionKind.LIKE,
        actor=actor,
        object=thing,
        now=NOON,
    )


def a_second_reply(tx: Transaction) -> None:
    threads.add(tx, a_note(2, review_id="review1", in_reply_to=URI))


def a_hidden_reply(tx: Transaction) -> None:
    threads.change(tx, replace(a_note(1, review_id="review1"), state=NoteState.HIDDEN))


def an_edited_reply(tx: Transaction) -> None:
    threads.change(tx, replace(a_note(1, review_id="review1"), updated_at=NOON + minutes(9)))


def a_like(tx: Transaction) -> None:
    react(tx, URI)


def a_like_of_a_reply(tx: Transaction) -> None:
    react(tx, a_note(1).uri)


def an_emoji_instead_of_another(tx: Transaction) -> None:
    reactions.remove_of(tx, actor=GIVER, kind=ReactionKind.EMOJI, object=URI)
    give(tx, ReactionKind.EMOJI, "🔥")


def a_quote(tx: Transaction) -> None:
    give(tx, ReactionKind.QUOTE)


def another_name_of_who_reacted(tx: Transaction) -> None:
    actors.save(tx, replace(a_remote_actor(3), id=ActorId(GIVER), name="Renamed"), [])


def a_face_of_who_reacted(tx: Transaction) -> None:
    icon = a_remote_actor(3).icon_url
    portraits.set_avatar(tx, GIVER, "0" * 32 + ".webp", of=icon)


def a_block_of_who_reacted(tx: Transaction) -> None:
    [author] = accounts.list_authors(tx)
    blocks.add(tx, author.id, GIVER, activity="b", now=NOON)


def another_name_of_a_writer(tx: Transaction) -> None:
    actors.save(tx, replace(a_remote_actor(1), name="Somebody else"), [])


def a_writer_who_is_gone(tx: Transaction) -> None:
    actors.forget(tx, a_remote_actor(1).id)


def another_name_of_the_author(tx: Transaction) -> None:
    [author] = accounts.list_authors(tx)
    accounts.update_author(tx, author.id, name="Ana", summary=author.summary, shows_network=False)


def a_tagline(tx: Transaction) -> None:
    accounts.set_setting(tx, "tagline", "Films")


def another_tag(tx: Transaction) -> None:
    reviews.save(tx, replace(reviews.get(tx, "review1"), tags=("other",)))


def another_text(tx: Transaction) -> None:
    reviews.save(tx, replace(reviews.get(tx, "review1"), body="Other words."))


def another_platform(tx: Transaction) -> None:
    work = reviews.get(tx, "review1").work
    works.save(tx, work.id, replace(work.facts, platform="Other"), slug=work.slug, cover=None)


CHANGES: tuple[Callable[[Transaction], None], ...] = (
    a_second_reply,
    a_hidden_reply,
    an_edited_reply,
    a_like,
    a_like_of_a_reply,
    an_emoji_instead_of_another,
    a_quote,
    another_name_of_who_reacted,
    a_face_of_who_reacted,
    a_block_of_who_reacted,
    another_name_of_a_writer,
    a_writer_who_is_gone,
    another_name_of_the_author,
    a_tagline,
    another_tag,
    another_text,
    another_platform,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_every_change_is_seen(
    database: Database, review: Review, change: Callable[[Transaction], None]
) -> None:
    before = look(database).version

    with database.transaction() as tx:
        change(tx)

    assert look(database).version != before


def test_what_does_not_change_looks_the_same(database: Database, review: Review) -> None:
    with database.transaction() as tx:
        a_like_of_a_reply(tx)
        a_hidden_reply(tx)
    before = look(database)

    with database.transaction() as tx:
        accounts.set_setting(tx, "setup_token_hash", "something")
        react(tx, "https://social.example/notes/elsewhere")

    assert look(database) == look(database, slug=review.slug) == before


def test_a_like_that_moves_to_another_reply_is_seen(database: Database, review: Review) -> None:
    actor = "https://social.example/users/p2"
    with database.transaction() as tx:
        a_second_reply(tx)
        react(tx, a_note(1).uri)
    before = look(database).version

    with database.transaction() as tx:
        reactions.remove_of(tx, actor=actor, kind=ReactionKind.LIKE, object=a_note(1).uri)
        react(tx, a_note(2).uri)

    assert look(database).version != before


def test_a_look_is_one_statement(
    database: Database, review: Review, statements: Statements
) -> None:
    with statements.recorded() as seen:
        found = look(database)
        with database.snapshot() as tx:
            glances.of_front(tx, limit=13)

    assert len(seen) == 2
    assert (found.id, found.slug, found.state) == (review.id, review.slug, ReviewState.PUBLISHED)
    assert found.has_authors


def test_what_is_not_there_is_not_seen(database: Database) -> None:
    with database.snapshot() as tx:
        assert glances.of_review(tx, uri_start=STARTS, id="nothing") is None
        assert glances.of_review(tx, uri_start=STARTS, slug="nothing") is None
        assert not glances.of_front(tx, limit=13).has_authors


@pytest.mark.parametrize(
    "change",
    [a_second_reply, a_hidden_reply, another_platform, a_tagline],
    ids=lambda c: c.__name__,
)
def test_what_cards_show_is_seen(
    database: Database, review: Review, change: Callable[[Transaction], None]
) -> None:
    with database.snapshot() as tx:
        before = glances.of_front(tx, limit=13).version

    with database.transaction() as tx:
        change(tx)

    with database.snapshot() as tx:
        assert glances.of_front(tx, limit=13).version != before


def test_an_edit_of_the_rating_alone_is_seen(database: Database, review: Review) -> None:
    edited = replace(
        a_note(1, review_id="review1"), rating=a_rating("3"), updated_at=NOON + minutes(9)
    )
    with database.transaction() as tx:
        threads.change(tx, edited)
    before = look(database).version

    with database.transaction() as tx:
        threads.change(tx, replace(edited, rating=a_rating("4")))

    assert look(database).version != before


def test_a_look_says_of_what_kind_the_work_is(database: Database, review: Review) -> None:
    assert look(database).kind is WorkKind.FILM
