"""Change what the site and its authors say of themselves."""

from dataclasses import dataclass, replace

from fedreview.activitypub import build
from fedreview.activitypub.contexts import ACTOR_CONTEXT
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import PUBLIC
from fedreview.content.markdown import render_federated
from fedreview.domain.actor import Author
from fedreview.errors import InvalidInput
from fedreview.services.sending import Outgoing, Sending
from fedreview.services.signing import Signing
from fedreview.storage import accounts, actors
from fedreview.storage.database import Database

LONGEST_TITLE = 100
LONGEST_TAGLINE = 200
LONGEST_NAME = 100
LONGEST_SUMMARY = 2_000


def actor_document(author: Author, urls: Urls, signing: Signing) -> build.Document:
    """Describe an author for other servers."""
    return keyed_document(author, urls, signing.keys(urls.actor(author.username)).public)


def keyed_document(author: Author, urls: Urls, keys: build.PublicKeys) -> build.Document:
    """Describe an author who has these keys."""
    summary = render_federated(author.summary, base_url=urls.base)
    return build.actor(author, urls, keys, summary_html=summary)


def profile_update(
    uri: str, author: Author, urls: Urls, document: build.Document
) -> build.Document:
    """Say that an author is now as this document describes them."""
    described = {name: value for name, value in document.items() if name != "@context"}
    activity = build.activity(
        "Update",
        uri,
        urls.actor(author.username),
        described,
        to=[PUBLIC],
        cc=[urls.followers(author.username)],
    )
    return {**activity, "@context": ACTOR_CONTEXT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Presenting:
    """Keeps the profile, and tells followers' servers when it changes."""

    database: Database
    urls: Urls
    sending: Sending
    signing: Signing

    def change(
        self,
        author: Author,
        *,
        name: str,
        summary: str,
        site_title: str,
        tagline: str,
        language: str,
        shows_network: bool,
    ) -> Author:
        """Keep the new words, and whether lists of people are shown. Raises InvalidInput.

        language: of all pages, one that there is; or "" for each reader's own.
        """
        values = {
            "site_title": (site_title.strip(), LONGEST_TITLE),
            "tagline": (tagline.strip(), LONGEST_TAGLINE),
            "name": (name.strip(), LONGEST_NAME),
            "summary": (summary.strip(), LONGEST_SUMMARY),
        }
        problems = {
            field: f"Use at most {limit} characters."
            for field, (text, limit) in values.items()
            if len(text) > limit
        }
        if not site_title.strip():
            problems["site_title"] = "Give the site a title."
        if problems:
            raise InvalidInput(problems)
        changed = replace(
            author,
            name=name.strip() or author.username,
            summary=summary.strip(),
            shows_network=shows_network,
        )
        update = self.prepare_update(changed) if changed != author else None
        with self.database.transaction() as tx:
            accounts.set_setting(tx, "title", site_title.strip())
            accounts.set_setting(tx, "tagline", tagline.strip())
            accounts.set_setting(tx, "language", language)
            accounts.update_author(
                tx,
                author.id,
                name=changed.name,
                summary=changed.summary,
                shows_network=shows_network,
            )
            if update:
                self.sending.queue(tx, update, actors.follower_inboxes(tx, author.id))
        self.sending.wake()
        return changed

    def prepare_update(self, author: Author) -> Outgoing:
        """Make the Update ready that tells what the author says of themselves now.

        Outside of any transaction, for it reads the keys anew.
        """
        # Keys that were rotated a second ago must not be taken back by what this says of them.
        self.signing.reload()
        document = actor_document(author, self.urls, self.signing)
        return self.sending.prepare(
            lambda uri: profile_update(uri, author, self.urls, document),
            author_id=author.id,
            about=self.urls.actor(author.username),
            listed=False,
        )
