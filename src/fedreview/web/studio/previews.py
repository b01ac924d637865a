"""What is being written, as its page and as each kind of server shows it."""

from collections.abc import Mapping

from markupsafe import Markup

from fedreview.domain.review import Draft, Review
from fedreview.domain.work import Cover
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import require_author
from fedreview.web.templating import fragment

RECEIVERS = (
    ("page", "Your page"),
    ("mastodon", "Mastodon"),
    ("gotosocial", "GoToSocial, Misskey"),
    ("pleroma", "Pleroma, Akkoma"),
    ("neodb", "NeoDB"),
    ("bookwyrm", "BookWyrm"),
    ("feed", "Feed reader"),
)
"""What a preview can be seen as, and what that is called."""

_KNOWN = frozenset(name for name, _ in RECEIVERS)


def wanted_preview(fields: Mapping[str, str]) -> str:
    """Read as what the preview is wanted: by the button that was pressed, else as last time."""
    pressed = fields.get("do", "").removeprefix("preview-")
    wanted = pressed if pressed in _KNOWN else fields.get("seen_as", "")
    return wanted if wanted in _KNOWN else "page"


async def preview_as(
    request: Request, wanted: str, draft: Draft, *, known: Review | None, cover: Cover | None
) -> Markup:
    """Render a draft. wanted: one of RECEIVERS; all else is the page.

    known: the review that is being changed. cover: its picture.
    """
    author, site = require_author(request), site_of(request)
    receiver = wanted if wanted in _KNOWN else "page"

    def render() -> Markup:
        choice = fragment("studio/receivers/_choice.html", receivers=RECEIVERS, seen_as=receiver)
        if receiver == "page":
            view = site.browsing.preview(author, draft, cover=cover)
            return choice + fragment("studio/_preview.html", page=view)
        seen = site.previewing.review(receiver, author, draft, known=known, cover=cover)
        return choice + fragment(f"studio/receivers/_{receiver}.html", seen=seen)

    return await in_thread(render)
