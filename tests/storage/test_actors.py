"""People elsewhere are kept with their keys, and with who follows whom."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from fedreview.domain.actor import Author, RemoteActor
from fedreview.storage import accounts, actors, quotes, reactions, stale, sweeping, threads
from fedreview.storage.actors import Following, FollowingState
from fedreview.storage.database import Database
from fedreview.storage.moderation_tables import BlockRow
from fedreview.storage.tables import ActorRow
from tests.factories import NOON, a_known_key, a_note, a_remote_actor, an_author, minutes


def keep(database: Database, *people: RemoteActor) -> None:
    with database.transaction() as tx:
        for person in people:
            actors.save(tx, person, [a_known_key(person)])


def follow(database: Database, author: Author, *people: RemoteActor) -> None:
    keep(database, *people)
    with database.transaction() as tx:
        for person in people:
            actors.add_follower(tx, author.id, person.id, follow=f"{person.id}/f", now=NOON)


def test_an_actor_comes_back_as_given(database: Database) -> None:
    person = replace(a_remote_actor(), name="Жанна 🎮", shared_inbox="", url="", icon_url="")

    keep(database, person)

    with database.snapshot() as tx:
        assert actors.find(tx, person.id) == person
        assert actors.find_key(tx, a_known_key(person).id) == a_known_key(person)
        assert actors.find(tx, "https://nobody.example/") is None
        assert actors.find_key(tx, "https://nobody.example/#key") is None


def test_what_was_fetched_last_replaces_the_actor_and_all_of_its_keys(database: Database) -> None:
    person = a_remote_actor()
    kept, dropped, new = (a_known_key(person, name) for name in ("kept", "dropped", "new"))
    renewed = replace(kept, pem="another", fetched_at=NOON + minutes(1))
    renamed = replace(person, name="Kim", fetched_at=NOON + minutes(1))
    with database.transaction() as tx:
        actors.save(tx, person, [kept, dropped])

    with database.transaction() as tx:
        assert actors.find_key(tx, kept.id) == kept
        actors.save(tx, renamed, [renewed, new])

    with database.snapshot() as tx:
        assert actors.find(tx, person.id) == renamed
        assert actors.find_key(tx, kept.id) == renewed
        assert actors.find_key(tx, new.id) == new
        assert actors.find_key(tx, dropped.id) is None


def test_several_actors_are_found_at_once(database: Database) -> None:
    first, second = a_remote_actor(1), a_remote_actor(2)
    keep(database, first, second, a_remote_actor(3))

    with database.snapshot() as tx:
        found = actors.find_many(tx, [first.id, second.id, first.id, "https://nobody.example/"])
        assert actors.find_many(tx, []) == {}

    assert found == {first.id: first, second.id: second}


def test_a_forgotten_actor_takes_keys_and_followings_along(
    database: Database, author: Author
) -> None:
    person = a_remote_actor()
    follow(database, author, person)
    with database.transaction() as tx:
        actors.add_following(tx, author.id, person.id, follow="https://x.example/f", now=NOON)

    with database.transaction() as tx:
        actors.forget(tx, person.id)

    with database.snapshot() as tx:
        assert actors.find(tx, person.id) is None
        assert actors.find_key(tx, a_known_key(person).id) is None
        assert actors.count_followers(tx, author.id) == 0
        assert actors.list_following(tx, author.id) == ()


def test_a_repeated_follow_counts_once_and_renews_its_id(
    database: Database, author: Author
) -> None:
    person = a_remote_actor()
    keep(database, person)

    with database.transaction() as tx:
        first = actors.add_follower(tx, author.id, person.id, follow="one", now=NOON)
        second = actors.add_follower(tx, author.id, person.id, follow="two", now=NOON)

    assert (first, second) == (True, False)
    with database.transaction() as tx:
        assert actors.count_followers(tx, author.id) == 1
        actors.remove_follower_by_follow(tx, person.id, follow="one")
        assert actors.count_followers(tx, author.id) == 1
        actors.remove_follower_by_follow(tx, person.id, follow="two")
        assert actors.count_followers(tx, author.id) == 0


def test_a_following_can_be_ended_only_by_the_one_who_follows(
    database: Database, author: Author
) -> None:
    person = a_remote_actor()
    follow(database, author, person)

    with database.transaction() as tx:
        actors.remove_follower_by_follow(tx, "https://mallory.example/", follow=f"{person.id}/f")

    with database.snapshot() as tx:
        assert actors.count_followers(tx, author.id) == 1


def test_the_newest_followers_are_listed_first(database: Database, author: Author) -> None:
    people = [a_remote_actor(n) for n in (1, 2, 3)]
    follow(database, author, *people)

    with database.transaction() as tx:
        assert actors.list_followers(tx, author.id, limit=2) == (people[2], people[1])
        actors.remove_follower(tx, author.id, people[2].id)
        assert actors.list_followers(tx, author.id, limit=9) == (people[1], people[0])


def test_a_server_with_a_shared_inbox_gets_everything_once(
    database: Database, author: Author
) -> None:
    follow(
        database,
        author,
        *(a_remote_actor(n, host="big.example") for n in range(5)),
        a_remote_actor(1, host="small.example", shared_inbox=""),
        a_remote_actor(2, host="small.example", shared_inbox=""),
    )
    other = an_author(id="author2", username="ben")
    with database.transaction() as tx:
        accounts.add_author(tx, other, password_hash="")

    with database.snapshot() as tx:
        assert actors.follower_inboxes(tx, author.id) == {
            "https://big.example/inbox",
            "https://small.example/users/p1/inbox",
            "https://small.example/users/p2/inbox",
        }
        assert actors.follower_inboxes(tx, other.id) == set()


@pytest.mark.parametrize("answer", [FollowingState.ACCEPTED, FollowingState.REJECTED])
def test_our_follow_waits_for_its_answer(
    database: Database, author: Author, answer: FollowingState
) -> None:
    person = a_remote_actor()
    keep(database, person)
    asked = Following(
        author_id=author.id, actor=person, follow="https://x.example/f", state=FollowingState.ASKED
    )

    with database.transaction() as tx:
        actors.add_following(tx, author.id, person.id, follow=asked.follow, now=NOON)

    with database.transaction() as tx:
        assert actors.find_following_by_follow(tx, asked.follow) == asked
        assert not actors.is_followed(tx, person.id)
        actors.settle_following(tx, author.id, person.id, answer)
    with database.snapshot() as tx:
        assert actors.list_following(tx, author.id) == (replace(asked, state=answer),)
        assert actors.is_followed(tx, person.id) == (answer is FollowingState.ACCEPTED)


def test_asking_again_replaces_the_old_follow(database: Database, author: Author) -> None:
    person = a_remote_actor()
    keep(database, person)

    with database.transaction() as tx:
        for follow_id in ("https://x.example/1", "https://x.example/2"):
            actors.add_following(tx, author.id, person.id, follow=follow_id, now=NOON)

    with database.transaction() as tx:
        assert actors.find_following_by_follow(tx, "https://x.example/1") is None
        assert [each.follow for each in actors.list_following(tx, author.id)] == [
            "https://x.example/2"
        ]
        actors.remove_following(tx, author.id, person.id)
        assert actors.list_following(tx, author.id) == ()


def test_an_inbox_that_is_gone_takes_its_followers_along(
    database: Database, author: Author
) -> None:
    shared = [a_remote_actor(n, host="big.example") for n in (1, 2)]
    alone = a_remote_actor(3, host="small.example", shared_inbox="")
    follow(database, author, *shared, alone)

    with database.transaction() as tx:
        actors.remove_followers_at(tx, shared[0].shared_inbox)
        first = actors.list_followers(tx, author.id, limit=9)
        actors.remove_followers_at(tx, alone.inbox)
        second = actors.list_followers(tx, author.id, limit=9)

    assert (first, second) == ((alone,), ())


def test_somebody_is_found_by_handle(database: Database) -> None:
    with database.transaction() as tx:
        for n in (1, 2):
            actors.save(tx, a_remote_actor(n), ())

    with database.snapshot() as tx:
        assert actors.find_by_handle(tx, "p2@social.example") == a_remote_actor(2)
        assert actors.find_by_handle(tx, "p3@social.example") is None


def test_what_became_of_a_wish_to_follow_is_told(database: Database, author: Author) -> None:
    person = a_remote_actor()
    with database.transaction() as tx:
        actors.save(tx, person, ())
        before = actors.find_following(tx, author.id, person.id)
        actors.add_following(tx, author.id, person.id, follow="f", now=NOON)

    with database.snapshot() as tx:
        assert before is None
        asked = actors.find_following(tx, author.id, person.id)
        assert asked is not None
        assert asked.state is FollowingState.ASKED


def people_after_pruning(database: Database) -> set[str]:
    with database.transaction() as tx:
        sweeping.drop_all(tx, stale.strangers(before=NOON + timedelta(days=1)))
    with database.snapshot() as tx:
        return set(tx.scalars(select(ActorRow.id)))


def test_strangers_are_forgotten_with_their_keys(database: Database) -> None:
    person = replace(a_remote_actor(1), fetched_at=NOON)
    keep(database, person, replace(a_remote_actor(2), fetched_at=NOON + timedelta(days=2)))

    assert people_after_pruning(database) == {a_remote_actor(2).id}
    with database.snapshot() as tx:
        assert actors.find_key(tx, a_known_key(person).id) is None


def test_whoever_has_to_do_with_us_is_not_forgotten(database: Database) -> None:
    author = an_author()
    follower, followed, writer, liker, quoter, blocked = people = [
        replace(a_remote_actor(number), fetched_at=NOON) for number in range(6)
    ]
    with database.transaction() as tx:
        accounts.add_author(tx, author, password_hash="")
    keep(database, *people)
    with database.transaction() as tx:
        actors.add_follower(tx, author.id, follower.id, follow="f", now=NOON)
        actors.add_following(tx, author.id, followed.id, follow="g", now=NOON)
        threads.add(tx, replace(a_note(), actor=writer.id, review_id=None, in_reply_to=""))
        reactions.add(
            tx,
            activity="l",
            kind=reactions.ReactionKind.LIKE,
            actor=liker.id,
            object="r",
            now=NOON,
        )
        quotes.add(
            tx,
            quotes.Quote(id="q", object="r", quoting="n", actor=quoter.id, created_at=NOON),
        )
        tx.add(BlockRow(author_id=author.id, actor=blocked.id, activity="b", created_at=NOON))

    assert people_after_pruning(database) == {person.id for person in people}


def test_who_follows_and_who_is_followed_can_be_looked_up(
    database: Database, author: Author
) -> None:
    person = a_remote_actor()
    keep(database, person)

    with database.transaction() as tx:
        before = actors.find_follow(tx, author.id, person.id)
        actors.add_follower(tx, author.id, person.id, follow="https://x.example/1", now=NOON)
        actors.add_following(
            tx, author.id, person.id, follow="https://x.example/2", now=NOON, moved_from="a@b.c"
        )
        found = actors.find_following(tx, author.id, person.id)

        assert before is None
        assert actors.find_follow(tx, author.id, person.id) == "https://x.example/1"
        assert found is not None
        assert found.moved_from == "a@b.c"
        assert actors.list_followings_of(tx, person.id) == (found,)
        assert actors.find_following(tx, author.id, "https://x.example/nobody") is None
