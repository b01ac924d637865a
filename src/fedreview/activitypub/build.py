"""Documents out: the actor, the review as an Article, answers as Notes, and activities."""

from dataclasses import dataclass
from datetime import datetime
from html import escape

from fedreview.activitypub.contexts import ACTOR_CONTEXT, OBJECT_CONTEXT
from fedreview.activitypub.dialects.marks import mark_members
from fedreview.activitypub.dialects.neodb import Mark, neodb_related, neodb_tag
from fedreview.activitypub.dialects.schema import (
    schema_properties,
    schema_rating,
    schema_work,
)
from fedreview.activitypub.instants import instant_text
from fedreview.activitypub.policy import Policy, interaction_policy
from fedreview.activitypub.urls import Urls
from fedreview.activitypub.vocabulary import PUBLIC, Json
from fedreview.domain.actor import ActorId, Author
from fedreview.domain.review import Review, Spoilers
from fedreview.domain.work import Cover

Document = dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Multikey:
    """A public key as FEP-521a writes it."""

    id: str
    multibase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKeys:
    """An actor's public keys: RSA as PEM for HTTP signatures, Ed25519 for proofs.

    retired: keys that sign nothing new, but still prove what they signed.
    """

    rsa_id: str
    rsa_pem: str
    ed25519_id: str
    ed25519_multibase: str
    retired: tuple[Multikey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleText:
    """What the pages made of a review's Markdown.

    content: HTML that stands alone, beginning with work and rating.
    summary: plain, short, without spoilers or links.
    fields: name and text of what the author typed, for what has no words of its own.
    """

    content: str
    summary: str
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How often something was answered, liked and boosted."""

    replies: int = 0
    likes: int = 0
    shares: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An author's answer or take, ready to be written down.

    mentions: id and handle (``user@host``) of those whom it answers or names.
    context: the conversation's id, or "".
    warning: what it is folded under, or "". tags: without the #.
    mark: what a take says of a work.
    """

    id: str
    author: Author
    in_reply_to: str
    content: str
    source: str
    language: str
    published_at: datetime
    url: str
    mentions: tuple[tuple[str, str], ...] = ()
    context: str = ""
    updated_at: datetime | None = None
    warning: str = ""
    tags: tuple[str, ...] = ()
    mark: Mark | None = None


def _plain(text: str) -> str:
    """Keep a plain text plain: Mastodon reads name and summary as HTML, others do not."""
    return text.replace("<", "‹").replace(">", "›")  # noqa: RUF001  (look-alikes on purpose)


def _keys(actor: str, keys: PublicKeys) -> Document:
    """Describe keys: one `publicKey`, for many servers cannot read a list of them."""
    present = Multikey(id=keys.ed25519_id, multibase=keys.ed25519_multibase)
    return {
        "publicKey": {
            "id": keys.rsa_id,
            "type": "Key",
            "owner": actor,
            "publicKeyPem": keys.rsa_pem,
        },
        "assertionMethod": [
            {
                "id": key.id,
                "type": "Multikey",
                "controller": actor,
                "publicKeyMultibase": key.multibase,
            }
            for key in (present, *keys.retired)
        ],
    }


def actor(author: Author, urls: Urls, keys: PublicKeys, *, summary_html: str) -> Document:
    """Describe an author. Source: Mastodon process_account_service.rb for what is needed."""
    uri = urls.actor(author.username)
    document: Document = {
        "@context": ACTOR_CONTEXT,
        "id": uri,
        "type": "Person",
        "preferredUsername": author.username,
        "webfinger": urls.handle(author.username),
        "name": _plain(author.name),
        "summary": summary_html,
        "url": urls.person_page(author.username),
        "inbox": f"{uri}/inbox",
        "outbox": f"{uri}/outbox",
        "followers": urls.followers(author.username),
        "following": urls.following(author.username),
        "featured": urls.featured(author.username),
        "featuredTags": f"{uri}/featuredTags",
        "endpoints": {"sharedInbox": urls.shared_inbox},
        "published": instant_text(author.created_at),
        "manuallyApprovesFollowers": False,
        "discoverable": True,
        "indexable": True,
        "attributionDomains": [urls.host],
        **_keys(uri, keys),
    }
    if author.also_known_as:
        document["alsoKnownAs"] = [*author.also_known_as]
    if author.moved_to:
        document["movedTo"] = author.moved_to
    if author.avatar:
        media_type = "image/png" if author.avatar.endswith(".png") else "image/jpeg"
        url = urls.media(author.avatar)
        document["icon"] = {"type": "Image", "mediaType": media_type, "url": url}
    return document


def instance_actor(urls: Urls, keys: PublicKeys, *, name: str) -> Document:
    """Describe the site itself."""
    uri = urls.instance_actor
    return {
        "@context": ACTOR_CONTEXT,
        "id": uri,
        "type": "Application",
        "preferredUsername": urls.host.partition(":")[0],
        "webfinger": urls.handle(urls.host.partition(":")[0]),
        "name": _plain(name),
        "url": f"{urls.base}/",
        "inbox": f"{uri}/inbox",
        "outbox": f"{uri}/outbox",
        "endpoints": {"sharedInbox": urls.shared_inbox},
        "manuallyApprovesFollowers": True,
        **_keys(uri, keys),
    }


def _image(cover: Cover, urls: Urls, alt: str) -> Document:
    image: Document = {
        "type": "Image",
        "mediaType": cover.media_type,
        "url": urls.media(cover.name),
        "name": alt,
        "width": cover.width,
        "height": cover.height,
    }
    if cover.blurhash:
        image["blurhash"] = cover.blurhash
    return image


def _hashtag(tag: str, urls: Urls) -> Document:
    return {"type": "Hashtag", "name": f"#{tag}", "href": urls.tag_page(tag.casefold())}


def _audience(author: Author, urls: Urls) -> Document:
    # Lists even of one: BookWyrm compares `to` with a list.
    return {"to": [PUBLIC], "cc": [urls.followers(author.username)]}


def _leave(policy: Policy, author: Author, urls: Urls) -> Document:
    """Say who may reply and quote, and let everybody find it.

    Without a word Mastodon lets nobody quote or find. Source: FEP-268d for what can be searched.
    """
    return {
        "interactionPolicy": interaction_policy(policy, author.username, urls),
        "searchableBy": [PUBLIC],
    }


def _collections(uri: str, counts: Counts) -> Document:
    return {
        "replies": {
            "id": f"{uri}/replies",
            "type": "Collection",
            "totalItems": counts.replies,
            # As Mastodon writes it itself: an empty first page that points at the next. It
            # follows `first` only once, so an address here would lead it to nothing.
            "first": {
                "type": "CollectionPage",
                "partOf": f"{uri}/replies",
                "next": f"{uri}/replies?page=1",
                "items": [],
            },
        },
        "likes": {"id": f"{uri}/likes", "type": "Collection", "totalItems": counts.likes},
        "shares": {"id": f"{uri}/shares", "type": "Collection", "totalItems": counts.shares},
    }


def article(
    review: Review, text: ArticleText, urls: Urls, policy: Policy, counts: Counts | None = None
) -> Document:
    """Describe a published review, without ``@context``: it goes into activities too.

    Source for every choice: docs/adr/0004-the-article.md.
    """
    uri, page = urls.review(review.id), urls.review_page(review.slug)
    name, work = _plain(review.heading), review.work
    published_at = review.published_at or review.created_at
    document: Document = {
        "id": uri,
        "type": "Article",
        "attributedTo": urls.actor(review.author.username),
        "name": name,
        "summary": _plain(text.summary),
        "content": text.content,
        "contentMap": {review.language: text.content},
        "source": {"content": review.body, "mediaType": "text/markdown"},
        "url": page,
        "published": instant_text(published_at),
        **_audience(review.author, urls),
        # A Link and no Document: any media would cost us Mastodon's link card.
        "attachment": [{"type": "Link", "mediaType": "text/html", "href": page}],
        "preview": {
            "type": "Note",
            "content": f"<p><strong>{escape(name)}</strong></p><p>{escape(text.summary)}</p>",
        },
        "tag": [
            *(_hashtag(tag, urls) for tag in review.tags),
            neodb_tag(work, urls),
        ],
        "sensitive": review.spoilers is Spoilers.FULL,
        "context": urls.context(review.id),
        "conversation": urls.context(review.id),
        **_collections(uri, counts or Counts()),
        **_leave(policy, review.author, urls),
        "itemReviewed": schema_work(work, urls),
        "relatedWith": neodb_related(review, urls, published_at=published_at),
    }
    if review.rating:
        document["reviewRating"] = schema_rating(review.rating)
    if text.fields:
        document["schema:additionalProperty"] = schema_properties(text.fields)
    if review.spoilers is Spoilers.FULL:
        document["dcterms:subject"] = work.facts.title
    if work.cover:
        document["image"] = _image(work.cover, urls, work.facts.cover_alt)
    if review.updated_at:
        document["updated"] = instant_text(review.updated_at)
    return document


def note(answer: Answer, urls: Urls, policy: Policy, counts: Counts | None = None) -> Document:
    """Describe an author's answer or take, without ``@context``.

    Source for `summary` and `sensitive`: Mastodon's status_parser.rb, for which they are a
    content warning on a Note; on an Article they are none.
    """
    uri = urls.note(answer.id)
    tags: list[Json] = [_hashtag(tag, urls) for tag in answer.tags]
    document: Document = {
        "id": uri,
        "type": "Note",
        "attributedTo": urls.actor(answer.author.username),
        "content": answer.content,
        "contentMap": {answer.language: answer.content},
        "source": {"content": answer.source, "mediaType": "text/markdown"},
        "url": answer.url,
        "published": instant_text(answer.published_at),
        **_audience(answer.author, urls),
        "tag": tags,
        "sensitive": bool(answer.warning),
        **_collections(uri, counts or Counts()),
        **_leave(policy, answer.author, urls),
    }
    if answer.warning:
        document["summary"] = _plain(answer.warning)
    if answer.in_reply_to:
        document["inReplyTo"] = answer.in_reply_to
    if answer.context:
        document["context"] = document["conversation"] = answer.context
    if answer.updated_at:
        document["updated"] = instant_text(answer.updated_at)
    if answer.mentions:
        named = (actor_id for actor_id, _ in answer.mentions)
        document["cc"] = [urls.followers(answer.author.username), *named]
        tags += (
            {"type": "Mention", "href": actor_id, "name": f"@{handle}"}
            for actor_id, handle in answer.mentions
        )
    if answer.mark:
        tags.append(neodb_tag(answer.mark.work, urls))
        document.update(mark_members(answer.mark, urls))
    return document


def tombstone(uri: str, *, deleted_at: datetime, former_type: str) -> Document:
    """Say that something of ours is gone."""
    return {
        "id": uri,
        "type": "Tombstone",
        "formerType": former_type,
        "deleted": instant_text(deleted_at),
    }


def with_context(document: Document) -> Document:
    """Make an object a document of its own."""
    return {"@context": OBJECT_CONTEXT, **document}


def activity(
    type: str, uri: str, actor_id: ActorId, obj: Json, *, to: list[Json], cc: list[Json]
) -> Document:
    """Wrap an object or an id in an activity of ours."""
    document: Document = {
        "@context": OBJECT_CONTEXT,
        "id": uri,
        "type": type,
        "actor": actor_id,
        "object": obj,
    }
    if to:
        document["to"] = to
    if cc:
        document["cc"] = cc
    return document


def about(type: str, uri: str, obj: Document, *, now: datetime) -> Document:
    """Wrap our own object for the audience it names: Create and Update."""
    wrapped = activity(
        type,
        uri,
        ActorId(str(obj["attributedTo"])),
        obj,
        to=_as_list(obj["to"]),
        cc=_as_list(obj["cc"]),
    )
    return {**wrapped, "published": instant_text(now)}


def _as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
