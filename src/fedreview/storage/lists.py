"""Lists that are kept in one column, because nobody asks the database about what is in them."""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from fedreview.domain.rating import Rating
from fedreview.domain.review import Aspect, Postscript


def aspects_to_text(aspects: Iterable[Aspect]) -> str:
    """Write scores with their names as JSON, exact; "" for none."""
    kept = [
        [aspect.name, aspect.rating.thousandths, *aspect.rating.scale.thousandths]
        for aspect in aspects
    ]
    return json.dumps(kept, ensure_ascii=False) if kept else ""


@lru_cache(maxsize=256)
def aspects_from_text(text: str) -> tuple[Aspect, ...]:
    """Read what `aspects_to_text` wrote."""
    return tuple(
        Aspect(
            name=name,
            rating=Rating.from_thousandths(value, best=best, worst=worst, step=step),
        )
        for name, value, best, worst, step in (json.loads(text) if text else ())
    )


def postscripts_to_text(postscripts: Iterable[Postscript]) -> str:
    """Write paragraphs with their times as JSON; "" for none."""
    kept = [
        [each.text, each.added_at.isoformat() if each.added_at else None] for each in postscripts
    ]
    return json.dumps(kept, ensure_ascii=False) if kept else ""


@lru_cache(maxsize=256)
def postscripts_from_text(text: str) -> tuple[Postscript, ...]:
    """Read what `postscripts_to_text` wrote."""
    return tuple(
        Postscript(text=written, added_at=datetime.fromisoformat(added_at) if added_at else None)
        for written, added_at in (json.loads(text) if text else ())
    )
