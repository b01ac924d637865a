"""Whatever order the activities of a thread arrive in, the page is the same in the end."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from fedreview.activitypub.vocabulary import (
    Activity,
    Audience,
    CreateNote,
    Delete,
    Like,
    RemoteNote,
    UpdateNote,
)
from fedreview.app import Parts, build_parts
from fedreview.domain.actor import ActorId
from fedreview.domain.moderation import Rule, Severity, Verdict
from fedreview.domain.rating import Scale
from fedreview.domain.review import Review
from fedreview.domain.thread import Thread
from fedreview.errors import NotYet
from fedreview.services.drafting import draft_from_fields
from fedreview.services.handling.applying import HANDLERS
from fedreview.services.handling.context import Context
from fedreview.services.handling.foreseeing import foresee
from fedreview.services.handling.holes import note_holes
from fedreview.settings import Settings
from fedreview.storage import blocks, domains, rules
from fedreview.storage.columns import Row
from fedreview.storage.conversation_tables import NoticeRow
from fedreview.storage.database import Transaction
from fedreview.storage.domains import DomainBlock
from fedreview.storage.memory import remembering
from fedreview.storage.moderation_tables import ModerationRow
from fedreview.storage.queue_tables import ErrandRow
from fedreview.storage.tables import GoneRow, NoteRow, ReactionRow
from tests.clock import Clock
from tests.property.effort import examples

HOSTS = ("a.example", "b.example")
LOST = "https://lost.example/notes/1"
REVIEW = -1
NOWHERE = -2


@dataclass(frozen=True, slots=True)
class Story:
    """What happens to one note: it is written, perhaps changed, perhaps taken back.

    parent: the number of another note, REVIEW, or NOWHERE for one that nobody here ever sees.
    minute: when it was written; several may be written in one.
    names_us: whether it names our conversation.
    """

    number: int
    parent: int
    minute: int
    names_us: bool
    changes: int
    is_deleted: bool

    @property
    def host(self) -> str:
        return HOSTS[self.number % len(HOSTS)]


@st.composite
def stories(draw: st.DrawFn) -> list[Story]:
    """Make notes that answer the review, one another, or what never comes."""
    count = draw(st.integers(1, 7))
    return [
        Story(
            number=number,
            parent=draw(st.integers(0, number - 1) if number and draw(st.booleans()) else ROOTS),
            minute=draw(st.integers(0, 3)),
            names_us=draw(st.booleans()),
            changes=draw(st.integers(0, 2)),
            is_deleted=draw(st.sampled_from((False, False, True))),
        )
        for number in range(count)
    ]


ROOTS = st.sampled_from((REVIEW, REVIEW, NOWHERE))


class Stage:
    """A site with one review, to which the same things happen again and again."""

    def __init__(self, folder: Path) -> None:
        self.now = Clock()
        settings = Settings.load(
            {
                "FEDREVIEW_CONFIG": os.devnull,
                "FEDREVIEW_BASE_URL": "https://reviews.example",
                "FEDREVIEW_DATA_DIR": str(folder),
            }
        )
        self.parts: Parts = build_parts(settings, now=self.now)
        site = self.parts.site
        site.maintaining.migrate()
        site.accounts.initialise()
        author = site.accounts.create(username="anna", name="Anna", password="correct horse")
        fields = {"kind": "film", "title": "Kiln", "body": "Slow."}
        self.review: Review = site.publishing.publish(
            author, draft_from_fields(fields, scale=Scale())
        )
        self.uri = site.urls.review(self.review.id)

    def activities(self, story: Story) -> list[Activity]:
        """Give what the note's server sends, in the order in which it happened."""
        actor = ActorId(f"https://{story.host}/users/p{story.number % 3}")
        stranger = ActorId("https://c.example/users/mallory")
        uri = _uri(story.number, story.host)
        answered = {REVIEW: self.uri, NOWHERE: LOST}.get(story.parent)
        written = self.now() - timedelta(hours=1) + timedelta(minutes=story.minute)
        note = RemoteNote(
            id=uri,
            type="Note",
            attributed_to=actor,
            in_reply_to=answered or _uri(story.parent, HOSTS[story.parent % len(HOSTS)]),
            content=f"<p>{story.number} as first written</p>",
            published=written,
            contexts=(self.uri,) if story.names_us else (),
            audience=Audience.PUBLIC,
        )
        sent: list[Activity] = [CreateNote(id=f"{uri}/create", actor=actor, note=note)]
        for change in range(1, story.changes + 1):
            changed = replace(
                note,
                content=f"<p>{story.number} as changed {change} times</p>",
                updated=written + timedelta(minutes=change),
            )
            sent.append(UpdateNote(id=f"{uri}/update/{change}", actor=actor, note=changed))
        if story.is_deleted:
            sent.append(Delete(id=f"{uri}/delete", actor=actor, object=uri))
        sent.append(Delete(id=f"{uri}/not-theirs", actor=stranger, object=uri))
        return sent

    def page_after(self, activities: Sequence[Activity]) -> Thread:
        """Let them arrive in this order at a site that knows nothing of them."""
        with self.parts.database.transaction() as tx:
            context = self._fresh(tx)
            waiting = list(activities)
            while waiting:
                early = [activity for activity in waiting if not _apply(context, activity)]
                if len(early) == len(waiting):
                    break
                waiting = early
        return self.parts.site.browsing.review(self.review.slug).thread

    def kept_after(self, groups: Sequence[Sequence[Activity]]) -> object:
        """Let them arrive in groups that are applied together; gives what is kept in the end."""
        with self.parts.database.transaction() as tx:
            context = self._fresh(tx)
            for group in groups:
                with remembering(tx):
                    foresee(context, group)
                    for activity in group:
                        _apply(context, activity)
                        note_holes(context, activity)
            return [_rows(tx, row) for row in _WRITTEN]

    def _fresh(self, tx: Transaction) -> Context:
        for row in _WRITTEN:
            tx.execute(delete(row))
        handling = self.parts.worker.handling
        return Context(
            tx=tx,
            urls=handling.urls,
            sending=handling.sending,
            now=self.now,
            new_id=handling.new_id,
        )

    def keep_away(self, actor: str, host: str, phrase: str) -> None:
        """Let the author block somebody, and the site a server and some words."""
        now = self.now()
        with self.parts.database.transaction() as tx:
            blocks.add(tx, self.review.author.id, actor, activity="block", now=now)
            block = DomainBlock(domain=host, severity=Severity.SUSPEND, created_at=now)
            domains.put_block(tx, block)
            rules.add(tx, Rule(id="rule", phrase=phrase, verdict=Verdict.HOLD), now=now)


_WRITTEN: tuple[type[Row], ...] = (
    NoticeRow,
    NoteRow,
    GoneRow,
    ReactionRow,
    ErrandRow,
    ModerationRow,
)


def _rows(tx: Transaction, row: type[Row]) -> list[str]:
    """Give what stands in a table, but for ids of ours, which are new each time."""
    columns = [each for each in row.__table__.columns if each.name not in _NEW_EACH_TIME]
    return sorted(map(repr, tx.execute(select(*columns)).all()))


_NEW_EACH_TIME = {"id", "note_id", "batch", "target"}


def _apply(context: Context, activity: Activity) -> bool:
    """Apply one as the queue does; False when it is to wait there for its parent."""
    try:
        HANDLERS[type(activity)](context, activity)
    except NotYet:
        return False
    return True


def _uri(number: int, host: str) -> str:
    return f"https://{host}/notes/{number}"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A site that does not show everything that arrives."""
    stage = Stage(tmp_path_factory.mktemp("strict"))
    stage.keep_away(f"https://{HOSTS[1]}/users/p1", HOSTS[0], "changed 2 times")
    yield stage
    asyncio.run(stage.parts.aclose())


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("arrivals"))
    yield stage
    asyncio.run(stage.parts.aclose())


def shown(thread: Thread) -> object:
    """Give all that a reader sees of a thread; ids of ours are new each time."""
    places = [
        (
            entry.depth,
            entry.gap,
            entry.reply and (entry.reply.uri, entry.reply.html, entry.reply.updated_at),
            entry.answers and (entry.answers.reply.uri, entry.answers.is_above),
        )
        for entry in thread.entries
    ]
    return places, thread.count, thread.gaps_by_kind


@examples(40)
@given(stories(), st.data())
def test_the_order_of_arrival_changes_nothing(
    stage: Stage, told: list[Story], data: st.DataObject
) -> None:
    as_it_happened = [each for story in told for each in stage.activities(story)]
    again = data.draw(st.lists(st.sampled_from(as_it_happened), max_size=4))
    as_it_arrived = data.draw(st.permutations([*as_it_happened, *again]))

    expected = stage.page_after(as_it_happened)
    found = stage.page_after(as_it_arrived)

    assert shown(found) == shown(expected)
    assert found.count == sum(1 for entry in found.entries if entry.reply)


@examples(40)
@given(stories(), st.data())
def test_what_is_applied_together_is_kept_as_if_each_came_alone(
    strict: Stage, told: list[Story], data: st.DataObject
) -> None:
    sent = [each for story in told for each in [*strict.activities(story), _like(story)]]
    arrived = data.draw(st.permutations(sent))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(arrived)))) | {0, len(arrived)})

    together = strict.kept_after([arrived[a:b] for a, b in pairwise(cuts)])

    assert together == strict.kept_after([[each] for each in arrived])


def _like(story: Story) -> Activity:
    """Let somebody like a note of whom nobody is kept away."""
    fan, uri = ActorId(f"https://{HOSTS[1]}/users/fan"), _uri(story.number, story.host)
    return Like(id=f"{uri}/like", actor=fan, object=uri)
