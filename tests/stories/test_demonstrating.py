import asyncio
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import select

from fedreview.app import Parts, build_parts
from fedreview.cli import main
from fedreview.domain.answer import Answer
from fedreview.domain.review import Draft
from fedreview.domain.thread import Gap, NoteState
from fedreview.domain.work import WorkFacts, WorkKind
from fedreview.errors import InvalidInput
from fedreview.services.demonstrating import EXAMPLES, Demonstrating
from fedreview.services.demonstrating.examples import Example
from fedreview.services.views import ReviewPage
from fedreview.storage import actors, domains
from fedreview.storage.tables import NoteRow
from tests.clock import START, Clock
from tests.factories import a_domain_block, a_remote_actor
from tests.stories.site import Prepared, settings_of

PUBLISHED = [example for example in EXAMPLES if not example.is_draft]


@contextmanager
def a_copy(prepared: Prepared, folder: Path) -> Iterator[Parts]:
    """Open a copy of a site that has an author and nothing else."""
    shutil.copytree(prepared.path, folder)
    parts = build_parts(settings_of(prepared.base_url, folder), now=Clock())
    yield parts
    asyncio.run(parts.aclose())


def demonstrating(parts: Parts) -> Demonstrating:
    return Demonstrating(
        database=parts.database,
        urls=parts.site.urls,
        publishing=parts.site.publishing,
        picturing=parts.site.picturing,
        now=parts.site.now,
        new_id=parts.site.publishing.new_id,
    )


def fill(parts: Parts) -> list[Example]:
    return list(demonstrating(parts).fill(parts.site.accounts.authors()[0]))


@pytest.fixture(scope="module")
def filled(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """A site with all examples, to read only."""
    with a_copy(prepared, tmp_path_factory.mktemp("filled") / "site") as parts:
        fill(parts)
        yield parts


@pytest.fixture
def empty(prepared: Prepared, tmp_path: Path) -> Iterator[Parts]:
    """A site with an author and nothing else."""
    with a_copy(prepared, tmp_path / "site") as parts:
        yield parts


def pages(parts: Parts) -> list[ReviewPage]:
    """Read every published review, the newest first."""
    browsing = parts.site.browsing
    return [browsing.review(card.review.slug) for card in browsing.front().cards]


def discussed(parts: Parts) -> ReviewPage:
    return pages(parts)[0]


def test_the_command_fills_an_empty_site_and_no_other(prepared: Prepared, tmp_path: Path) -> None:
    shutil.copytree(prepared.path, tmp_path / "site")
    environment = {
        "FEDREVIEW_CONFIG": os.devnull,
        "FEDREVIEW_BASE_URL": prepared.base_url,
        "FEDREVIEW_DATA_DIR": str(tmp_path / "site"),
    }

    first = CliRunner(env=environment).invoke(main, ["demo"])
    second = CliRunner(env=environment).invoke(main, ["demo"])

    assert (first.exit_code, second.exit_code) == (0, 1)
    assert f"Look at {prepared.base_url}" in first.output
    assert "There are reviews already" in second.output


def test_six_kinds_of_works_are_reviewed_over_the_past_months(filled: Parts) -> None:
    reviews = [page.review for page in pages(filled)]
    days = [review.published_at for review in reviews if review.published_at]

    assert {review.work.facts.kind for review in reviews} == set(WorkKind) - {WorkKind.MANGA}
    assert days == sorted(set(days), reverse=True)
    assert START - days[0] < timedelta(days=14)
    assert START - days[-1] > timedelta(days=120)


def test_every_review_is_older_than_what_was_said_about_it(filled: Parts) -> None:
    page = discussed(filled)

    said = [entry.reply.published_at for entry in page.thread.entries if entry.reply]

    assert page.review.published_at
    assert page.review.published_at < min(said)
    assert max(said) < START


def test_scores_go_from_poor_to_perfect_with_half_points(filled: Parts) -> None:
    scores = {page.review.rating.number for page in pages(filled) if page.review.rating}

    assert {"5.5", "8.5", "10"} <= scores


def test_the_outbox_says_the_same_days_as_the_pages(filled: Parts) -> None:
    outbox = filled.site.collecting.outbox("critic", at="").document
    activities = outbox["orderedItems"]
    assert isinstance(activities, list)

    told = [activity["published"] for activity in activities if isinstance(activity, dict)]

    assert told == [
        page.review.published_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        for page in pages(filled)
        if page.review.published_at
    ]


def test_every_work_has_a_cover_of_its_own_that_is_described(filled: Parts) -> None:
    covers = [page.cover for page in pages(filled) if page.cover]
    for cover in covers:
        with Image.open(filled.site.picturing.find(cover)) as picture:
            assert picture.size == (cover.width, cover.height)

    assert len({cover.name for cover in covers}) == len(PUBLISHED)
    assert all(len(page.review.work.facts.cover_alt) > 40 for page in pages(filled))


def test_the_syntax_that_authors_have_is_shown_in_use(filled: Parts) -> None:
    html = "".join(page.body_html for page in pages(filled))

    assert '<label class="spoiler">' in html
    assert '<details class="spoiler"><summary>Spoiler: ' in html
    assert "<footer>— <cite>my brother, forty minutes in</cite>" in html
    assert '<td class="align-right">' in html
    assert ">!" not in html.replace("&gt;!", ">!")
    assert ":::" not in html


def test_one_review_is_in_another_language(filled: Parts) -> None:
    languages = [page.review.language for page in pages(filled)]

    assert sorted(languages) == ["de", *["en"] * 5]


def test_links_between_the_examples_lead_to_older_reviews(filled: Parts) -> None:
    found = 0
    for page in pages(filled):
        for slug in re.findall(r'href="/reviews/([^"#]+)"', page.body_html):
            aim = filled.site.browsing.review(slug).review
            assert aim.published_at
            assert page.review.published_at
            assert aim.published_at < page.review.published_at
            found += 1

    assert found == 2


@pytest.mark.parametrize("example", PUBLISHED, ids=lambda example: example.name)
def test_an_example_can_be_read_with_one_cup_of_tea(example: Example) -> None:
    draft, cover = example.read()

    assert 250 <= len(draft.body.split()) <= 600
    assert draft.verdict
    assert draft.tags
    assert cover


def test_the_conversation_has_what_conversations_have(filled: Parts) -> None:
    thread = discussed(filled).thread
    replies = [entry.reply for entry in thread.entries if entry.reply]

    assert [entry.depth for entry in thread.entries] == [0, 1, 2, 3, 4, 0, 1, 0, 0, 1]
    assert [entry.gap for entry in thread.entries if entry.gap] == [Gap.DELETED, Gap.MISSING]
    assert [reply.summary for reply in replies if reply.summary] == ["the last episode"]
    assert sum(reply.writer.is_author for reply in replies) == 2
    assert {reply.language for reply in replies} == {"en", "ja"}
    assert all(reply.state is NoteState.SHOWN and reply.html for reply in replies)


def test_likes_and_boosts_are_counted(filled: Parts) -> None:
    page = discussed(filled)

    assert (page.reactions.likes, page.reactions.boosts) == (5, 3)
    assert [entry.reply.likes for entry in page.thread.entries if entry.reply][:2] == [2, 3]


def test_nobody_in_the_conversation_can_exist(filled: Parts) -> None:
    replies = [entry.reply for entry in discussed(filled).thread.entries if entry.reply]

    others = {reply.writer.handle for reply in replies if not reply.writer.is_author}

    assert len(others) == 4
    assert all(handle.endswith(".example") for handle in others)


def test_whoever_speaks_is_of_a_server_that_can_be_kept_away(filled: Parts) -> None:
    with filled.database.transaction() as tx:
        before = set(tx.scalars(select(NoteRow.host).where(NoteRow.author_id.is_(None))))
        for name in before:
            domains.put_block(tx, a_domain_block(name))

    shown = [entry.reply for entry in discussed(filled).thread.entries if entry.reply]

    assert before
    assert all(reply.writer.is_author for reply in shown)


def test_a_draft_waits_on_the_desk(filled: Parts) -> None:
    author = filled.site.accounts.authors()[0]

    drafts = filled.site.overseeing.desk(author).drafts

    assert [card.review.work.facts.kind for card in drafts] == [WorkKind.MANGA]


def test_nothing_is_sent_to_anybody(filled: Parts) -> None:
    assert filled.site.maintaining.queues().deliveries == {}


def test_an_answer_to_somebody_made_up_is_sent_to_nobody(empty: Parts) -> None:
    fill(empty)
    author = empty.site.accounts.authors()[0]
    reply = discussed(empty).thread.entries[0].reply
    assert reply

    empty.site.answering.answer(author, reply.id, Answer(text="How is it going?"))

    assert discussed(empty).thread.count == 9
    assert empty.site.maintaining.queues().deliveries == {}


def test_whoever_stops_in_between_has_the_examples_before(empty: Parts) -> None:
    filling = demonstrating(empty).fill(empty.site.accounts.authors()[0])

    next(filling)
    next(filling)

    assert [card.review.work.facts.title for card in empty.site.browsing.front().cards] == [
        "Westworld",
        "Stalker",
    ]


def test_an_empty_site_is_not_refused(empty: Parts) -> None:
    demonstrating(empty).refuse_unless_empty()

    assert empty.site.browsing.front().cards == ()


def a_draft_about_anything() -> Draft:
    work = WorkFacts(kind=WorkKind.GAME, title="Anything")
    return Draft(work=work, title="Anything", body="Good.")


def test_a_site_with_a_review_is_refused(empty: Parts) -> None:
    empty.site.publishing.publish(empty.site.accounts.authors()[0], a_draft_about_anything())

    with pytest.raises(InvalidInput) as refused:
        demonstrating(empty).refuse_unless_empty()

    assert "reviews already" in refused.value.problems["demo"]


def test_a_site_with_a_draft_is_refused(empty: Parts) -> None:
    empty.site.publishing.save_draft(empty.site.accounts.authors()[0], a_draft_about_anything())

    with pytest.raises(InvalidInput) as refused:
        demonstrating(empty).refuse_unless_empty()

    assert "reviews already" in refused.value.problems["demo"]


def test_a_site_with_a_follower_is_refused_for_they_would_get_it_all(empty: Parts) -> None:
    author, follower = empty.site.accounts.authors()[0], a_remote_actor()
    with empty.database.transaction() as tx:
        actors.save(tx, follower, keys=())
        actors.add_follower(
            tx, author.id, follower.id, follow="https://social.example/follows/1", now=START
        )

    with pytest.raises(InvalidInput) as refused:
        demonstrating(empty).refuse_unless_empty()

    assert "follows already" in refused.value.problems["demo"]
