"""Answer other servers' questions for lists: what was posted, who answered, who follows."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fedreview.activitypub import build, collections
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import Json
from fedreview.domain.actor import AuthorId
from fedreview.domain.thread import NoteState
from fedreview.errors import NotFound
from fedreview.services.assembling import page_of
from fedreview.services.describing import Found, own_note
from fedreview.storage import accounts, actors, members, queues, reactions, reviews
from fedreview.storage.database import Database, Transaction
from fedreview.storage.members import Member, NoteMember, Place
from fedreview.storage.reactions import ReactionKind

OUTBOX_PAGE = 20
PAGE = 100
"""Ids on a page; Mastodon reads at most 500 pages and 1,000 replies of a conversation."""
MOST_TAGS = 10

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NOTE_PLACE = re.compile(r"(-?[0-9]{1,18})_([0-9a-z]{1,40})")
_NUMBER = re.compile(r"[0-9]{1,18}")
_ACTIVITY = re.compile(r"[0-9a-z]{1,40}")
_REACTIONS = {"likes": ReactionKind.LIKE, "shares": ReactionKind.BOOST}


def _note_place(text: str) -> Place | None:
    """Read where a page of notes begins; "" is the first. Raises NotFound for nonsense."""
    if not text:
        return None
    found = _NOTE_PLACE.fullmatch(text)
    try:
        if found:
            return (_EPOCH + int(found[1]) * _MICROSECOND, found[2])
    except OverflowError:
        pass
    raise NotFound("no such page")


def _note_place_text(place: Place) -> str:
    moment, note_id = place
    return f"{(moment - _EPOCH) // _MICROSECOND}_{note_id}"


def _number(text: str) -> int | None:
    """Read where a page of people or reactions begins; "" is the first. Raises NotFound."""
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise NotFound("no such page")
    return int(text)


def _page_url(uri: str, at: str) -> str:
    return f"{uri}?after={at}" if at else f"{uri}?page=1"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What a collection of notes is, and which part of it is asked for; `at` as for Collecting."""

    uri: str
    owner: str
    at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collecting:
    """Makes every collection that can be fetched from us, or one page of it.

    at: None asks for the collection, "" for its first page, anything else for the page after
    that place. A place that cannot be read raises NotFound; one behind the end has no members.
    """

    database: Database
    urls: Urls

    def outbox(self, username: str, *, at: str | None) -> Found:
        """Describe what an author has sent to everybody. Raises NotFound."""
        if at and not _ACTIVITY.fullmatch(at):
            raise NotFound("no such page")
        with self.database.snapshot() as tx:
            author = accounts.get_author(tx, username)
            uri = f"{self.urls.actor(author.username)}/outbox"
            trashed = [self.urls.review(each.id) for each in reviews.list_trashed(tx, author.id)]
            if at is None:
                total = queues.count_outbox(tx, author.id, without=trashed)
                return _paged(uri, total)
            found = queues.list_outbox(
                tx, author.id, limit=OUTBOX_PAGE + 1, before=at or None, without=trashed
            )
        rows, has_more = page_of(found, OUTBOX_PAGE)
        page = collections.page(
            _page_url(uri, at),
            part_of=uri,
            items=[json.loads(body) for _, body in rows],
            next_page=_page_url(uri, rows[-1][0]) if has_more else "",
        )
        return Found(document=collections.page_of_objects(page))

    def instance_outbox(self) -> Found:
        """Describe the empty outbox of the site itself."""
        uri = f"{self.urls.instance_actor}/outbox"
        return Found(document=collections.collection(uri, total=0, items=[]))

    def followers(self, username: str, *, at: str | None) -> Found:
        """Count an author's followers, and list them if the author lets everybody see them.

        Raises NotFound, for their pages also when they are not shown.
        """
        return self._network(
            username, at, self.urls.followers, actors.count_followers, members.followers
        )

    def following(self, username: str, *, at: str | None) -> Found:
        """Count whom an author follows, and list them, as `followers` does."""
        return self._network(
            username, at, self.urls.following, members.count_following, members.following
        )

    def _network(
        self,
        username: str,
        at: str | None,
        address: Callable[[str], str],
        count: Callable[[Transaction, AuthorId], int],
        read: Callable[..., tuple[Member, ...]],
    ) -> Found:
        with self.database.snapshot() as tx:
            author = accounts.get_author(tx, username)
            uri, is_listed = address(author.username), author.shows_network
            if at is None:
                total = count(tx, author.id)
                return _paged(uri, total) if is_listed else _counted(uri, total)
            before = _listed(at, is_listed=is_listed)
            found = read(tx, author.id, limit=PAGE + 1, before=before)
        return _people(uri, at, found)

    def featured(self, username: str) -> Found:
        """Describe what an author has pinned, the last pinned first. Raises NotFound.

        By address only: Mastodon skips an Article that stands there itself
        (fetch_featured_collection_service.rb).
        """
        with self.database.snapshot() as tx:
            author = accounts.get_author(tx, username)
            pinned = reviews.list_featured_ids(tx, author.id)
        items: list[Json] = [self.urls.review(review_id) for review_id in pinned]
        uri = self.urls.featured(author.username)
        return Found(document=collections.collection(uri, total=len(items), items=items))

    def featured_tags(self, username: str) -> Found:
        """Describe the tags that an author uses most. Raises NotFound."""
        with self.database.snapshot() as tx:
            author = accounts.get_author(tx, username)
            tags = members.tags_of(tx, author.id, limit=MOST_TAGS)
        uri = f"{self.urls.actor(author.username)}/featuredTags"
        return Found(document=collections.featured_tags(uri, tags, self.urls))

    def of_review(self, id: str, name: str, *, at: str | None) -> Found:
        """Describe a review's replies, likes, shares or context. Raises NotFound.

        Mastodon fetches all replies from here, other people's included: this is how its
        readers see the whole conversation (fetch-all-replies, 4.5).
        """
        with self.database.snapshot() as tx:
            author = reviews.get_published_author(tx, id)
            uri = self.urls.review(id)
            if name in _REACTIONS:
                return _reactions(tx, uri, name, at)
            part = _Part(uri=uri, owner=self.urls.actor(author.username), at=at)
            place = _note_place(at or "")
            total = members.count_in_thread(tx, id) if at is None else 0
            shown = members.in_thread(tx, id, limit=PAGE + 1, after=place)
        return (_context if name == "context" else _replies)(part, total, shown)

    def of_note(self, id: str, name: str, *, at: str | None) -> Found:
        """Describe the replies, likes or shares of an author's answer. Raises NotFound."""
        with self.database.snapshot() as tx:
            note, author = own_note(tx, id)
            if note.state is not NoteState.SHOWN:
                raise NotFound("the answer has been deleted")
            if name in _REACTIONS:
                return _reactions(tx, note.uri, name, at)
            part = _Part(uri=note.uri, owner=self.urls.actor(author.username), at=at)
            place = _note_place(at or "")
            total = members.count_answering(tx, note.uri) if at is None else 0
            shown = members.answering(tx, note.uri, limit=PAGE + 1, after=place)
        return _replies(part, total, shown)


def _paged(uri: str, total: int, *, ordered: bool = True, owner: str = "") -> Found:
    first = _page_url(uri, "")
    return Found(
        document=collections.collection(uri, total=total, ordered=ordered, first=first, owner=owner)
    )


def _counted(uri: str, total: int) -> Found:
    return Found(document=collections.collection(uri, total=total))


def _listed(at: str, *, is_listed: bool) -> int | None:
    """Read a place in a list of people. Raises NotFound when nobody may see the list."""
    if not is_listed:
        raise NotFound("the author keeps this list to themselves")
    return _number(at)


def _people(uri: str, at: str, found: tuple[Member, ...]) -> Found:
    shown, has_more = page_of(found, PAGE)
    page = collections.page(
        _page_url(uri, at),
        part_of=uri,
        items=[member.uri for member in shown],
        next_page=_page_url(uri, str(shown[-1].place)) if has_more else "",
    )
    return Found(document=collections.page_of_ids(page))


def _reactions(tx: Transaction, thing: str, name: str, at: str | None) -> Found:
    """Count likes or shares, or list one page of them."""
    uri, kind = f"{thing}/{name}", _REACTIONS[name]
    if at is None:
        counted = reactions.count(tx, [thing])
        return _paged(uri, counted.get((thing, kind), 0), ordered=False)
    found = members.reactions(tx, thing, kind, limit=PAGE + 1, after=_number(at) or 0)
    shown, has_more = page_of(found, PAGE)
    page = collections.page(
        _page_url(uri, at),
        part_of=uri,
        items=[member.uri for member in shown],
        next_page=_page_url(uri, str(shown[-1].place)) if has_more else "",
        ordered=False,
    )
    return Found(document=collections.page_of_ids(page))


def _page_of_notes(
    part: _Part, name: str, found: Sequence[NoteMember], *, ordered: bool, head: list[Json]
) -> build.Document:
    """Describe a page of notes. head: what stands before them on the first page."""
    uri = f"{part.uri}/{name}"
    shown, has_more = page_of(tuple(found), PAGE)
    return collections.page(
        _page_url(uri, part.at or ""),
        part_of=uri,
        items=[*([] if part.at else head), *(note.uri for note in shown)],
        next_page=_page_url(uri, _note_place_text(shown[-1].place)) if has_more else "",
        ordered=ordered,
    )


def _replies(part: _Part, total: int, found: Sequence[NoteMember]) -> Found:
    """Describe the replies with their first page in them, or one page."""
    page = _page_of_notes(part, "replies", found, ordered=False, head=[])
    if part.at is not None:
        return Found(document=collections.page_of_ids(page))
    uri = f"{part.uri}/replies"
    return Found(
        document=collections.collection(
            uri, total=total, ordered=False, first=page, owner=part.owner
        )
    )


def _context(part: _Part, total: int, found: Sequence[NoteMember]) -> Found:
    """Describe the whole conversation, the review first (FEP-7888, FEP-f228), or one page."""
    if part.at is None:
        return _paged(f"{part.uri}/context", total + 1, owner=part.owner)
    page = _page_of_notes(part, "context", found, ordered=True, head=[part.uri])
    return Found(document=collections.page_of_ids(page))
