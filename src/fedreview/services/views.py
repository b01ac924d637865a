"""What a page shows, as values: browsing and overseeing make them, templates read them."""

from dataclasses import dataclass, field
from datetime import datetime

from fedreview.domain.actor import Author, RemoteActor
from fedreview.domain.identifiers import Identifier
from fedreview.domain.moderation import Conduct
from fedreview.domain.rating import Rating
from fedreview.domain.relations import RelationKind
from fedreview.domain.review import Review
from fedreview.domain.thread import Reply, Thread, Writer
from fedreview.domain.upcoming import Upcoming
from fedreview.domain.work import Cover, Work, WorkKind
from fedreview.services.accounts import SiteInfo
from fedreview.storage.actors import FollowingState


@dataclass(frozen=True, slots=True, kw_only=True)
class PageVersion:
    """Which version of a page there is now.

    tag: another one as soon as anything that the page shows is another.
    info, is_set_up: of the site, at the same moment.
    until: when there is another one by itself, None for never.
    """

    tag: str
    info: SiteInfo
    is_set_up: bool
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewVersion(PageVersion):
    """Which version of a review there is now.

    ap_url, page_url: absolute.
    is_of_book: then BookWyrm is given another document than everybody else.
    """

    ap_url: str
    page_url: str
    is_of_book: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCard:
    """A review in a list. url, cover_url: paths on this site; cover_url may be ""."""

    review: Review
    url: str
    cover_url: str
    excerpt: str
    replies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPage:
    """One page of a list of reviews; `older` is the cursor of the next, or None.

    version: of the front page only.
    """

    cards: tuple[ReviewCard, ...]
    older: str | None = None
    version: PageVersion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostscriptView:
    """A postscript, rendered. added_at: None when it was there from the beginning."""

    html: str
    added_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicLink:
    """A published review that another page leads to. url: a path."""

    title: str
    url: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpcomingCard:
    """What somebody has announced.

    work_url: a path, "" when the work has no page. cover_url: a path, or "".
    announced_in: the review that says so, when it is public. review: what it has become.
    """

    upcoming: Upcoming
    work_url: str
    cover_url: str = ""
    announced_in: PublicLink | None = None
    review: PublicLink | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmojiTally:
    """How many reacted with one emoji; a custom one is ``:name:``.

    picture: the path of our copy, or "".
    """

    emoji: str
    number: int
    picture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionStrip:
    """What came of something besides replies.

    emoji: those that were given most; other_emoji: how many more were given.
    faces: of the first who reacted. url: the path of the list of all.
    """

    likes: int = 0
    boosts: int = 0
    quotes: int = 0
    emoji: tuple[EmojiTally, ...] = ()
    other_emoji: int = 0
    faces: tuple[Writer, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reactor:
    """Somebody who reacted. kind: "like", "boost", "emoji" or "quote".

    emoji, picture: "" but for that kind, as of EmojiTally.
    post_url: of a quote, where it can be read, or "".
    """

    writer: Writer
    kind: str
    at: datetime
    emoji: str = ""
    picture: str = ""
    post_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionPage:
    """One page of those who reacted to something.

    title: of the review, "" of a take or answer. page_url: its path.
    kind: the only one that is listed, or "". kinds: each that there is, with how many.
    older: the cursor of the next page, or None.
    """

    title: str
    page_url: str
    kind: str
    kinds: tuple[tuple[str, int], ...]
    reactors: tuple[Reactor, ...]
    older: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """A review with everything its page shows.

    url, ap_url, work_url, author_url: absolute. cover_url: a path, or "".
    handle: ``user@host``. description: one plain line. json_ld: a schema.org document.
    share_image_url: absolute, or "". tag_links: pairs of label and path.
    announces: what its author is going to review. announced_in: reviews that announced this one.
    takes_comments: whether people without an account may comment.
    version: None for a preview, which has no description nor json_ld either.
    conduct: how the conversation is led; is_closed: whether no more replies are shown.
    """

    review: Review
    url: str
    ap_url: str
    cover_url: str
    cover: Cover | None
    body_html: str
    synopsis_paragraphs: tuple[str, ...]
    work_url: str
    author_url: str
    handle: str
    thread: Thread
    reactions: ReactionStrip
    reading_minutes: int
    description: str
    json_ld: str
    share_image_url: str
    tag_links: tuple[tuple[str, str], ...]
    sign_off_html: str = ""
    postscripts: tuple[PostscriptView, ...] = ()
    announces: UpcomingCard | None = None
    announced_in: tuple[PublicLink, ...] = ()
    takes_comments: bool = False
    version: ReviewVersion | None = None
    conduct: Conduct = field(default_factory=Conduct)
    is_closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirRating:
    """A score that somebody elsewhere gives a work; url: of what they wrote, or ""."""

    writer: Writer
    rating: Rating
    url: str
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedWork:
    """Another work, and what it is to this one. url: a path, "" when it has no page here."""

    kind: RelationKind
    title: str
    work_kind: WorkKind | None
    year: int | None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One time that an author saw, read, played or heard a work, and what they gave it then.

    at: noon of the day on which they had finished, else when they wrote of it.
    """

    card: ReviewCard
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeCard:
    """A take in a list, or with its thread on its page. work_url: a path, or "".

    note: with the score that it gives. line: plain, gives nothing away. replies: how many.
    """

    note: Reply
    work: Work | None
    work_url: str
    line: str
    replies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakePage:
    """One page of a list of takes; `older` is the cursor of the next, or None."""

    takes: tuple[TakeCard, ...]
    older: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPage:
    """A work with its reviews, and with what others give it.

    occasions: the same reviews, by the time that they tell of, the earliest first.
    identifiers: what catalogues call it. links: pages about it that are none of theirs.
    related: by what they are to it. upcoming: what is to be written about it.
    average: of their ratings, as ten would be the best; "" when they are too few for one.
    json_ld: a schema.org document.
    """

    work: Work
    cover_url: str
    ap_url: str
    cards: tuple[ReviewCard, ...]
    ratings: tuple[TheirRating, ...]
    average: str
    occasions: tuple[Occasion, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    links: tuple[str, ...] = ()
    related: tuple[RelatedWork, ...] = ()
    upcoming: tuple[UpcomingCard, ...] = ()
    json_ld: str = ""
    takes: tuple[TakeCard, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account elsewhere, as far as we know it; url: http(s), of its page or else its id."""

    id: str
    name: str
    handle: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPage:
    """An author with their reviews.

    pinned: those at the head, on the first page only.
    moved_to: the account they have gone to, or None. Its name and handle are "" when nobody
    here knows it any more.
    kinds: how many reviews of each kind there are, the most first.
    """

    person: Author
    handle: str
    followers: int
    ap_url: str
    pinned: tuple[ReviewCard, ...]
    listing: CardPage
    moved_to: Account | None = None
    kinds: tuple[tuple[WorkKind, int], ...] = ()
    takes: tuple[TakeCard, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePage:
    """An author's answer to something that is not on this site, or a take.

    take: with its thread; None for an answer.
    """

    note: Reply
    answers_url: str
    ap_url: str
    take: TakeCard | None = None
    thread: Thread | None = None
    author_id: str = ""
    reactions: ReactionStrip = ReactionStrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyPlace:
    """Where a reply stands.

    path: with its page and its fragment. uri: its ActivityPub id, "" where others hear nothing
    of it.
    """

    path: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Whether the author who looks likes a note, and whether they have boosted it."""

    liked: bool
    boosted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter:
    """What is known of an address that an author came with; at most one of the three is.

    page: a path on this site. person: with `following`, what became of the wish to follow them.
    note: with `title`, "" but for articles, and `given`, what the author gave to it.
    """

    page: str = ""
    person: RemoteActor | None = None
    following: FollowingState | None = None
    note: Reply | None = None
    title: str = ""
    given: Given | None = None

    @property
    def is_known(self) -> bool:
        """Whether anything is known of the address."""
        return bool(self.page or self.person or self.note)
