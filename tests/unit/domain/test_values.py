"""Values that are what was said, and nothing more."""

from dataclasses import fields, replace

from fedreview.domain.autosave import Autosave
from fedreview.domain.moderation import Conduct, RepliesMode
from fedreview.domain.rating import Scale
from fedreview.domain.review import Review, ReviewId, ReviewState
from fedreview.domain.take import Take
from fedreview.domain.thread import NoteState
from fedreview.domain.upcoming import Upcoming, UpcomingId
from fedreview.domain.work import WorkFacts, WorkKind
from tests.factories import (
    NOON,
    a_draft,
    a_rating,
    a_remote_actor,
    a_reply,
    a_review,
    a_work,
    an_author,
    minutes,
)


def test_a_review_has_all_that_its_draft_says() -> None:
    draft = a_draft()
    made = Review.of(
        draft,
        id=ReviewId("review1"),
        slug="blame",
        author=an_author(),
        work=a_work(),
        state=ReviewState.DRAFT,
        created_at=NOON,
    )

    shared = {each.name for each in fields(draft)} - {"work", "announces"}
    assert {name: getattr(made, name) for name in shared} == {
        name: getattr(draft, name) for name in shared
    }


def test_of_a_deleted_review_only_stays_that_there_was_one() -> None:
    review = a_review()

    gone = review.emptied(now=NOON)

    assert (gone.id, gone.slug, gone.author) == (review.id, review.slug, review.author)
    assert (gone.state, gone.updated_at) == (ReviewState.DELETED, NOON)
    assert (gone.title, gone.body, gone.rating, gone.tags) == ("", "", None, ())
    assert (gone.level, gone.heading) == ("", "")


def test_a_scale_knows_how_many_scores_it_has() -> None:
    assert Scale().count == 21
    assert a_review().level == ""


def test_a_picture_is_new_until_there_is_a_copy_of_it() -> None:
    person = replace(a_remote_actor(), icon_url="https://a.example/i.png")

    assert person.has_new_picture
    assert not replace(person, avatar_of=person.icon_url).has_new_picture
    assert not replace(person, icon_url="").has_new_picture


def test_a_work_keeps_what_was_known_where_nothing_new_is_said() -> None:
    known = WorkFacts(kind=WorkKind.FILM, title="BLAME!", year=2017, publisher="Netflix")
    said = WorkFacts(kind=WorkKind.FILM, title="Blame!")

    assert said.filled_from(known) == replace(known, title="Blame!")


def test_what_is_announced_typed_or_said_in_passing_needs_little() -> None:
    upcoming = Upcoming(id=UpcomingId("u"), author=an_author(), work=a_work(), announced_at=NOON)
    take = Take(text="Good.", rating=a_rating())
    typed = Autosave(id="a", fields={"title": "B"}, tab="t", saved_at=NOON)

    assert (upcoming.review_id, upcoming.announced_in, upcoming.note) == (None, None, "")
    assert (take.work, take.announces, take.language) == (None, False, "en")
    assert typed.fields["title"] == "B"


def test_a_conversation_is_closed_by_its_author_or_by_time() -> None:
    later = NOON + minutes(1)

    assert not Conduct().is_closed(later)
    assert Conduct(mode=RepliesMode.CLOSED).is_closed(NOON)
    assert not Conduct(closes_at=later).is_closed(NOON)
    assert Conduct(closes_at=later).is_closed(later)


def test_only_what_is_shown_and_by_nobody_blocked_is_in_sight() -> None:
    shown = a_reply()

    assert shown.is_in_sight
    assert not replace(shown, veiled=True).is_in_sight
    assert not replace(shown, state=NoteState.HELD).is_in_sight
