"""Who left a comment by form."""

from datetime import timedelta

from fedreview.domain.thread import NoteState
from fedreview.storage import guests, stale, sweeping, threads
from fedreview.storage.database import Database
from fedreview.storage.guests import Guest
from tests.factories import NOON, a_note


def a_comment(database: Database, number: int, *, address_hash: str, minute: int) -> None:
    with database.transaction() as tx:
        note = a_note(number, state=NoteState.HELD if number > 1 else NoteState.SHOWN)
        threads.add(tx, note)
        guest = Guest(note_id=note.id, name=f"Guest {number}", site="", mail="g@x.example")
        now = NOON + timedelta(minutes=minute)
        guests.add(tx, guest, address_hash=address_hash, now=now)


def test_comments_are_counted_by_address_and_time_and_by_what_waits(database: Database) -> None:
    for number, (address, minute) in enumerate([("a", 0), ("a", 5), ("b", 9)], start=1):
        a_comment(database, number, address_hash=address, minute=minute)

    with database.snapshot() as tx:
        since = NOON + timedelta(minutes=5)
        assert guests.count_since(tx, NOON) == 3
        assert guests.count_since(tx, NOON, address_hash="a") == 2
        assert guests.count_since(tx, since, address_hash="a") == 1
        assert guests.count_waiting(tx) == 2
        found = guests.find_many(tx, [a_note(1).id, a_note(3).id, "nobody"])
    assert {note_id: guest.name for note_id, guest in found.items()} == {
        a_note(1).id: "Guest 1",
        a_note(3).id: "Guest 3",
    }


def test_addresses_are_forgotten_and_comments_are_not(database: Database) -> None:
    a_comment(database, 1, address_hash="a", minute=0)
    a_comment(database, 2, address_hash="a", minute=5)

    with database.transaction() as tx:
        sweeping.drop_all(tx, stale.addresses_of_guests(before=NOON + timedelta(minutes=5)))

    with database.snapshot() as tx:
        assert guests.count_since(tx, NOON, address_hash="a") == 1
        assert guests.count_since(tx, NOON) == 2


def test_the_key_is_made_once(database: Database) -> None:
    with database.snapshot() as tx:
        assert guests.find_key(tx) is None

    with database.transaction() as tx:
        key = guests.make_key(tx)
    with database.transaction() as tx:
        again = guests.make_key(tx)

    with database.snapshot() as tx:
        assert guests.find_key(tx) == key == again
    assert len(key) > 40
