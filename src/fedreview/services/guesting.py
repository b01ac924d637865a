"""Take comments from people who have no account anywhere, by a form on our own pages."""

import hashlib
import hmac
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

from fedreview.activitypub.urls import Urls
from fedreview.content.characters import tame
from fedreview.content.excerpt import excerpt
from fedreview.content.plain import html_from_text
from fedreview.content.sanitize import clean_text, safe_link
from fedreview.domain.moderation import Conduct, HoldReason
from fedreview.domain.review import Review, ReviewState
from fedreview.domain.thread import NoteId, NoteState
from fedreview.errors import InvalidInput, NotFound
from fedreview.services.handling.heralding import herald_note
from fedreview.services.throttling import subject_of_address
from fedreview.storage import accounts, actors, conduct, guests, reviews, threads
from fedreview.storage.database import Database, Transaction
from fedreview.storage.guests import Guest
from fedreview.storage.threads import StoredNote

LONGEST_NAME = 60
LONGEST_SITE = 300
LONGEST_MAIL = 254
LONGEST_TEXT = 5_000
FIELDS = ("name", "site", "mail", "text")
TRAP = "subject"
"""A field that nobody sees. What fills it in fills in everything."""

QUICKEST = timedelta(seconds=3)
"""Nobody reads a form and writes in it in less."""
LASTS = timedelta(hours=24)

PER_ADDRESS = 4
IN_TIME = timedelta(minutes=30)
PER_HOUR = 60
"""Of all addresses together."""
MOST_WAITING = 500
"""So many at most wait to be looked at; who could look at more?"""
KEEP_ADDRESSES = timedelta(days=2)

EXCERPT = 200


class Wrong(StrEnum):
    """What is wrong with a field; the words are the page's."""

    NO_NAME = "no name"
    LONG_NAME = "long name"
    NAME_OF_AUTHOR = "name of author"
    NO_SITE = "no site"
    NO_MAIL = "no mail"
    NO_TEXT = "no text"
    LONG_TEXT = "long text"
    QUICK = "quick"
    OLD = "old"
    MANY = "many"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A form for a comment.

    title: of the review. back: the path of its page. writer, words: of the reply that is
    answered, "" when it is the review. token: says when the form was shown, and for what.
    """

    title: str
    back: str
    token: str
    to: str = ""
    writer: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    review: Review
    answered: StoredNote | None

    @property
    def uri_of_note(self) -> str:
        return self.answered.uri if self.answered else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesting:
    """Shows the form, and keeps what was written until the author has looked at it."""

    database: Database
    urls: Urls
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def invite(self, slug: str, *, to: str = "") -> Invitation:
        """Give the form for a comment on a review, or on a reply under it.

        to: our short id of the reply. Raises NotFound, also when comments are not wanted.
        """
        with self.database.snapshot() as tx:
            place = self._place(tx, slug, to)
            key = guests.find_key(tx)
            writer = self._writer(tx, place.answered) if place.answered else ""
        if key is None:
            with self.database.transaction() as tx:
                key = guests.make_key(tx)
        answered = place.answered
        return Invitation(
            title=place.review.title,
            back=f"/reviews/{quote(place.review.slug)}",
            token=_token(key, self.now(), place.review.id, to),
            to=to,
            writer=writer,
            words=excerpt(clean_text(answered.html, EXCERPT * 4), EXCERPT) if answered else "",
        )

    def comment(self, slug: str, fields: Mapping[str, str], *, address: str, to: str = "") -> None:
        """Keep a comment for the author to look at; nobody else sees it until then.

        address: where it came from. Raises NotFound as `invite` does, InvalidInput with a
        Wrong for each field; "form" is what is wrong with none of them.
        """
        now = self.now()
        with self.database.transaction() as tx:
            place = self._place(tx, slug, to)
            key = guests.make_key(tx)
            guest, text = _read(fields)
            _refuse_name_of_author(tx, guest.name)
            _check_time(key, fields.get("token", ""), now, place.review.id, to)
            hashed = _hash(key, subject_of_address(address))
            _check_room(tx, hashed, now)
            note_id = NoteId(self.new_id())
            is_trapped = bool(fields.get(TRAP, "").strip())
            note = threads.add(tx, self._note(note_id, place, text, is_trapped=is_trapped))
            kept = Guest(note_id=note_id, name=guest.name, site=guest.site, mail=guest.mail)
            guests.add(tx, kept, address_hash=hashed, now=now)
            herald_note(tx, note, (), now=now)

    def _note(self, note_id: NoteId, place: _Place, text: str, *, is_trapped: bool) -> StoredNote:
        now = self.now()
        return StoredNote(
            id=note_id,
            uri=self.urls.comment(note_id),
            type="Note",
            actor="",
            in_reply_to=place.uri_of_note or self.urls.review(place.review.id),
            html=html_from_text(text),
            published_at=now,
            arrived_at=now,
            audience="public",
            review_id=place.review.id,
            state=NoteState.SPAM if is_trapped else NoteState.HELD,
            local_only=True,
            held_for=HoldReason.GUEST,
            held_detail="filled in what nobody sees" if is_trapped else "",
            moderated_at=now if is_trapped else None,
        )

    def _place(self, tx: Transaction, slug: str, to: str) -> _Place:
        review = reviews.get_by_slug(tx, slug)
        led = conduct.in_force(tx, review.id)
        is_published = review.state is ReviewState.PUBLISHED
        if not is_published or not welcomes(tx, review, led=led, now=self.now()):
            raise NotFound("no comments by form here")
        if not to:
            return _Place(review, None)
        answered = threads.get(tx, to)
        if answered.review_id != review.id or not answered.is_in_sight:
            raise NotFound("no such reply under this review")
        return _Place(review, answered)

    def _writer(self, tx: Transaction, note: StoredNote) -> str:
        if note.author_id:
            author = accounts.find_author_by_id(tx, note.author_id)
            return author.name if author else ""
        if note.local_only:
            guest = guests.find_many(tx, [note.id]).get(note.id)
            return guest.name if guest else ""
        person = actors.find(tx, note.actor)
        return person.name if person else ""


def welcomes(tx: Transaction, review: Review, *, led: Conduct, now: datetime) -> bool:
    """Tell whether people without an account may comment on a review now.

    led: what is in force under it.
    """
    return not led.is_closed(now) and conduct.of_author(tx, review.author.id).welcomes_guests


def _read(fields: Mapping[str, str]) -> tuple[Guest, str]:
    """Check what was typed. Raises InvalidInput with everything that is wrong with it."""
    name = " ".join(tame(fields.get("name", "")).split())
    site, mail = fields.get("site", "").strip(), fields.get("mail", "").strip()
    text = fields.get("text", "").strip()
    if site and "://" not in site:
        site = f"https://{site}"
    wrong: dict[str, str] = {}
    if not any(letter.isalnum() for letter in name):
        wrong["name"] = Wrong.NO_NAME
    elif len(name) > LONGEST_NAME:
        wrong["name"] = Wrong.LONG_NAME
    if site and (len(site) > LONGEST_SITE or not safe_link(site)):
        wrong["site"] = Wrong.NO_SITE
    if mail and not _is_mail(mail):
        wrong["mail"] = Wrong.NO_MAIL
    if not text:
        wrong["text"] = Wrong.NO_TEXT
    elif len(text) > LONGEST_TEXT:
        wrong["text"] = Wrong.LONG_TEXT
    if wrong:
        raise InvalidInput(wrong)
    return Guest(note_id="", name=name, site=site, mail=mail), text


def _is_mail(text: str) -> bool:
    before, _, host = text.rpartition("@")
    is_whole = bool(before) and "." in host and len(text) <= LONGEST_MAIL
    return is_whole and text.isprintable() and not any(c.isspace() or c in '<>,;"' for c in text)


def _refuse_name_of_author(tx: Transaction, name: str) -> None:
    """Refuse whoever would speak as an author of this site."""
    spelt = _spelling(name)
    for author in accounts.list_authors(tx):
        if spelt in {_spelling(author.name), _spelling(author.username)}:
            raise InvalidInput({"name": Wrong.NAME_OF_AUTHOR})


def _spelling(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def _token(key: str, at: datetime, review_id: str, to: str) -> str:
    stamp = str(int(at.timestamp()))
    return f"{stamp}.{_hash(key, f'{stamp} {review_id} {to}')}"


def _hash(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def _check_time(key: str, token: str, now: datetime, review_id: str, to: str) -> None:
    """Refuse a form that we did not show for this, or not at a time that a person takes."""
    stamp = token.partition(".")[0]
    signed = f"{stamp}.{_hash(key, f'{stamp} {review_id} {to}')}"
    is_ours = stamp.isdecimal() and hmac.compare_digest(signed.encode(), token.encode())
    age = now.timestamp() - int(stamp) if is_ours else LASTS.total_seconds() + 1
    if age > LASTS.total_seconds():
        raise InvalidInput({"form": Wrong.OLD})
    if age < QUICKEST.total_seconds():
        raise InvalidInput({"form": Wrong.QUICK})


def _check_room(tx: Transaction, address_hash: str, now: datetime) -> None:
    """Refuse floods, of one address and of many."""
    if guests.count_since(tx, now - IN_TIME, address_hash=address_hash) >= PER_ADDRESS:
        raise InvalidInput({"form": Wrong.MANY})
    is_flooded = guests.count_since(tx, now - timedelta(hours=1)) >= PER_HOUR
    if is_flooded or guests.count_waiting(tx) >= MOST_WAITING:
        raise InvalidInput({"form": Wrong.FULL})
