"""Authors and their sessions: set up the site, sign in, sign out, change the profile."""

import hashlib
import ipaddress
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author, AuthorId
from fedreview.errors import (
    ConfigurationError,
    DiskRefuses,
    InvalidInput,
    NotAllowed,
    TooManyRequests,
)
from fedreview.services.signing import NewKeys, Signing
from fedreview.signatures.passwords import DUMMY_HASH, check_password, hash_password
from fedreview.storage import accounts, keys
from fedreview.storage.accounts import Session
from fedreview.storage.database import Database, Transaction

SESSION_LIFE = timedelta(days=30)
TOUCH_AFTER = timedelta(minutes=10)
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1024

FAILURES_COUNT_FOR = timedelta(minutes=15)
MOST_FAILURES_OF_NAME = 10
MOST_FAILURES_OF_ADDRESS = 30

# Mastodon's rule, without dots and dashes: they make handles hard to say.
USERNAME = re.compile(r"[a-z0-9_]{1,30}")
RESERVED = frozenset({"actor", "admin", "api", "inbox", "instance", "root", "site", "system"})

_SETUP_TOKEN = "setup_token_hash"  # noqa: S105  (the name of a setting)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteInfo:
    """What the site says of itself on every page.

    language: the tag of the one that all pages are in, or "" for each reader's own.
    asks_not_to_learn: whether machines are asked to leave the texts out of what they learn from.
    """

    title: str
    tagline: str
    language: str = ""
    asks_not_to_learn: bool = True


LEARN = "allow"
"""What the setting of the site is when machines may learn from its texts."""


def asks_not_to_learn(setting: str | None) -> bool:
    """Read that setting; where nothing was chosen, they are asked not to.

    The law takes silence for leave (Directive (EU) 2019/790, article 4), and leave that was
    given can hardly be taken back.
    """
    return setting != LEARN


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session with its owner. renewed: whether it has just been made to live longer."""

    author: Author
    session: Session
    renewed: bool = False


def _subscriber(address: str) -> str:
    """Give what one subscriber has: an IPv4 address, or a /64 full of IPv6 addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.IPv6Network((parsed, 64), strict=False))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Keeps accounts; every password is checked in the same time, known name or not."""

    database: Database
    urls: Urls
    signing: Signing
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def initialise(self) -> None:
        """Make the site's own actor, unless it is there. Safe to repeat.

        Raises ConfigurationError when the site was set up under another base URL: the ids
        that other servers know would all be lost.
        """
        with self.database.snapshot() as tx:
            in_use = keys.list_actors(tx)
        strange = [actor for actor in in_use if not self.urls.is_ours(actor)]
        if strange:
            before = strange[0].rsplit("/", 1)[0].removesuffix("/users")
            problem = (
                f"FEDREVIEW_BASE_URL is {self.urls.base}, but this site was set up as {before}. "
                "Other servers know its ids by that name: set it back."
            )
            raise ConfigurationError([problem])
        if self.urls.instance_actor in in_use:
            return
        fresh = NewKeys()
        with self.database.transaction() as tx:
            if self.urls.instance_actor not in keys.list_actors(tx):
                self.signing.store(tx, self.urls.instance_actor, fresh)

    def is_set_up(self) -> bool:
        """Tell whether there is an author."""
        with self.database.snapshot() as tx:
            return bool(accounts.list_authors(tx))

    def offer_setup(self) -> str | None:
        """Make a one-time set-up token, or None when there is an author already.

        Each call replaces the token before: only the newest link works.
        """
        token = secrets.token_urlsafe(24)
        with self.database.transaction() as tx:
            if accounts.list_authors(tx):
                return None
            accounts.set_setting(tx, _SETUP_TOKEN, _digest(token))
        return token

    def is_setup_token(self, token: str) -> bool:
        """Tell whether this is the token of the newest set-up link."""
        with self.database.snapshot() as tx:
            stored = accounts.find_setting(tx, _SETUP_TOKEN)
        return stored is not None and secrets.compare_digest(stored, _digest(token))

    def set_up(
        self, token: str, *, username: str, name: str, password: str, site_title: str
    ) -> Author:
        """Make the first author, and use the set-up token up.

        Raises NotAllowed for a wrong or used token, InvalidInput for what was typed.
        """
        if not self.is_setup_token(token):
            raise NotAllowed("not the set-up token")
        author, hashed, fresh = self._new_author(username, name, password)
        with self.database.transaction() as tx:
            if accounts.find_setting(tx, _SETUP_TOKEN) != _digest(token):
                raise NotAllowed("the set-up token has been used")
            accounts.drop_setting(tx, _SETUP_TOKEN)
            accounts.set_setting(tx, "title", site_title.strip() or author.name)
            self._add(tx, author, hashed, fresh)
        return author

    def create(self, *, username: str, name: str, password: str) -> Author:
        """Make another author. Raises InvalidInput."""
        author, hashed, fresh = self._new_author(username, name, password)
        with self.database.transaction() as tx:
            if accounts.find_author(tx, author.username):
                raise InvalidInput({"username": f"There is an author {author.username} already."})
            accounts.drop_setting(tx, _SETUP_TOKEN)
            if accounts.find_setting(tx, "title") is None:
                accounts.set_setting(tx, "title", author.name)
            self._add(tx, author, hashed, fresh)
        return author

    def _new_author(self, username: str, name: str, password: str) -> tuple[Author, str, NewKeys]:
        username, name = username.strip().lower().removeprefix("@"), name.strip()
        problems = {
            **_username_problem(username),
            **_name_problem(name),
            **password_problem(password),
        }
        if problems:
            raise InvalidInput(problems)
        author = Author(
            id=AuthorId(self.new_id()),
            username=username,
            name=name or username,
            summary="",
            created_at=self.now(),
        )
        return author, hash_password(password), NewKeys()

    def _add(self, tx: Transaction, author: Author, hashed: str, fresh: NewKeys) -> None:
        accounts.add_author(tx, author, password_hash=hashed)
        self.signing.store(tx, self.urls.actor(author.username), fresh)

    def sign_in(
        self, *, username: str, password: str, address: str, user_agent: str
    ) -> tuple[str, Author]:
        """Check the password and open a session; gives its secret token and the author.

        Raises TooManyRequests after too many wrong passwords for the name or from the
        address, InvalidInput when name or password are wrong (without saying which).
        """
        name = username.strip().lower().removeprefix("@")[:64]
        subjects = (f"name:{name}", f"address:{_subscriber(address)}")
        self._refuse_guessing(*subjects)
        with self.database.snapshot() as tx:
            author = accounts.find_author(tx, name)
            hashed = accounts.password_hash(tx, author.id) if author else DUMMY_HASH
        matches = check_password(password[:LONGEST_PASSWORD], hashed)
        if author is None or not matches:
            with self.database.transaction() as tx:
                for subject in subjects:
                    accounts.add_login_failure(tx, subject, now=self.now())
            raise InvalidInput({"password": "Name or password is wrong."})
        token = secrets.token_urlsafe(32)
        with self.database.transaction() as tx:
            accounts.forget_login_failures(tx, subjects[0])
            accounts.add_session(
                tx,
                Session(
                    id=self.new_id(),
                    author_id=author.id,
                    address=address,
                    user_agent=user_agent[:300],
                    created_at=self.now(),
                    last_seen_at=self.now(),
                ),
                token_hash=_digest(token),
                expires_at=self.now() + SESSION_LIFE,
            )
        return token, author

    def _refuse_guessing(self, name: str, address: str) -> None:
        since = self.now() - FAILURES_COUNT_FOR
        with self.database.snapshot() as tx:
            is_guessing = (
                accounts.login_failures(tx, name, since=since) >= MOST_FAILURES_OF_NAME
                or accounts.login_failures(tx, address, since=since) >= MOST_FAILURES_OF_ADDRESS
            )
        if is_guessing:
            raise TooManyRequests("too many wrong passwords", retry_after=FAILURES_COUNT_FOR)

    def signed_in(self, token: str) -> SignedIn | None:
        """Give whose session this is, and keep it alive while it is used.

        On a full disk it ends when it would have; there is still much that can be read.
        """
        now = self.now()
        with self.database.snapshot() as tx:
            found = accounts.find_session(tx, _digest(token), now=now)
        if found is None:
            return None
        session, author = found
        is_due = now - session.last_seen_at > TOUCH_AFTER
        return SignedIn(
            author=author, session=session, renewed=is_due and self._prolong(session, now)
        )

    def _prolong(self, session: Session, now: datetime) -> bool:
        try:
            with self.database.transaction() as tx:
                accounts.touch_session(tx, session.id, now=now, expires_at=now + SESSION_LIFE)
        except DiskRefuses:
            return False
        return True

    def sessions(self, author: Author) -> tuple[Session, ...]:
        """Give the author's open sessions, last used first."""
        with self.database.snapshot() as tx:
            return accounts.list_sessions(tx, author.id, now=self.now())

    def end_session(self, author: Author, session_id: str) -> None:
        """Sign one of the author's browsers out."""
        with self.database.transaction() as tx:
            accounts.end_session(tx, session_id, author_id=author.id)

    def change_password(self, author: Author, *, old: str, new: str) -> None:
        """Set another password and sign every browser out. Raises InvalidInput."""
        with self.database.snapshot() as tx:
            hashed = accounts.password_hash(tx, author.id)
        if not check_password(old[:LONGEST_PASSWORD], hashed):
            raise InvalidInput({"old_password": "That is not your password."})
        problem = password_problem(new)
        if problem:
            raise InvalidInput({"new_password": problem["password"]})
        fresh = hash_password(new)
        with self.database.transaction() as tx:
            accounts.set_password(tx, author.id, fresh)

    def confirm(self, author: Author, password: str) -> None:
        """Ask for the password again, before what cannot be taken back.

        Raises TooManyRequests after too many wrong ones, InvalidInput for field "password".
        """
        subject = f"name:{author.username.lower()}"
        self._refuse_guessing(subject, subject)
        with self.database.snapshot() as tx:
            hashed = accounts.password_hash(tx, author.id)
        if check_password(password[:LONGEST_PASSWORD], hashed):
            return
        with self.database.transaction() as tx:
            accounts.add_login_failure(tx, subject, now=self.now())
        raise InvalidInput({"password": "That is not your password."})

    def reset_password(self, username: str, password: str) -> None:
        """Give an author another password without knowing the old one.

        Raises NotFound, InvalidInput.
        """
        problem = password_problem(password)
        if problem:
            raise InvalidInput(problem)
        hashed = hash_password(password)
        with self.database.transaction() as tx:
            author = accounts.get_author(tx, username.removeprefix("@"))
            accounts.set_password(tx, author.id, hashed)

    def authors(self) -> tuple[Author, ...]:
        """Give all authors, the oldest first."""
        with self.database.snapshot() as tx:
            return accounts.list_authors(tx)

    def site_info(self) -> SiteInfo:
        """Give the site's title, tagline and language."""
        with self.database.snapshot() as tx:
            kept = accounts.all_settings(tx)
        return SiteInfo(
            title=kept.get("title", "Reviews"),
            tagline=kept.get("tagline", ""),
            language=kept.get("language", ""),
            asks_not_to_learn=asks_not_to_learn(kept.get("ai_crawlers")),
        )


def _username_problem(username: str) -> dict[str, str]:
    if not USERNAME.fullmatch(username):
        return {"username": "Use 1 to 30 of the letters a to z, digits and _."}
    if username in RESERVED:
        return {"username": f"{username} is taken by the site itself. Choose another."}
    return {}


def _name_problem(name: str) -> dict[str, str]:
    return {"name": "Use at most 100 characters."} if len(name) > 100 else {}


def password_problem(password: str) -> dict[str, str]:
    """Say what is wrong with a new password, under "password"; empty when nothing is."""
    if len(password) < SHORTEST_PASSWORD:
        return {"password": f"Use at least {SHORTEST_PASSWORD} characters."}
    if len(password) > LONGEST_PASSWORD:
        return {"password": f"Use at most {LONGEST_PASSWORD} characters."}
    return {}
