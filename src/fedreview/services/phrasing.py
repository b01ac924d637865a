"""What an author's note says to other servers, and whom it names."""

from collections.abc import Iterable, Sequence

from fedreview.activitypub import build
from fedreview.activitypub.dialects.neodb import Mark
from fedreview.activitypub.policy import Policy
from fedreview.activitypub.private import for_them_alone
from fedreview.activitypub.urls import Urls
from fedreview.content.markdown import (
    handles_in,
    has_spoilers,
    hashtags,
    mention_html,
    render_federated,
)
from fedreview.domain.actor import Author
from fedreview.domain.circle import Circle, Named
from fedreview.domain.work import Work
from fedreview.services.rendering import take_html
from fedreview.storage import accounts, actors, circles, takes, threads
from fedreview.storage.database import Transaction
from fedreview.storage.threads import StoredNote


def known_people(tx: Transaction, urls: Urls, ids: Iterable[str]) -> tuple[Named, ...]:
    """Give those of these people whom this site knows, its own authors too, in their order."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, Named] = {
        person.id: Named(
            actor=person.id, handle=person.handle, name=person.name, url=person.url or person.id
        )
        for person in actors.find_many(tx, wanted).values()
    }
    found |= {each.actor: each for each in local_people(tx, urls)}
    return tuple(found[each] for each in wanted if each in found)


def local_people(tx: Transaction, urls: Urls) -> tuple[Named, ...]:
    """Give the authors of this site."""
    return tuple(
        Named(
            actor=urls.actor(author.username),
            handle=urls.handle(author.username),
            name=author.name,
            url=urls.person_page(author.username),
        )
        for author in accounts.list_authors(tx)
    )


def people_named(tx: Transaction, urls: Urls, note: StoredNote) -> tuple[Named, ...]:
    """Give whom an author's own note names, who is answered first."""
    ids = circles.named_in(tx, note.id)
    if not ids and note.in_reply_to:
        # Notes of before names were kept: they name whom they answer.
        parent = threads.find(tx, note.in_reply_to)
        ids = (parent.actor,) if parent and parent.actor != note.actor else ()
    return known_people(tx, urls, ids)


def note_document(
    note: StoredNote,
    author: Author,
    people: Sequence[Named],
    urls: Urls,
    *,
    policy: Policy,
    counts: build.Counts | None = None,
    work: Work | None = None,
) -> build.Document:
    """Describe an author's answer or take; a private message for those alone whom it is for.

    people: whom it names; who is not named by its text stands before it. work: which the take
    is about.
    """
    is_take = takes.is_take(note)
    document = build.note(
        build.Answer(
            id=note.id,
            author=author,
            in_reply_to=note.in_reply_to,
            content=take_html(note.source, work, note.rating, urls)
            if is_take
            else _content(note.source, people, urls),
            source=note.source,
            language=note.language,
            published_at=note.published_at,
            url=note.url,
            mentions=tuple((person.actor, person.handle) for person in people),
            context=note.context,
            updated_at=note.updated_at,
            warning=note.summary or _spoiler_warning(note.source, work),
            tags=hashtags(note.source) if is_take else (),
            mark=_mark(note, work) if work else None,
        ),
        urls,
        policy,
        counts,
    )
    if note.audience == "public":
        return document
    return for_them_alone(document, [person.actor for person in people])


def _content(source: str, people: Sequence[Named], urls: Urls) -> str:
    circle = Circle(tuple(people))
    in_text = {person.actor for person in map(circle.find, handles_in(source)) if person}
    before = [mention_html(person) for person in people if person.actor not in in_text]
    head = f"<p>{' '.join(before)}</p>" if before else ""
    return head + render_federated(source, base_url=urls.base, circle=circle)


def _spoiler_warning(source: str, work: Work | None) -> str:
    """Say what a post is folded under where single words cannot be covered, as on Mastodon."""
    if not has_spoilers(source):
        return ""
    return f"Spoilers for {work.facts.title}" if work else "Spoilers"


def _mark(note: StoredNote, work: Work) -> Mark:
    return Mark(
        uri=note.uri,
        page=note.url,
        actor=note.actor,
        work=work,
        rating=note.rating,
        comment=note.source,
        published_at=note.published_at,
        updated_at=note.updated_at,
    )
