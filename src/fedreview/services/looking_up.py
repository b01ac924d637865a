"""Look a work up in public catalogues, and fill in what the author left empty."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from fedreview.domain.work import WorkKind
from fedreview.errors import RemoteFailure, RemoteUnavailable
from fedreview.federation.catalogues.candidates import Adapter, Candidate
from fedreview.federation.client import FederationClient

PATIENCE = timedelta(seconds=8)
LONGEST_TITLE = 200

FILLED = {
    "original_title": "original title",
    "year": "year",
    "creators": "made by",
    "length": "length",
    "publisher": "studio, publisher or label",
    "identifiers": "what catalogues call it",
    "cover_from": "address of a picture",
}
"""What may be filled in, by the names of the form, with the words for it."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """What catalogues know. silent: the labels of those that did not answer."""

    candidates: tuple[Candidate, ...]
    silent: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookingUp:
    """Asks catalogues, when an author presses the button, and never else.

    patience: how long for each catalogue.
    """

    client: FederationClient
    adapters: tuple[Adapter, ...]
    patience: timedelta = PATIENCE

    @property
    def labels(self) -> tuple[str, ...]:
        """What the catalogues are called that may be asked."""
        return tuple(each.label for each in self.adapters)

    async def look_up(self, title: str, kind: WorkKind) -> LookUp:
        """Ask every catalogue that knows works of this kind, all at once.

        One that refuses, is slow or talks nonsense is named as silent; the others count.
        """
        wanted = " ".join(title.split())[:LONGEST_TITLE]
        asked = [each for each in self.adapters if kind in each.kinds] if wanted else []
        answers = await asyncio.gather(*(self._ask(each, wanted, kind) for each in asked))
        return LookUp(
            candidates=tuple(candidate for found in answers for candidate in found or ()),
            silent=tuple(
                each.label for each, found in zip(asked, answers, strict=True) if found is None
            ),
        )

    async def _ask(
        self, adapter: Adapter, title: str, kind: WorkKind
    ) -> tuple[Candidate, ...] | None:
        try:
            return await self._in_time(adapter, title, kind)
        except RemoteFailure as error:
            _log.info("catalogue does not answer", catalogue=adapter.name, reason=str(error))
            return None

    async def _in_time(self, adapter: Adapter, title: str, kind: WorkKind) -> tuple[Candidate, ...]:
        try:
            async with asyncio.timeout(self.patience.total_seconds()):
                return await adapter.look_up(self.client, title, kind)
        except TimeoutError as error:
            raise RemoteUnavailable(f"{adapter.label} took too long") from error


def fields_from_candidate(candidate: Candidate) -> dict[str, str]:
    """Write a candidate down as what would be typed, under the names of FILLED."""
    facts = candidate.facts
    return {
        "original_title": facts.original_title,
        "year": str(facts.year or ""),
        "creators": ", ".join(facts.creators),
        "length": facts.length,
        "publisher": facts.publisher,
        "identifiers": "\n".join(each.text for each in facts.identifiers),
        "cover_from": candidate.cover_url,
    }


def fill_empty(
    fields: Mapping[str, str], found: Mapping[str, str], *, has_cover: bool
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Fill in what is empty, and tell what that was; what somebody wrote stays as it is.

    has_cover: then no other one is suggested.
    """
    kept = {name for name in FILLED if fields.get(name, "").strip()}
    kept |= {"cover_from"} if has_cover else set()
    added = {name: found[name] for name in FILLED if name not in kept and found.get(name)}
    return {**fields, **added}, tuple(added)
