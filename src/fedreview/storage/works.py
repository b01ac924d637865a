"""Works and their covers."""

import unicodedata
from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from fedreview.domain.identifiers import Identifier
from fedreview.domain.relations import Relation
from fedreview.domain.review import ReviewState
from fedreview.domain.thread import NoteState
from fedreview.domain.work import Cover, Work, WorkFacts, WorkId, WorkKind
from fedreview.errors import NotFound
from fedreview.storage.database import Transaction
from fedreview.storage.slugs import free_slug
from fedreview.storage.tables import NoteRow, ReviewRow
from fedreview.storage.work_tables import MediaRow, WorkRelationRow, WorkRow
from fedreview.storage.writing_tables import UpcomingRow

_OF_OWN_NOTES = select(NoteRow.work_id).where(
    NoteRow.author_id.is_not(None), NoteRow.work_id.is_not(None)
)
_PUBLISHED = (
    select(ReviewRow.work_id)
    .where(ReviewRow.state == ReviewState.PUBLISHED)
    .union(_OF_OWN_NOTES.where(NoteRow.state == NoteState.SHOWN))
)


def title_key(title: str) -> str:
    """Spell a title so that two ways of typing it are one work."""
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


def work_from_rows(row: WorkRow, media: MediaRow | None) -> Work:
    """Make the domain's work of what is stored."""
    return Work(
        id=WorkId(row.id),
        slug=row.slug,
        facts=WorkFacts(
            kind=WorkKind(row.kind),
            title=row.title,
            original_title=row.original_title,
            year=row.year,
            creators=tuple(row.creators.splitlines()),
            length=row.length,
            publisher=row.publisher,
            platform=row.platform,
            links=tuple(row.links.splitlines()),
            identifiers=tuple(map(Identifier.parse, row.identifiers.splitlines())),
            relations=tuple(map(Relation.parse, row.relations.splitlines())),
            cover_alt=row.cover_alt,
        ),
        cover=cover_from_row(media) if media else None,
    )


def cover_from_row(row: MediaRow) -> Cover:
    """Make the domain's cover of what is stored."""
    return Cover(
        name=row.name,
        media_type=row.media_type,
        width=row.width,
        height=row.height,
        bytes=row.bytes,
        blurhash=row.blurhash,
    )


def save(tx: Transaction, id: WorkId, facts: WorkFacts, *, slug: str, cover: Cover | None) -> Work:
    """Add the work, or give a known one these facts.

    slug: wanted when it is new; a number is added when another work has it.
    cover: None keeps the cover there is.
    """
    row = tx.get(WorkRow, id)
    if row is None:
        row = WorkRow(id=id, slug=free_slug(tx, WorkRow, slug, owner=id), cover_name=None)
        tx.add(row)
    row.kind = facts.kind
    row.title, row.title_key = facts.title, title_key(facts.title)
    row.original_title, row.year = facts.original_title, facts.year
    row.creators, row.links = "\n".join(facts.creators), "\n".join(facts.links)
    row.length, row.publisher, row.platform = facts.length, facts.publisher, facts.platform
    row.cover_alt = facts.cover_alt
    row.identifiers = "\n".join(identifier.text for identifier in facts.identifiers)
    row.relations = "\n".join(relation.text for relation in facts.relations)
    if cover is not None:
        row.cover_name = cover.name
    tx.flush()
    _save_relations(tx, id, facts.relations)
    media = tx.get(MediaRow, row.cover_name) if row.cover_name else None
    return work_from_rows(row, media)


def _save_relations(tx: Transaction, id: WorkId, relations: Iterable[Relation]) -> None:
    tx.execute(delete(WorkRelationRow).where(WorkRelationRow.work_id == id))
    tx.add_all(
        WorkRelationRow(
            work_id=id,
            position=position,
            kind=relation.kind,
            title_key=title_key(relation.title),
            work_kind=relation.work_kind or "",
            year=relation.year,
        )
        for position, relation in enumerate(relations)
    )
    tx.flush()


def find_public(tx: Transaction, facts: WorkFacts) -> WorkId | None:
    """Look for the work that these facts describe: same kind, title and year.

    Only works with a published review or take count; the others are nobody's business yet.
    """
    found = tx.scalar(
        select(WorkRow.id)
        .where(
            WorkRow.kind == facts.kind,
            WorkRow.title_key == title_key(facts.title),
            WorkRow.year == facts.year if facts.year else WorkRow.year.is_(None),
            WorkRow.id.in_(_PUBLISHED),
        )
        .limit(1)
    )
    return WorkId(found) if found else None


def find_by_address(
    tx: Transaction, *, ids: Collection[str], slugs: Collection[str], links: Collection[str]
) -> WorkId | None:
    """Look for a work that others name: by id or slug, else by a page about it that we link.

    links: addresses elsewhere; http or https, ``www.`` and a slash at the end do not count, and
    a whole site names no work.
    Only works with a published review or take are found.
    """
    wanted = {link for link in map(_plain_link, links) if "/" in link}
    paths = {link.partition("/")[2] for link in wanted}
    named = or_(
        WorkRow.id.in_(ids),
        WorkRow.slug.in_(slugs),
        *(WorkRow.links.contains(path, autoescape=True) for path in paths),
    )
    rows = tx.execute(
        select(WorkRow.id, WorkRow.slug, WorkRow.links)
        .where(named, WorkRow.id.in_(_PUBLISHED))
        .order_by(WorkRow.id)
    ).all()
    by_name = (row.id for row in rows if row.id in ids or row.slug in slugs)
    by_link = (row.id for row in rows if wanted & set(map(_plain_link, row.links.splitlines())))
    found = next(by_name, None) or next(by_link, None)
    return WorkId(found) if found else None


def _plain_link(link: str) -> str:
    """Spell an address so that two ways of typing it are one."""
    rest = link.partition("#")[0].partition("://")[2]
    host, slash, path = rest.partition("/")
    return f"{host.lower().removeprefix('www.')}{slash}{path}".rstrip("/")


def drop_unused(tx: Transaction) -> None:
    """Drop works that nothing is about any more, nor will be: a draft has joined another."""
    is_unused = (
        WorkRow.id.not_in(select(ReviewRow.work_id))
        & WorkRow.id.not_in(select(UpcomingRow.work_id))
        & WorkRow.id.not_in(_OF_OWN_NOTES)
    )
    unused = select(WorkRow.id).where(is_unused)
    tx.execute(update(NoteRow).where(NoteRow.work_id.in_(unused)).values(work_id=None))
    tx.execute(delete(WorkRow).where(is_unused))


def is_of_one_note(tx: Transaction, id: WorkId) -> bool:
    """Tell whether nothing but one note of our own is about a work."""
    notes = tx.scalar(select(func.count()).where(NoteRow.work_id == id)) or 0
    others = tx.scalar(select(ReviewRow.id).where(ReviewRow.work_id == id).limit(1)) or tx.scalar(
        select(UpcomingRow.id).where(UpcomingRow.work_id == id).limit(1)
    )
    return notes == 1 and others is None


def get(tx: Transaction, id: str) -> Work:
    """Read one. Raises NotFound."""
    return _one(tx, WorkRow.id == id)


def get_by_slug(tx: Transaction, slug: str) -> Work:
    """Read one by its place in page addresses. Raises NotFound."""
    return _one(tx, WorkRow.slug == slug)


def _one(tx: Transaction, which: ColumnElement[bool]) -> Work:
    found = tx.execute(
        select(WorkRow, MediaRow)
        .outerjoin(MediaRow, MediaRow.name == WorkRow.cover_name)
        .where(which)
    ).first()
    if found is None:
        raise NotFound("no such work")
    return work_from_rows(found[0], found[1])
