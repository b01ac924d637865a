"""Find out whom a typed ``@name`` means: somebody of the thread, of this site, or known here."""

from fedreview.activitypub.urls import Urls
from fedreview.content.markdown import handles_in
from fedreview.domain.actor import Author, AuthorId, RemoteActor
from fedreview.domain.circle import Circle, Named
from fedreview.domain.review import Review
from fedreview.services.phrasing import known_people, local_people
from fedreview.storage import accounts, actors, blocks, circles, takes
from fedreview.storage.database import Transaction
from fedreview.storage.threads import StoredNote


def circle_around(
    tx: Transaction, urls: Urls, author: Author, *, note: StoredNote | None, review: Review | None
) -> Circle:
    """Give whom an answer there may name by their name alone, the last to write first.

    note: what is answered, None for an answer to the review. review: in whose thread it stands.
    Neither the author is among them nor whom they block.
    """
    if review:
        ids = (*circles.in_thread(tx, review.id), urls.actor(review.author.username))
    else:
        above = (takes.find_above(tx, note) or note) if note else None
        ids = circles.under(tx, above.uri) if above else ()
    people = (*known_people(tx, urls, ids), *local_people(tx, urls))
    apart = {each.actor for each in blocks.list_blocked(tx, author.id)}
    apart.add(urls.actor(author.username))
    return Circle(tuple({each.actor: each for each in people if each.actor not in apart}.values()))


def people_of_text(
    tx: Transaction, urls: Urls, author: Author, text: str, circle: Circle
) -> tuple[Named, ...]:
    """Give whom a text names: those of the circle, and by their whole handle whomever we know.

    Who is not known stays a word.
    """
    found = (circle.find(handle) or _known(tx, urls, author, handle) for handle in handles_in(text))
    return tuple({person.actor: person for person in found if person}.values())


def _known(tx: Transaction, urls: Urls, author: Author, handle: str) -> Named | None:
    name, _, host = handle.partition("@")
    person = actors.find_by_handle(tx, f"{name}@{host.lower()}") if host else None
    if person is None or blocks.is_blocked(tx, author.id, person.id):
        return None
    return next(iter(known_people(tx, urls, [person.id])), None)


def authors_among(tx: Transaction, urls: Urls, people: tuple[Named, ...]) -> set[AuthorId]:
    """Give those who write on this site."""
    named = {person.actor for person in people}
    return {
        author.id for author in accounts.list_authors(tx) if urls.actor(author.username) in named
    }


def elsewhere_among(tx: Transaction, people: tuple[Named, ...]) -> tuple[RemoteActor, ...]:
    """Give those who are elsewhere, with their inboxes."""
    return tuple(actors.find_many(tx, [person.actor for person in people]).values())
