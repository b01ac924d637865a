"""Values to test with: sensible in every field, and different where the test says so.

What a factory does not take as an argument is changed with ``dataclasses.replace``.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from fedreview.domain.actor import ActorId, Author, AuthorId, RemoteActor
from fedreview.domain.identifiers import Catalogue, Identifier
from fedreview.domain.moderation import Severity
from fedreview.domain.rating import Rating, Scale
from fedreview.domain.relations import Relation, RelationKind
from fedreview.domain.review import (
    Announcement,
    Aspect,
    Draft,
    Postscript,
    Review,
    ReviewId,
    ReviewState,
    Spoilers,
    Synopsis,
)
from fedreview.domain.thread import NoteId, NoteState, Reply, Writer
from fedreview.domain.work import Cover, Work, WorkFacts, WorkId, WorkKind
from fedreview.storage.accounts import Session
from fedreview.storage.actors import KnownKey
from fedreview.storage.domains import DomainBlock
from fedreview.storage.keys import StoredKey
from fedreview.storage.queues import OutgoingActivity
from fedreview.storage.threads import StoredNote

NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)

SITE = "https://reviews.example"

PUBLIC_PEM = "-----BEGIN PUBLIC KEY-----\nnot a real one\n-----END PUBLIC KEY-----\n"
PRIVATE_PEM = "-----BEGIN PRIVATE KEY-----\nnot a real one\n-----END PRIVATE KEY-----\n"


def minutes(n: float) -> timedelta:
    """Shorten what tests about time say most."""
    return timedelta(minutes=n)


def an_author(
    *,
    id: str = "author1",
    username: str = "ana",
    name: str = "Ana Núñez",
    summary: str = "Films, and what they do to us.",
    created_at: datetime = NOON,
) -> Author:
    return Author(
        id=AuthorId(id), username=username, name=name, summary=summary, created_at=created_at
    )


def a_rating(value: str = "8.5", scale: Scale | None = None) -> Rating:
    return Rating(value=Decimal(value), scale=scale or Scale())


def work_facts(
    *, title: str = "BLAME!", kind: WorkKind = WorkKind.FILM, year: int | None = 2017
) -> WorkFacts:
    return WorkFacts(
        kind=kind,
        title=title,
        original_title="ブラム",
        year=year,
        creators=("Hiroyuki Seshita", "Tsutomu Nihei"),
        length="105 min",
        publisher="Polygon Pictures",
        platform="Netflix",
        links=("https://www.imdb.com/title/tt6574146/", "https://anilist.co/anime/21872"),
        identifiers=(Identifier(catalogue=Catalogue.WIKIDATA, value="Q28054533"),),
        relations=(
            Relation(
                kind=RelationKind.BASED_ON, title="BLAME!", work_kind=WorkKind.MANGA, year=1998
            ),
            Relation(kind=RelationKind.PREQUEL, title="NOiSE"),
        ),
        cover_alt="A lone figure before an endless wall",
    )


def a_cover(name: str = "c0ffee.jpg") -> Cover:
    return Cover(name=name, media_type="image/jpeg", width=600, height=900, bytes=48_123)


def a_work(
    *,
    id: str = "work1",
    slug: str = "blame",
    facts: WorkFacts | None = None,
    cover: Cover | None = None,
) -> Work:
    return Work(id=WorkId(id), slug=slug, facts=facts or work_facts(), cover=cover)


def a_synopsis() -> Synopsis:
    return Synopsis(
        text="Inside a vast city, a mysterious loner guides a remnant of humanity.",
        source="Netflix",
        url="https://www.netflix.com/title/80116922",
    )


def a_draft(
    *,
    title: str = "BLAME! A Netflix Original",
    body: str = "It is **definitely** worth watching.",
    rating: str | None = "8.5",
    work: WorkFacts | None = None,
    tags: tuple[str, ...] = ("anime", "Netflix"),
    language: str = "en",
) -> Draft:
    return Draft(
        work=work or work_facts(),
        title=title,
        body=body,
        rating=a_rating(rating) if rating else None,
        synopsis=a_synopsis(),
        verdict="Worth every minute.",
        teaser="A city without end, and who is left in it.",
        spoilers=Spoilers.SOME,
        tags=tags,
        language=language,
        aspects=(
            Aspect(name="Story", rating=a_rating("7.5")),
            Aspect(name="Look", rating=a_rating("9")),
        ),
        finished_on=date(2024, 4, 28),
        is_repeat=True,
        sign_off="That is all for now. *Thanks for reading.*",
        postscripts=(Postscript(text="I have read the manga since."),),
        announces=Announcement(
            work=WorkFacts(kind=WorkKind.ANIME, title="Violet Evergarden", year=2018),
            rating=a_rating("10"),
            note="I have started to watch it.",
        ),
    )


def a_review(
    *,
    id: str = "review1",
    slug: str = "blame",
    author: Author | None = None,
    work: Work | None = None,
    state: ReviewState = ReviewState.PUBLISHED,
    title: str = "BLAME! A Netflix Original",
    body: str = "It is **definitely** worth watching.",
    rating: str | None = "8.5",
    tags: tuple[str, ...] = ("anime", "Netflix"),
    created_at: datetime = NOON,
    published_at: datetime | None = NOON,
    updated_at: datetime | None = None,
) -> Review:
    return Review(
        id=ReviewId(id),
        slug=slug,
        author=author or an_author(),
        work=work or a_work(),
        state=state,
        title=title,
        body=body,
        created_at=created_at,
        rating=a_rating(rating) if rating else None,
        synopsis=a_synopsis(),
        verdict="Worth every minute.",
        teaser="A city without end, and who is left in it.",
        spoilers=Spoilers.SOME,
        tags=tags,
        language="en",
        aspects=(
            Aspect(name="Story", rating=a_rating("7.5")),
            Aspect(name="Look", rating=a_rating("9")),
        ),
        finished_on=date(2024, 4, 28),
        is_repeat=True,
        sign_off="That is all for now. *Thanks for reading.*",
        postscripts=(Postscript(text="I have read the manga since."),),
        published_at=published_at,
        updated_at=updated_at,
    )


def a_remote_actor(
    n: int = 1, *, host: str = "social.example", shared_inbox: str | None = None
) -> RemoteActor:
    """Make the n-th person of a server; they share its inbox unless that is said to be ""."""
    return RemoteActor(
        id=ActorId(f"https://{host}/users/p{n}"),
        type="Person",
        handle=f"p{n}@{host}",
        name=f"Person {n}",
        inbox=f"https://{host}/users/p{n}/inbox",
        shared_inbox=f"https://{host}/inbox" if shared_inbox is None else shared_inbox,
        url=f"https://{host}/@p{n}",
        icon_url=f"https://{host}/avatars/{n}.png",
        fetched_at=NOON,
    )


def a_known_key(actor: RemoteActor, name: str = "main-key") -> KnownKey:
    return KnownKey(id=f"{actor.id}#{name}", owner=actor.id, pem=PUBLIC_PEM, fetched_at=NOON)


def a_note(
    n: int = 1,
    *,
    in_reply_to: str = "",
    review_id: str | None = None,
    author_id: str | None = None,
    actor: str = "https://social.example/users/p1",
    html: str = "<p>I liked the ending less.</p>",
    audience: str = "public",
    state: NoteState = NoteState.SHOWN,
    published_at: datetime | None = None,
    arrived_at: datetime | None = None,
) -> StoredNote:
    """Make the n-th note, written n minutes after noon and here at once."""
    written = published_at or NOON + minutes(n)
    return StoredNote(
        id=NoteId(f"note{n:04}"),
        uri=a_note_uri(n),
        type="Note",
        actor=actor,
        in_reply_to=in_reply_to,
        html=html,
        published_at=written,
        arrived_at=arrived_at or written,
        audience=audience,
        review_id=ReviewId(review_id) if review_id else None,
        author_id=AuthorId(author_id) if author_id else None,
        context=f"{SITE}/ap/reviews/review1",
        language="en",
        url=f"https://social.example/@p1/{n}",
        state=state,
    )


def a_note_uri(n: int) -> str:
    """Tell the id of the n-th note."""
    return f"https://social.example/notes/{n}"


def a_writer(name: str = "Kim", *, is_author: bool = False) -> Writer:
    handle = f"{name.lower()}@social.example"
    return Writer(
        actor=f"https://social.example/users/{name.lower()}",
        name=name,
        handle=handle,
        url=f"https://social.example/@{name.lower()}",
        is_author=is_author,
    )


def a_reply(
    n: int = 1,
    *,
    in_reply_to: str = f"{SITE}/ap/reviews/review1",
    state: NoteState = NoteState.SHOWN,
    published_at: datetime | None = None,
    writer: Writer | None = None,
) -> Reply:
    """Make the n-th reply of a thread, written n minutes after noon."""
    return Reply(
        id=NoteId(f"note{n:04}"),
        uri=a_note_uri(n),
        in_reply_to=in_reply_to,
        writer=writer or a_writer(),
        html=f"<p>Thought {n}</p>",
        summary="",
        language="en",
        url=f"https://social.example/@kim/{n}",
        published_at=published_at or NOON + minutes(n),
        updated_at=None,
        state=state,
    )


def an_activity(
    n: int = 1,
    *,
    type: str = "Create",
    object: str = f"{SITE}/ap/reviews/review1",
    author_id: str | None = "author1",
    listed: bool = True,
    created_at: datetime = NOON,
    key_id: str = "",
) -> OutgoingActivity:
    return OutgoingActivity(
        id=f"activity{n:04}",
        uri=f"{SITE}/ap/activities/activity{n:04}",
        type=type,
        actor=f"{SITE}/users/ana",
        object=object,
        body=b'{"type": "%s", "n": %d}' % (type.encode(), n),
        author_id=AuthorId(author_id) if author_id else None,
        listed=listed,
        created_at=created_at,
        key_id=key_id,
    )


def a_session(id: str = "session1", *, author_id: str = "author1") -> Session:
    return Session(
        id=id,
        author_id=AuthorId(author_id),
        address="192.0.2.7",
        user_agent="Mozilla/5.0",
        created_at=NOON,
        last_seen_at=NOON,
    )


def a_stored_key(name: str = "main-key", *, actor: str = f"{SITE}/users/ana") -> StoredKey:
    return StoredKey(id=f"{actor}#{name}", actor=actor, private_pem=PRIVATE_PEM, created_at=NOON)


def a_domain_block(domain: str, *, severity: Severity = Severity.SUSPEND) -> DomainBlock:
    """A server that is kept at a distance."""
    return DomainBlock(domain=domain, severity=severity, created_at=NOON)
