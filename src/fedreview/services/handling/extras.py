"""Make what comes with a note fit to be kept: clean, linkable, and not more than is used."""

from collections.abc import Iterable
from dataclasses import replace

from fedreview.activitypub.vocabulary import RemoteNote
from fedreview.content.sanitize import clean_text, safe_link
from fedreview.domain.extras import Attachment, Emoji, Extras, Poll, PollOption

ALT_LENGTH = 1_500
OPTION_LENGTH = 300


def clean_extras(note: RemoteNote) -> Extras:
    """Give what a note has besides its text."""
    sent = note.extras
    poll = _poll(sent.poll) if sent.poll else None
    options = (option.name for option in poll.options) if poll else ()
    words = " ".join((note.content, note.summary, note.name, *options))
    return Extras(
        emojis=emojis_in(words, sent.emojis),
        attachments=tuple(filter(None, map(_attachment, sent.attachments))),
        poll=poll,
        quote=safe_link(sent.quote) or "" if sent.quote != note.id else "",
        sensitive=sent.sensitive,
    )


def emojis_in(words: str, emojis: Iterable[Emoji]) -> tuple[Emoji, ...]:
    """Leave out those that the words do not name: nobody would see their pictures."""
    return tuple(
        emoji for emoji in emojis if f":{emoji.shortcode}:" in words and safe_link(emoji.url)
    )


def _attachment(sent: Attachment) -> Attachment | None:
    url = safe_link(sent.url)
    return replace(sent, url=url, alt=clean_text(sent.alt, ALT_LENGTH)) if url else None


def _poll(sent: Poll) -> Poll | None:
    options = tuple(
        PollOption(name=name, votes=option.votes)
        for option in sent.options
        if (name := clean_text(option.name, OPTION_LENGTH))
    )
    return replace(sent, options=options) if options else None
