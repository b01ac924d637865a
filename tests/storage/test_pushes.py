"""A browser is taken by one worker at a time, and gets each notice once."""

from datetime import timedelta

from fedreview.domain.actor import Author
from fedreview.storage import pushes
from fedreview.storage.conversation_tables import NoticeRow
from fedreview.storage.database import Database, Transaction
from fedreview.storage.pushes import Pending, Subscription
from tests.factories import NOON, minutes

LATER = NOON + minutes(2)


def subscribe(tx: Transaction, author: Author, name: str) -> Subscription:
    made = Subscription(
        id=name,
        author_id=author.id,
        endpoint=f"https://push.example/{name}",
        p256dh="p",
        auth="a",
        user_agent="Firefox",
        created_at=NOON,
    )
    pushes.add(tx, made)
    return made


def note(tx: Transaction, author: Author, subject: str) -> None:
    new = {"kind": "reply", "actor": "", "detail": "", "created_at": NOON}
    tx.add(NoticeRow(author_id=author.id, subject=subject, **new))
    tx.flush()


def test_a_browser_is_taken_once_until_its_lease_ends(database: Database, author: Author) -> None:
    with database.transaction() as tx:
        one = subscribe(tx, author, "one")
        subscribe(tx, author, "two")
        note(tx, author, "n")
        due = pushes.list_due(tx, now=NOON, since=NOON - timedelta(days=1), limit=1)
        taken = pushes.lease(tx, due, now=NOON, until=LATER)
        again = pushes.lease(tx, due, now=NOON, until=LATER)
        late = pushes.lease(tx, due, now=LATER, until=LATER + minutes(2))

    assert (due, taken, again, late) == (("one",), (one,), (), (one,))


def test_what_every_browser_has_is_pushed(database: Database, author: Author) -> None:
    since = NOON - timedelta(days=1)
    with database.transaction() as tx:
        note(tx, author, "before")
        one, two = (subscribe(tx, author, name) for name in ("one", "two"))
        note(tx, author, "after")
        [pending] = pushes.list_pending(tx, one.id, since=since)
        pushes.sent(tx, one, upto=pending.id, now=LATER)
        waiting = pushes.list_due(tx, now=LATER, since=since, limit=9)
        pushes.sent(tx, two, upto=pending.id, now=LATER)
        pushes.failed(tx, one.id, error="down", due_at=LATER)

    assert pending == Pending(id=2, kind="reply", actor="")
    assert waiting == ("two",)
    with database.snapshot() as tx:
        assert pushes.list_due(tx, now=LATER, since=since, limit=9) == ()
        assert [each.failures for each in pushes.list_of(tx, author.id)] == [1, 0]
