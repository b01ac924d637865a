"""From ``@anna@site.example`` to an actor's id, and back to a handle that may be shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fedreview.errors import HandleTaken, RemoteRefused
from fedreview.federation.client import FederationClient
from fedreview.federation.reading import Json, is_activity

MOST_LINKS = 50
ACCEPT_JRD = ("application/jrd+json", "application/json")

_HANDLE = re.compile(r"(?:acct:|@)?([A-Za-z0-9_.~-]{1,128})@([^\s@/?#\\]{1,253})")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Handle:
    user: str
    host: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"

    def is_same(self, other: "_Handle") -> bool:
        return (self.user.lower(), self.host) == (other.user.lower(), other.host)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finger:
    subject: _Handle
    actor_id: str


async def webfinger(client: FederationClient, handle: str) -> str:
    """Give the id of the actor behind a handle, as its host tells it.

    handle: ``user@host`` or ``@user@host``, in any spelling of the host.

    Raises RemoteRefused when that is no handle, or the host does not know it or contradicts
    itself; RemoteUnavailable when the host cannot be asked.
    Source: RFC 7033, and Mastodon's app/lib/webfinger.rb for split domains.
    """
    finger = await _finger(client, _read_handle(client, handle))
    return finger.actor_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What a host says of where one of its people can act.

    host: of the handle, lower case. templates: by relation, lower case, in the host's order;
    texts of a stranger, of no length or shape that was looked at.
    """

    host: str
    templates: Mapping[str, str]


async def find_doors(client: FederationClient, handle: str) -> Doors:
    """Ask a host for the pages on which one of its people acts: all links with a template.

    Raises RemoteRefused when that is no handle or the host knows nobody by it; RemoteUnavailable
    when the host cannot be asked.
    """
    asked = _read_handle(client, handle)
    answer = await client.get_json(_address(client, asked), accept=ACCEPT_JRD)
    links = answer.get("links")
    templates: dict[str, str] = {}
    for link in links[:MOST_LINKS] if isinstance(links, list) else []:
        if not isinstance(link, dict):
            continue
        # FEP-3b86 says template; its first examples had href.
        rel, template = link.get("rel"), link.get("template") or link.get("href")
        if isinstance(rel, str) and isinstance(template, str):
            templates.setdefault(rel.lower(), template)
    return Doors(host=asked.host, templates=templates)


def host_of_handle(client: FederationClient, handle: str) -> str:
    """Give the host that a handle names, in its one spelling. Raises RemoteRefused."""
    return _read_handle(client, handle).host


def checked_page(client: FederationClient, url: str) -> tuple[str, str]:
    """Give an address in its one spelling, and its host: a page that a person can be sent to.

    Raises RemoteRefused for anything but a public https address.
    """
    checked = client.policy.check_url(url)
    return str(checked), checked.netloc.decode("ascii")


async def verified_handle(client: FederationClient, actor_id: str, username: str) -> str:
    """Give the ``user@host`` that an actor may be shown under.

    username: the actor's preferredUsername. Its host is that of the id, unless the answer names
    another one, which then has to confirm it.

    Raises as ``webfinger``, and HandleTaken when the handle leads to another actor.
    """
    host = client.policy.check_url(actor_id).netloc.decode("ascii")
    finger = await _finger(client, _read_handle(client, f"{username}@{host}"))
    if finger.actor_id != actor_id:
        raise HandleTaken(f"{finger.subject} is not {actor_id[:200]!r}")
    return str(finger.subject)


async def _finger(client: FederationClient, asked: _Handle) -> _Finger:
    first = await _ask(client, asked)
    if first.subject.is_same(asked):
        return first
    # A split domain: ap.site.example answers for site.example, which must agree. One hop only.
    second = await _ask(client, first.subject)
    if not second.subject.is_same(first.subject) or second.actor_id != first.actor_id:
        raise RemoteRefused(f"{first.subject} does not confirm what {asked.host} says of it")
    return second


def _address(client: FederationClient, handle: _Handle) -> str:
    # A site on plain http exists in development alone, and so do the sites around it.
    scheme = "http" if client.policy.allow_http and client.base_url.startswith("http:") else "https"
    # Mastodon leaves ":" and "@" as they are, so everyone can read them so.
    return f"{scheme}://{handle.host}/.well-known/webfinger?resource=acct:{handle}"


async def _ask(client: FederationClient, handle: _Handle) -> _Finger:
    answer = await client.get_json(_address(client, handle), accept=ACCEPT_JRD)
    subject = answer.get("subject")
    if not isinstance(subject, str) or not subject.startswith("acct:"):
        raise RemoteRefused(f"{handle.host} answers for nobody")
    return _Finger(subject=_read_handle(client, subject), actor_id=_self_link(client, answer))


def _self_link(client: FederationClient, answer: dict[str, Json]) -> str:
    links = answer.get("links")
    for link in links if isinstance(links, list) else []:
        if not isinstance(link, dict) or link.get("rel") != "self":
            continue
        href, type_ = link.get("href"), link.get("type")
        if isinstance(href, str) and isinstance(type_, str) and is_activity(type_):
            client.policy.check_url(href)
            return href
    raise RemoteRefused("a WebFinger answer without an actor")


def _read_handle(client: FederationClient, text: str) -> _Handle:
    match = _HANDLE.fullmatch(text.strip()) if len(text) <= 512 else None
    if match is None:
        raise RemoteRefused(f"not a handle: {text[:200]!r}")
    host = client.policy.check_url(f"https://{match[2]}/").netloc.decode("ascii")
    return _Handle(user=match[1], host=host)
