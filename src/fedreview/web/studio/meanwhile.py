"""What a sent form has to heed besides its words: newer changes, and the author's clock."""

from datetime import datetime

from fedreview.domain.review import Draft, Review
from fedreview.errors import InvalidInput
from fedreview.services.autosaving import state_of
from fedreview.services.drafting import fields_from_review
from fedreview.services.scheduling import FIELD, instant_from_local, zone_of
from fedreview.web.forms import Sent
from fedreview.web.state import Request, in_thread, site_of
from fedreview.web.studio.access import require_author


async def newer_than(
    request: Request, review: Review, draft: Draft, sent: Sent
) -> dict[str, str] | None:
    """Tell what was saved from elsewhere since the form was opened, where it is not the same.

    The form then knows it, and sent once more it writes over it.
    """
    site, base = site_of(request), sent.fields.get("base", "")
    # Without one it is no form of ours, and with the same words it is a doubled click.
    if not base or (draft.title, draft.body) == (review.title, review.body):
        return None
    announced = await in_thread(site.browsing.announced_in, review)
    saved = fields_from_review(review, announced)
    if state_of(saved) == base:
        return None
    sent.fields["base"] = state_of(saved)
    typed = {name: sent.fields.get(name, "").replace("\r\n", "\n").strip() for name in saved}
    return {name: text for name, text in saved.items() if text.strip() != typed[name]}


def publish_time(request: Request, sent: Sent, problems: dict[str, str]) -> datetime | None:
    """Read when a draft is to be published, by its author's clock.

    problems: gets what is wrong with it.
    """
    zone = zone_of(require_author(request).time_zone)
    try:
        return instant_from_local(sent.fields.get(FIELD, ""), zone, now=site_of(request).now())
    except InvalidInput as error:
        problems.update(error.problems)
        return None
