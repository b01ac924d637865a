"""Leave to reply is asked for once for each reply, and forgotten with it."""

from dataclasses import replace

import pytest

from fedreview.errors import NotFound
from fedreview.storage import approvals, stale, sweeping, threads
from fedreview.storage.approvals import Approval, ApprovalState
from fedreview.storage.database import Database
from tests.factories import NOON, SITE, a_note, a_note_uri, minutes

KIM = "https://social.example/users/kim"
ASKED = Approval(
    id="approval1",
    object=f"{SITE}/ap/reviews/review1",
    interacting=a_note_uri(1),
    actor=KIM,
    request="",
    created_at=NOON,
)


def test_who_asks_politely_later_is_known_by_that_request(database: Database) -> None:
    polite = replace(ASKED, id="approval2", request="https://social.example/requests/1")

    with database.transaction() as tx:
        first = approvals.add(tx, ASKED)
        again = approvals.add(tx, polite)
        third = approvals.add(tx, replace(ASKED, id="approval3"))

    assert first == ASKED
    assert again == third == replace(ASKED, request=polite.request)


def test_leave_can_be_read_only_while_it_holds(database: Database) -> None:
    with database.transaction() as tx:
        approvals.add(tx, ASKED)
        with pytest.raises(NotFound):
            approvals.get_accepted(tx, ASKED.id)
        approvals.decide(tx, ASKED.id, ApprovalState.ACCEPTED, now=NOON)
        held = approvals.get_accepted(tx, ASKED.id)
        approvals.decide(tx, ASKED.id, ApprovalState.REJECTED, now=NOON + minutes(1))
        with pytest.raises(NotFound):
            approvals.get_accepted(tx, ASKED.id)
        refused = [
            approvals.count_refused(tx, KIM, since=NOON + minutes(after)) for after in (0, 1, 2)
        ]
        listed = approvals.list_of_actor(tx, KIM, limit=9)

    assert (held.state, held.decided_at) == (ApprovalState.ACCEPTED, NOON)
    assert refused == [1, 1, 0]
    assert listed == ()


def test_what_was_said_of_a_reply_goes_with_it(database: Database) -> None:
    lost = replace(ASKED, id="approval2", interacting=a_note_uri(2))
    new = replace(ASKED, id="approval3", interacting=a_note_uri(3), created_at=NOON + minutes(5))
    with database.transaction() as tx:
        threads.add(tx, a_note(1))
        for each in (ASKED, lost, new):
            approvals.add(tx, each)

        sweeping.drop_all(tx, stale.approvals(before=NOON + minutes(1)))
        left = [approvals.find(tx, a_note_uri(n)) for n in (1, 2, 3)]
        approvals.forget(tx, ASKED.interacting)

        assert left == [ASKED, None, new]
        assert approvals.find(tx, ASKED.interacting) is None
