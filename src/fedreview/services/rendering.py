"""What a review's words become: HTML for pages and servers, and one plain teaser."""

from functools import lru_cache
from html import escape

from fedreview.activitypub.build import ArticleText
from fedreview.content.excerpt import excerpt
from fedreview.content.markdown import plain_text, render_federated
from fedreview.domain.review import Review, Spoilers, Synopsis
from fedreview.domain.work import WorkFacts

TEASER_LENGTH = 300
"""Characters; Mastodon shows the teaser as the whole text, others as a fold's label."""


def facts_line(facts: WorkFacts) -> str:
    """Say what the work is in a few words: ``film, 2017, 105 min``."""
    parts = (facts.kind.value, str(facts.year) if facts.year else "", facts.length)
    return ", ".join(part for part in parts if part)


def teaser(review: Review) -> str:
    """Say in one plain line what the review thinks, giving nothing away.

    The author's own teaser comes first, then the verdict; but not the verdict of a review that
    tells how it ends. Of the text only a review without spoilers is quoted.
    """
    start = f"{review.rating.text} – " if review.rating else ""  # noqa: RUF001  (a dash, not a minus)
    return f"{start}{facts_line(review.work.facts)}. {_gist(review)}".strip()


def _gist(review: Review) -> str:
    written = words_for_all(review)
    if written:
        return excerpt(written, TEASER_LENGTH)
    if review.spoilers is Spoilers.NONE:
        return excerpt(without_spoilers(review.body), TEASER_LENGTH)
    if review.synopsis:
        return excerpt(review.synopsis.text, TEASER_LENGTH)
    return "The review gives away parts of the story."


def words_for_all(review: Review) -> str:
    """Give the author's own words that may stand where nobody has been warned, or "".

    A teaser is meant for that. A verdict may tell as much as the text that it ends.
    """
    verdict = "" if review.spoilers is Spoilers.FULL else review.verdict
    return review.teaser or verdict


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
