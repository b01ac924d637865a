"""Tell which works belong to one, and when it was seen or read."""

from datetime import UTC, datetime, time
from urllib.parse import quote

from fedreview.domain.relations import RelationKind
from fedreview.domain.review import Review
from fedreview.domain.work import Work
from fedreview.services.views import Occasion, RelatedWork, ReviewCard
from fedreview.storage import relations, works
from fedreview.storage.database import Transaction

_ORDER = tuple(RelationKind)


def related_works(tx: Transaction, work: Work) -> tuple[RelatedWork, ...]:
    """Give what a work names and what names it, each once, by what it is to this one.

    What the others say counts the other way round: the sequel of a work is what calls it
    its prequel.
    """
    found: dict[tuple[RelationKind, str], RelatedWork] = {}
    for relation in work.facts.relations:
        named = relations.find_named(tx, relation, of=work.id)
        slug, facts = named or ("", None)
        each = RelatedWork(
            kind=relation.kind,
            title=facts.title if facts else relation.title,
            work_kind=facts.kind if facts else relation.work_kind,
            year=facts.year if facts else relation.year,
            url=_path(slug),
        )
        key = each.url or works.title_key(f"{relation.text}")
        found.setdefault((each.kind, key), each)
    for kind, slug, facts in relations.list_naming(tx, work):
        each = RelatedWork(
            kind=kind.inverse,
            title=facts.title,
            work_kind=facts.kind,
            year=facts.year,
            url=_path(slug),
        )
        found.setdefault((each.kind, each.url), each)
    return tuple(sorted(found.values(), key=lambda each: _ORDER.index(each.kind)))


def _path(slug: str) -> str:
    return f"/works/{quote(slug)}" if slug else ""


def occasions(cards: tuple[ReviewCard, ...]) -> tuple[Occasion, ...]:
    """Put what was written about a work in the order of when its author had seen or read it."""
    found = (Occasion(card=card, at=_occasion(card.review)) for card in cards)
    return tuple(sorted(found, key=lambda each: each.at))


def _occasion(review: Review) -> datetime:
    if review.finished_on:
        return datetime.combine(review.finished_on, time(12), UTC)
    return review.published_at or review.created_at
