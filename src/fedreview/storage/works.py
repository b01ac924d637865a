"""Works and their covers."""

import unicodedata
from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from fedreview.domain.identifiers import Identifier, identifiers_from_links
from fedreview.domain.relations import Relation
from fedreview.domain.review import ReviewState
from fedreview.domain.thread import NoteState
from fedreview.domain.work import Cover, Variant, Work, WorkFacts, WorkId, WorkKind
from fedreview.errors import NotFound
from fedreview.storage import indexing, variants
from fedreview.storage.database import Transaction
from fedreview.storage.slugs import free_slug
from fedreview.storage.tables import NoteRow, ReviewRow
from fedreview.storage.work_tables import MediaRow, WorkRelationRow, WorkRow
from fedreview.storage.writing_tables import UpcomingRow

_OF_OWN_NOTES = select(NoteRow.work_id).where(
    NoteRow.author_id.is_not(None), NoteRow.work_id.is_not(None)
)

# Asked for each work that is come across: the list of all of them could be long.
_is_reviewed = (
    select(ReviewRow.id)
    .where(ReviewRow.work_id == WorkRow.id, ReviewRow.state == ReviewState.PUBLISHED)
    .correlate(WorkRow)
    .exists()
)
_is_noted = (
    _OF_OWN_NOTES.where(NoteRow.work_id == WorkRow.id, NoteRow.state == NoteState.SHOWN)
    .correlate(WorkRow)
    .exists()
)
_is_published = or_(_is_reviewed, _is_noted)

is_announced_publicly = or_(
    UpcomingRow.announced_in.is_(None),
    UpcomingRow.announced_in.in_(
        select(ReviewRow.id).where(ReviewRow.state == ReviewState.PUBLISHED)
    ),
)
"""What a draft announces is as private as the draft."""

_is_announced = (
    select(UpcomingRow.id)
    .where(UpcomingRow.work_id == WorkRow.id, is_announced_publicly)
    .correlate(WorkRow)
    .exists()
)
is_public_work = or_(_is_published, _is_announced)
"""Works of drafts are nobody's business yet."""


def title_key(title: str) -> str:
    """Spell a title so that two ways of typing it are one work."""
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


def work_from_rows(row: WorkRow, media: MediaRow | None, others: tuple[Variant, ...] = ()) -> Work:
    """Make the domain's work of what is stored. others: the variants of its picture."""
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
            identifiers=_identifiers(row.identifiers),
            relations=tuple(map(Relation.parse, row.relations.splitlines())),
            cover_alt=row.cover_alt,
        ),
        cover=cover_from_row(media, others) if media else None,
    )


def cover_from_row(row: MediaRow, others: tuple[Variant, ...] = ()) -> Cover:
    """Make the domain's cover of what is stored. others: its variants."""
    return Cover(
        name=row.name,
        media_type=row.media_type,
        width=row.width,
        height=row.height,
        bytes=row.bytes,
        blurhash=row.blurhash,
        variants=others,
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
    indexing.renew_of_work(tx, id)
    media = tx.get(MediaRow, row.cover_name) if row.cover_name else None
    return _with_variants(tx, row, media)


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

    Else it is the one that a catalogue gives the same name, whatever its title, unless the
    years contradict; else one of the title that is only announced, if one of them says no year.

    Only works with a published review or announcement count; the others are nobody's business
    yet.
    """
    same_title = (WorkRow.kind == facts.kind, WorkRow.title_key == title_key(facts.title))
    same_year = WorkRow.year == facts.year if facts.year else WorkRow.year.is_(None)
    no_year = [WorkRow.year.is_(None)] if facts.year else []
    only_announced = ~_is_published
    return (
        _first_public(tx, *same_title, same_year)
        or _find_by_identifier(tx, facts)
        or _first_public(tx, *same_title, only_announced, *no_year)
    )


def joined(facts: WorkFacts, known: WorkFacts) -> WorkFacts:
    """Join what is said of a work now with what was known of it.

    Of one title the newer counts. When only a catalogue says that they are the same, what was
    known stays and gaps are filled: one wrong link must not rename the work of another review.
    """
    is_same_title = title_key(facts.title) == title_key(known.title)
    return facts.filled_from(known) if is_same_title else known.filled_from(facts)


def _first_public(tx: Transaction, *which: ColumnElement[bool]) -> WorkId | None:
    found = tx.scalar(
        select(WorkRow.id).where(is_public_work, *which).order_by(WorkRow.id).limit(1)
    )
    return WorkId(found) if found else None


def _find_by_identifier(tx: Transaction, facts: WorkFacts) -> WorkId | None:
    wanted = {each for each in facts.all_identifiers if each.names_one(facts.kind)}
    if not wanted:
        return None
    years = [WorkRow.year.is_(None) | (WorkRow.year == facts.year)] if facts.year else []
    rows = tx.execute(
        select(WorkRow.id, WorkRow.identifiers, WorkRow.links)
        .where(is_public_work, WorkRow.kind == facts.kind, _may_be_called(wanted), *years)
        .order_by(WorkRow.id)
    )
    named = (
        row.id
        for row in rows
        if wanted & {*_identifiers(row.identifiers), *identifiers_from_links(row.links.split())}
    )
    found = next(named, None)
    return WorkId(found) if found else None


def _may_be_called(names: Collection[Identifier]) -> ColumnElement[bool]:
    """Select what has one of these names somewhere; whether it is one is to be looked at."""
    return or_(
        *(WorkRow.identifiers.contains(each.value, autoescape=True) for each in names),
        *(WorkRow.links.contains(each.value, autoescape=True) for each in names),
    )


def _identifiers(text: str) -> tuple[Identifier, ...]:
    return tuple(map(Identifier.parse, text.splitlines()))


def find_by_address(
    tx: Transaction, *, ids: Collection[str], slugs: Collection[str], links: Collection[str]
) -> WorkId | None:
    """Look for a work that others name: by id or slug, else by a page about it that we link.

    links: addresses elsewhere; http or https, ``www.`` and a slash at the end do not count, and
    a whole site names no work. A catalogue's page names what has its identifier, too.
    Only works with a published review are found.
    """
    wanted = {link for link in map(_plain_link, links) if "/" in link}
    names = set(identifiers_from_links(links))
    paths = {link.partition("/")[2] for link in wanted}
    named = or_(
        WorkRow.id.in_(ids),
        WorkRow.slug.in_(slugs),
        *(WorkRow.links.contains(path, autoescape=True) for path in paths),
        *(WorkRow.identifiers.contains(name.text, autoescape=True) for name in names),
    )
    rows = tx.execute(
        select(WorkRow.id, WorkRow.slug, WorkRow.links, WorkRow.identifiers)
        .where(named, _is_published)
        .order_by(WorkRow.id)
    ).all()
    by_name = (row.id for row in rows if row.id in ids or row.slug in slugs)
    by_link = (row.id for row in rows if wanted & set(map(_plain_link, row.links.splitlines())))
    by_identifier = (row.id for row in rows if names & set(_identifiers(row.identifiers)))
    found = next(by_name, None) or next(by_link, None) or next(by_identifier, None)
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


def count_uses(tx: Transaction, id: str) -> int:
    """Count what needs the work as it is: reviews in any state, and open announcements."""
    written = select(func.count()).select_from(ReviewRow).where(ReviewRow.work_id == id)
    announced = (
        select(func.count())
        .select_from(UpcomingRow)
        .where(UpcomingRow.work_id == id, UpcomingRow.review_id.is_(None))
    )
    return (tx.scalar(written) or 0) + (tx.scalar(announced) or 0)


def is_public(tx: Transaction, id: str) -> bool:
    """Tell whether a published review or announcement is about it."""
    return tx.scalar(select(WorkRow.id).where(WorkRow.id == id, is_public_work)) is not None


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
    return _with_variants(tx, found[0], found[1])


def _with_variants(tx: Transaction, row: WorkRow, media: MediaRow | None) -> Work:
    others = variants.of_pictures(tx, [media.name] if media else [])
    return work_from_rows(row, media, others[media.name] if media else ())
