"""Keep what the door lets in: many activities in one commit, each checked once more in it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import lru_cache

from fedreview.activitypub.origin import site
from fedreview.activitypub.parse import Heading
from fedreview.activitypub.vocabulary import Follow, Undo
from fedreview.errors import Busy, FedreviewError, NotFound, TooManyRequests, UntrustedSignature
from fedreview.services.batching import Batches
from fedreview.services.proving import Verdict
from fedreview.services.repeating import repeated
from fedreview.storage import accounts, actors, arrivals, blocks, hosts, showing
from fedreview.storage.actors import KnownKey
from fedreview.storage.arrivals import NewArrival
from fedreview.storage.database import Database, Transaction

LOOK_AT_QUEUE_EVERY = timedelta(seconds=2)
COME_BACK_AFTER = timedelta(minutes=5)

PACE = timedelta(milliseconds=10)
"""At most so often what came is kept: a commit costs as much as twenty of its rows."""

SHARE_OF_ONE_SITE = 10
"""One site may fill at most this part of the queue, so that its flood leaves room for others.

So may all that nobody signed, together.
"""

MOST_SITES = 10_000
"""Of so many we remember how much of theirs waits; forgetting costs a look at the queue."""


class Admission(Enum):
    """What became of an activity at the door."""

    STORED = auto()
    SEEN_BEFORE = auto()
    NOT_OURS_TO_KNOW = auto()
    NOT_WANTED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """An activity that somebody has vouched for. The rest as in `InboxRequest` and `Verdict`.

    place: host of its actor. key: what it was checked with, when that was not read just now.
    """

    activity: Heading
    place: str
    verdict: Verdict
    body: bytes
    username: str | None = None
    key: KnownKey | None = None

    @property
    def sender(self) -> str:
        """What the queue counts it by."""
        return filed_under(self.verdict.sender)


@dataclass(slots=True)
class _Gauge:
    """How much waits, as last counted, and what was let in since."""

    looked_at: datetime
    waiting: int


@dataclass(slots=True)
class _Asked:
    """What need not be asked again while nothing shown has changed, for none of it would either.

    version: as in `showing`. welcome: servers that are not suspended. authors: user names.
    """

    version: int | None = None
    welcome: set[str] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)
    keys: dict[str, KnownKey] = field(default_factory=dict)

    def is_of(self, version: int | None) -> bool:
        """Tell whether it is still true, and not too much."""
        # One author has many spellings.
        many = len(self.welcome) + len(self.authors) + len(self.keys)
        return version is not None and version == self.version and many < MOST_SITES


@dataclass(slots=True, kw_only=True)
class Admitting:
    """Keeps activities in groups. queue_limit: how many arrivals may wait."""

    database: Database
    queue_limit: int
    now: Callable[[], datetime]
    _all: _Gauge | None = None
    _of_site: dict[str, _Gauge] = field(default_factory=dict)
    _asked: _Asked = field(default_factory=_Asked)
    _batches: Batches[Vouched, Admission] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing that waits."""
        self._batches = Batches(work=lambda group: repeated(self.keep_all, group), pace=PACE)

    async def keep(self, vouched: Vouched) -> Admission:
        """Keep one activity; comes back after the commit that it shares with others.

        Raises UntrustedSignature when its key is no longer the one that it was checked with,
        NotFound for the inbox of nobody, TooManyRequests and Busy.
        """
        return await self._batches.do(vouched)

    def keep_all(self, group: Sequence[Vouched]) -> list[Admission | Exception]:
        """Keep a group in one transaction; one that cannot be kept fails alone."""
        with self.database.transaction() as tx:
            return self._keep(tx, group)

    def _keep(self, tx: Transaction, group: Sequence[Vouched]) -> list[Admission | Exception]:
        """Decide and keep. How many statements it takes does not depend on how many there are."""
        now = self.now()
        decided = self._decided(tx, group)
        kept = [each for each, outcome in zip(group, decided, strict=True) if outcome is None]
        new = arrivals.add_all(tx, (_new_arrival(each, now) for each in kept))
        told: set[tuple[str, str]] = set()
        outcomes: list[Admission | Exception] = []
        for each, outcome in zip(group, decided, strict=True):
            named = (each.activity.id, each.activity.actor)
            is_first = named in new and named not in told
            told.add(named)
            outcomes.append(outcome or self._outcome(tx, each, now, is_new=is_first))
        for sender in hosts.resting_among(tx, {each.verdict.sender for each in kept}, now=now):
            hosts.woke(tx, sender, now=now)
        return outcomes

    def _decided(
        self, tx: Transaction, group: Sequence[Vouched]
    ) -> list[Admission | Exception | None]:
        """Turn away what is not wanted, as the database has it now and not as it was."""
        asked = self._still_asked(tx)
        places = {place for each in group for place in (each.place, each.verdict.sender)}
        suspended = blocks.suspended_among(tx, places - asked.welcome)
        asked.welcome |= places - suspended
        keys = [each.key for each in group if each.key]
        doubtful = [key.id for key in keys if asked.keys.get(key.id) != key]
        asked.keys.update(actors.find_keys(tx, doubtful))
        names = {each.username for each in group if each.username is not None} - asked.authors
        nobody = {name for name in names if accounts.find_author(tx, name) is None}
        asked.authors |= names - nobody
        self._look(tx, {each.sender for each in group})
        decided: list[Admission | Exception | None] = []
        for each in group:
            if each.username in nobody:
                decided.append(NotFound(f"no author {each.username!r}"))
            elif not suspended.isdisjoint((each.place, each.verdict.sender)):
                decided.append(Admission.NOT_WANTED)
            elif each.key and asked.keys.get(each.key.id) != each.key:
                decided.append(UntrustedSignature(f"the key {each.key.id} has changed"))
            else:
                decided.append(self._lack_of_room(each.sender))
        return decided

    def _still_asked(self, tx: Transaction) -> _Asked:
        """Give what is known of the database as this unit has it."""
        version = showing.version(tx)
        if not self._asked.is_of(version):
            self._asked = _Asked(version)
        return self._asked

    def _outcome(
        self, tx: Transaction, vouched: Vouched, now: datetime, *, is_new: bool
    ) -> Admission:
        is_wanted = is_new or _wanted_again(tx, vouched, now)
        return Admission.STORED if is_wanted else Admission.SEEN_BEFORE

    def refuse_when_full(self, tx: Transaction, sender: str) -> None:
        """Raise Busy while more waits than can be applied soon, TooManyRequests for one server."""
        filed = filed_under(sender)
        self._look(tx, {filed})
        lack = self._lack_of_room(filed, is_let_in=False)
        if lack:
            raise lack

    @property
    def _share(self) -> int:
        return max(1, self.queue_limit // SHARE_OF_ONE_SITE)

    def _look(self, tx: Transaction, senders: Iterable[str]) -> None:
        """Count what waits, now and then: of all, and of these senders.

        Of whom too much waits is counted each time, so that they are let in again at once.
        """
        now, share = self.now(), self._share
        stale = sorted(
            sender for sender in senders if _is_stale(self._of_site.get(sender), now, full=share)
        )
        if stale:
            counted = arrivals.count_waiting_of(tx, stale)
            if len(self._of_site) + len(stale) > MOST_SITES:
                self._of_site.clear()
            self._of_site.update({sender: _Gauge(now, counted.get(sender, 0)) for sender in stale})
        if _is_stale(self._all, now):
            self._all = _Gauge(now, arrivals.count_waiting(tx, most=self.queue_limit))

    def _lack_of_room(self, sender: str, *, is_let_in: bool = True) -> FedreviewError | None:
        """Tell whether there is no room for one more of a sender; counts it when there is."""
        everything, theirs = self._all, self._of_site.get(sender)
        if theirs and theirs.waiting >= self._share:
            whose = sender or "nobody who signed"
            return TooManyRequests(f"too much of {whose} waits", retry_after=COME_BACK_AFTER)
        if everything and everything.waiting >= self.queue_limit:
            return Busy("too many arrivals wait", retry_after=COME_BACK_AFTER)
        for gauge in (everything, theirs) if is_let_in else ():
            if gauge:
                gauge.waiting += 1
        return None


@lru_cache(maxsize=MOST_SITES)
def filed_under(host: str) -> str:
    """Give what the queue counts by: subdomains cost whoever floods us nothing."""
    return site(f"https://{host}")


def _is_stale(gauge: _Gauge | None, now: datetime, *, full: int | None = None) -> bool:
    if gauge is None or abs(now - gauge.looked_at) >= LOOK_AT_QUEUE_EVERY:
        return True
    return full is not None and gauge.waiting >= full


def _new_arrival(vouched: Vouched, now: datetime) -> NewArrival:
    return NewArrival(
        activity=vouched.activity.id,
        actor=vouched.activity.actor,
        type=vouched.activity.kind.__name__,
        body=vouched.body,
        now=now,
        sender=vouched.sender,
        is_proved=vouched.verdict.is_proved,
        signed_at=vouched.verdict.signed_at,
    )


def _wanted_again(tx: Transaction, vouched: Vouched, now: datetime) -> bool:
    """Put back into the queue what has come before and is to be applied once more.

    A Follow that comes again asks for the Accept that its sender has not seen. Misskey gives
    every Follow of the same two people, and every Undo of it, the same id. What was signed then
    and not anew is only played again, by whoever has recorded it.
    """
    activity, verdict = vouched.activity, vouched.verdict
    is_wanted = False
    if verdict.signed_at and issubclass(activity.kind, Follow | Undo):
        is_wanted = arrivals.apply_again(
            tx,
            activity=activity.id,
            actor=activity.actor,
            now=now,
            signed_at=verdict.signed_at,
        )
    if not is_wanted and verdict.is_proved:
        is_wanted = arrivals.prove(
            tx, activity=activity.id, actor=activity.actor, body=vouched.body, now=now
        )
    return is_wanted
