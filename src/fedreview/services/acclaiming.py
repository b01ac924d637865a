"""Show who liked, boosted, quoted something, or gave it an emoji: counted, and with their faces."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from fedreview.content.sanitize import safe_link
from fedreview.domain.review import ReviewState
from fedreview.domain.thread import NoteState
from fedreview.errors import NotFound
from fedreview.services.assembling import Assembling, page_of
from fedreview.services.views import EmojiTally, ReactionPage, ReactionStrip, Reactor
from fedreview.storage import copies, reactions, reviews, threads
from fedreview.storage.database import Database, Transaction
from fedreview.storage.reactions import Reaction, ReactionKind

FACES = 12
"""In the strip on the page of the thing."""

PAGE = 50
"""On a page of the list of all."""


def reaction_strip(
    tx: Transaction, assembling: Assembling, uri: str, *, page_url: str
) -> ReactionStrip:
    """Count the reactions to a thing, with the faces of the first; in six statements.

    page_url: the path of its page. No number that another server gives is used.
    """
    counted = reactions.count(tx, [uri])
    of_kind = {kind: counted.get((uri, kind), 0) for kind in ReactionKind}
    first = reactions.list_first(tx, uri) if counted else ()
    emoji = reactions.count_emoji(tx, uri) if of_kind[ReactionKind.EMOJI] else ()
    pictures = _pictures(tx, [each.url for each in emoji])
    people = tuple(dict.fromkeys(each.actor for each in first))[:FACES]
    writers = assembling.people(tx, people)
    return ReactionStrip(
        likes=of_kind[ReactionKind.LIKE],
        boosts=of_kind[ReactionKind.BOOST],
        quotes=of_kind[ReactionKind.QUOTE],
        emoji=tuple(
            EmojiTally(emoji=each.emoji, number=each.number, picture=pictures.get(each.url, ""))
            for each in emoji
        ),
        other_emoji=of_kind[ReactionKind.EMOJI] - sum(each.number for each in emoji),
        faces=tuple(writers[actor] for actor in people),
        url=f"{page_url}/reactions",
    )


def _pictures(tx: Transaction, urls: Iterable[str]) -> dict[str, str]:
    """Give where our copies of custom emoji are, by the addresses of the originals."""
    wanted = {url for url in urls if url}
    found = copies.find_known(tx, wanted) if wanted else {}
    return {url: copy.path for url, copy in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acclaiming:
    """Reads the lists of everybody who reacted."""

    database: Database
    assembling: Assembling

    def of_review(self, slug: str, *, kind: str = "", before: str = "") -> ReactionPage:
        """List who reacted to a published review, the newest first. Raises NotFound.

        kind: of ReactionKind, "" for all. before: where the page begins; nonsense begins at
        the top.
        """
        with self.database.snapshot() as tx:
            review = reviews.get_by_slug(tx, slug)
            if review.state is not ReviewState.PUBLISHED:
                raise NotFound("not published")
            uri, url = self.assembling.urls.review(review.id), f"/reviews/{quote(review.slug)}"
            return self._page(tx, uri, url, _kind(kind), before, title=review.heading)

    def of_note(self, id: str, *, kind: str = "", before: str = "") -> ReactionPage:
        """List who reacted to a take, or to an author's answer. Raises NotFound."""
        with self.database.snapshot() as tx:
            note = threads.get(tx, id)
            is_shown = note.state is NoteState.SHOWN and note.audience == "public"
            if note.author_id is None or not is_shown:
                raise NotFound("no such take or answer")
            return self._page(tx, note.uri, f"/notes/{note.id}", _kind(kind), before)

    def _page(
        self,
        tx: Transaction,
        uri: str,
        url: str,
        kind: ReactionKind | None,
        before: str,
        *,
        title: str = "",
    ) -> ReactionPage:
        found = reactions.list_(tx, uri, kind=kind, before=_place(before), limit=PAGE + 1)
        listed, has_more = page_of(found, PAGE)
        people = self.assembling.people(tx, {each.actor for each in listed})
        pictures = _pictures(tx, [each.emoji_url for each in listed])
        counted = reactions.count(tx, [uri])
        return ReactionPage(
            title=title,
            page_url=url,
            kind=kind.value if kind else "",
            kinds=tuple(
                (each.value, counted[uri, each]) for each in ReactionKind if (uri, each) in counted
            ),
            reactors=tuple(
                Reactor(
                    writer=people[each.actor],
                    kind=each.kind.value,
                    at=each.created_at,
                    emoji=each.emoji,
                    picture=pictures.get(each.emoji_url, ""),
                    post_url=_post(each),
                )
                for each in listed
            ),
            older=str(listed[-1].place) if has_more else None,
        )


def _kind(text: str) -> ReactionKind | None:
    """Read which kind is asked for. Raises NotFound."""
    if not text:
        return None
    try:
        return ReactionKind(text)
    except ValueError as error:
        raise NotFound("no such kind of reaction") from error


def _place(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) < 19
    return int(text) if is_number else None


def _post(reaction: Reaction) -> str:
    is_quote = reaction.kind is ReactionKind.QUOTE
    return (safe_link(reaction.activity) or "") if is_quote else ""
