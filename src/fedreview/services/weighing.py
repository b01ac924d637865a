"""What a list of servers would change here, line by line, before anything does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from fedreview.activitypub.blocklists import Line
from fedreview.activitypub.servers import read_server
from fedreview.domain.moderation import Severity
from fedreview.errors import InvalidInput
from fedreview.storage.domains import DomainBlock

_STRENGTH = {Severity.NOOP: 0, Severity.SILENCE: 1, Severity.SUSPEND: 2}


class Effect(StrEnum):
    """What a line of a list does here."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A line with what it does. block: as it stands afterwards, None for a wrong line.

    before: as it stands now, or None. remark: what is to be said of it, or "".
    """

    line: Line
    effect: Effect
    block: DomainBlock | None = None
    before: DomainBlock | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a whole list would do."""

    lines: tuple[Weighed, ...]

    def of(self, effect: Effect) -> tuple[Weighed, ...]:
        """Give the lines that have this effect, in their order."""
        return tuple(each for each in self.lines if each.effect is effect)

    @property
    def writes(self) -> tuple[Weighed, ...]:
        """Give the lines that change something."""
        return tuple(each for each in self.lines if each.effect in {Effect.NEW, Effect.CHANGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A line with the server that it means; problem: why it means none, or ""."""

    line: Line
    domain: str = ""
    problem: str = ""


def name_lines(lines: Iterable[Line], *, own: str) -> tuple[Named, ...]:
    """Find out which server each line means; of one named twice, the first line counts."""
    seen: dict[str, int] = {}
    return tuple(_named(line, own, seen) for line in lines)


def _named(line: Line, own: str, seen: dict[str, int]) -> Named:
    if line.problem:
        return Named(line=line, problem=line.problem)
    try:
        domain = read_server(line.name, own=own)
    except InvalidInput as error:
        return Named(line=line, problem=error.problems["domain"])
    if domain in seen:
        return Named(line=line, problem=f"The same server stands in line {seen[domain]} already.")
    seen[domain] = line.number
    return Named(line=line, domain=domain)


def weigh(named: Iterable[Named], present: Mapping[str, DomainBlock], *, now: datetime) -> Plan:
    """Compare a list with the blocks there are. No block gets weaker by it."""
    return Plan(lines=tuple(_weighed(each, present.get(each.domain), now) for each in named))


def _weighed(named: Named, before: DomainBlock | None, now: datetime) -> Weighed:
    if named.problem:
        return Weighed(line=named.line, effect=Effect.WRONG, remark=named.problem)
    asked = _asked(named, now)
    if before is None:
        return Weighed(line=named.line, effect=Effect.NEW, block=asked)
    block = _stronger(before, asked)
    effect = Effect.SAME if block == before else Effect.CHANGED
    remark = _remark(before, asked)
    return Weighed(line=named.line, effect=effect, block=block, before=before, remark=remark)


def _asked(named: Named, now: datetime) -> DomainBlock:
    line = named.line
    return DomainBlock(
        domain=named.domain,
        # As Mastodon reads a list that says none.
        severity=line.severity or Severity.SUSPEND,
        created_at=now,
        reject_media=line.reject_media,
        reject_reports=line.reject_reports,
        public_comment=line.public_comment,
        obfuscate=line.obfuscate,
    )


def _stronger(before: DomainBlock, asked: DomainBlock) -> DomainBlock:
    """Add what the list asks for to what is there already."""
    return replace(
        before,
        severity=max(before.severity, asked.severity, key=_STRENGTH.__getitem__),
        reject_media=before.reject_media or asked.reject_media,
        reject_reports=before.reject_reports or asked.reject_reports,
        public_comment=before.public_comment or asked.public_comment,
        obfuscate=before.obfuscate or asked.obfuscate,
    )


def _remark(before: DomainBlock, asked: DomainBlock) -> str:
    """Say where the list is milder than what is there, which then stays."""
    if _STRENGTH[asked.severity] < _STRENGTH[before.severity]:
        return f"The list says {asked.severity}, which is milder. Yours stays."
    return ""
