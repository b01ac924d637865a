"""What waits for whom, what was set aside, whom one trusts, and what was done."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fedreview.domain.actor import Author, AuthorId
from fedreview.domain.moderation import RepliesMode, Rule, Verdict, Who
from fedreview.domain.review import Review
from fedreview.domain.thread import NoteState
from fedreview.domain.work import Work
from fedreview.storage import (
    accounts,
    actors,
    conduct,
    moderation,
    moderation_log,
    reviews,
    rules,
    stale,
    sweeping,
    threads,
    trust,
)
from fedreview.storage.conduct import AuthorConduct, SiteConduct
from fedreview.storage.database import Database
from fedreview.storage.moderation import Decision
from fedreview.storage.moderation_log import LogEntry
from fedreview.storage.threads import StoredNote
from fedreview.storage.trust import Acquaintance
from tests.factories import NOON, a_note, a_note_uri, a_remote_actor, a_review, an_author, minutes

KIM = "https://social.example/users/p1"
OTHER = AuthorId("author2")


@pytest.fixture
def review(database: Database, author: Author, work: Work) -> Review:
    with database.transaction() as tx:
        accounts.add_author(tx, an_author(id=OTHER, username="bo"), password_hash="hash")
        return reviews.save(tx, a_review(author=author, work=work))


def held(n: int, *, under: str = "", review_id: str | None = None) -> StoredNote:
    return a_note(n, in_reply_to=under, review_id=review_id, state=NoteState.HELD)


def add(database: Database, *notes: StoredNote, to: AuthorId | None = None) -> None:
    with database.transaction() as tx:
        for note in notes:
            threads.add(tx, note, recipients=[to] if to else [])


def waiting(database: Database, author_id: AuthorId) -> list[int]:
    with database.snapshot() as tx:
        found = moderation.list_waiting(tx, author_id, limit=100)
        assert moderation.count_waiting(tx, author_id) == len(found)
        own = moderation.list_own(tx, author_id, [f"note{n:04}" for n in range(20)])
    assert {note.id for note in found} <= {note.id for note in own}
    return [int(note.id.removeprefix("note")) for note in found]


def state_of(database: Database, n: int) -> NoteState:
    with database.snapshot() as tx:
        return threads.get(tx, f"note{n:04}").state


def test_replies_wait_for_the_author_of_what_they_stand_under(
    database: Database, author: Author, review: Review
) -> None:
    add(database, a_note(1, author_id=author.id), a_note(2, in_reply_to=a_note_uri(1)))
    add(database, held(3, under=a_note_uri(2)), to=OTHER)
    add(database, held(4, under="https://reviews.example/x", review_id=review.id), to=OTHER)
    add(database, held(5, under="https://elsewhere.example/x"), to=OTHER)

    assert waiting(database, author.id) == [3, 4]
    assert waiting(database, OTHER) == [5]
    with database.snapshot() as tx:
        assert moderation.takes_above(tx, ["note0003", "note0004"]) == {"note0003": a_note_uri(1)}
        above = moderation.find_take_above(tx, a_note_uri(2))
        assert above is not None
        assert above.uri == a_note_uri(1)
        assert moderation.find_take_above(tx, "https://elsewhere.example/x") is None


def test_private_notes_are_their_recipients_wherever_they_stand(
    database: Database, author: Author, review: Review
) -> None:
    private = replace(held(1, under="https://x.example", review_id=review.id), audience="private")
    add(database, private, to=OTHER)

    assert waiting(database, author.id) == []
    assert waiting(database, OTHER) == [1]


def test_notes_that_answer_in_a_circle_wait_for_nobody_and_end(
    database: Database, author: Author
) -> None:
    add(database, held(1, under=a_note_uri(2)), held(2, under=a_note_uri(1)))

    assert waiting(database, author.id) == []
    with database.snapshot() as tx:
        assert moderation.find_take_above(tx, a_note_uri(1)) is None


def test_the_queue_goes_on_after_a_page(database: Database, author: Author, review: Review) -> None:
    add(database, *(held(n, under="https://x.example", review_id=review.id) for n in range(1, 5)))

    with database.snapshot() as tx:
        first = moderation.list_waiting(tx, author.id, limit=2)
        after = (first[-1].arrived_at, first[-1].id)
        then = moderation.list_waiting(tx, author.id, limit=9, after=after)
        of_kim = moderation.list_held_of(tx, author.id, actor=KIM)
        of_host = moderation.list_held_of(tx, author.id, host="nobody.example")

    assert [note.id for note in then] == ["note0003", "note0004"]
    assert (len(of_kim), of_host) == (4, ())


def test_a_decision_counts_only_for_what_is_still_as_it_was_read(
    database: Database, author: Author, review: Review
) -> None:
    add(database, held(1, under="https://x.example", review_id=review.id))
    spam = Decision(state=NoteState.SPAM, moderated_at=NOON)

    with database.transaction() as tx:
        note = threads.get(tx, "note0001")
        first = moderation.decide(tx, note, spam)
        second = moderation.decide(tx, note, Decision(state=NoteState.SHOWN))

    assert (first, second) == (True, False)
    assert state_of(database, 1) is NoteState.SPAM


def test_what_was_set_aside_long_ago_is_emptied_and_keeps_its_row(
    database: Database, author: Author, review: Review
) -> None:
    old, new = NOON, NOON + minutes(10)
    for n, at in ((1, old), (2, new)):
        aside = replace(held(n, under="https://x.example", review_id=review.id), moderated_at=at)
        add(database, replace(aside, state=NoteState.REMOVED))

    with database.transaction() as tx:
        listed = moderation.list_set_aside(tx, author.id, limit=1)
        before = (new, "note0002")
        older = moderation.list_set_aside(tx, author.id, limit=9, before=before)
        sweeping.drop_all(tx, stale.set_aside(before=NOON + minutes(1), now=NOON + minutes(20)))
        emptied, kept = threads.get(tx, "note0001"), threads.get(tx, "note0002")
        count = moderation.count_set_aside(tx, author.id)

    assert [note.id for note in (*listed, *older)] == ["note0002", "note0001"]
    assert (emptied.state, emptied.html, emptied.is_erased) == (NoteState.DELETED, "", True)
    assert (kept.is_erased, count) == (False, 1)


def test_what_waits_below_a_note_that_is_not_here_yet_is_found(
    database: Database, author: Author
) -> None:
    decided = replace(a_note(3, in_reply_to=a_note_uri(9)), moderated_at=NOON)
    add(database, a_note(1, in_reply_to=a_note_uri(9)), a_note(2, in_reply_to=a_note_uri(1)))
    add(database, decided, to=author.id)

    with database.snapshot() as tx:
        homeless = moderation.list_homeless(tx, a_note_uri(9))
        recipients = moderation.recipients_of(tx, "note0003")

    assert {note.id for note in homeless} == {"note0001", "note0002"}
    assert recipients == {author.id}


def test_trust_by_hand_outlasts_an_approval(database: Database, author: Author) -> None:
    with database.transaction() as tx:
        actors.save(tx, a_remote_actor(), [])
        first = trust.add(tx, author.id, KIM, by_hand=False, now=NOON)
        second = trust.add(tx, author.id, KIM, by_hand=True, now=NOON)
        third = trust.add(tx, author.id, KIM, by_hand=False, now=NOON)
        listed = trust.list_(tx, author.id, limit=9)
        known = trust.acquaintances(tx, author.id, [KIM, "https://x.example"])
        trust.remove(tx, author.id, KIM)
        gone = trust.find(tx, author.id, KIM)

    assert first is None
    assert second is not None
    assert not second.by_hand
    assert third is not None
    assert third.by_hand
    assert [each.by_hand for each in listed] == [True]
    assert known == {KIM: Acquaintance(is_trusted=True), "https://x.example": Acquaintance()}
    assert gone is None


def test_one_phrase_has_one_rule(database: Database) -> None:
    with database.transaction() as tx:
        rules.add(tx, Rule(id="1", phrase="casino", verdict=Verdict.HOLD), now=NOON)
        rules.add(tx, Rule(id="2", phrase="casino", verdict=Verdict.SPAM), now=NOON)
        found = rules.list_(tx)
        same = (rules.find(tx, "1"), rules.find_by_phrase(tx, "casino"))
        rules.remove(tx, "1")
        left = rules.count(tx)

    assert [(rule.id, rule.verdict) for rule in found] == [("1", Verdict.SPAM)]
    assert same == (found[0], found[0])
    assert left == 0


def test_the_log_is_found_by_handle_and_forgotten_after_long(
    database: Database, author: Author
) -> None:
    entry = LogEntry(
        batch="b1",
        author_id=author.id,
        action="spam",
        target_kind="note",
        target="note0001",
        label="@Kim@social.example: 100% free",
        at=NOON,
    )
    with database.transaction() as tx:
        moderation_log.add(tx, entry)
        later = NOON + minutes(1)
        moderation_log.add(tx, replace(entry, batch="b2", author_id=None, label="_", at=later))
        both = moderation_log.list_(tx, limit=9)
        older = moderation_log.list_(tx, limit=9, before=(both[0].at, both[0].id))
        found = [
            len(moderation_log.list_(tx, limit=9, about=about))
            for about in ("kim@SOCIAL", "0%", "_", "%x")
        ]
        moderation_log.mark_undone(tx, [both[1].id], now=NOON)
    with database.transaction() as tx:
        (undone,) = moderation_log.list_batch(tx, "b1")
        sweeping.drop_all(tx, stale.log(before=NOON + timedelta(seconds=1)))
        left = moderation_log.list_(tx, limit=9)

    assert [each.batch for each in both] == ["b2", "b1"]
    assert [each.batch for each in older] == ["b1"]
    assert found == [1, 1, 1, 0]
    assert undone.undone_at == NOON
    assert [each.batch for each in left] == ["b2"]


def test_a_take_is_led_as_site_and_author_say(database: Database, author: Author) -> None:
    with database.transaction() as tx:
        conduct.set_of_site(tx, SiteConduct(mode=RepliesMode.FIRST, closes_after_days=2))
        conduct.set_of_author(tx, author.id, AuthorConduct(who_replies=Who.FOLLOWERS))
        led = conduct.in_force_under_take(tx, author.id, NOON)

    assert (led.mode, led.who) == (RepliesMode.FIRST, Who.FOLLOWERS)
    assert led.closes_at == NOON + timedelta(days=2)
