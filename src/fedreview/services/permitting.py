"""Answer who asks for leave to reply, and take leave back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fedreview.activitypub import acts
from fedreview.activitypub.approvals import ReplyAsked, reply_accept, reply_reject
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from fedreview.domain.thread import NoteState
from fedreview.services.inviting import author_of_post, policy_of_post
from fedreview.services.sending import Sending
from fedreview.storage import actors, approvals, audience, queues
from fedreview.storage.approvals import Approval, ApprovalState
from fedreview.storage.database import Transaction
from fedreview.storage.threads import StoredNote

MOST_REFUSED = 50
"""Of one person within REFUSED_WITHIN; whoever goes on after that gets no more answers."""
REFUSED_WITHIN = timedelta(days=1)
MOST_AT_ONCE = 500
"""Of one person's replies, when all leave of theirs is taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permitting:
    """Says yes or no to replies, in the transaction that decides about them.

    Wake the workers after it.
    """

    sending: Sending

    @property
    def urls(self) -> Urls:
        """The addresses of what is ours."""
        return self.sending.urls

    def now(self) -> datetime:
        """Give the time."""
        return self.sending.now()

    def arrived(self, tx: Transaction, note: StoredNote) -> None:
        """Answer a new reply that came without asking, where its parent wants to be asked.

        Many servers do not know that one can ask. Where everybody may reply at once, nobody
        needs our leave, and where leave was asked for `asked` answers.
        """
        if note.audience != "public" or approvals.find(tx, note.uri):
            return
        author = author_of_post(tx, self.urls, note.in_reply_to)
        if author is None:
            return
        if not policy_of_post(tx, self.urls, note.in_reply_to, author, now=self.now()).is_open:
            self.asked(tx, note, author)

    def noted(
        self, tx: Transaction, *, reply: str, target: str, asker: str, request: str
    ) -> Approval:
        """Keep that leave was asked for, and give what has been said of it."""
        return approvals.add(
            tx,
            Approval(
                id=self.sending.new_id(),
                object=target,
                interacting=reply,
                actor=asker,
                request=request,
                created_at=self.now(),
            ),
        )

    def asked(
        self, tx: Transaction, note: StoredNote, author: Author, *, request: str = ""
    ) -> None:
        """Answer who wants leave for a reply that is kept, as far as it is clear already.

        note: as it was judged: one that is shown is let, one that is held waits, any other is
        refused. A private one, which is for the author alone, is let. author: who wrote what
        it answers. request: id of the ReplyRequest, "" for a reply that came without one.

        Asked again, the same answer goes out again.
        """
        known = self.noted(
            tx, reply=note.uri, target=note.in_reply_to, asker=note.actor, request=request
        )
        state = known.state
        if state is ApprovalState.PENDING:
            state = _state_of(note)
        if state is not ApprovalState.PENDING:
            self._say(tx, known, author, state)

    def refuse(
        self, tx: Transaction, author: Author, *, reply: str, target: str, asker: str, request: str
    ) -> None:
        """Say no to a reply that is not kept at all; to whoever goes on and on, nothing."""
        since = self.now() - REFUSED_WITHIN
        if approvals.count_refused(tx, asker, since=since) < MOST_REFUSED:
            known = self.noted(tx, reply=reply, target=target, asker=asker, request=request)
            self._say(tx, known, author, ApprovalState.REJECTED)

    def decided(self, tx: Transaction, note: StoredNote, *, accepted: bool) -> bool:
        """Tell whoever asked for leave for this reply what was decided; nobody else.

        Decided as before, nothing is said. Leave that was given and is taken back can be
        fetched no more, and its end is told to everybody who may rely on it.

        Tells whether the reply's own server has waited for this, and spreads it now.
        """
        known = approvals.find(tx, note.uri)
        author = author_of_post(tx, self.urls, known.object) if known else None
        state = ApprovalState.ACCEPTED if accepted else ApprovalState.REJECTED
        if known is None or author is None or known.state is state:
            return False
        if known.state is ApprovalState.ACCEPTED:
            self._revoke(tx, known, author)
        else:
            self._say(tx, known, author, state)
        return accepted and bool(known.request)

    def refuse_all(self, tx: Transaction, author: Author, actor: str) -> None:
        """Refuse what somebody asked this author for, and take back what they got of them."""
        for known in approvals.list_of_actor(tx, actor, limit=MOST_AT_ONCE):
            owner = author_of_post(tx, self.urls, known.object)
            if owner is None or owner.id != author.id:
                continue
            if known.state is ApprovalState.ACCEPTED:
                self._revoke(tx, known, author)
            else:
                self._say(tx, known, author, ApprovalState.REJECTED)

    def _say(self, tx: Transaction, known: Approval, author: Author, state: ApprovalState) -> None:
        """Answer who asked. Leave for a reply that came by itself is told to followers, too."""
        if known.state is not state:
            approvals.decide(tx, known.id, state, now=self.now())
        asker = actors.find(tx, known.actor)
        if asker is None:
            return
        asked = ReplyAsked(
            author=self.urls.actor(author.username),
            asker=known.actor,
            reply=known.interacting,
            target=known.object,
            request=known.request,
        )
        is_let = state is ApprovalState.ACCEPTED
        leave = self.urls.approval(known.id)
        followers = self.urls.followers(author.username)
        is_for_all = is_let and not known.request
        outgoing = self.sending.prepare(
            lambda uri: (
                reply_accept(uri, asked, authorization=leave, followers=followers)
                if is_let
                else reply_reject(uri, asked)
            ),
            author_id=author.id,
            about=leave,
            listed=False,
            proved=is_for_all,
        )
        everybody = audience.inboxes_of_public(tx, author.id, named=[asker])
        self.sending.queue(tx, outgoing, everybody if is_for_all else [asker.inbox])

    def _revoke(self, tx: Transaction, known: Approval, author: Author) -> None:
        approvals.decide(tx, known.id, ApprovalState.REJECTED, now=self.now())
        leave = self.urls.approval(known.id)
        me = self.urls.actor(author.username)
        # An Accept that still waits for a server which is down would come after its end.
        queues.forget(tx, leave)
        outgoing = self.sending.prepare(
            lambda uri: acts.revocation(uri, me, leave),
            author_id=author.id,
            about=leave,
            listed=False,
        )
        asker = actors.find(tx, known.actor)
        named = [asker] if asker else []
        self.sending.queue(tx, outgoing, audience.inboxes_of_public(tx, author.id, named=named))


def _state_of(note: StoredNote) -> ApprovalState:
    if note.state is NoteState.HELD:
        return ApprovalState.PENDING
    is_let = note.state is NoteState.SHOWN and not note.veiled
    return ApprovalState.ACCEPTED if is_let else ApprovalState.REJECTED
