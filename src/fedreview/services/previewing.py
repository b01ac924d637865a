"""Show what is being written as each kind of server will show it.

Nothing is made up here: every word is taken out of the very document that publishing sends, and
treated as the receiver treats it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

from fedreview.activitypub import build
from fedreview.activitypub.dialects.bookwyrm import bookwyrm_review, is_book
from fedreview.activitypub.policy import Policy
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import Json
from fedreview.content.markdown import render_page
from fedreview.content.sanitize import clean_html, clean_text
from fedreview.domain.actor import Author
from fedreview.domain.rating import plain
from fedreview.domain.review import Draft, Review, ReviewId, ReviewState, slug_from_title
from fedreview.domain.take import Take
from fedreview.domain.upcoming import Upcoming
from fedreview.domain.work import Cover, Work, WorkId
from fedreview.services.announcing import would_announce
from fedreview.services.inviting import policy_of_review, policy_of_take
from fedreview.services.rendering import (
    TEASER_LENGTH,
    article_text,
    teaser,
    with_announcement,
)
from fedreview.services.syndicating import Entry, entry_of
from fedreview.services.taking import Taking
from fedreview.storage import accounts
from fedreview.storage.database import Database

RECEIVERS = ("mastodon", "gotosocial", "pleroma", "neodb", "bookwyrm", "feed")
"""As which a review can be seen beside its own page."""

LONGEST_NAME = 2_000

SPOILER = "Spoiler. Read it on the page."
"""What stands in a feed in the place of one, in English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The box that Mastodon makes of a link. picture: a path on this site, or ""."""

    title: str
    description: str
    site: str
    picture: str
    picture_alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post on somebody's screen.

    html: sanitised. warning: what it is folded under, or "". title: a line of its own, or "".
    blurred: whether pictures are. card: below the text, or None. tags: without the #.
    """

    html: str
    warning: str = ""
    title: str = ""
    blurred: bool = False
    card: Card | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score as a server keeps it. given: what the author gave. exact: whether it is the same."""

    number: str
    best: str
    given: str
    exact: bool
    halves: int = 0
    """Of stars, where there are stars: twice as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a kind of server makes of it.

    post: None where it is not shown at all. hints: what the author may want to change.
    entry: of a feed, None elsewhere.
    """

    receiver: str
    post: Post | None
    hints: tuple[str, ...]
    score: Score | None = None
    author: str = ""
    handle: str = ""
    language: str = "en"
    entry: Entry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewing:
    """Makes the documents that would be sent, and shows them from the other side."""

    database: Database
    urls: Urls
    taking: Taking
    now: Callable[[], datetime]

    def review(
        self,
        receiver: str,
        author: Author,
        draft: Draft,
        *,
        known: Review | None,
        cover: Cover | None,
    ) -> Seen:
        """Show a review as one of RECEIVERS does. known: when it is kept already."""
        review = self._would_be(author, draft, known, cover)
        announced = would_announce(author, draft, now=self.now())
        text = with_announcement(article_text(review, base_url=self.urls.base), announced)
        article = build.article(review, text, self.urls, self._policy(author, known))
        shown: Mapping[str, Callable[[Review, build.Document], Seen]] = {
            "mastodon": self._on_mastodon,
            "gotosocial": self._folded,
            "pleroma": self._with_subject,
            "neodb": self._on_neodb,
            "bookwyrm": self._on_bookwyrm,
        }
        if receiver == "feed":
            return self._in_feed(review, article, announced)
        return shown[receiver](review, article)

    def take(self, author: Author, take: Take) -> Seen:
        """Show a take as Mastodon does, and nearly everybody else."""
        note = self.taking.would_be(author, take)
        return Seen(
            receiver="mastodon",
            post=Post(
                html=clean_html(str(note["content"])),
                warning=str(note.get("summary", "")),
                blurred=bool(note["sensitive"]),
                tags=tuple(_tag_names(note["tag"])),
            ),
            hints=(),
            author=author.name,
            handle=self.urls.handle(author.username),
            language=take.language,
        )

    def _policy(self, author: Author, known: Review | None) -> Policy:
        with self.database.snapshot() as tx:
            if known:
                return policy_of_review(tx, known.id, now=self.now())
            return policy_of_take(tx, author.id, self.now(), now=self.now())

    def _would_be(
        self, author: Author, draft: Draft, known: Review | None, cover: Cover | None
    ) -> Review:
        review_id = known.id if known else ReviewId("preview")
        slug = known.slug if known and known.published_at else slug_from_title(draft.title)
        work_slug = known.work.slug if known else slug_from_title(draft.work.title)
        work_id = known.work.id if known else WorkId("preview")
        work = Work(id=work_id, slug=work_slug or work_id, facts=draft.work, cover=cover)
        return Review.of(
            draft,
            id=review_id,
            slug=slug or review_id,
            author=author,
            work=work,
            state=ReviewState.DRAFT,
            created_at=known.created_at if known else self.now(),
            published_at=known.published_at if known else self.now(),
        )

    def _seen(
        self,
        receiver: str,
        review: Review,
        post: Post | None,
        hints: Iterable[str] = (),
        score: Score | None = None,
    ) -> Seen:
        return Seen(
            receiver=receiver,
            post=post,
            hints=tuple(hints),
            score=score,
            author=review.author.name,
            handle=self.urls.handle(review.author.username),
            language=review.language,
        )

    def _on_mastodon(self, review: Review, article: build.Document) -> Seen:
        """Source: app/lib/activitypub/parser/status_parser.rb, the same from 4.3 to 4.6.

        Title and summary are put into the post as they are and then cleaned; the content is
        never shown.
        """
        url, name, summary = article["url"], article["name"], article["summary"]
        html = f'<h2>{name}</h2><p>{summary}</p><p><a href="{url}">{url}</a></p>'
        cover = review.work.cover
        card = Card(
            title=review.heading,
            description=teaser(review),
            site=self._site_title(),
            picture=f"/media/{quote(cover.name)}" if cover else "",
            picture_alt=review.work.facts.cover_alt,
        )
        post = Post(
            html=clean_html(html),
            blurred=bool(article["sensitive"]),
            card=card,
            tags=tuple(_tag_names(article["tag"])),
        )
        return self._seen("mastodon", review, post, _hints_on_summary(review))

    def _site_title(self) -> str:
        with self.database.snapshot() as tx:
            return accounts.find_setting(tx, "title") or "Reviews"

    def _folded(self, review: Review, article: build.Document) -> Seen:
        """Source: GoToSocial internal/typeutils/astointernal.go, and Misskey's `cw`."""
        post = Post(html=clean_html(str(article["content"])), warning=str(article["summary"]))
        return self._seen("gotosocial", review, post, _hints_on_text(review))

    def _with_subject(self, review: Review, article: build.Document) -> Seen:
        """Source: Pleroma's StatusView.render_content, which puts the linked name before it."""
        name = f'<p><a href="{article["url"]}">{article["name"]}</a></p>'
        html = clean_html(f"{name}{article['content']}")
        post = Post(html=html, warning=str(article["summary"]))
        return self._seen("pleroma", review, post, _hints_on_text(review))

    def _on_neodb(self, review: Review, article: build.Document) -> Seen:
        """Source: NeoDB takahe/ap_handlers.py: what it takes is in `relatedWith`."""
        parts = {str(part["type"]): part for part in _objects(article["relatedWith"])}
        text = parts["Review"]
        post = Post(html=render_page(str(text["content"])), title=str(text["name"]))
        given = parts.get("Rating")
        score = None
        if given and review.rating:
            value = Decimal(str(given["value"]))
            score = Score(
                number=str(given["value"]),
                best=str(given["best"]),
                given=review.rating.text,
                exact=review.rating.rescaled(best=10) == value,
            )
        return self._seen("neodb", review, post, (), score)

    def _on_bookwyrm(self, review: Review, article: build.Document) -> Seen:
        """Source: bookwyrm/activitypub/note.py and models/status.py."""
        if not is_book(review.work):
            return self._seen("bookwyrm", review, None)
        theirs = bookwyrm_review(article, review, self.urls)
        post = Post(
            html=clean_html(str(theirs["content"])),
            warning=str(theirs.get("summary", "")),
            title=str(theirs["name"]),
        )
        score = None
        if review.rating:
            value = Decimal(str(theirs["rating"]))
            exact = review.rating.rescaled(best=5)
            score = Score(
                number=plain(value),
                best="5",
                given=f"{review.rating.text}, or {plain(exact.quantize(Decimal('0.01')))} of 5",
                exact=exact == value,
                halves=int(value * 2),
            )
        return self._seen("bookwyrm", review, post, (), score)

    def _in_feed(self, review: Review, article: build.Document, announced: Upcoming | None) -> Seen:
        """Show a feed's entry: the whole text, with its spoilers left out."""
        entry = entry_of(review, self.urls, notice=SPOILER, announced=announced)
        seen = self._seen("feed", review, Post(html="", title=str(article["name"])))
        return replace(seen, entry=entry)


def _objects(value: Json) -> Iterable[dict[str, Json]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def _tag_names(value: Json) -> Iterable[str]:
    return (
        clean_text(str(tag["name"]), LONGEST_NAME).removeprefix("#")
        for tag in _objects(value)
        if tag["type"] == "Hashtag"
    )


def _hints_on_summary(review: Review) -> Iterable[str]:
    """Say what Mastodon's readers will miss."""
    written = review.teaser or review.verdict
    if len(written) > TEASER_LENGTH:
        what = "teaser" if review.teaser else "verdict"
        yield f"The {what} is longer than {TEASER_LENGTH} characters; its end is left out."
    elif not written:
        yield "There is no teaser and no verdict, so the post is the beginning of something else."
    if review.work.cover is None:
        yield "There is no picture, so the card is a narrow one."
    elif not review.work.facts.cover_alt:
        yield "No alt text: say what the picture shows, for those who do not see it."
    if not review.tags:
        yield "There are no tags; by those people find you who do not follow you."


def _hints_on_text(review: Review) -> Iterable[str]:
    """Say which formatting does not travel."""
    page = render_page(review.body)
    if "<table" in page:
        yield "Tables arrive as lists."
    if "<img" in page:
        yield "Pictures in the text arrive as links."
    if 'class="spoiler"' in page:
        yield "Spoilers arrive between marks, in the open: this fold is all that covers them."
