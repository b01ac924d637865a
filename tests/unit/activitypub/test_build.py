"""What the documents that leave this site say."""

from dataclasses import replace

from fedreview.activitypub import build
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from tests.factories import PUBLIC_PEM, SITE, an_author

URLS = Urls(SITE)
KEYS = build.PublicKeys(
    rsa_id=f"{SITE}/users/ana#main-key",
    rsa_pem=PUBLIC_PEM,
    ed25519_id=f"{SITE}/users/ana#ed25519-key",
    ed25519_multibase="z6Mk",
)


def described(author: Author) -> build.Document:
    return build.actor(author, URLS, KEYS, summary_html="")


def test_an_author_who_never_moved_says_nothing_of_moving() -> None:
    actor = described(an_author())

    assert {"alsoKnownAs", "movedTo", "memorial", "suspended"}.isdisjoint(actor)


def test_an_author_names_their_other_accounts_and_where_they_went() -> None:
    old, new = "https://old.example/users/ana", "https://new.example/users/ana"

    actor = described(replace(an_author(), also_known_as=(old,), moved_to=new))

    assert actor["alsoKnownAs"] == [old]
    assert actor["movedTo"] == new
