"""The other widths and formats of pictures."""

from collections.abc import Iterable

from sqlalchemy import select

from fedreview.domain.work import Variant
from fedreview.storage.database import Transaction
from fedreview.storage.work_tables import MediaVariantRow


def of_pictures(tx: Transaction, names: Iterable[str]) -> dict[str, tuple[Variant, ...]]:
    """Read those of several pictures in one statement, by width and then by format."""
    found: dict[str, list[Variant]] = {name: [] for name in names}
    if not found:
        return {}
    rows = tx.scalars(
        select(MediaVariantRow)
        .where(MediaVariantRow.media_name.in_(found))
        .order_by(MediaVariantRow.width, MediaVariantRow.media_type)
    )
    for row in rows:
        found[row.media_name].append(variant_from_row(row))
    return {name: tuple(variants) for name, variants in found.items()}


def variant_from_row(row: MediaVariantRow) -> Variant:
    """Make the domain's variant of what is stored."""
    return Variant(
        name=row.name,
        media_type=row.media_type,
        width=row.width,
        height=row.height,
        bytes=row.bytes,
    )
