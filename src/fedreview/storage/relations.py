"""Which works belong together, seen from either side."""

from sqlalchemy import ColumnElement, Select, or_, select

from fedreview.domain.relations import Relation, RelationKind
from fedreview.domain.work import Work, WorkFacts, WorkId, WorkKind
from fedreview.storage.database import Transaction
from fedreview.storage.work_tables import WorkRelationRow, WorkRow
from fedreview.storage.works import is_public_work, title_key

MOST = 100


def find_named(tx: Transaction, relation: Relation, *, of: WorkId) -> tuple[str, WorkFacts] | None:
    """Look up slug, kind, title and year of the public work that a relation names.

    of: whose relation it is; a work is not related to itself.
    """
    which = [WorkRow.title_key == title_key(relation.title), WorkRow.id != of]
    if relation.work_kind:
        which.append(WorkRow.kind == relation.work_kind)
    if relation.year:
        which.append(or_(WorkRow.year == relation.year, WorkRow.year.is_(None)))
    query = select(WorkRow.slug, WorkRow.kind, WorkRow.title, WorkRow.year)
    # Where the year says nothing, the oldest is what others are based on.
    row = tx.execute(query.where(is_public_work, *which).order_by(WorkRow.year, WorkRow.id)).first()
    return (row.slug, _facts(row.kind, row.title, row.year)) if row else None


def list_naming(tx: Transaction, work: Work) -> tuple[tuple[RelationKind, str, WorkFacts], ...]:
    """Read the public works that name this one: what it is to them, their slug and facts."""
    rows = tx.execute(_naming(work).order_by(WorkRow.year, WorkRow.id).limit(MOST))
    return tuple(
        (RelationKind(row.relation), row.slug, _facts(row.kind, row.title, row.year))
        for row in rows
    )


def _naming(work: Work) -> Select[str, str, str, str, int | None]:
    facts = work.facts
    keys = {title_key(title) for title in (facts.title, facts.original_title) if title}
    same_year: list[ColumnElement[bool]] = []
    if facts.year:
        same_year = [or_(WorkRelationRow.year.is_(None), WorkRelationRow.year == facts.year)]
    return (
        select(
            WorkRelationRow.kind.label("relation"),
            WorkRow.slug,
            WorkRow.kind,
            WorkRow.title,
            WorkRow.year,
        )
        .join(WorkRow, WorkRow.id == WorkRelationRow.work_id)
        .where(
            WorkRelationRow.title_key.in_(keys),
            WorkRelationRow.work_kind.in_(["", facts.kind]),
            *same_year,
            WorkRow.id != work.id,
            is_public_work,
        )
    )


def _facts(kind: str, title: str, year: int | None) -> WorkFacts:
    return WorkFacts(kind=WorkKind(kind), title=title, year=year)
