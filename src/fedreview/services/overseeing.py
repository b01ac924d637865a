"""What an author sees of their own site: the desk, conversations, people."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from fedreview.domain.conversation import Part
from fedreview.domain.review import Review
from fedreview.services.assembling import Assembling, cursor_from_text, cursor_text, page_of
from fedreview.services.conversation_views import parents_of
from fedreview.services.desk_views import (
    ConversationItem,
    DeliverySummary,
    Desk,
    FollowingItem,
    People,
    ScheduledItem,
    TimelineItem,
    TrashedItem,
)
from fedreview.services.scheduling import spoken, zone_of
from fedreview.services.trashing import UNDO_TIME
from fedreview.storage import actors, blocks, conversations, hosts, queues, reviews, threads
from fedreview.storage.actors import FollowingState
from fedreview.storage.database import Database, Transaction
from fedreview.storage.reviews import Cursor, Filter
from fedreview.storage.threads import StoredNote

CONVERSATIONS_PER_PAGE = 30
FOLLOWERS_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Overseeing:
    """Reads the pages of the desk."""

    database: Database
    urls: Urls
    assembling: Assembling
    now: Callable[[], datetime]

    def desk(self, author: Author) -> Desk:
        """Give what an author sees first."""
        with self.database.snapshot() as tx:
            counts = queues.count_deliveries(tx)
            drafts = reviews.list_drafts(tx, author.id)
            failing, given_up = hosts.count_out_of_reach(tx)
            return Desk(
                drafts=self.assembling.cards(
                    tx, tuple(draft for draft in drafts if draft.scheduled_at is None)
                ),
                scheduled=_scheduled(drafts, author),
                trashed=tuple(
                    TrashedItem(review=each, minutes=self._minutes_left(each))
                    for each in reviews.list_trashed(tx, author.id)
                ),
                published=(
                    *self.assembling.pinned(tx, author.id),
                    *self.assembling.listing(
                        tx, Filter(author_id=author.id, featured=False), None
                    ).cards,
                ),
                conversations=self._conversations(tx, author, limit=8, before=None),
                followers=actors.count_followers(tx, author.id),
                deliveries=DeliverySummary(
                    waiting=counts.get("waiting", 0),
                    failing=failing,
                    given_up=given_up,
                    delivered=counts.get("done", 0),
                ),
                handle=self.urls.handle(author.username),
            )

    def _minutes_left(self, trashed: Review) -> int:
        ends_at = (trashed.trashed_at or self.now()) + UNDO_TIME
        return max(0, int((ends_at - self.now()).total_seconds() // 60))

    def conversations(
        self, author: Author, *, before: str | None, part: Part = Part.ALL
    ) -> tuple[tuple[ConversationItem, ...], str | None]:
        """Give what others wrote to the author, newest first, and the cursor of the next page.

        part: which part of it.
        """
        with self.database.snapshot() as tx:
            found = conversations.list_conversations(
                tx,
                author.id,
                limit=CONVERSATIONS_PER_PAGE + 1,
                before=cursor_from_text(before),
                part=part,
            )
            notes, has_more = page_of(found, CONVERSATIONS_PER_PAGE)
            items = self._items(tx, author, notes)
        return items, cursor_text(notes[-1].arrived_at, notes[-1].id) if has_more else None

    def people(self, author: Author) -> People:
        """Give who follows, who is followed, and the latest posts of those."""
        with self.database.snapshot() as tx:
            following = actors.list_following(tx, author.id)
            followed = [f.actor.id for f in following if f.state is FollowingState.ACCEPTED]
            posts = threads.list_posts(tx, followed, limit=20)
            replies = self.assembling.replies(tx, posts, None)
            given = self.assembling.given(tx, author, posts)
            banned = [each.actor for each in blocks.list_blocked(tx, author.id)]
            known = actors.find_many(tx, banned)
            return People(
                followers=actors.list_followers(tx, author.id, limit=FOLLOWERS_SHOWN),
                follower_count=actors.count_followers(tx, author.id),
                following=tuple(
                    FollowingItem(
                        actor=f.actor,
                        handle=f.actor.handle,
                        state=f.state,
                        moved_from=f.moved_from,
                    )
                    for f in following
                ),
                followed_count=len(followed),
                timeline=tuple(
                    TimelineItem(note=reply, title=post.name, given=given[post.uri])
                    for reply, post in zip(replies, posts, strict=True)
                ),
                blocked=tuple(known[actor] for actor in banned if actor in known),
            )

    def _conversations(
        self, tx: Transaction, author: Author, *, limit: int, before: Cursor | None
    ) -> tuple[ConversationItem, ...]:
        return self._items(
            tx, author, conversations.list_conversations(tx, author.id, limit=limit, before=before)
        )

    def _items(
        self, tx: Transaction, author: Author, notes: tuple[StoredNote, ...]
    ) -> tuple[ConversationItem, ...]:
        about = reviews.titles(tx, {note.review_id for note in notes if note.review_id})
        given = self.assembling.given(tx, author, notes)
        parents = parents_of(tx, self.assembling, notes)
        items = []
        for note, reply in zip(notes, self.assembling.replies(tx, notes, None), strict=True):
            title, slug = about.get(note.review_id or "", ("", ""))
            page = f"/replies/{note.id}" if note.is_in_sight else f"/reviews/{quote(slug)}"
            items.append(
                ConversationItem(
                    reply=reply,
                    review_title=title,
                    review_url=page if slug else "",
                    private=note.audience != "public",
                    given=given[note.uri],
                    parent=parents.get(note.uri),
                )
            )
        return tuple(items)


def _scheduled(drafts: Iterable[Review], author: Author) -> tuple[ScheduledItem, ...]:
    """Give those that will be published by themselves, the next first."""
    zone = zone_of(author.time_zone)
    waiting = sorted((each.scheduled_at, each.id, each) for each in drafts if each.scheduled_at)
    return tuple(ScheduledItem(review=review, at=spoken(at, zone)) for at, _, review in waiting)
