"""Lead people to the page of their own server on which they can follow, reply or like."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from fedreview.activitypub.urls import Urls
from fedreview.domain.thread import NoteState
from fedreview.errors import (
    InvalidInput,
    NotFound,
    OutOfPatience,
    RemoteFailure,
    RemoteRefused,
)
from fedreview.federation.client import FederationClient
from fedreview.federation.webfinger import Doors, checked_page, find_doors, host_of_handle
from fedreview.services.fingering import INTENT, SUBSCRIBE
from fedreview.services.patience import Patience
from fedreview.services.throttling import Throttle, subject_of_address
from fedreview.storage import accounts, actors, conduct, domains, reviews, takes, threads
from fedreview.storage.database import Database, Transaction
from fedreview.storage.threads import StoredNote

LONGEST_TEMPLATE = 2_048
WAYS_PER_MINUTE = 10
"""For one address: each makes us ask a server that a stranger names."""


class Deed(StrEnum):
    """What somebody wants to do from their own server; the values stand in addresses."""

    FOLLOW = "follow"
    REPLY = "reply"
    LIKE = "like"


class Wrong(StrEnum):
    """Why nobody can be led; the words are the page's."""

    NO_HANDLE = "no handle"
    NOBODY = "nobody"
    SILENT = "silent"
    NO_DOOR = "no door"
    OURS = "ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What it is to be done to.

    uri: its ActivityPub id. subject: what follows are asked for by, ``user@host``, or the uri.
    name: a person's name or a review's title. back: the path of the page it stands on.
    is_take: whether it is a short post of an author's own.
    comment_path: where people without any account may comment on it, or "".
    """

    uri: str
    subject: str
    name: str
    back: str
    is_take: bool = False
    comment_path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where to go. is_elsewhere: whether that is not the host that the handle names."""

    url: str
    host: str
    is_elsewhere: bool


def _cannot(why: Wrong) -> InvalidInput:
    return InvalidInput({"handle": why.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Leading:
    """Finds ways."""

    database: Database
    urls: Urls
    client: FederationClient
    patience: Patience
    addresses: Throttle

    def aim(self, *, person: str = "", review: str = "", note: str = "") -> Aim:
        """Look up what is aimed at: an author, a published review, a take or a shown reply.

        Only what stands on our pages: else any address could be passed on in our name.
        Raises NotFound.
        """
        with self.database.snapshot() as tx:
            if person:
                author = accounts.get_author(tx, person)
                return Aim(
                    uri=self.urls.actor(author.username),
                    subject=self.urls.handle(author.username),
                    name=author.name,
                    back=f"/@{author.username}",
                )
            if review:
                names = reviews.find_published_names(tx, id=review, slug=None)
                if names is None:
                    raise NotFound("no such review")
                title, slug = reviews.titles(tx, [review])[review]
                uri = self.urls.review(review)
                back = f"/reviews/{quote(slug)}"
                way = _comment_path(tx, review, back)
                return Aim(uri=uri, subject=uri, name=title, back=back, comment_path=way)
            found = threads.get(tx, note)
            if not found.is_in_sight or found.local_only:
                raise NotFound("no such reply")
            is_take, where = takes.is_take(found), _page_of(tx, found)
            way = _comment_path(tx, found.review_id, where) if found.review_id else ""
            return Aim(
                uri=found.uri,
                subject=found.uri,
                name=_name_of_writer(tx, found),
                back=where if is_take else f"/replies/{found.id}",
                is_take=is_take,
                comment_path=f"{way}?to={found.id}" if way else "",
            )

    async def lead(self, deed: Deed, aim: Aim, *, handle: str, address: str) -> Way:
        """Ask somebody's server where they can do it.

        address: from which it is asked for. Raises InvalidInput for field
        "handle", with a value of Wrong as its message; TooManyRequests; OutOfPatience.
        """
        try:
            host = host_of_handle(self.client, handle)
        except RemoteRefused as error:
            raise _cannot(Wrong.NO_HANDLE) from error
        if host == self.urls.host.lower():
            raise _cannot(Wrong.OURS)
        self.addresses.take(subject_of_address(address))
        if await asyncio.to_thread(self._is_suspended, host):
            raise _cannot(Wrong.NOBODY)
        try:
            with self.patience.asking(f"https://{host}/"):
                doors = await find_doors(self.client, handle)
        except OutOfPatience:
            raise
        except RemoteRefused as error:
            raise _cannot(Wrong.NOBODY) from error
        except RemoteFailure as error:
            raise _cannot(Wrong.SILENT) from error
        return self._way(deed, aim, doors)

    def _is_suspended(self, host: str) -> bool:
        with self.database.snapshot() as tx:
            return domains.is_suspended(tx, host)

    def _way(self, deed: Deed, aim: Aim, doors: Doors) -> Way:
        for url in _filled(deed, aim, doors):
            try:
                checked, host = checked_page(self.client, url)
            except RemoteRefused:
                # Their server offers javascript: or worse. There may be another door.
                continue
            is_elsewhere = host != doors.host and not host.endswith(f".{doors.host}")
            return Way(url=checked, host=host, is_elsewhere=is_elsewhere)
        raise _cannot(Wrong.NO_DOOR)


def _name_of_writer(tx: Transaction, note: StoredNote) -> str:
    if note.author_id:
        author = accounts.find_author_by_id(tx, note.author_id)
        return author.name if author else ""
    writer = actors.find(tx, note.actor)
    return writer.name if writer else ""


def _comment_path(tx: Transaction, review_id: str, page: str) -> str:
    """Give where guests may comment on a review; whether it is closed by now, is said there."""
    review = reviews.get(tx, review_id)
    welcomes = conduct.of_author(tx, review.author.id).welcomes_guests
    return f"{page}/comment" if welcomes else ""


def _page_of(tx: Transaction, note: StoredNote) -> str:
    """Give the path of the page that a note stands on. Raises NotFound."""
    names = reviews.find_published_names(tx, id=note.review_id or "", slug=None)
    if names:
        return f"/reviews/{quote(names[1])}"
    take = takes.find_above(tx, note)
    if take is None or take.state is not NoteState.SHOWN:
        raise NotFound("it stands on no page of ours")
    return f"/notes/{take.id}"


def _filled(deed: Deed, aim: Aim, doors: Doors) -> list[str]:
    """Fill the templates that fit, the best first.

    Source: FEP-3b86 for the intents. The old one takes a handle everywhere, and the id of a
    post at Mastodon, Misskey, Pleroma and their kin.
    """
    found: list[str] = []
    create = _template(doors, f"{INTENT}Create")
    if deed is Deed.REPLY and "{inReplyTo}" in create:
        found.append(_expanded(create, {"inReplyTo": aim.uri}))
    intents = {Deed.FOLLOW: ("Follow", "Object"), Deed.LIKE: ("Like", "Object")}
    for intent in intents.get(deed, ("Object",)):
        template = _template(doors, f"{INTENT}{intent}")
        if "{object}" in template:
            found.append(_expanded(template, {"object": aim.uri}))
    old = _template(doors, SUBSCRIBE)
    if "{uri}" in old:
        found.append(_expanded(old, {"uri": aim.subject}))
    return found


def _template(doors: Doors, rel: str) -> str:
    template = doors.templates.get(rel.lower(), "")
    return template if len(template) <= LONGEST_TEMPLATE else ""


def _expanded(template: str, values: dict[str, str]) -> str:
    """Fill in what we know; every other place of the template stays empty."""
    before, *rest = template.split("{")
    parts = [before]
    for piece in rest:
        name, _, after = piece.partition("}")
        parts += [quote(values.get(name, ""), safe=""), after]
    return "".join(parts)
