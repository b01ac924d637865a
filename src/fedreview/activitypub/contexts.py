"""The @context of everything we publish: which words mean what."""

from fedreview.activitypub.vocabulary import ACTIVITY_STREAMS, Json

_SECURITY = "https://w3id.org/security/v1"
_DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v2"
_DID = "https://www.w3.org/ns/did/v1"
_MULTIKEY = "https://w3id.org/security/multikey/v1"

# No two terms may share an IRI: NeoDB's reader would fold them into one.
_OBJECT_TERMS: dict[str, Json] = {
    "sensitive": "as:sensitive",
    "Hashtag": "as:Hashtag",
    "ostatus": "http://ostatus.org#",
    "conversation": "ostatus:conversation",
    "dcterms": "http://purl.org/dc/terms/",
    "gts": "https://gotosocial.org/ns#",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canReply": {"@id": "gts:canReply", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
    "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
    "fedibird": "http://fedibird.com/ns#",
    "searchableBy": {"@id": "fedibird:searchableBy", "@type": "@id"},
    "schema": "https://schema.org/",
    "toot": "http://joinmastodon.org/ns#",
    "blurhash": "toot:blurhash",
    "reviewRating": "schema:reviewRating",
    "itemReviewed": "schema:itemReviewed",
    "ratingValue": "schema:ratingValue",
    "bestRating": "schema:bestRating",
    "worstRating": "schema:worstRating",
    "sameAs": {"@id": "schema:sameAs", "@type": "@id"},
    "neodb": "https://neodb.net/ns#",
    "relatedWith": "neodb:relatedWith",
    "withRegardTo": {"@id": "neodb:withRegardTo", "@type": "@id"},
}
OBJECT_CONTEXT: list[Json] = [ACTIVITY_STREAMS, _DATA_INTEGRITY, _OBJECT_TERMS]

_ACTOR_TERMS: dict[str, Json] = {
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "toot": "http://joinmastodon.org/ns#",
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "featuredTags": {"@id": "toot:featuredTags", "@type": "@id"},
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "attributionDomains": {"@id": "toot:attributionDomains", "@type": "@id"},
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
}
# did/v1 has `assertionMethod`: without it JSON-LD readers drop our Ed25519 key, and Fedify
# 2.3.6 then calls every proof of ours invalid. The Update of a profile speaks these words,
# too, and has a proof, which only data-integrity makes readable.
ACTOR_CONTEXT: list[Json] = [
    ACTIVITY_STREAMS,
    _SECURITY,
    _DATA_INTEGRITY,
    _DID,
    _MULTIKEY,
    _ACTOR_TERMS,
]

HASHTAG_CONTEXT: list[Json] = [ACTIVITY_STREAMS, {"Hashtag": "as:Hashtag"}]

QUOTE_CONTEXT: list[Json] = [
    ACTIVITY_STREAMS,
    {
        "gts": "https://gotosocial.org/ns#",
        "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
        "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
        "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
        "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
    },
]

REPLY_CONTEXT: list[Json] = [
    ACTIVITY_STREAMS,
    _DATA_INTEGRITY,
    {
        "gts": "https://gotosocial.org/ns#",
        "ReplyAuthorization": "gts:ReplyAuthorization",
        "ReplyRequest": "gts:ReplyRequest",
        "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
        "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
    },
]
