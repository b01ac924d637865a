"""What a review's words become: HTML for pages and servers, and one plain teaser."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from html import escape

from fedreview.activitypub.build import ArticleText
from fedreview.activitypub.urls import Urls
from fedreview.content.excerpt import excerpt
from fedreview.content.hashtags import TagPage
from fedreview.content.markdown import plain_text, render_federated
from fedreview.domain.rating import Rating
from fedreview.domain.review import Aspect, Review, Spoilers, Synopsis
from fedreview.domain.upcoming import Upcoming
from fedreview.domain.work import Work, WorkFacts
from fedreview.services.drafting import fields_from_announcement, fields_from_review

SAID_OTHERWISE = frozenset({"body", "tags", "language"})
"""Fields that an Article has words of its own for."""

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
    level = f" ({escape(review.level)})" if review.level else ""
    rating = f" – {review.rating.text}{level}" if review.rating else ""  # noqa: RUF001  (a dash)
    head = f"<p><strong>{escape(facts.title)}</strong> ({escape(facts_line(facts))}){rating}</p>"
    verdict = f"<p><strong>{escape(review.verdict)}</strong></p>" if review.verdict else ""
    return ArticleText(
        content=f"{head}{_synopsis_html(review.synopsis)}"
        f"{render_federated(review.body, base_url=base_url)}{verdict}"
        f"{_aspects_html(review.aspects)}{_end_html(review, base_url=base_url)}",
        summary=teaser(review),
        fields=_said(fields_from_review(review)),
    )


def _said(fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, text) for name, text in fields.items() if text and name not in SAID_OTHERWISE
    )


def _aspects_html(aspects: Iterable[Aspect]) -> str:
    """List the scores of single aspects; a list is what every server keeps."""
    items = "".join(f"<li>{escape(aspect.name)}: {aspect.rating.text}</li>" for aspect in aspects)
    return f"<ul>{items}</ul>" if items else ""


def _end_html(review: Review, *, base_url: str) -> str:
    """Give what stands after the verdict: sign-off and postscripts."""
    texts = [review.sign_off, *(f"**PS** {each.text}" for each in review.postscripts)]
    return "".join(render_federated(text, base_url=base_url) for text in texts if text)


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
    return replace(
        text,
        content=f"{text.content}<p>Next: {title}{rating}{note}</p>",
        fields=(*text.fields, *_said(fields_from_announcement(announced))),
    )


def take_html(source: str, work: Work | None, rating: Rating | None, urls: Urls) -> str:
    """Give what a take says elsewhere: which work and which score first, then the text.

    So a rating alone is a post that can be read.
    """
    text = render_federated(source, base_url=urls.base, tag_page=tag_page(urls))
    if work is None:
        return text
    title = f'<a href="{escape(urls.work_page(work.slug))}">{escape(work.facts.title)}</a>'
    score = f": {rating.text}" if rating else ""
    return f"<p>★ {title} ({escape(facts_line(work.facts))}){score}</p>{text}"


def take_line(source: str, warning: str, work: Work | None, rating: Rating | None) -> str:
    """Say a take in one plain line that gives nothing away; of a warned one only the warning."""
    score = f": {rating.text}" if rating else ""
    about = f"{work.facts.title} ({facts_line(work.facts)}){score}" if work else ""
    text = warning or excerpt(without_spoilers(source), TEASER_LENGTH)
    return " – ".join(part for part in (about, text) if part)  # noqa: RUF001  (a dash)


def tag_page(urls: Urls) -> TagPage:
    """Give where hashtags lead: in lower case, as the tags of reviews do."""
    return lambda tag: urls.tag_page(tag.casefold())


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
