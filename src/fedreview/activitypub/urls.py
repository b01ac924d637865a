"""The addresses of everything we publish: mint them, and recognise our own."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from fedreview.domain.actor import ActorId

_ID = r"(?P<id>[0-9a-z]{1,40})"
_REVIEW = re.compile(rf"/ap/reviews/{_ID}(?:/context)?")
# A slug has up to 80 characters and a number, and each may take 12 letters when it is quoted.
_SLUG = r"(?P<slug>[^/]{1,1000})"
_REVIEW_PAGE = re.compile(rf"/reviews/{_SLUG}")
_WORK = re.compile(rf"/ap/works/{_ID}(?:/work)?")
_WORK_PAGE = re.compile(rf"/works/{_SLUG}")
_NOTE = re.compile(rf"/ap/notes/{_ID}")
_AUTHOR = re.compile(r"/(?:users/|@)(?P<username>[A-Za-z0-9_.-]{1,64})")


@dataclass(frozen=True, slots=True)
class Urls:
    """Addresses under one base URL.

    base: scheme and host, without a slash at the end: ``https://reviews.example``.
    """

    base: str

    @property
    def host(self) -> str:
        """Host, with its port where there is one: the right half of our handles."""
        return urlsplit(self.base).netloc

    def handle(self, username: str) -> str:
        """Give ``user@host``, without the first @."""
        return f"{username}@{self.host}"

    @property
    def instance_actor(self) -> ActorId:
        """The site itself, as an actor: it signs what no author asked for."""
        return ActorId(f"{self.base}/actor")

    @property
    def shared_inbox(self) -> str:
        """Where servers leave what concerns several authors."""
        return f"{self.base}/inbox"

    def actor(self, username: str) -> ActorId:
        """Give an author's id."""
        return ActorId(f"{self.base}/users/{username}")

    def followers(self, username: str) -> str:
        """Give the id of the collection that stands for an author's followers."""
        return f"{self.actor(username)}/followers"

    def following(self, username: str) -> str:
        """Give the id of the collection of those whom an author follows."""
        return f"{self.actor(username)}/following"

    def featured(self, username: str) -> str:
        """Give the id of the collection of what an author has pinned."""
        return f"{self.actor(username)}/featured"

    def person_page(self, username: str) -> str:
        """Give an author's page."""
        return f"{self.base}/@{username}"

    def review(self, id: str) -> str:
        """Give a review's id; it never changes, whatever the title does."""
        return f"{self.base}/ap/reviews/{id}"

    def context(self, review_id: str) -> str:
        """Give the id of the conversation under a review."""
        return f"{self.review(review_id)}/context"

    def review_page(self, slug: str) -> str:
        """Give a review's page."""
        return f"{self.base}/reviews/{quote(slug)}"

    def work(self, id: str) -> str:
        """Give a work's id."""
        return f"{self.base}/ap/works/{id}"

    def work_of_edition(self, id: str) -> str:
        """Give the id of what all editions of a book have in common, as BookWyrm sees it."""
        return f"{self.work(id)}/work"

    def work_page(self, slug: str) -> str:
        """Give a work's page."""
        return f"{self.base}/works/{quote(slug)}"

    def note(self, id: str) -> str:
        """Give the id of an author's answer."""
        return f"{self.base}/ap/notes/{id}"

    def note_page(self, id: str) -> str:
        """Give the page of an answer that stands under none of our reviews."""
        return f"{self.base}/notes/{id}"

    def comment(self, id: str) -> str:
        """Name a comment that was left by form: it is no ActivityPub object, and leads nowhere."""
        return f"{self.base}/comments/{id}"

    def quote(self, id: str) -> str:
        """Give the id of our leave for a quote."""
        return f"{self.base}/ap/quotes/{id}"

    def approval(self, id: str) -> str:
        """Give the id of our leave for a reply."""
        return f"{self.base}/ap/approvals/{id}"

    def activity(self, id: str) -> str:
        """Give an activity's id."""
        return f"{self.base}/ap/activities/{id}"

    def tag_page(self, tag: str) -> str:
        """Give the page of all reviews with a tag."""
        return f"{self.base}/tags/{quote(tag)}"

    def media(self, name: str) -> str:
        """Give the address of a picture."""
        return f"{self.base}/media/{quote(name)}"

    def is_ours(self, url: str) -> bool:
        """Tell whether the address is on this site."""
        return url.startswith(f"{self.base}/")

    def review_id(self, url: str) -> str | None:
        """Read the id out of a review's or its context's address, or give None."""
        return self._part(_REVIEW, url, "id")

    def review_slug(self, url: str) -> str | None:
        """Read the slug out of a review page's address, or give None."""
        slug = self._part(_REVIEW_PAGE, url, "slug")
        return unquote(slug) if slug else None

    def work_id(self, url: str) -> str | None:
        """Read the id out of a work's address, or give None."""
        return self._part(_WORK, url, "id")

    def work_slug(self, url: str) -> str | None:
        """Read the slug out of a work page's address, or give None."""
        slug = self._part(_WORK_PAGE, url, "slug")
        return unquote(slug) if slug else None

    def note_id(self, url: str) -> str | None:
        """Read the id out of an answer's address, or give None."""
        return self._part(_NOTE, url, "id")

    def username(self, url: str) -> str | None:
        """Read the username out of an author's id or page, or give None."""
        return self._part(_AUTHOR, url, "username")

    def _part(self, pattern: re.Pattern[str], url: str, name: str) -> str | None:
        if not self.is_ours(url):
            return None
        found = pattern.fullmatch(url.removeprefix(self.base).partition("#")[0])
        return found[name] if found else None
