from dataclasses import replace

import pytest

from fedreview.domain.actor import Author
from fedreview.errors import NotAllowed
from fedreview.storage import keys, queues, resigning
from fedreview.storage.database import Database
from fedreview.storage.keys import StoredKey
from fedreview.storage.queues import QueueState
from tests.factories import NOON, SITE, a_stored_key, an_activity, minutes
from tests.storage.queueing import inbox, lease

ANA = f"{SITE}/users/ana"
RSA, ED25519 = a_stored_key("main-key"), a_stored_key("ed25519-key")
PUBLIC = "-----BEGIN PUBLIC KEY-----"


@pytest.fixture
def retired(database: Database) -> StoredKey:
    """The key of ana's that was retired an hour after noon, and is still published."""
    with database.transaction() as tx:
        keys.add(tx, RSA)
        keys.retire(tx, RSA.id, public_pem=PUBLIC, now=NOON + minutes(60))
    return replace(RSA, retired_at=NOON + minutes(60), public_pem=PUBLIC)


def stored(database: Database) -> tuple[StoredKey, ...]:
    with database.snapshot() as tx:
        return keys.list_of(tx, ANA)


def wipe(database: Database, *, minute: float | None = None) -> bool:
    before = None if minute is None else NOON + minutes(minute)
    with database.transaction() as tx:
        return keys.wipe(tx, retired_before=before)


def test_the_keys_of_an_actor_come_with_the_oldest_and_then_the_rsa_key_first(
    database: Database,
) -> None:
    later = replace(a_stored_key("main-key-2"), created_at=NOON + minutes(1))
    other = a_stored_key(actor=f"{SITE}/actor")
    with database.transaction() as tx:
        for key in (later, ED25519, RSA, other):
            keys.add(tx, key)

    assert stored(database) == (RSA, ED25519, later)
    with database.snapshot() as tx:
        assert set(keys.list_actors(tx)) == {ANA, f"{SITE}/actor"}


def test_a_key_is_retired_once(database: Database, retired: StoredKey) -> None:
    def retire_again() -> None:
        with database.transaction() as tx:
            keys.retire(tx, retired.id, public_pem="", now=NOON + minutes(61))

    with pytest.raises(NotAllowed):
        retire_again()

    assert stored(database) == (retired,)


def test_a_retired_key_is_wiped_in_time_and_its_public_half_stays(
    database: Database, retired: StoredKey
) -> None:
    assert not wipe(database)
    assert not wipe(database, minute=60)
    assert wipe(database, minute=61)
    assert not wipe(database, minute=61)

    assert stored(database) == (replace(retired, private_pem=""),)


def test_a_key_in_use_is_not_wiped(database: Database) -> None:
    with database.transaction() as tx:
        keys.add(tx, RSA)

    assert not wipe(database, minute=10_000)

    assert stored(database) == (RSA,)


def test_a_forgotten_key_is_wiped_at_once(database: Database, retired: StoredKey) -> None:
    with database.transaction() as tx:
        keys.add(tx, ED25519)
        keys.forget(tx, ANA)

    assert wipe(database)

    assert stored(database) == (replace(retired, private_pem="", public_pem=""), ED25519)


def test_a_key_that_something_waits_to_be_signed_with_is_kept(
    database: Database, author: Author, retired: StoredKey
) -> None:
    activity = an_activity(1, created_at=NOON, key_id=retired.id)
    with database.transaction() as tx:
        queues.send(tx, activity, [inbox("big.example")])

    kept = wipe(database, minute=10_000)
    [delivery] = lease(database)
    with database.transaction() as tx:
        queues.settle_delivery(
            tx, delivery.id, QueueState.DONE, now=NOON + minutes(11), status=202, error=""
        )

    assert delivery.key_id == retired.id
    assert not kept
    assert wipe(database, minute=10_000)


def test_what_waits_is_signed_with_the_key_it_was_queued_for(
    database: Database, author: Author
) -> None:
    delivered, waiting, pinned, later = (
        an_activity(n, created_at=NOON + minutes(n), key_id=key_id)
        for n, key_id in enumerate(["", "", "older", ""])
    )
    with database.transaction() as tx:
        queues.send(tx, delivered, [])
        queues.send(tx, waiting, [inbox("a.example")])
        queues.send(tx, pinned, [inbox("b.example")])
        resigning.sign_waiting_with(tx, ANA, "old")
        queues.send(tx, later, [inbox("c.example")])

    assert [each.key_id for each in lease(database)] == ["old", "older", ""]


def test_what_somebody_may_still_get_is_listed_to_be_proved_anew(
    database: Database, author: Author
) -> None:
    listed, waiting, delivered, taken_back = (
        an_activity(n, object=f"{SITE}/{n}", listed=n in {0, 3}) for n in range(4)
    )
    with database.transaction() as tx:
        for activity in (listed, delivered, taken_back):
            queues.send(tx, activity, [])
        queues.send(tx, waiting, [inbox("a.example")])
        queues.forget(tx, taken_back.object)
        resigning.replace_body(tx, listed.id, b"{}")

    with database.snapshot() as tx:
        first = resigning.list_provable(tx, ANA, after="", limit=1)
        second = resigning.list_provable(tx, ANA, after=listed.id, limit=9)
    assert first == ((listed.id, b"{}"),)
    assert second == ((waiting.id, waiting.body),)


def test_the_version_changes_with_every_change(database: Database) -> None:
    versions = set()
    for _ in range(3):
        with database.transaction() as tx:
            keys.renew_version(tx)
        with database.snapshot() as tx:
            versions.add(keys.find_version(tx))

    assert len(versions) == 3
