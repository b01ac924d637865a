"""Pass on what was said under our reviews to those who follow their authors.

Their servers have the review, and most have never heard of who answers it.
Source: ActivityPub section 7.1.2; Mastodon app/lib/activitypub/forwarder.rb.
"""

from collections.abc import Mapping

from fedreview.activitypub.documents import load_document
from fedreview.activitypub.origin import same_origin, site
from fedreview.activitypub.parse import parse_activity
from fedreview.activitypub.vocabulary import (
    Activity,
    Audience,
    CreateNote,
    Delete,
    Json,
    UpdateNote,
)
from fedreview.domain.review import Review
from fedreview.errors import TooManyRequests, UntrustedSignature
from fedreview.services.handling.context import Context
from fedreview.services.throttling import Throttle
from fedreview.signatures import integrity
from fedreview.signatures.keys import PublicKey
from fedreview.storage import actors, arrivals, queues, reviews, threads
from fedreview.storage.arrivals import Arrival
from fedreview.storage.threads import StoredNote

PASSED_ON_PER_MINUTE = 10
"""Of one site. Each goes to every server that follows, before what our author says next."""

MOST_LOOKED_AT = 200
"""Of what somebody sent, the newest, to find the bytes of what was approved."""


def review_before(context: Context, activity: Activity) -> Review | None:
    """Find the review under which the note stands that a Delete takes away."""
    if not isinstance(activity, Delete):
        return None
    note = threads.find(context.tx, activity.object)
    return _review_of(context, note) if note and note.actor == activity.actor else None


def forward(
    context: Context,
    arrival: Arrival,
    document: Mapping[str, Json],
    activity: Activity,
    *,
    before: Review | None,
    throttle: Throttle | None,
) -> bool:
    """Queue the very bytes that came, for the followers of the review's author.

    document: what the bytes say, read before this transaction began.
    before: what `review_before` gave, for a Delete. throttle: how much of one site goes on, None
    for what an author has looked at; what is too much stays here, but the end of what went on
    always follows it. Tells whether it was queued.

    Only what others can check without asking: it carries its actor's proof, and that holds, or a
    linked-data signature, which we do not check but leave as it is; or it was addressed to our
    author's followers. Only what the actor vouched for here, and what stands on our page.
    """
    if not arrival.is_proved or activity.actor != arrival.actor:
        return False
    if not _is_sent_on(context, document):
        return False
    match activity:
        case CreateNote(note=note) | UpdateNote(note=note):
            kept = threads.find(context.tx, note.id)
            is_public = note.audience is Audience.PUBLIC and kept is not None
            review = _review_of(context, kept) if is_public and kept else None
        case Delete():
            review = before
        case _:
            return False
    if review is None or not _may_be_passed_on(context, arrival.actor, document, review):
        return False
    about = activity.object if isinstance(activity, Delete) else activity.note.id
    is_end = isinstance(activity, Delete) and queues.has_about(context.tx, about)
    if not is_end and throttle and not _has_room(throttle, arrival.actor):
        return False
    inboxes = actors.follower_inboxes(context.tx, review.author.id)
    context.sending.forward(
        context.tx,
        review.author,
        body=arrival.body,
        type=type(activity).__name__.removesuffix("Note"),
        about=about,
        inboxes=[inbox for inbox in inboxes if not same_origin(inbox, arrival.actor)],
    )
    return True


def forward_approved(context: Context, note: StoredNote) -> bool:
    """Pass on what was held when it came; tells whether something could be.

    The bytes are kept for two weeks. An edit goes on as well, after what it changes.
    """
    if _review_of(context, note) is None:
        return False
    is_passed_on = False
    named = note.uri.rpartition("/")[2].encode()
    types = [CreateNote.__name__, UpdateNote.__name__]
    for arrival in arrivals.list_applied(context.tx, note.actor, types=types, limit=MOST_LOOKED_AT):
        if named not in arrival.body:
            continue
        document = load_document(arrival.body)
        activity = parse_activity(document)
        is_about_it = isinstance(activity, CreateNote | UpdateNote) and activity.note.id == note.uri
        if is_about_it and forward(
            context, arrival, document, activity, before=None, throttle=None
        ):
            is_passed_on = True
    return is_passed_on


def _has_room(throttle: Throttle, actor: str) -> bool:
    try:
        throttle.take(site(actor))
    except TooManyRequests:
        return False
    return True


def _review_of(context: Context, note: StoredNote) -> Review | None:
    if note.review_id is None or note.audience != "public" or note.author_id:
        return None
    if not note.is_in_sight:
        return None
    return reviews.find(context.tx, note.review_id)


def _is_proved(context: Context, document: Mapping[str, Json], actor: str) -> bool:
    """Tell whether the actor's proof is inside and holds, by a key that came with the actor."""
    method = integrity.proof_method(document)
    known = actors.find_key(context.tx, method) if method else None
    if known is None or known.owner != actor:
        return False
    try:
        key = PublicKey.from_pem(known.id, known.owner, known.pem)
        integrity.check_proof(document, key, now=context.now())
    except UntrustedSignature:
        return False
    return True


def _is_sent_on(context: Context, document: Mapping[str, Json]) -> bool:
    """Tell whether it is worth a look: few activities carry a proof or go to followers of ours."""
    if document.get("signature") or integrity.proof_method(document):
        return True
    ours = (entry for entry in _named(document) if isinstance(entry, str))
    return any(context.urls.is_ours(entry) and entry.endswith("/followers") for entry in ours)


def _named(document: Mapping[str, Json]) -> list[Json]:
    values = (document.get("to"), document.get("cc"))
    return [entry for value in values for entry in (value if isinstance(value, list) else [value])]


def _may_be_passed_on(
    context: Context, actor: str, document: Mapping[str, Json], review: Review
) -> bool:
    if document.get("signature") or _is_proved(context, document, actor):
        return True
    return context.urls.followers(review.author.username) in _named(document)
