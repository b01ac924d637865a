"""What our own Articles say of the form is read back, and of nobody else's is made up."""

from fedreview.activitypub.parse.reviews import LONGEST_FIELD, MOST_FIELDS, fields_from_article
from fedreview.activitypub.vocabulary import Json


def a_field(name: Json, text: Json) -> dict[str, Json]:
    return {"schema:propertyID": name, "schema:value": text}


def test_an_article_of_another_kind_of_server_has_no_fields() -> None:
    source: dict[str, Json] = {"mediaType": "text/markdown", "content": "Good."}

    assert fields_from_article({"type": "Article", "source": source}) == {}


def test_the_text_its_language_and_its_tags_come_beside_the_fields() -> None:
    document: dict[str, Json] = {
        "schema:additionalProperty": [a_field("verdict", "Read it.")],
        "source": {"mediaType": "text/markdown", "content": "**Good.**"},
        "contentMap": {"de": "<p>Good.</p>"},
        "tag": [
            {"type": "Hashtag", "name": "#manga"},
            {"type": "Mention", "name": "@tess@example.org"},
            {"type": "Hashtag", "name": 7},
        ],
    }

    assert fields_from_article(document) == {
        "verdict": "Read it.",
        "body": "**Good.**",
        "language": "de",
        "tags": "manga",
    }


def test_a_source_that_is_no_markdown_and_two_languages_say_nothing() -> None:
    fields = fields_from_article(
        {
            "schema:additionalProperty": [a_field("verdict", "Read it.")],
            "source": {"mediaType": "text/html", "content": "<b>Good.</b>"},
            "contentMap": {"de": "Gut.", "en": "Good."},
        }
    )

    assert fields == {"verdict": "Read it.", "tags": ""}


def test_what_is_no_text_too_long_or_too_much_is_left_out() -> None:
    told: list[Json] = [
        a_field("verdict", 7),
        a_field(None, "nameless"),
        a_field("teaser", "x" * (LONGEST_FIELD + 1)),
        a_field("synopsis", "x" * LONGEST_FIELD),
        "no object",
    ]
    more: list[Json] = [a_field(f"more{number}", "x") for number in range(MOST_FIELDS)]

    fields = fields_from_article({"schema:additionalProperty": [*told, *more]})

    assert len(fields["synopsis"]) == LONGEST_FIELD
    assert not {"verdict", "teaser", ""} & fields.keys()
    assert f"more{MOST_FIELDS - 1}" not in fields
