"""Reactions are counted and listed, those of blocked people and servers not."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import insert

from fedreview.domain.actor import Author
from fedreview.domain.moderation import Severity
from fedreview.domain.work import Work
from fedreview.storage import (
    accounts,
    actors,
    blocks,
    domains,
    glances,
    portraits,
    quotes,
    reactions,
    reviews,
    threads,
    works,
)
from fedreview.storage.database import Database, Transaction
from fedreview.storage.reactions import FIRST, EmojiCount, Reaction, ReactionKind
from fedreview.storage.tables import ReactionRow
from tests.databases import Statements
from tests.factories import (
    NOON,
    SITE,
    a_domain_block,
    a_note,
    a_remote_actor,
    a_review,
    a_work,
    an_author,
)

ME, OTHER = f"{SITE}/users/ana", "https://social.example/users/kim"
START = f"{SITE}/ap/reviews/"
REVIEW = f"{START}review1"


def react(
    tx: Transaction,
    actor: str = OTHER,
    kind: ReactionKind = ReactionKind.LIKE,
    *,
    to: str = REVIEW,
    emoji: str = "",
    activity: str = "",
) -> None:
    reactions.add(
        tx,
        activity=activity or f"{actor}/{kind}/{emoji}",
        kind=kind,
        actor=actor,
        object=to,
        emoji=emoji,
        now=NOON,
    )


def listed(tx: Transaction, thing: str = REVIEW) -> list[tuple[str, str]]:
    return [(each.actor, each.kind) for each in reactions.list_(tx, thing, limit=100)]


@pytest.fixture
def review(database: Database, author: Author, work: Work) -> None:
    with database.transaction() as tx:
        reviews.save(tx, a_review(author=author, work=work))


def test_what_somebody_likes_is_told_apart_from_what_they_boosted_and_from_others(
    database: Database,
) -> None:
    with database.transaction() as tx:
        for actor, kind, thing in (
            (ME, ReactionKind.LIKE, "one"),
            (ME, ReactionKind.BOOST, "two"),
            (OTHER, ReactionKind.LIKE, "two"),
        ):
            react(tx, actor, kind, to=thing, activity=f"{actor}/{kind}")

    with database.snapshot() as tx:
        given = reactions.list_given(tx, ME, ["one", "two", "three"])
        liked = reactions.find(tx, ReactionKind.LIKE, actor=ME, object="one")
        boosted = reactions.find(tx, ReactionKind.BOOST, actor=ME, object="one")

    assert given == {("one", ReactionKind.LIKE), ("two", ReactionKind.BOOST)}
    assert liked == Reaction(
        activity=f"{ME}/like", kind=ReactionKind.LIKE, created_at=NOON, actor=ME, place=1
    )
    assert boosted is None


def test_several_emoji_and_quotes_of_one_person_stand_side_by_side(database: Database) -> None:
    with database.transaction() as tx:
        for emoji in ("🔥", "🎉", "🔥"):
            react(tx, kind=ReactionKind.EMOJI, emoji=emoji)
        react(tx, ME, ReactionKind.EMOJI, emoji="🎉")
        for post in ("p1", "p2", "p1"):
            react(tx, kind=ReactionKind.QUOTE, activity=post)

    with database.snapshot() as tx:
        counted = reactions.count(tx, [REVIEW])
        emoji_counts = reactions.count_emoji(tx, REVIEW)

    assert counted == {(REVIEW, ReactionKind.EMOJI): 3, (REVIEW, ReactionKind.QUOTE): 2}
    assert emoji_counts == (
        EmojiCount(emoji="🎉", url="", number=2),
        EmojiCount(emoji="🔥", url="", number=1),
    )


@pytest.mark.usefixtures("review")
def test_a_block_takes_reactions_away_under_what_the_author_wrote_and_its_end_brings_them_back(
    database: Database, author: Author
) -> None:
    reply, answer, elsewhere = a_note(1), a_note(2), a_note(3)
    things = [REVIEW, reply.uri, answer.uri, elsewhere.uri]
    with database.transaction() as tx:
        threads.add(tx, a_note(1, review_id="review1", in_reply_to=REVIEW))
        threads.add(tx, a_note(2, author_id=author.id))
        threads.add(tx, a_note(3))
        for thing in things:
            react(tx, to=thing)
            react(tx, ME, to=thing)
        blocks.add(tx, author.id, OTHER, activity="b", now=NOON)

    with database.transaction() as tx:
        during = reactions.count(tx, things)
        react(tx, kind=ReactionKind.BOOST)
        late = reactions.count(tx, [REVIEW])
        blocks.remove(tx, author.id, OTHER)
        after = reactions.count(tx, things)

    of_like = ReactionKind.LIKE
    assert [during[thing, of_like] for thing in things] == [1, 1, 1, 2]
    assert late == {(REVIEW, of_like): 1}
    assert [after[thing, of_like] for thing in things] == [2, 2, 2, 2]
    assert after[REVIEW, ReactionKind.BOOST] == 1


def test_a_suspended_server_is_neither_counted_nor_listed_until_it_is_let_back_in(
    database: Database,
) -> None:
    below = "https://sub.social.example/users/lee"
    with database.transaction() as tx:
        for actor in (OTHER, below, "https://antisocial.example/users/kim"):
            react(tx, actor)
        domains.put_block(tx, a_domain_block("social.example"))
        during = listed(tx)
        domains.put_block(tx, a_domain_block("social.example", severity=Severity.SILENCE))
        silenced = len(listed(tx))
        domains.remove(tx, "social.example")

    assert during == [("https://antisocial.example/users/kim", ReactionKind.LIKE)]
    assert silenced == 3


def test_a_revoked_leave_takes_the_quote_away(database: Database) -> None:
    leave = quotes.Quote(id="q", object=REVIEW, quoting="p1", actor=OTHER, created_at=NOON)
    with database.transaction() as tx:
        quotes.add(tx, leave)
        react(tx, kind=ReactionKind.QUOTE, activity="p1")
        quotes.revoke(tx, "q", now=NOON + timedelta(days=1))

    with database.snapshot() as tx:
        assert listed(tx) == []
        ended = quotes.find(tx, REVIEW, quoting="p1")
    assert ended
    assert ended.revoked_at


def test_only_the_first_who_reacted_are_shown_with_their_face(database: Database) -> None:
    people = [a_remote_actor(n) for n in range(FIRST + 1)]
    with database.transaction() as tx:
        for person in people:
            actors.save(tx, person, [])
            react(tx, person.id)

    with database.snapshot() as tx:
        shown = [portraits.is_shown(tx, person.id) for person in people]
        first = reactions.list_first(tx, REVIEW)

    assert shown == [True] * FIRST + [False]
    assert [each.actor for each in first] == [person.id for person in people[:FIRST]]


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url)
    yield database
    database.close()


def test_ten_thousand_likes_from_one_server_keep_a_page_quick(
    sqlite: Database, statements: Statements
) -> None:
    author, work = an_author(), a_work()
    with sqlite.transaction() as tx:
        accounts.add_author(tx, author, password_hash="hash")
        works.save(tx, work.id, work.facts, slug=work.slug, cover=None)
        reviews.save(tx, a_review(author=author, work=work))
        tx.execute(
            insert(ReactionRow),
            [
                {
                    "activity": f"https://many.example/{n}",
                    "kind": "like",
                    "actor": f"https://many.example/users/{n}",
                    "object": REVIEW,
                    "emoji": "",
                    "emoji_url": "",
                    "post": "",
                    "host": "many.example",
                    "veiled": False,
                    "created_at": NOON,
                }
                for n in range(10_000)
            ],
        )

    with sqlite.snapshot() as tx, statements.recorded() as seen:
        started = time.perf_counter()
        reactions.count(tx, [REVIEW])
        reactions.list_first(tx, REVIEW)
        reactions.is_early(tx, "https://many.example/users/9999")
        glances.of_review(tx, uri_start=START, id="review1")
        taken = time.perf_counter() - started

    assert len(seen) == 4
    assert taken < 0.25
    with sqlite.transaction() as tx:
        domains.put_block(tx, a_domain_block("many.example"))
        assert reactions.count(tx, [REVIEW]) == {}
