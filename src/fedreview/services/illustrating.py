"""Keep the share picture of each review: drawn when it is first asked for, once a version."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from fedreview.activitypub.urls import Urls
from fedreview.domain.review import ReviewState
from fedreview.errors import NotFound
from fedreview.services.carding import Card, draw_card
from fedreview.storage import reviews
from fedreview.storage.database import Database

MOST_CARDS = 1_000
"""Files, of some 40 to 500 KB; one that was dropped is drawn again when it is asked for."""

_FOLDER = "cards"


@dataclass(frozen=True, slots=True, kw_only=True)
class Illustrating:
    """A folder of share pictures under the version of what they show."""

    media_dir: Path
    database: Database
    urls: Urls
    _drawing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def folder(self) -> Path:
        """Where the pictures lie."""
        return self.media_dir / _FOLDER

    def card(self, slug: str) -> tuple[str, Path]:
        """Give the version of a published review's picture, and its file. Raises NotFound."""
        with self.database.snapshot() as tx:
            review = reviews.get_by_slug(tx, slug)
        if review.state is not ReviewState.PUBLISHED:
            raise NotFound("not published")
        card = Card.of(review, site=self.urls.host)
        path = self.folder / f"{card.version}.png"
        if not path.is_file():
            # One at a time: a link that spreads is asked for by hundreds of servers at once.
            with self._drawing:
                if not path.is_file():
                    self._keep(path, draw_card(card, self._cover(card)))
        return card.version, path

    def _cover(self, card: Card) -> Path | None:
        path = self.media_dir / card.cover
        return path if card.cover and path.is_file() else None

    def _keep(self, path: Path, data: bytes) -> None:
        self.database.disk.write(path, data)
        oldest_first = sorted(self.folder.glob("*.png"), key=lambda each: each.stat().st_mtime)
        for doomed in oldest_first[:-MOST_CARDS]:
            doomed.unlink(missing_ok=True)
