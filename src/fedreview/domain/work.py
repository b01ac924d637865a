"""What is reviewed: a film, a series, a book and so on."""

from dataclasses import dataclass, fields, replace
from typing import NewType, Self

from fedreview.domain.identifiers import Identifier, identifiers_from_links
from fedreview.domain.kinds import WorkKind
from fedreview.domain.relations import Relation

__all__ = ["Cover", "Variant", "Work", "WorkFacts", "WorkId", "WorkKind"]

WorkId = NewType("WorkId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The same picture in another width or format. name: its file in the media folder."""

    name: str
    media_type: str
    width: int
    height: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A picture of the work.

    name: its file name in the media folder.
    media_type: image/jpeg or image/png.
    width, height: in pixels.
    bytes: its size.
    blurhash: a few letters that a blurred likeness can be made of, or "".
    variants: smaller ones and such in modern formats, by width and then by format.
    """

    name: str
    media_type: str
    width: int
    height: int
    bytes: int
    blurhash: str = ""
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFacts:
    """What the author says of the work; everything but kind and title may be empty.

    creators: directors, authors, bands: whoever made it, in the author's order.
    length: in the author's words: "105 min", "10 volumes".
    publisher: studio, publishing house or label.
    platform: where it can be had: "Netflix", "Switch".
    links: http(s) addresses of pages about it (IMDb, AniList, OpenLibrary …).
    identifiers: what catalogues call it, as far as the author says so beside the links.
    relations: other works that it belongs to.
    cover_alt: what the cover shows, for those who do not see it.
    """

    kind: WorkKind
    title: str
    original_title: str = ""
    year: int | None = None
    creators: tuple[str, ...] = ()
    length: str = ""
    publisher: str = ""
    platform: str = ""
    links: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    relations: tuple[Relation, ...] = ()
    cover_alt: str = ""

    @property
    def all_identifiers(self) -> tuple[Identifier, ...]:
        """What catalogues call it: as the author says, and as the links tell."""
        return tuple(dict.fromkeys((*self.identifiers, *identifiers_from_links(self.links))))

    @property
    def pages(self) -> tuple[str, ...]:
        """The pages about it elsewhere, each once: the links, then those of catalogues."""
        return tuple(dict.fromkeys((*self.links, *(each.url for each in self.all_identifiers))))

    def filled_from(self, known: Self) -> Self:
        """Keep what was known of the same work wherever nothing new is said."""
        empty = {
            field.name: getattr(known, field.name)
            for field in fields(self)
            if not getattr(self, field.name)
        }
        return replace(self, **empty)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A work as it is kept: the facts, and what we made of them.

    slug: its place in page addresses, fixed when the work is first kept.
    """

    id: WorkId
    slug: str
    facts: WorkFacts
    cover: Cover | None = None
