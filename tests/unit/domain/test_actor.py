"""Public activities go to each server once where that can be."""

from tests.factories import a_remote_actor


def test_a_shared_inbox_stands_in_for_the_inboxes_of_a_server() -> None:
    assert a_remote_actor(1).delivery_inbox == "https://social.example/inbox"


def test_a_server_without_a_shared_inbox_gets_each_activity_at_the_actors_own() -> None:
    actor = a_remote_actor(1, shared_inbox="")

    assert actor.delivery_inbox == "https://social.example/users/p1/inbox"
