"""The pictures in the media folder."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from fedreview.domain.work import Cover, Variant
from fedreview.storage import variants
from fedreview.storage.database import Transaction
from fedreview.storage.upsert import add_new
from fedreview.storage.work_tables import MediaRow, MediaVariantRow
from fedreview.storage.works import cover_from_row


def add(tx: Transaction, cover: Cover, *, now: datetime) -> None:
    """Remember a picture; of one that is known only what it lacks, for names are hashes."""
    add_new(
        tx,
        MediaRow,
        {
            "name": cover.name,
            "media_type": cover.media_type,
            "width": cover.width,
            "height": cover.height,
            "bytes": cover.bytes,
            "created_at": now,
            "blurhash": cover.blurhash,
        },
    )
    tx.execute(
        update(MediaRow)
        .where(MediaRow.name == cover.name, MediaRow.blurhash == "")
        .values(blurhash=cover.blurhash)
    )
    for variant in cover.variants:
        add_new(
            tx,
            MediaVariantRow,
            {
                "name": variant.name,
                "media_name": cover.name,
                "media_type": variant.media_type,
                "width": variant.width,
                "height": variant.height,
                "bytes": variant.bytes,
            },
        )


def find(tx: Transaction, name: str) -> Cover | None:
    """Look a picture up by its file name."""
    return find_many(tx, {name}).get(name)


def find_many(tx: Transaction, names: Collection[str]) -> dict[str, Cover]:
    """Look several pictures up by their file names, in two statements for any number."""
    if not names:
        return {}
    rows = tx.scalars(select(MediaRow).where(MediaRow.name.in_(list(names)))).all()
    others = variants.of_pictures(tx, [row.name for row in rows])
    return {row.name: cover_from_row(row, others[row.name]) for row in rows}


def find_file(tx: Transaction, name: str) -> Cover | Variant | None:
    """Look up what a file in the media folder is: a picture, or a variant of one."""
    row = tx.get(MediaRow, name)
    if row:
        return cover_from_row(row)
    variant = tx.get(MediaVariantRow, name)
    return variants.variant_from_row(variant) if variant else None


def list_without_variants(tx: Transaction) -> tuple[Cover, ...]:
    """Read the pictures that nothing smaller was made of."""
    with_some = select(MediaVariantRow.media_name)
    rows = tx.scalars(select(MediaRow).where(MediaRow.name.not_in(with_some)))
    return tuple(cover_from_row(row) for row in rows)


def list_files(tx: Transaction) -> frozenset[str]:
    """Read the names of all files: of pictures, and of their variants."""
    names = (select(MediaRow.name), select(MediaVariantRow.name))
    return frozenset(name for each in names for name in tx.scalars(each))
