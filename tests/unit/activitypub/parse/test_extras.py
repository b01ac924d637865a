"""What comes with a note, in the shapes of the servers that send it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedreview.activitypub.parse.extras import (
    LONGEST_ALT,
    LONGEST_OPTION,
    MOST_ATTACHMENTS,
    MOST_EMOJIS,
    MOST_OPTIONS,
    parse_emojis,
    parse_extras,
)
from fedreview.activitypub.vocabulary import Json
from fedreview.domain.extras import NOTHING, Attachment, Emoji, Extras, Medium, Poll, PollOption

BLOBCAT = "https://files.example/blobcat.png"


def an_emoji(name: Json = ":blobcat:", url: Json = BLOBCAT, **more: Json) -> Json:
    return {"type": "Emoji", "name": name, "icon": {"type": "Image", "url": url}, **more}


def extras(**members: Json) -> Extras:
    return parse_extras({"id": "https://a.example/1", "type": "Note", **members})


def attached(**members: Json) -> tuple[Attachment, ...]:
    return extras(attachment=[members]).attachments


def asked(**members: Json) -> Poll | None:
    return extras(type="Question", **members).poll


def test_a_plain_note_has_nothing_besides_its_text() -> None:
    assert extras(tag=[], attachment=[], sensitive=None) == NOTHING


@pytest.mark.parametrize(
    "tag",
    [
        # Mastodon
        {
            "id": "https://mastodon.example/emojis/7",
            "type": "Emoji",
            "name": ":blobcat:",
            "updated": "2025-11-02T08:00:00Z",
            "icon": {"type": "Image", "mediaType": "image/png", "url": BLOBCAT},
        },
        # Pleroma and Akkoma
        {
            "id": None,
            "type": "Emoji",
            "name": ":blobcat:",
            "icon": {"type": "Image", "url": BLOBCAT},
        },
        # Misskey of some years, and GoToSocial's relatives, without colons
        {"type": "Emoji", "name": "blobcat", "icon": {"url": BLOBCAT}},
        # lists, as JSON-LD allows them
        {"type": ["Emoji"], "name": [":blobcat:"], "icon": [{"url": [{"href": BLOBCAT}]}]},
    ],
)
def test_an_emoji_is_read_however_it_is_written(tag: Json) -> None:
    found = (Emoji(shortcode="blobcat", url=BLOBCAT),)

    assert parse_emojis([tag]) == found
    assert parse_emojis(tag) == found
    assert parse_emojis({"type": "Mention", "0": tag}) == found


@pytest.mark.parametrize(
    "tag",
    [
        an_emoji(name=None),
        an_emoji(name=""),
        an_emoji(name="::"),
        an_emoji(name=":blob cat:"),
        an_emoji(name=':"><script>:'),
        an_emoji(name=f":{'b' * 101}:"),
        an_emoji(url="javascript:alert(1)"),
        an_emoji(url="/emoji.png"),
        an_emoji(url=None),
        {"type": "Hashtag", "name": ":blobcat:", "icon": {"url": BLOBCAT}},
        {"type": "Emoji"},
        "Emoji",
        None,
        7,
        [],
    ],
)
def test_what_is_no_usable_emoji_is_left_out(tag: Json) -> None:
    assert parse_emojis([tag, an_emoji(name=":ok:")]) == (Emoji(shortcode="ok", url=BLOBCAT),)


def test_emoji_are_counted_and_the_first_of_a_name_holds() -> None:
    many = [an_emoji(name=f":e{n}:", url=f"{BLOBCAT}?{n}") for n in range(100)]

    found = parse_emojis([an_emoji(name=":e0:"), *many])

    assert len(found) == MOST_EMOJIS
    assert found[0] == Emoji(shortcode="e0", url=BLOBCAT)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        # Mastodon
        (
            {
                "type": "Document",
                "mediaType": "image/jpeg",
                "url": "https://files.example/1.jpg",
                "name": "A dune",
                "blurhash": "UAB4Vm",
                "focalPoint": [0.0, 0.0],
                "width": 1200,
                "height": 800,
            },
            Attachment(
                url="https://files.example/1.jpg",
                media_type="image/jpeg",
                alt="A dune",
                width=1200,
                height=800,
            ),
        ),
        # Misskey
        (
            {
                "type": "Image",
                "mediaType": "image/webp",
                "url": "https://files.example/1.webp",
                "name": None,
                "sensitive": False,
            },
            Attachment(url="https://files.example/1.webp", media_type="image/webp"),
        ),
        # Pleroma and Akkoma
        (
            {
                "type": "Document",
                "mediaType": "video/mp4",
                "name": "",
                "url": [
                    {
                        "type": "Link",
                        "mediaType": "video/mp4",
                        "href": "https://files.example/1.mp4",
                        "width": 640,
                    }
                ],
            },
            Attachment(url="https://files.example/1.mp4", media_type="video/mp4"),
        ),
        # Pixelfed
        (
            {
                "type": "Image",
                "mediaType": "image/png",
                "url": "https://files.example/1.png",
                "name": "Stills",
                "blurhash": None,
                "license": None,
            },
            Attachment(url="https://files.example/1.png", media_type="image/png", alt="Stills"),
        ),
        # Lemmy
        (
            {"type": "Image", "url": "https://files.example/1"},
            Attachment(url="https://files.example/1", media_type="image/*"),
        ),
        # Mastodon 4.6 reads a summary before the name
        (
            {
                "type": "Audio",
                "mediaType": "application/ogg",
                "url": "https://files.example/1.ogg",
                "summary": "A song",
                "name": "song.ogg",
            },
            Attachment(url="https://files.example/1.ogg", media_type="audio/*", alt="A song"),
        ),
        (
            {
                "type": "Document",
                "mediaType": "Text/HTML; charset=utf-8",
                "url": ["javascript:0", "https://files.example/1"],
                "width": -1,
                "height": True,
            },
            Attachment(url="https://files.example/1", media_type="text/html"),
        ),
        (
            {"type": "Document", "mediaType": "<b>", "url": "https://files.example/1"},
            Attachment(url="https://files.example/1", media_type=""),
        ),
    ],
)
def test_an_attachment_is_read_however_it_is_written(
    sent: dict[str, Json], read: Attachment
) -> None:
    assert attached(**sent) == (read,)


@pytest.mark.parametrize(
    "sent",
    [
        {"type": "Link", "href": "https://files.example/"},
        {"type": "PropertyValue", "name": "Web", "value": "x", "url": "https://files.example/"},
        {"type": "Image", "url": "data:image/png;base64,AAAA"},
        {"type": "Image"},
        {"url": "https://files.example/1.jpg"},
        "https://files.example/1.jpg",
        [["nothing"]],
    ],
)
def test_what_is_no_file_is_left_out(sent: Json) -> None:
    assert extras(attachment=[sent]).attachments == ()
    assert extras(attachment=sent).attachments == ()


def test_attachments_are_counted_once_each_and_cut() -> None:
    each: list[Json] = [
        {"type": "Image", "url": f"https://files.example/{n // 2}", "name": "a" * 20_000}
        for n in range(60)
    ]

    found = extras(attachment=each).attachments

    assert len({one.url for one in found}) == len(found) == MOST_ATTACHMENTS
    assert {len(one.alt) for one in found} == {LONGEST_ALT}


def test_what_is_sensitive_is_so_as_a_whole() -> None:
    picture: dict[str, Json] = {"type": "Image", "url": "https://files.example/1"}

    assert extras(sensitive=True).sensitive
    assert extras(attachment=[picture, {**picture, "sensitive": True}]).sensitive
    assert not extras(sensitive="true", attachment=[{**picture, "sensitive": 1}]).sensitive


def test_a_poll_of_mastodon_is_read() -> None:
    poll = asked(
        oneOf=[
            {"type": "Note", "name": "Book", "replies": {"type": "Collection", "totalItems": 3}},
            {"type": "Note", "name": "Film", "replies": {"type": "Collection", "totalItems": 1}},
        ],
        endTime="2026-03-15T18:00:00Z",
        votersCount=4,
    )

    assert poll == Poll(
        options=(PollOption(name="Book", votes=3), PollOption(name="Film", votes=1)),
        voters=4,
        ends_at="2026-03-15T18:00:00+00:00",
    )


def test_a_poll_with_several_answers_is_read_as_misskey_and_pleroma_send_it() -> None:
    poll = asked(
        anyOf=[{"type": "Note", "name": "Book", "_misskey_votes": 2, "replies": {"totalItems": 2}}],
        oneOf=[],
        closed="2026-03-15T18:00:00.000Z",
    )

    assert poll
    assert poll.is_multiple
    assert poll.voters is None
    assert poll.closes_at == datetime(2026, 3, 15, 18, tzinfo=UTC)


@pytest.mark.parametrize("votes", [None, -1, "3", 1.5, True, 10**12, {}])
def test_votes_that_are_no_number_are_unknown(votes: Json) -> None:
    poll = asked(oneOf=[{"name": "Book", "replies": {"totalItems": votes}}], votersCount=votes)

    assert poll == Poll(options=(PollOption(name="Book"),))


@pytest.mark.parametrize(
    "answers", [None, [], "Book", {"name": ""}, [{"type": "Note"}, None, 3], [[]]]
)
def test_a_question_without_answers_is_no_poll(answers: Json) -> None:
    assert asked(oneOf=answers) is None


def test_answers_in_anything_but_a_question_are_no_poll() -> None:
    assert extras(oneOf=[{"name": "Book"}]).poll is None


def test_answers_are_counted_and_cut() -> None:
    poll = asked(oneOf=[{"name": "a" * 5_000} for _ in range(500)], closed=True)

    assert poll
    assert len(poll.options) == MOST_OPTIONS
    assert {len(option.name) for option in poll.options} == {LONGEST_OPTION}
    assert poll.closes_at is None


QUOTED = "https://b.example/posts/1"


@pytest.mark.parametrize(
    "members",
    [
        {"quote": QUOTED},
        {"quote": {"id": QUOTED, "type": "Note"}},
        {"quoteUrl": QUOTED},
        {"quoteUri": QUOTED, "quote": None},
        {"_misskey_quote": QUOTED},
        {"quote": "not an address", "quoteUrl": QUOTED},
        {
            "tag": [
                {"type": "Mention", "href": "https://b.example/users/bob"},
                {"type": "Link", "mediaType": "text/html", "href": "https://b.example/"},
                {
                    "type": "Link",
                    "mediaType": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
                    "href": QUOTED,
                    "name": "RE: https://b.example/@bob/1",
                },
            ]
        },
        {"tag": {"type": "Link", "mediaType": "application/activity+json", "href": QUOTED}},
    ],
)
def test_a_quote_is_found_wherever_servers_put_it(members: dict[str, Json]) -> None:
    assert extras(**members).quote == QUOTED


@pytest.mark.parametrize(
    "members",
    [
        {"quote": "javascript:alert(1)"},
        {"quoteUrl": 5},
        {"tag": [{"type": "Link", "mediaType": "application/activity+json", "href": "/1"}]},
        {"tag": [{"type": "Link", "mediaType": "application/json", "href": QUOTED}]},
        {"tag": [{"type": "Other", "mediaType": "application/activity+json", "href": QUOTED}]},
    ],
)
def test_what_is_no_quote_is_left_out(members: dict[str, Json]) -> None:
    assert extras(**members).quote == ""


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "name", "url", "icon", "href", "0", "replies"]), inner
            )
        ),
        max_leaves=8,
    )
)
def test_nothing_odd_is_an_error(value: Json) -> None:
    found = extras(
        type="Question", tag=value, attachment=value, oneOf=value, anyOf=value, quote=value
    )

    assert len(found.emojis) <= MOST_EMOJIS
    assert len(found.attachments) <= MOST_ATTACHMENTS


def test_a_poll_says_how_many_of_a_hundred_chose_what() -> None:
    book, film = PollOption(name="Book", votes=2), PollOption(name="Film", votes=1)
    silent = PollOption(name="Song")

    one = Poll(options=(book, film, silent))
    several = Poll(options=(book, film), is_multiple=True, voters=2)
    lying = Poll(options=(book,), is_multiple=True, voters=1)
    nobody = Poll(options=(PollOption(name="Book", votes=0),))

    assert [one.percent(option) for option in one.options] == [67, 33, None]
    assert [several.percent(option) for option in several.options] == [100, 50]
    assert lying.percent(book) == 100
    assert nobody.percent(nobody.options[0]) is None


def test_an_attachment_is_what_its_media_type_says() -> None:
    media = ("image/png", "VIDEO/mp4", "audio/*", "application/pdf", "")

    found = [Attachment(url=QUOTED, media_type=each).medium for each in media]

    assert found == [Medium.PICTURE, Medium.FILM, Medium.SOUND, Medium.FILE, Medium.FILE]


def test_only_emoji_and_pictures_are_copied() -> None:
    picture = Attachment(url="https://files.example/1", media_type="image/png")
    film = Attachment(url="https://files.example/2", media_type="video/mp4")
    found = Extras(emojis=(Emoji(shortcode="blobcat", url=BLOBCAT),), attachments=(picture, film))

    assert found.pictures == (picture,)
    assert found.addresses == {BLOBCAT, picture.url}
