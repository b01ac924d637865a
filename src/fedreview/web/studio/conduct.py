"""The fields that say how conversations are led."""

from fedreview.domain.actor import Author
from fedreview.domain.review import ReviewId
from fedreview.web.state import Request, in_thread, site_of

MODES = (
    ("open", "Show all replies at once"),
    ("first", "Look at the first reply of everybody new"),
    ("all", "Look at every reply before it is shown"),
    ("closed", "Closed: no reply is shown by itself"),
)
WHO = (
    ("everyone", "Everybody"),
    ("followers", "Who follows me"),
    ("following", "Whom I follow"),
    ("nobody", "Nobody"),
)
OWN_MODES = (("", "As the site has it"), *MODES)
OWN_WHO = (("", "As my settings have it"), *WHO)


async def fields_of_conduct(request: Request, author: Author) -> dict[str, str]:
    """Give what site and author say, as the fields of the settings."""
    site = await in_thread(site_of(request).ruling.of_site)
    own = await in_thread(site_of(request).ruling.of_author, author)
    return {
        "replies_mode": site.mode,
        "closes_after_days": str(site.closes_after_days),
        "most_links": str(site.most_links),
        "shows_pictures": "yes" if site.shows_pictures else "",
        "who_replies": own.who_replies,
        "who_quotes": own.who_quotes,
        "welcomes_guests": "yes" if own.welcomes_guests else "",
    }


async def fields_of_review(request: Request, review_id: ReviewId) -> dict[str, str]:
    """Give what a review says, as the fields of its form. Raises NotFound."""
    said = await in_thread(site_of(request).ruling.of_review, review_id)
    days = said.closes_after_days
    return {
        "replies_mode": said.mode or "",
        "closes_after_days": "" if days is None else str(days),
        "who_replies": said.who_replies or "",
        "who_quotes": said.who_quotes or "",
    }
