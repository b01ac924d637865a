"""Show an author how what they send fares, and begin anew what failed."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from fedreview.activitypub.servers import part_of_name
from fedreview.domain.actor import Author
from fedreview.domain.delivery import Counts, Stand
from fedreview.errors import NotFound
from fedreview.services.assembling import page_of
from fedreview.services.board_views import (
    DispatchItem,
    Progress,
    SentDetail,
    SentItem,
    SentPage,
    ServerDetail,
    ServerItem,
    ServerPage,
)
from fedreview.services.captioning import Caption, Captioning
from fedreview.services.explaining import answer_in_words, explain, in_words
from fedreview.storage import board, dispatches, reach
from fedreview.storage.blocks import suspended_among
from fedreview.storage.board import Dispatch, SentActivity, SentTally
from fedreview.storage.database import Database, Transaction
from fedreview.storage.dispatches import Wanted
from fedreview.storage.reach import HostFacts, HostTally, HostTrouble

SENT_PER_PAGE = 20
DISPATCHES_PER_PAGE = 100
SERVERS_PER_PAGE = 50
MOST_UNDER_WAY = 5
PORTION = 500
"""How many begin anew in one unit of work, so that others need not wait long."""

LONGEST_CURSOR = 300

_RESENDABLE = frozenset({Stand.FAILING, Stand.GIVEN_UP})
_NOTHING_KNOWN = HostFacts(failures=0, resting_until=None, software="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatching:
    """Keeps the delivery board.

    What was sent is shown to who sent it, and what the site sends in its own name to all. How
    servers fare concerns everybody here alike, as which of them are kept at a distance does.
    """

    database: Database
    captioning: Captioning
    now: Callable[[], datetime]
    wake: Callable[[], None]

    def under_way(self, author: Author) -> tuple[Progress, ...]:
        """Give what is being sent just now, the newest first."""
        with self.database.snapshot() as tx:
            ids = board.list_under_way(tx, author.id, now=self.now(), limit=MOST_UNDER_WAY)
            return self._progress(tx, author, ids, ids) if ids else ()

    def progress(self, author: Author, ids: Iterable[str]) -> tuple[Progress, ...]:
        """Give how far these things of an author have come, whether or not they go on."""
        wanted = sorted(set(ids))[:MOST_UNDER_WAY]
        with self.database.snapshot() as tx:
            on_their_way = board.list_under_way(
                tx, author.id, now=self.now(), limit=MOST_UNDER_WAY + len(wanted)
            )
            return self._progress(tx, author, wanted, on_their_way)

    def _progress(
        self, tx: Transaction, author: Author, ids: Collection[str], under_way: Collection[str]
    ) -> tuple[Progress, ...]:
        found = board.fan_outs(tx, author.id, ids)
        activities = board.find_activities(tx, [each.activity_id for each in found])
        captions = self.captioning.captions(tx, author.id, activities.values())
        return tuple(
            Progress(
                id=each.activity_id,
                caption=captions[each.activity_id],
                reached=each.reached,
                servers=each.servers,
                counts=each.counts,
                is_under_way=each.activity_id in under_way,
            )
            for each in found
        )

    def sent(
        self, author: Author, *, stand: Stand | None, before: str, limit: int = SENT_PER_PAGE
    ) -> SentPage:
        """Give what an author sent, the newest first, as far back as deliveries are kept.

        stand: only what has a delivery that stands there. before: the cursor.
        """
        with self.database.snapshot() as tx:
            found = board.list_activities(
                tx, author.id, stand=stand, before=before[:LONGEST_CURSOR], limit=limit + 1
            )
            shown, has_more = page_of(found, limit)
            captions = self.captioning.captions(tx, author.id, shown)
            tallies = board.count_by_activity(tx, [each.id for each in shown])
            has_failed = board.has_failed(tx, author.id)
        items = tuple(_sent(each, captions[each.id], tallies.get(each.id)) for each in shown)
        older = shown[-1].id if has_more else ""
        return SentPage(items=items, older=older, has_failed=has_failed)

    def one(
        self,
        author: Author,
        id: str,
        *,
        host: str = "",
        after: str,
        limit: int = DISPATCHES_PER_PAGE,
    ) -> SentDetail:
        """Give where something goes, what fails first. after: the cursor. Raises NotFound.

        host: only to servers with this in their name.
        """
        with self.database.snapshot() as tx:
            activity = _get(tx, author, id)
            found = board.list_of_activity(
                tx, id, host=part_of_name(host), after=_place(after), limit=limit + 1
            )
            caption = self.captioning.captions(tx, author.id, [activity])[id]
            tally = board.count_by_activity(tx, [id]).get(id)
        shown, has_more = page_of(found, limit)
        can_resend = not activity.is_emptied
        return SentDetail(
            item=_sent(activity, caption, tally),
            is_emptied=activity.is_emptied,
            groups=_groups(_dispatch(each, None, can_resend=can_resend) for each in shown),
            further=_cursor(shown) if has_more else "",
        )

    def servers(
        self, *, only_trouble: bool, host: str = "", after: str, limit: int = SERVERS_PER_PAGE
    ) -> ServerPage:
        """Give how servers fare, those first that need attention. after: the cursor.

        host: only those with this in their name.
        """
        rank, _, previous = after[:LONGEST_CURSOR].partition(".")
        place = (int(rank), previous) if rank in {"0", "1", "2", "3"} else None
        with self.database.snapshot() as tx:
            found = reach.list_hosts(
                tx,
                now=self.now(),
                only_trouble=only_trouble,
                host=part_of_name(host),
                after=place,
                limit=limit + 1,
            )
            shown, has_more = page_of(found, limit)
            items = self._servers(tx, shown)
        last = shown[-1] if has_more else None
        return ServerPage(items=items, further=f"{last.rank}.{last.host}" if last else "")

    def server(
        self, author: Author, host: str, *, after: str, limit: int = DISPATCHES_PER_PAGE
    ) -> ServerDetail:
        """Give what a server has not taken. after: the cursor. Raises NotFound."""
        with self.database.snapshot() as tx:
            counts = reach.find_host(tx, host)
            if counts is None:
                raise NotFound("nothing was ever sent to this server")
            [server] = self._servers(tx, [HostTally(host=host, rank=3, counts=counts)])
            found = reach.list_of_host(tx, host, after=_place(after), limit=limit + 1)
            shown, has_more = page_of(found, limit)
            sent = board.find_activities(tx, {each.activity_id for each in shown})
            captions = self.captioning.captions(tx, author.id, sent.values())
        return ServerDetail(
            server=server,
            groups=_groups(
                _dispatch(
                    each,
                    captions[each.activity_id],
                    can_resend=_is_own(author, sent[each.activity_id]) and not server.is_suspended,
                )
                for each in shown
            ),
            further=_cursor(shown) if has_more else "",
        )

    def _servers(self, tx: Transaction, tallies: Collection[HostTally]) -> tuple[ServerItem, ...]:
        names = [each.host for each in tallies]
        facts, troubles = reach.facts_of(tx, names), reach.troubles_of(tx, names)
        suspended = suspended_among(tx, names)
        return tuple(
            self._server(
                each,
                facts.get(each.host, _NOTHING_KNOWN),
                troubles.get(each.host),
                is_suspended=each.host in suspended,
            )
            for each in tallies
        )

    def _server(
        self, tally: HostTally, facts: HostFacts, trouble: HostTrouble | None, *, is_suspended: bool
    ) -> ServerItem:
        is_resting = facts.resting_until is not None and facts.resting_until > self.now()
        latest = trouble.latest if trouble else None
        return ServerItem(
            host=tally.host,
            counts=tally.counts,
            needs_attention=tally.counts.is_in_trouble or is_resting,
            reason=explain(latest.status, latest.error) if latest else "",
            answer=answer_in_words(latest.status, latest.error) if latest else "",
            since=trouble.since if trouble else None,
            next_try_at=trouble.next_try_at if trouble else None,
            resting_until=facts.resting_until if is_resting else None,
            software=facts.software,
            is_suspended=is_suspended,
        )

    def resend(self, author: Author) -> int:
        """Begin anew all of an author's that failed, and count it; a second time does no more."""
        return self._begin(Wanted(author_id=author.id))

    def resend_one(self, author: Author, id: str, *, delivery: str = "") -> int:
        """Begin anew what of one thing failed. delivery: only that one. Raises NotFound."""
        with self.database.snapshot() as tx:
            _get(tx, author, id)
        number = int(delivery) if _is_number(delivery) else None
        if delivery and number is None:
            raise NotFound("no such delivery")
        return self._begin(Wanted(author_id=author.id, activity_id=id, delivery_id=number))

    def resend_to(self, host: str) -> int:
        """Begin anew what one server did not take, whoever sent it."""
        return self._begin(Wanted(host=host))

    def _begin(self, wanted: Wanted) -> int:
        now, begun, after = self.now(), 0, 0
        while True:
            with self.database.transaction() as tx:
                ready = dispatches.list_ready(tx, wanted, now=now, after=after, limit=PORTION)
                begun += dispatches.begin_anew(tx, ready, now=now)
            if len(ready) < PORTION:
                break
            after = ready[-1][0]
        if begun:
            self.wake()
        return begun

    def stop(self, host: str) -> int:
        """Give up whatever waits for a server, and count it."""
        with self.database.transaction() as tx:
            return dispatches.stop(tx, host, now=self.now())


def _get(tx: Transaction, author: Author, id: str) -> SentActivity:
    activity = board.find_activity(tx, author.id, id)
    if activity is None:
        raise NotFound("nothing that this author sent")
    return activity


def _is_own(author: Author, activity: SentActivity) -> bool:
    return activity.author_id in {None, author.id} and not activity.is_emptied


def _sent(activity: SentActivity, caption: Caption, tally: SentTally | None) -> SentItem:
    counts = tally.counts if tally else Counts()
    ended_at = tally.settled_at if tally and not counts.pending and counts.delivered else None
    return SentItem(
        id=activity.id,
        caption=caption,
        sent_at=activity.created_at,
        counts=counts,
        took=in_words(ended_at - activity.created_at) if ended_at else "",
    )


def _dispatch(each: Dispatch, caption: Caption | None, *, can_resend: bool) -> DispatchItem:
    is_waiting = each.stand in {Stand.FAILING, Stand.ON_THE_WAY}
    return DispatchItem(
        id=each.id,
        activity_id=each.activity_id,
        host=each.host,
        inbox=each.inbox,
        stand=each.stand,
        failures=each.failures,
        reason=explain(each.status, each.error),
        answer=answer_in_words(each.status, each.error),
        next_try_at=each.due_at if is_waiting else None,
        settled_at=each.settled_at,
        caption=caption,
        can_resend=can_resend and each.stand in _RESENDABLE,
    )


def _groups(items: Iterable[DispatchItem]) -> dict[Stand, tuple[DispatchItem, ...]]:
    found = tuple(items)
    every = {stand: tuple(each for each in found if each.stand is stand) for stand in Stand}
    return {stand: some for stand, some in every.items() if some}


def _is_number(text: str) -> bool:
    # No id has more digits, and PostgreSQL refuses what has.
    return text.isascii() and text.isdecimal() and len(text) <= 18


def _place(cursor: str) -> tuple[int, int] | None:
    rank, _, number = cursor.partition(".")
    return (int(rank), int(number)) if _is_number(rank) and _is_number(number) else None


def _cursor(shown: tuple[Dispatch, ...]) -> str:
    rank, number = shown[-1].place
    return f"{rank}.{number}"
