"""Say how conversations are led: modes, who may reply, words, links, and whom to trust."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from html import escape
from typing import TypeVar

from fedreview.activitypub.urls import Urls
from fedreview.content.links import count_links
from fedreview.domain.actor import Author
from fedreview.domain.moderation import (
    Act,
    Conduct,
    Judgement,
    RepliesMode,
    Rule,
    Said,
    Standing,
    Verdict,
    Who,
    fold,
    judge,
)
from fedreview.domain.review import ReviewId
from fedreview.errors import InvalidInput, NotFound
from fedreview.services.sending import Sending
from fedreview.services.spreading import Spreading
from fedreview.services.undoing import memory_of_conduct, memory_of_rule, memory_of_trust
from fedreview.storage import (
    actors,
    conduct,
    moderation_log,
    reviews,
    rules,
    trust,
)
from fedreview.storage.conduct import AuthorConduct, ReviewConduct, SiteConduct
from fedreview.storage.database import Database, Transaction
from fedreview.storage.moderation_log import LogEntry

LONGEST_PHRASE = 200
MOST_RULES = 500
MOST_DAYS = 36_500
MOST_LINKS = 100
MOST_TRUSTED = 500
LONGEST_TEST = 20_000

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedPerson:
    """Somebody whose replies never wait. name, handle, url, avatar: "" when nobody knows them."""

    actor: str
    name: str
    handle: str
    url: str
    avatar: str
    by_hand: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """Reads and changes what decides about replies before anybody looks at them."""

    database: Database
    urls: Urls
    sending: Sending
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def rules(self) -> tuple[tuple[Rule, ...], int]:
        """Give all rules, and how many links a reply may have; 0 for any number."""
        with self.database.snapshot() as tx:
            return rules.list_(tx), conduct.of_site(tx).most_links

    def add_rule(self, author: Author, phrase: str, verdict: str) -> str:
        """Add a rule, or give one another verdict; gives the batch. Raises InvalidInput."""
        said = " ".join(phrase.split())
        problems = {}
        if not fold(said):
            problems["phrase"] = "Say which word, or which words."
        elif len(said) > LONGEST_PHRASE:
            problems["phrase"] = f"Use at most {LONGEST_PHRASE} characters."
        chosen = _one_of(Verdict, verdict, "verdict", problems)
        with self.database.transaction() as tx:
            before = rules.find_by_phrase(tx, said)
            if before is None and rules.count(tx) >= MOST_RULES:
                problems["phrase"] = f"There are {MOST_RULES} rules. Remove one that you need less."
            if problems or chosen is None:
                raise InvalidInput(problems)
            rule = Rule(id=before.id if before else self.new_id(), phrase=said, verdict=chosen)
            rules.add(tx, rule, now=self.now())
            memory = memory_of_rule(before)
            return self._log(
                tx, author, Act.ADD_RULE, ("rule", rule.id, said), memory, detail=chosen
            )

    def remove_rule(self, author: Author, rule_id: str) -> str:
        """Forget a rule; gives the batch. What it has held stays held. Raises NotFound."""
        with self.database.transaction() as tx:
            rule = rules.find(tx, rule_id)
            if rule is None:
                raise NotFound("no such rule")
            rules.remove(tx, rule_id)
            memory = memory_of_rule(rule)
            return self._log(tx, author, Act.REMOVE_RULE, ("rule", rule_id, rule.phrase), memory)

    def set_most_links(self, author: Author, text: str) -> str:
        """Say how many links a reply may have; gives the batch. Raises InvalidInput."""
        problems: dict[str, str] = {}
        number = _number(text, "most_links", MOST_LINKS, problems)
        if problems:
            raise InvalidInput(problems)
        with self.database.transaction() as tx:
            before = conduct.of_site(tx)
            conduct.set_of_site(tx, replace(before, most_links=number))
            memory = memory_of_conduct(before)
            return self._log(tx, author, Act.CONDUCT, ("site", "", "Links of a reply"), memory)

    def test(self, author: Author, text: str) -> Judgement:
        """Tell what would become of these words, sent by a stranger. Raises InvalidInput."""
        if len(text) > LONGEST_TEST:
            raise InvalidInput({"text": f"Use at most {LONGEST_TEST} characters."})
        with self.database.snapshot() as tx:
            site, known = conduct.of_site(tx), rules.list_(tx)
            who = conduct.of_author(tx, author.id).who_replies
        return judge(
            Said(text=text, links=count_links(escape(text))),
            Standing(),
            Conduct(mode=site.mode, who=who, most_links=site.most_links),
            known,
            now=self.now(),
        )

    def of_site(self) -> SiteConduct:
        """Give what the site says."""
        with self.database.snapshot() as tx:
            return conduct.of_site(tx)

    def of_author(self, author: Author) -> AuthorConduct:
        """Give what an author says."""
        with self.database.snapshot() as tx:
            return conduct.of_author(tx, author.id)

    def of_review(self, review_id: ReviewId) -> ReviewConduct:
        """Give what a review says. Raises NotFound."""
        with self.database.snapshot() as tx:
            return conduct.of_review(tx, review_id)

    def change_site(self, author: Author, form: Mapping[str, str]) -> str:
        """Keep what the site says; gives the batch. Raises InvalidInput."""
        problems: dict[str, str] = {}
        mode = _one_of(RepliesMode, form.get("replies_mode", ""), "replies_mode", problems)
        days = _number(form.get("closes_after_days", ""), "closes_after_days", MOST_DAYS, problems)
        links = _number(form.get("most_links", ""), "most_links", MOST_LINKS, problems)
        if problems or mode is None:
            raise InvalidInput(problems)
        said = SiteConduct(
            mode=mode,
            closes_after_days=days,
            most_links=links,
            shows_pictures=form.get("shows_pictures") == "yes",
        )
        with self.database.transaction() as tx:
            memory = memory_of_conduct(conduct.of_site(tx))
            conduct.set_of_site(tx, said)
            return self._log(tx, author, Act.CONDUCT, ("site", "", "The whole site"), memory)

    def change_author(self, author: Author, form: Mapping[str, str]) -> str:
        """Keep what an author says; gives the batch. Raises InvalidInput."""
        problems: dict[str, str] = {}
        who_replies = _one_of(Who, form.get("who_replies", ""), "who_replies", problems)
        who_quotes = _one_of(Who, form.get("who_quotes", ""), "who_quotes", problems)
        if problems or who_replies is None or who_quotes is None:
            raise InvalidInput(problems)
        said = AuthorConduct(
            who_replies=who_replies,
            who_quotes=who_quotes,
            welcomes_guests=form.get("welcomes_guests") == "yes",
        )
        with self.database.transaction() as tx:
            memory = memory_of_conduct(conduct.of_author(tx, author.id))
            conduct.set_of_author(tx, author.id, said)
            return self._log(
                tx, author, Act.CONDUCT, ("author", author.id, f"@{author.username}"), memory
            )

    def change_review(self, author: Author, id: ReviewId, form: Mapping[str, str]) -> str:
        """Keep what a review says; gives the batch. Raises NotFound, InvalidInput.

        Of the fields "" follows the site or the author.
        """
        problems: dict[str, str] = {}
        days = form.get("closes_after_days", "").strip()
        said = ReviewConduct(
            mode=_one_of(RepliesMode, form.get("replies_mode", ""), "replies_mode", problems, ""),
            closes_after_days=_number(days, "closes_after_days", MOST_DAYS, problems)
            if days
            else None,
            who_replies=_one_of(Who, form.get("who_replies", ""), "who_replies", problems, ""),
            who_quotes=_one_of(Who, form.get("who_quotes", ""), "who_quotes", problems, ""),
        )
        if problems:
            raise InvalidInput(problems)
        with self.database.transaction() as tx:
            batch = self._keep(tx, author, id, said)
        self.sending.wake()
        return batch

    def set_closed(self, author: Author, id: ReviewId, *, closed: bool) -> str:
        """Close the conversation under a review, or open it again. Raises NotFound.

        Opened again it follows the site; where that closes them by now, this one stays open.
        """
        with self.database.transaction() as tx:
            before = conduct.of_review(tx, id)
            if closed:
                said = replace(before, mode=RepliesMode.CLOSED)
            else:
                said = replace(before, mode=None)
                conduct.set_of_review(tx, id, said)
                if conduct.in_force(tx, id).is_closed(self.now()):
                    site = conduct.of_site(tx).mode
                    mode = RepliesMode.OPEN if site is RepliesMode.CLOSED else None
                    said = replace(said, mode=mode, closes_after_days=0)
                conduct.set_of_review(tx, id, before)
            batch = self._keep(tx, author, id, said)
        self.sending.wake()
        return batch

    def _keep(self, tx: Transaction, author: Author, id: ReviewId, said: ReviewConduct) -> str:
        review = reviews.get(tx, id)
        if review.author.id != author.id:
            raise NotFound("no such review of this author")
        memory = memory_of_conduct(conduct.of_review(tx, id))
        Spreading(urls=self.urls, sending=self.sending, now=self.now).lead(tx, review, said)
        return self._log(tx, author, Act.CONDUCT, ("review", id, review.heading), memory)

    def trusted(self, author: Author) -> tuple[TrustedPerson, ...]:
        """Give whom an author trusts, the newest first."""
        with self.database.snapshot() as tx:
            found = trust.list_(tx, author.id, limit=MOST_TRUSTED)
            people = actors.find_many(tx, [each.actor for each in found])
        persons = []
        for each in found:
            person = people.get(each.actor)
            persons.append(
                TrustedPerson(
                    actor=each.actor,
                    name=person.name if person else each.actor,
                    handle=person.handle if person else "",
                    url=(person.url or person.id) if person else "",
                    avatar=f"/media/avatars/{person.avatar}" if person and person.avatar else "",
                    by_hand=each.by_hand,
                    created_at=each.created_at,
                )
            )
        return tuple(persons)

    def trust(self, author: Author, handle: str) -> str:
        """Trust somebody whom this site knows; gives the batch. Raises InvalidInput."""
        named = handle.strip().removeprefix("@")
        with self.database.transaction() as tx:
            person = actors.find_by_handle(tx, named) or actors.find(tx, handle.strip())
            if person is None:
                raise InvalidInput(
                    {"handle": "Nobody of that handle has been here. Check how it is written."}
                )
            before = trust.add(tx, author.id, person.id, by_hand=True, now=self.now())
            memory, label = memory_of_trust(before), f"@{person.handle}"
            return self._log(tx, author, Act.TRUST, ("actor", person.id, label), memory)

    def distrust(self, author: Author, actor: str) -> str:
        """Trust somebody no more; gives the batch. Raises NotFound."""
        with self.database.transaction() as tx:
            before = trust.find(tx, author.id, actor)
            if before is None:
                raise NotFound("nobody that this author trusts")
            trust.remove(tx, author.id, actor)
            person = actors.find(tx, actor)
            label, memory = f"@{person.handle}" if person else actor, memory_of_trust(before)
            return self._log(tx, author, Act.DISTRUST, ("actor", actor, label), memory)

    def _log(
        self,
        tx: Transaction,
        author: Author,
        act: Act,
        about: tuple[str, str, str],
        before: str,
        *,
        detail: str = "",
    ) -> str:
        """Write down what was done; about: kind, id and label of what it was done to."""
        batch, (kind, target, label) = self.new_id(), about
        entry = LogEntry(
            batch=batch,
            author_id=author.id,
            action=act,
            target_kind=kind,
            target=target,
            label=label,
            detail=detail,
            before=before,
            at=self.now(),
        )
        moderation_log.add(tx, entry)
        return batch


def _one_of(
    kind: type[E], text: str, name: str, problems: dict[str, str], nothing: str | None = None
) -> E | None:
    """Read a choice. nothing: what stands for none, which is None."""
    if text == nothing:
        return None
    try:
        return kind(text)
    except ValueError:
        problems[name] = "Choose one from the list."
        return None


def _number(text: str, name: str, most: int, problems: dict[str, str]) -> int:
    digits = text.strip()
    if digits.isdecimal() and len(digits) <= len(str(most)) and int(digits) <= most:
        return int(digits)
    problems[name] = f"Write a whole number from 0 to {most}."
    return 0
