"""What a review's words become: HTML for pages and servers, and one plain teaser."""

from dataclasses import replace
from functools import lru_cache
from html import escape

from fedreview.activitypub.build import ArticleText
from fedreview.content.excerpt import excerpt
from fedreview.content.markdown import plain_text, render_federated
from fedreview.domain.review import Review, Spoilers, Synopsis
from fedreview.domain.upcoming import Upcoming
from fedreview.domain.work import WorkFacts

TEASER_LENGTH = 300
"""Characters; Mastodon shows the teaser as the whole text, others as a fold's label."""


def facts_line(facts: WorkFacts) -> str:
    """Say what the work is in a few words: ``film, 2017, 105 min``."""
    parts = (facts.kind.value, str(facts.year) if facts.year else "", facts.length)
    return ", ".join(part for part in parts if part)


def teaser(review: Review) -> str:
    """Say in one plain line what the review thinks, giving nothing away.

    The author's own teaser or verdict comes first; of the text only a review without
    spoilers is quoted.
    """
    start = f"{review.rating.text} – " if review.rating else ""  # noqa: RUF001  (a dash, not a minus)
    return f"{start}{facts_line(review.work.facts)}. {_gist(review)}".strip()


def _gist(review: Review) -> str:
    written = review.teaser or review.verdict
    if written:
        return excerpt(written, TEASER_LENGTH)
    if review.spoilers is Spoilers.NONE:
        return excerpt(without_spoilers(review.body), TEASER_LENGTH)
    if review.synopsis:
        return excerpt(review.synopsis.text, TEASER_LENGTH)
    return "The review gives away parts of the story."


@lru_cache(maxsize=256)
def without_spoilers(body: str) -> str:
    """Give Markdown as plain text, without spoilers and without the marks they leave."""
    return " ".join(plain_text(body).replace("[spoiler]", " ").split())


@lru_cache(maxsize=256)
def article_text(review: Review, *, base_url: str) -> ArticleText:
    """Give what the Article says.

    Its content stands alone, for Pleroma and others show nothing else: work and rating
    first, then the synopsis, the text and the verdict.
    """
    facts = review.work.facts
    rating = f" – {review.rating.text}" if review.rating else ""  # noqa: RUF001  (a dash)
    head = f"<p><strong>{escape(facts.title)}</strong> ({escape(facts_line(facts))}){rating}</p>"
    verdict = f"<p><strong>{escape(review.verdict)}</strong></p>" if review.verdict else ""
    return ArticleText(
        content=f"{head}{_synopsis_html(review.synopsis)}"
        f"{render_federated(review.body, base_url=base_url)}{verdict}",
        summary=teaser(review),
    )


def with_announcement(text: ArticleText, announced: Upcoming | None) -> ArticleText:
    """Let the content end in what the author announces: ``Next: Dune (film, 2021)``.

    It stays when the announced review is there, for the text is as it was.
    """
    if announced is None:
        return text
    facts = announced.work.facts
    rating = f" – {announced.rating.text}" if announced.rating else ""  # noqa: RUF001  (a dash)
    note = f". {escape(announced.note)}" if announced.note else ""
    title = f"<strong>{escape(facts.title)}</strong> ({escape(facts_line(facts))})"
    return replace(text, content=f"{text.content}<p>Next: {title}{rating}{note}</p>")


def _synopsis_html(synopsis: Synopsis | None) -> str:
    if synopsis is None:
        return ""
    text = "".join(f"<p>{escape(part)}</p>" for part in paragraphs(synopsis.text))
    source = escape(synopsis.source)
    if synopsis.url:
        source = f'<a href="{escape(synopsis.url)}">{source or escape(synopsis.url)}</a>'
    return f"<blockquote>{text}{f'<p>— {source}</p>' if source else ''}</blockquote>"


def paragraphs(text: str) -> tuple[str, ...]:
    """Divide plain text where its empty lines are."""
    blocks = text.replace("\r\n", "\n").split("\n\n")
    return tuple(" ".join(block.split()) for block in blocks if block.strip())
