"""Servers at a distance: what follows from a block, for many of them at once."""

from dataclasses import replace

import pytest

from fedreview.domain.actor import Author, AuthorId, RemoteActor
from fedreview.domain.moderation import Severity
from fedreview.storage import (
    actors,
    domains,
    members,
    moderation_log,
    queues,
    reactions,
    reports,
    strokes,
    threads,
)
from fedreview.storage.database import Database, Transaction
from fedreview.storage.domains import Concerned, Wanted
from fedreview.storage.moderation_log import LogEntry
from fedreview.storage.queues import QueueState
from fedreview.storage.reactions import ReactionKind
from tests.databases import Statements
from tests.factories import NOON, a_domain_block, a_note, a_remote_actor, an_activity, minutes
from tests.storage.queueing import prune_queues

THING = "https://reviews.example/ap/reviews/review1"
HOSTS = ("bad.example", "deep.bad.example", "bad.example:8443", "notbad.example")


def person(host: str) -> RemoteActor:
    return a_remote_actor(host=host, shared_inbox="")


@pytest.fixture
def people(database: Database, author: Author) -> list[RemoteActor]:
    """One person of each server, who follows and likes."""
    everybody = [person(host) for host in HOSTS]
    with database.transaction() as tx:
        for each in everybody:
            actors.save(tx, each, [])
            actors.add_follower(tx, author.id, each.id, follow=f"{each.id}#f", now=NOON)
            actors.add_following(tx, author.id, each.id, follow=f"{each.id}#g", now=NOON)
            reactions.add(
                tx,
                activity=f"{each.id}#like",
                kind=ReactionKind.LIKE,
                actor=each.id,
                object=THING,
                now=NOON,
            )
    return everybody


def counted(tx: Transaction, author_id: AuthorId) -> tuple[int, int, int, int, int]:
    likes = reactions.count(tx, [THING]).get((THING, ReactionKind.LIKE), 0)
    return (
        actors.count_followers(tx, author_id),
        len(actors.follower_inboxes(tx, author_id)),
        len(actors.list_following(tx, author_id)),
        len(members.reactions(tx, THING, ReactionKind.LIKE, limit=9)),
        likes,
    )


def test_people_follow_the_block_of_their_server_in_every_spelling(
    database: Database, author: Author, people: list[RemoteActor]
) -> None:
    with database.transaction() as tx:
        before = counted(tx, author.id)
        domains.put_block(tx, a_domain_block("bad.example"))
        during = counted(tx, author.id)
        actors.save(tx, people[1], [])
        fetched_anew = counted(tx, author.id)
        domains.put_block(tx, a_domain_block("bad.example", severity=Severity.SILENCE))
        after = counted(tx, author.id)

    assert before == after == (4, 4, 4, 4, 4)
    assert during == fetched_anew == (1, 1, 1, 1, 1)


def test_a_parent_and_a_part_may_both_be_suspended_and_either_is_enough(
    database: Database, author: Author, people: list[RemoteActor]
) -> None:
    with database.transaction() as tx:
        domains.put_blocks(tx, map(a_domain_block, ("bad.example", "deep.bad.example")))
        domains.remove(tx, "bad.example")
        part_alone = counted(tx, author.id)[0]
        domains.put_block(tx, a_domain_block("bad.example"))
        domains.remove_many(tx, ["deep.bad.example", "never.example"])
        parent_alone = counted(tx, author.id)[0]

    assert (part_alone, parent_alone) == (3, 1)


def test_what_waits_for_a_suspended_server_is_held_back_and_let_go(
    database: Database, author: Author
) -> None:
    first, second = an_activity(1), an_activity(2)
    third = an_activity(3, object=f"{THING}3")
    to = [("https://bad.example/inbox", "bad.example"), ("https://ok.example/inbox", "ok.example")]
    with database.transaction() as tx:
        queues.send(tx, first, to)
        domains.put_block(tx, a_domain_block("bad.example"))
        queues.send(tx, second, to)
        queues.send(tx, third, to)
        queues.forget(tx, third.object)
        during = queues.count_deliveries(tx)
        domains.remove(tx, "bad.example")
        after = queues.count_deliveries(tx)

    assert during == {QueueState.HELD_BACK: 2, "waiting": 2, "cancelled": 2}
    assert after == {"waiting": 4, "cancelled": 2}


def test_what_was_held_back_too_long_is_dropped(database: Database, author: Author) -> None:
    with database.transaction() as tx:
        domains.put_block(tx, a_domain_block("bad.example"))
        queues.send(tx, an_activity(1), [("https://bad.example/inbox", "bad.example")])
        prune_queues(tx, before=NOON + minutes(1))

        assert queues.count_deliveries(tx) == {}


def test_it_is_counted_what_a_suspension_would_take(
    database: Database, author: Author, people: list[RemoteActor]
) -> None:
    with database.transaction() as tx:
        for number, host in enumerate(HOSTS):
            threads.add(tx, replace(a_note(number), actor=person(host).id, host=host))

        concerned = domains.count_concerned(tx, "bad.example")
        nobody = domains.count_concerned(tx, "ample")

    assert concerned == Concerned(followers=3, followed=3, replies=3)
    assert nobody == Concerned(followers=0, followed=0, replies=0)


def test_open_reports_of_a_suspended_server_do_not_count(database: Database) -> None:
    with database.transaction() as tx:
        for host in HOSTS:
            one = reports.Report(
                id=host,
                activity=f"https://{host}/1",
                actor=f"https://{host}/actor",
                content="",
                objects=(THING,),
                received_at=NOON,
            )
            reports.add(tx, one, origin=f"https://{host}", most_open=9)
        domains.put_block(tx, a_domain_block("bad.example"))
        during = reports.count_open(tx), [r.id for r in reports.list_open(tx, limit=9)]
        domains.remove(tx, "bad.example")

        assert during == (1, ["notbad.example"])
        assert reports.count_open(tx) == 4


def test_the_list_is_searched_in_names_and_comments(database: Database) -> None:
    noted = replace(
        a_domain_block("c.example", severity=Severity.NOOP),
        private_comment="100% Noise",
        created_at=NOON + minutes(1),
    )
    with database.transaction() as tx:
        domains.put_blocks(tx, [a_domain_block("b.example"), noted, a_domain_block("a.example")])

        def names(wanted: Wanted) -> list[str]:
            found = domains.list_page(tx, wanted, limit=9, offset=0)
            assert len(found) == domains.count(tx, wanted)
            return [each.domain for each in found]

        assert names(Wanted()) == ["a.example", "b.example", "c.example"]
        assert names(Wanted(newest_first=True)) == ["c.example", "a.example", "b.example"]
        assert names(Wanted(text="noise")) == names(Wanted(severity=Severity.NOOP)) == ["c.example"]
        assert names(Wanted(text="0% n")) == ["c.example"]
        assert names(Wanted(text="_")) == []
        assert set(domains.find_many(tx, ["a.example", "z.example"])) == {"a.example"}


def test_five_thousand_servers_cost_statements_by_the_hundred_and_not_one_each(
    database: Database, statements: Statements, people: list[RemoteActor]
) -> None:
    wanted = [a_domain_block(f"s{number}.example") for number in range(5_000)]

    with database.transaction() as tx, statements.recorded() as seen:
        domains.put_blocks(tx, [*wanted, a_domain_block("bad.example")])

    assert len(seen) < 30


def test_the_door_asks_once(database: Database, statements: Statements) -> None:
    with database.transaction() as tx:
        domains.put_block(tx, a_domain_block("bad.example"))
    with database.snapshot() as tx, statements.recorded() as seen:
        found = domains.suspended_among(tx, ["a.b.c.bad.example:81", "ok.example", ""])

    assert found == {"a.b.c.bad.example:81"}
    assert len(seen) == 1


def test_a_batch_knows_what_was_done_since_and_is_undone_once(
    database: Database, author: Author
) -> None:
    def entry(batch: str, target: str) -> LogEntry:
        return LogEntry(
            batch=batch,
            author_id=author.id,
            action="suspended",
            target_kind="domain",
            target=target,
            label=target,
            at=NOON,
        )

    with database.transaction() as tx:
        strokes.add(tx, [entry("b1", "z.example"), entry("b1", "a.example")])
        strokes.add(tx, [])
        strokes.add(tx, [entry("b2", "a.example")])
        first, second = (moderation_log.list_batch(tx, batch) for batch in ("b1", "b2"))
        overtaken = strokes.list_overtaken(tx, "b1")
        moderation_log.mark_undone(tx, [each.id for each in second], now=NOON)

        assert [each.target for each in first] == ["z.example", "a.example"]
        assert overtaken == {"a.example"}
        assert strokes.list_overtaken(tx, "b1") == strokes.list_overtaken(tx, "b2") == set()
        assert strokes.is_undoable(tx, "b1")
        assert not strokes.is_undoable(tx, "b2")
        assert not strokes.is_undoable(tx, "b3")
