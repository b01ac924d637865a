"""Say who and what is here, to those who only have a name: WebFinger, host-meta, NodeInfo."""

from collections.abc import Collection
from dataclasses import dataclass

from fedreview import __version__
from fedreview.activitypub import build
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import ACTIVITY_JSON, ACTIVITY_STREAMS, Json
from fedreview.domain.thread import NoteState
from fedreview.errors import NotFound
from fedreview.services.describing import own_note
from fedreview.storage import accounts, members, reviews
from fedreview.storage.database import Database, Transaction
from fedreview.storage.reviews import Filter

NODEINFO_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema"
NODEINFO_VERSIONS = ("2.0", "2.1")
REPOSITORY = "https://github.com/fedreview/fedreview"

PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
INTENT = "https://w3id.org/fep/3b86/"
INTENTS = ("Object", "Follow", "Like", "Announce")
"""What an author can do here with an address from elsewhere. No Create: its callers bring a text
to be posted, and there is no form here that such a text could go into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingering:
    """Answers by name, and counts what there is."""

    database: Database
    urls: Urls

    def webfinger(self, resource: str, *, rels: Collection[str] = ()) -> build.Document:
        """Say who a handle, id or page belongs to, or what else of ours it is.

        rels: the links that are asked for; none asks for all. Raises NotFound.

        Source: RFC 7033; Mastodon app/lib/webfinger.rb for what must be in it; FEP-4adb for
        ids that are nobody's; FEP-d556 for the site's own address.
        """
        with self.database.snapshot() as tx:
            found = self._find(tx, resource)
        links = found["links"]
        if rels and isinstance(links, list):
            found["links"] = [
                link for link in links if isinstance(link, dict) and link["rel"] in rels
            ]
        return found

    def _find(self, tx: Transaction, resource: str) -> build.Document:
        if resource.rstrip("/") in {self.urls.base, self.urls.instance_actor}:
            return self._site()
        if "://" not in resource:
            return self._person(tx, self._name(resource))
        username = self.urls.username(resource)
        return self._person(tx, username) if username else self._thing(tx, resource)

    def _name(self, handle: str) -> str | None:
        """Read the name out of a handle of this site: ``acct:user@host``, or without ``acct:``."""
        has_scheme = handle[:5].lower() == "acct:"
        name, _, host = handle[5 if has_scheme else 0 :].removeprefix("@").rpartition("@")
        is_here = host.lower().rstrip(".") == self.urls.host.lower()
        return name if name and is_here else None

    def _person(self, tx: Transaction, username: str | None) -> build.Document:
        if username is None:
            raise NotFound("nobody by that name")
        if username.lower() == self._site_name:
            return self._site()
        author = accounts.get_author(tx, username)
        actor, page = self.urls.actor(author.username), self.urls.person_page(author.username)
        interaction = f"{self.urls.base}/authorize_interaction?uri="
        intents: list[Json] = [
            {"rel": f"{INTENT}{intent}", "template": f"{interaction}{{object}}"}
            for intent in INTENTS
        ]
        links: list[Json] = [
            {"rel": PROFILE_PAGE, "type": "text/html", "href": page},
            {"rel": "self", "type": ACTIVITY_JSON, "href": actor},
            {"rel": SUBSCRIBE, "template": f"{interaction}{{uri}}"},
            *intents,
        ]
        return {
            "subject": f"acct:{self.urls.handle(author.username)}",
            "aliases": [page, actor],
            "links": links,
        }

    @property
    def _site_name(self) -> str:
        return self.urls.host.partition(":")[0].lower()

    def _site(self) -> build.Document:
        actor, page = self.urls.instance_actor, f"{self.urls.base}/"
        return {
            "subject": f"acct:{self.urls.handle(self._site_name)}",
            "aliases": [page, actor],
            "links": [
                {"rel": PROFILE_PAGE, "type": "text/html", "href": page},
                {"rel": "self", "type": ACTIVITY_JSON, "href": actor},
                {"rel": f"{ACTIVITY_STREAMS}#Service", "type": ACTIVITY_JSON, "href": actor},
            ],
        }

    def _thing(self, tx: Transaction, address: str) -> build.Document:
        """Answer for a review or an answer, by its id or page. Raises NotFound."""
        review_id, note_id = self.urls.review_id(address), self.urls.note_id(address)
        if note_id:
            note, _ = own_note(tx, note_id)
            if note.state is not NoteState.SHOWN:
                raise NotFound("the answer has been deleted")
            return _of_object(note.uri, note.url)
        slug = self.urls.review_slug(address)
        found = reviews.find_published_names(tx, id=review_id, slug=slug)
        if found is None:
            raise NotFound("nothing of ours that is public")
        return _of_object(self.urls.review(found[0]), self.urls.review_page(found[1]))

    @property
    def _webfinger_template(self) -> str:
        return f"{self.urls.base}/.well-known/webfinger?resource={{uri}}"

    def host_meta_xml(self) -> str:
        """Say where WebFinger is, for those who ask the old way. Source: RFC 6415."""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
            f'<Link rel="lrdd" type="application/jrd+json" template="{self._webfinger_template}"/>'
            "</XRD>"
        )

    def host_meta(self) -> build.Document:
        """Say the same in JSON. Source: RFC 6415 appendix A."""
        return {
            "links": [
                {
                    "rel": "lrdd",
                    "type": "application/jrd+json",
                    "template": self._webfinger_template,
                }
            ]
        }

    def nodeinfo_links(self) -> build.Document:
        """Say where NodeInfo is, and who the site's own actor is (FEP-2677)."""
        links: list[Json] = [
            {
                "rel": f"{NODEINFO_SCHEMA}/{version}",
                "href": f"{self.urls.base}/nodeinfo/{version}",
            }
            for version in NODEINFO_VERSIONS
        ]
        links.append({"rel": f"{ACTIVITY_STREAMS}#Application", "href": self.urls.instance_actor})
        return {"links": links}

    def nodeinfo(self, version: str) -> build.Document:
        """Say what runs here and how much of it there is. Raises NotFound.

        Only numbers that are true: how many authors were active lately is not kept.
        Source: FEP-f1d5, FEP-0151.
        """
        if version not in NODEINFO_VERSIONS:
            raise NotFound("no such version of NodeInfo")
        with self.database.snapshot() as tx:
            authors = len(accounts.list_authors(tx))
            posts = reviews.count_published(tx, Filter())
            comments = members.count_own_answers(tx)
            title = accounts.find_setting(tx, "title") or ""
        software: build.Document = {"name": "fedreview", "version": __version__}
        if version != "2.0":
            software["repository"] = REPOSITORY
        return {
            "version": version,
            "software": software,
            "protocols": ["activitypub"],
            "services": {"inbound": [], "outbound": []},
            "openRegistrations": False,
            "usage": {
                "users": {"total": authors},
                "localPosts": posts,
                "localComments": comments,
            },
            "metadata": {"nodeName": title},
        }


def _of_object(uri: str, page: str) -> build.Document:
    return {
        "subject": uri,
        "aliases": [page],
        "links": [
            {"rel": PROFILE_PAGE, "type": "text/html", "href": page},
            {"rel": "self", "type": ACTIVITY_JSON, "href": uri},
        ],
    }
