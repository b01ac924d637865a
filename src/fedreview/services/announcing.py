"""Keep what reviews announce, and tie an announcement to the review that it becomes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from fedreview.domain.actor import Author
from fedreview.domain.review import Announcement, Draft, Review, ReviewState, slug_from_title
from fedreview.domain.upcoming import Upcoming, UpcomingId
from fedreview.domain.work import Work, WorkFacts, WorkId
from fedreview.storage import upcoming, works
from fedreview.storage.database import Transaction


def would_announce(author: Author, draft: Draft, *, now: datetime) -> Upcoming | None:
    """Give what a draft would announce, without keeping it."""
    if draft.announces is None:
        return None
    return Upcoming(
        id=UpcomingId("preview"),
        author=author,
        work=Work(id=WorkId("preview"), slug="preview", facts=draft.announces.work),
        announced_at=now,
        rating=draft.announces.rating,
        note=draft.announces.note,
    )


def keep_announcement(
    tx: Transaction,
    review: Review,
    announces: Announcement | None,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> None:
    """Keep what this review announces in place of what it announced before.

    What has become a review stays: how it was announced is history.
    """
    known = upcoming.find_announced_in(tx, review.id)
    if known and known.review_id is not None:
        return
    if announces is None:
        if known:
            upcoming.drop(tx, known.id)
        return
    is_public = review.state is ReviewState.PUBLISHED
    work = announced_work(tx, announces.work, known, is_public=is_public, new_id=new_id)
    kept = known or Upcoming(
        id=UpcomingId(new_id()),
        author=review.author,
        work=work,
        announced_at=now,
        announced_in=review.id,
    )
    upcoming.save(tx, replace(kept, work=work, rating=announces.rating, note=announces.note))


def announced_work(
    tx: Transaction,
    facts: WorkFacts,
    known: Upcoming | None,
    *,
    is_public: bool,
    new_id: Callable[[], str],
) -> Work:
    """Find the work that an announcement is about, or make it.

    known: the announcement as it was before.

    What is announced in public joins the work that everybody knows, and changes nothing of it:
    an announcement has but a title and a year. What a draft announces has a work of its own.
    """
    before = known.work if known else None
    is_alone = before is not None and works.count_uses(tx, before.id) == 1
    found = works.find_public(tx, facts) if is_public else None
    if found and not (is_alone and before and found == before.id):
        return works.get(tx, found)
    work_id = before.id if before and is_alone else WorkId(new_id())
    if before and is_alone and is_same(facts, before.facts):
        facts = facts.filled_from(before.facts)
    slug = slug_from_title(facts.title) or work_id
    return works.save(tx, work_id, facts, slug=slug, cover=None)


def is_same(facts: WorkFacts, others: WorkFacts) -> bool:
    """Tell whether both say the same work, as far as both say a year."""
    return (
        facts.kind is others.kind
        and works.title_key(facts.title) == works.title_key(others.title)
        and (facts.year == others.year or not (facts.year and others.year))
    )


def settle_announcements(tx: Transaction, review: Review) -> None:
    """Tie the author's announcements to a review that was saved, or open them again.

    A published review keeps those of its work that were announced before it, and the one that
    it was begun from: then it has the same id. One that is not published keeps none, and when
    it is deleted nothing stays of what it announced and never became a review.

    The announcing review is not sent again. Its text is the same as before, only our own page
    gets a link; and an Update shows its readers elsewhere an edit where there is none.
    """
    is_public = review.state is ReviewState.PUBLISHED
    for kept in upcoming.list_become(tx, review.id):
        if not (is_public and _is_kept_by(review, kept)):
            upcoming.fulfil(tx, kept, None)
    if review.state is ReviewState.DELETED:
        announced = upcoming.find_announced_in(tx, review.id)
        if announced and announced.review_id is None:
            upcoming.drop(tx, announced.id)
    if is_public:
        for waiting in upcoming.list_open(tx, review.author.id):
            if _is_kept_by(review, waiting):
                upcoming.fulfil(tx, replace(waiting, work=review.work), review.id)


def _is_kept_by(review: Review, waiting: Upcoming) -> bool:
    if waiting.announced_in == review.id:
        return False
    if str(waiting.id) in {review.id, *review.former_ids}:
        return True
    published_at = review.published_at or review.created_at
    return published_at >= waiting.announced_at and is_same(review.work.facts, waiting.work.facts)
