"""Fetch what an activity only points at, and ask the origin about what is hearsay."""

import asyncio
from dataclasses import dataclass, replace

from fedreview.activitypub.origin import same_origin
from fedreview.activitypub.parse import parse_note
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import (
    Activity,
    AnnounceActivity,
    CreateNote,
    Delete,
    Move,
    Reference,
    RemoteNote,
    ReplyRequest,
    Unsupported,
    UpdateActor,
    UpdateNote,
)
from fedreview.domain.actor import ActorId
from fedreview.errors import RemoteRefused
from fedreview.services.acquainting import Acquainting
from fedreview.services.fetching import Fetching
from fedreview.services.handling.moves import confirmed
from fedreview.storage import threads
from fedreview.storage.database import Database

_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True, kw_only=True)
class Completing:
    """Asks other servers what must be known before an activity can be applied.

    At most one document and one actor are fetched for each activity.
    """

    database: Database
    urls: Urls
    fetching: Fetching
    acquainting: Acquainting

    async def complete(self, activity: Activity, *, is_proved: bool) -> Activity:
        """Give the activity with what it points at, as its origin has it.

        is_proved: whether its actor vouches for it. Of what nobody vouches for, only its name
        is used, to ask its own server; what that says counts.

        Raises RemoteUnavailable when something must be asked and cannot be now, RemoteRefused
        and MalformedActivity when the origin does not stand by it.
        """
        match activity:
            case AnnounceActivity():
                return await self._passed_on(activity)
            case Reference():
                return await self._dereferenced(activity)
        if not is_proved:
            return await self._confirmed(activity)
        if isinstance(activity, Move):
            return await confirmed(self.acquainting, self.urls, activity)
        if isinstance(activity, UpdateActor):
            await self.acquainting.fetch_actor(activity.actor)
        if isinstance(activity, ReplyRequest) and activity.note is None:
            return await self._with_its_reply(activity)
        return activity

    async def _with_its_reply(self, activity: ReplyRequest) -> Activity:
        """Fetch the reply that leave is asked for; on another host it is not the asker's."""
        if not same_origin(activity.reply, activity.actor):
            return _nothing(activity)
        note = parse_note(await self.fetching.document(activity.reply))
        return replace(activity, note=note)

    async def _confirmed(self, activity: Activity) -> Activity:
        """Give hearsay as far as its origin says the same; nothing else may be hearsay."""
        match activity:
            case CreateNote(note=note) | UpdateNote(note=note):
                return await self._as_the_origin_has_it(activity, note)
            case Delete():
                return await self._if_it_is_gone(activity)
        return _nothing(activity)

    async def _dereferenced(self, activity: Reference) -> Activity:
        """Fetch the note; on another host it could not be the sender's, so nobody is asked."""
        if not same_origin(activity.object, activity.actor):
            return _nothing(activity)
        note = parse_note(await self.fetching.document(activity.object))
        made = CreateNote if activity.type == "Create" else UpdateNote
        return made(id=activity.id, actor=activity.actor, note=note)

    async def _as_the_origin_has_it(
        self, activity: CreateNote | UpdateNote, told: RemoteNote
    ) -> Activity:
        """Take the note that its own server gives, whatever was told about it."""
        if not same_origin(told.id, activity.actor):
            return _nothing(activity)
        note = await self.fetching.note(told.id)
        if note.attributed_to != activity.actor:
            raise RemoteRefused(f"{note.id} is not by {activity.actor}")
        await self.fetching.writer_of(note)
        return replace(activity, note=note)

    async def _if_it_is_gone(self, activity: Delete) -> Activity:
        """Believe in an end when the origin says so itself.

        For an account only 410 says it: 404 is what a server says, too, that does not know us.
        Source: SWICG ActivityPub and HTTP Signatures, "Handling Deletes of actors".
        """
        if not same_origin(activity.object, activity.actor):
            return _nothing(activity)
        is_account = activity.object == activity.actor
        writer = await asyncio.to_thread(self._writer_of, activity.object)
        if not is_account and writer != activity.actor:
            return _nothing(activity)
        is_gone = await self._is_gone(activity.object, statuses={410} if is_account else _GONE)
        return activity if is_gone else _nothing(activity)

    async def _is_gone(self, url: str, *, statuses: set[int] | frozenset[int]) -> bool:
        try:
            document = await self.fetching.document(url)
        except RemoteRefused as error:
            return error.status in statuses
        return document.get("type") == "Tombstone"

    async def _passed_on(self, activity: AnnounceActivity) -> Activity:
        """Ask the origin about what a group passes on: what is inside is a stranger's word.

        Source: FEP-1b12; Lemmy sends to its communities' followers only in this way.
        """
        if activity.type == "Delete":
            writer = await asyncio.to_thread(self._writer_of, activity.object)
            if writer is None or not await self._is_gone(activity.object, statuses=_GONE):
                return _nothing(activity)
            return Delete(id=activity.id, actor=writer, object=activity.object)
        if activity.type not in {"Create", "Update"}:
            return _nothing(activity)
        if activity.type == "Create" and await asyncio.to_thread(self._has, activity.object):
            # It would change nothing, and could be announced again without end.
            return _nothing(activity)
        note = await self.fetching.note(activity.object)
        await self.fetching.writer_of(note)
        made = CreateNote if activity.type == "Create" else UpdateNote
        return made(id=activity.id, actor=note.attributed_to, note=note)

    def _has(self, uri: str) -> bool:
        with self.database.snapshot() as tx:
            return threads.find(tx, uri) is not None

    def _writer_of(self, uri: str) -> ActorId | None:
        """Give who wrote a public note that we have.

        Of a private one its server tells us, who sign as the site, that it is not there: any of
        its readers could make us believe that it has been deleted.
        """
        with self.database.snapshot() as tx:
            note = threads.find(tx, uri)
        is_theirs = note is not None and note.author_id is None
        return ActorId(note.actor) if note and is_theirs and note.audience == "public" else None


def _nothing(activity: Activity) -> Unsupported:
    return Unsupported(id=activity.id, actor=activity.actor, type=type(activity).__name__)
