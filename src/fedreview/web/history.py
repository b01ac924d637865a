"""What a review was before it was edited."""

from starlette.responses import RedirectResponse, Response

from fedreview.domain.review import ReviewId
from fedreview.domain.work import WorkKind
from fedreview.errors import InvalidInput, NotFound
from fedreview.web.charts import KINDS, Charts
from fedreview.web.pages import public_page, shallow, with_done
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import require_author
from fedreview.web.templating import page
from fedreview.web.tongues import Language, later

FIELD_NAMES = {
    "kind": later("What it is"),
    "title": later("Title of the work"),
    "original_title": later("Original title"),
    "year": later("Year"),
    "creators": later("Who made it"),
    "length": later("Length"),
    "publisher": later("Publisher"),
    "platform": later("Platform"),
    "links": later("Links"),
    "identifiers": later("Identifiers"),
    "relations": later("Related works"),
    "cover_alt": later("Description of the picture"),
    "review_title": later("Title of the review"),
    "rating": later("Rating"),
    "aspects": later("Ratings of its sides"),
    "finished_on": later("Day"),
    "is_repeat": later("Not for the first time"),
    "synopsis": later("Synopsis"),
    "synopsis_source": later("Source of the synopsis"),
    "synopsis_url": later("Address of the synopsis"),
    "body": later("Text"),
    "verdict": later("Verdict"),
    "sign_off": later("Sign-off"),
    **{f"postscript_{number}": later("Postscript") for number in range(1, 6)},
    **dict.fromkeys(
        ("next_kind", "next_title", "next_year", "next_rating", "next_note"),
        later("What comes next"),
    ),
    "teaser": later("Teaser"),
    "spoilers": later("Spoilers"),
    "tags": later("Tags"),
    "language": later("Language"),
}

VALUE_NAMES = {
    "is_repeat": {"yes": later("yes")},
    "spoilers": {
        "none": later("none"),
        "some": later("some of the plot"),
        "full": later("how it ends"),
    },
}
"""What is kept as a word of our own is called; the rest are words of the author."""

PROBLEMS = (later("This is how the review is now. Edit the review, then remove this version."),)
"""What the service says of the page's one form, for the translators."""


def value_name(language: Language, field: str, value: str) -> str:
    """Say what a field was, in the language of the page. value: as it is kept, or a part of it."""
    if field in {"kind", "next_kind"} and value in KINDS:
        return language.say(KINDS[WorkKind(value)])
    if field == "language":
        return Charts(language).language_name(value)
    return language.say(VALUE_NAMES.get(field, {}).get(value, "")) or value


async def get_history(request: Request) -> Response:
    """Show every edit of a published review."""
    return await _history(request, request.path_params["slug"], {})


async def _history(request: Request, slug: str, problems: dict[str, str]) -> Response:
    view = await in_thread(site_of(request).remembering.history, slug)
    context = {
        **shallow(view),
        "problems": problems,
        "field_names": FIELD_NAMES,
        "value_name": value_name,
    }
    if problems:
        return await page(request, "history.html", status=422, **context)
    return await public_page(request, "history.html", **context)


async def post_remove(request: Request) -> Response:
    """Take the words of one old version away."""
    author, remembering = require_author(request), site_of(request).remembering
    slug, version = request.path_params["slug"], request.path_params["version"]
    if not (version.isascii() and version.isdecimal() and len(version) < 19):
        raise NotFound("no such version")
    view = await in_thread(remembering.history, slug)
    review_id = ReviewId(view.review.id)
    try:
        await in_thread(remembering.remove_version, author, review_id, int(version))
    except InvalidInput as error:
        return await _history(request, slug, error.problems)
    return RedirectResponse(with_done(f"{view.url}/history", "version_removed"), status_code=303)
