"""What the documents that leave this site say."""

from dataclasses import replace
from typing import Any

import pytest

from fedreview.activitypub import build
from fedreview.activitypub.build import Answer, ArticleText
from fedreview.activitypub.dialects.neodb import Mark
from fedreview.activitypub.policy import OPEN
from fedreview.activitypub.urls import Urls
from fedreview.domain.actor import Author
from tests.factories import (
    NOON,
    PUBLIC_PEM,
    SITE,
    a_cover,
    a_rating,
    a_review,
    a_work,
    an_author,
    minutes,
)

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


def an_answer(**changes: object) -> Answer:
    answer = Answer(
        id="note1",
        author=an_author(),
        in_reply_to="",
        content="<p>So it is.</p>",
        source="So it is.",
        language="en",
        published_at=NOON,
        url=f"{SITE}/notes/note1",
        mentions=(),
    )
    return replace(answer, **changes)  # type: ignore[arg-type]  # any of its fields


def test_a_note_of_its_own_names_no_parent_conversation_edit_or_person() -> None:
    document = build.note(an_answer(), URLS, OPEN)

    assert not {"inReplyTo", "context", "conversation", "updated"} & set(document)
    assert document["tag"] == []


def test_an_answer_names_what_it_answers_where_it_stands_and_when_it_was_edited() -> None:
    answer = an_answer(
        in_reply_to="https://a.example/notes/1",
        context=f"{SITE}/ap/reviews/review1/context",
        updated_at=NOON + minutes(1),
        mentions=(("https://a.example/kim", "kim@a.example"),),
    )

    document = build.note(answer, URLS, OPEN)

    assert document["inReplyTo"] == "https://a.example/notes/1"
    assert document["context"] == document["conversation"] == answer.context
    assert document["updated"] != document["published"]
    assert document["tag"] == [
        {"type": "Mention", "href": "https://a.example/kim", "name": "@kim@a.example"}
    ]


def a_mark(**changes: object) -> Mark:
    mark = Mark(
        uri=f"{SITE}/ap/notes/n1",
        page=f"{SITE}/notes/n1",
        actor=f"{SITE}/users/ana",
        work=a_work(),
        rating=a_rating(),
        comment="",
        published_at=NOON,
        updated_at=None,
    )
    return replace(mark, **changes)  # type: ignore[arg-type]  # whatever the test wants


def test_a_take_says_its_work_and_its_warning() -> None:
    mark = a_mark(rating=None, comment="Good.")
    take = an_answer(mark=mark, warning="The <end>", tags=("film",), mentions=())

    note: dict[str, Any] = build.note(take, Urls(SITE), OPEN)

    assert note["summary"] == "The \u2039end\u203a"
    assert note["sensitive"] is True
    assert [tag["type"] for tag in note["tag"]] == ["Hashtag", "Movie"]
    assert [part["type"] for part in note["relatedWith"]] == ["Comment"]
    assert "reviewRating" not in note


def test_a_rating_alone_is_a_mark_without_a_comment() -> None:
    note: dict[str, Any] = build.note(an_answer(mark=a_mark()), Urls(SITE), OPEN)

    assert [part["type"] for part in note["relatedWith"]] == ["Status", "Rating"]
    assert note["relatedWith"][1]["value"] == 9
    assert note["reviewRating"]["ratingValue"] == 8.5


@pytest.mark.parametrize(("name", "kind"), [("a.png", "image/png"), ("a.jpg", "image/jpeg")])
def test_an_author_with_a_picture_shows_it(name: str, kind: str) -> None:
    assert described(replace(an_author(), avatar=name))["icon"] == {
        "type": "Image",
        "mediaType": kind,
        "url": f"{SITE}/media/{name}",
    }


def test_the_site_is_an_application_that_nobody_follows() -> None:
    site = build.with_context(build.instance_actor(URLS, KEYS, name="<Reviews>"))

    assert (site["type"], site["manuallyApprovesFollowers"]) == ("Application", True)
    assert "<" not in str(site["name"])


def test_a_cover_says_what_it_looks_like_before_it_is_there() -> None:
    cover = replace(a_cover(), blurhash="LEHV6nWB2yk8")
    review = a_review(work=a_work(cover=cover))

    article = build.article(review, ArticleText(content="", summary=""), URLS, OPEN)

    image = article["image"]
    assert isinstance(image, dict)
    assert image["blurhash"] == "LEHV6nWB2yk8"
