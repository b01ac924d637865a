"""Pages out of templates."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from datetime import date as date_type
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.datastructures import MutableHeaders
from starlette.responses import Response

from fedreview.content.emoji import with_emojis
from fedreview.domain.extras import Miniature
from fedreview.domain.work import WorkKind
from fedreview.services.accounts import SignedIn, SiteInfo
from fedreview.services.board_views import Progress
from fedreview.services.moderation_views import DeskCounts
from fedreview.web.charts import KINDS, Charts
from fedreview.web.negotiation import languages_wanted
from fedreview.web.state import Request, in_thread, signed_in, site_of
from fedreview.web.tongues import ENGLISH, Language, later

STATIC_DIR = Path(__file__).parent / "static"
AVATAR_CLASSES = 8

FLASHES = {
    "published": later("Published. It is on its way to your followers."),
    "updated": later("Saved. Your followers' servers are being told."),
    "saved": "Draft saved.",
    "scheduled": "Scheduled. It will be published by itself.",
    "unscheduled": "Not scheduled any more. It is a draft that waits for you.",
    "unpublished": "Unpublished. It is a draft again, and other servers are asked to delete it.",
    "trashed": "Deleted. You can bring it back for ten minutes.",
    "restored": "Here again, as it was.",
    "sent_again": "On its way to your followers once more.",
    "discarded": "Discarded.",
    "push_added": "This browser shows your notices from now on.",
    "push_removed": "Nothing is shown in that browser any more.",
    "push_sent": "Sent. The browser should show it within a few seconds.",
    "push_failed": "The service of that browser did not take it. Try again in a while.",
    "version_removed": later("The words of that version are removed."),
    "take_published": later("Sent. It is on its way to your followers."),
    "take_deleted": "Deleted. Your followers' servers are being told.",
    "deleted": later("Deleted."),
    "announced": "Announced. It stands on the page Upcoming.",
    "taken_back": "Taken back.",
    "answered": later("Answered. It is on its way."),
    "corrected": later("Saved. The servers that have it are being told."),
    "messaged": "Sent, to them alone.",
    "comment_waits": later("Thank you. The author will look at your comment before it is shown."),
    "hidden": later("Hidden from the page. You can show it again on the conversation page."),
    "shown": later("Shown again."),
    "asked": later("Asked. They appear as accepted as soon as their server answers."),
    "unfollowed": "You follow them no more.",
    "pinned": "Pinned. It stands first on your profile.",
    "unpinned": "Unpinned.",
    "settings": "Saved.",
    "revoked": "Signed out there.",
    "liked": later("Liked. Its writer is being told."),
    "unliked": later("You like it no more."),
    "boosted": later("Boosted. It is on its way to your followers."),
    "unboosted": later("Your boost is taken back."),
    "reaction_gone": later("That is here no more, so there is nothing to like or boost."),
    "reaction_private": later(
        "That is a private message. It is for you alone and cannot be boosted."
    ),
    "reaction_own": later("That is your own."),
    "reaction_here": later("That stands on this site alone and cannot be boosted."),
    "blocked": later("Blocked. You find the list of whom you have blocked under People."),
    "unblocked": "Blocked no more. What they wrote is shown again.",
    "follower_removed": "They follow you no more.",
    "reported": "Reported. What becomes of it is for their server to decide.",
    "report_resolved": "Done. It stays in the list below for a while.",
    "report_reopened": "Open again. It stands with the open ones.",
    "server_suspend": "Suspended. What came from there is not shown any more.",
    "server_silence": "Silenced. Replies from there wait until you have looked at them.",
    "server_noop": "Noted. The server is treated like any other.",
    "server_same": "Nothing was changed.",
    "server_ended": "Removed from the list. What was kept away is shown again.",
    "servers_imported": "The list is taken over.",
    "servers_undone": "Undone. It is as it was, but for what was changed since.",
    "servers_left": "Nothing was undone: something else has been done about it since.",
    "closed": later("Closed. New replies wait for you and are not shown by themselves."),
    "reopened": later("Open again."),
    "quote_revoked": "Taken back. Their server has been asked to show the quote no more.",
    "alias_added": "Added. You can move your followers here from there now.",
    "alias_removed": "Removed.",
    "moved": "Moved. The servers of your followers have been told.",
    "came_back": "You are here again. Followers who have gone along stay there.",
    "notices_read": "Marked as read.",
    "notices_unread": "Unread again.",
    "mail_asked": "A link is on its way to that address. Open it, and mails can follow.",
    "mail_confirmed": "Confirmed. Notices come to that address from now on.",
    "mail_removed": "You get no mail any more. Everything is among your notices here.",
    "mail_test": "A test mail is on its way. Look here again if it does not arrive.",
    "welcome": "Your site is ready. Write your first review.",
    "disk_full": (
        "Nothing was saved: the disk of this site is full, or cannot be written. What you typed "
        "is still here. Make room, or have its admin do so, then send it again."
    ),
    "disk_full_bare": (
        "Nothing was saved: the disk of this site is full, or cannot be written. What you typed "
        "is still here. Make room, or have its admin do so, then choose the picture once more "
        "and send it again."
    ),
    "resumed": "Signed in again. Check what you wrote, and send it.",
    "resumed_bare": "Signed in again. Choose the picture once more, and send what you wrote.",
}
"""What `?done=…` in an address may say; nothing else of an address is ever shown.

Marked with `later` is what may stand on a public page.
"""


_SENT = frozenset(
    {
        "published",
        "updated",
        "unpublished",
        "sent_again",
        "take_published",
        "take_deleted",
        "announced",
        "answered",
        "corrected",
        "boosted",
        "moved",
    }
)
"""After which of these the next page says how far it has come."""

_IN_TEXTS = (
    ('<details class="spoiler"><summary>{}', later("Spoiler")),
    ('aria-label="{}"', later("Show spoiler")),
    ('aria-label="{}"', later("Back to the text")),
)
"""What content.markdown says of its own in an author's text, and where.

No author's words read like that: of theirs every < and " is escaped. Where a stranger's do,
other words are read, and nothing else happens.
"""


@cache
def static(name: str) -> str:
    """Give the address of a static file; it changes when the file does."""
    digest = hashlib.sha256((STATIC_DIR / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _avatar_class(handle: str) -> str:
    return f"avatar-{hashlib.sha256(handle.encode()).digest()[0] % AVATAR_CLASSES}"


def _initial(name: str) -> str:
    return next((letter.upper() for letter in name if letter.isalnum()), "?")


@cache
def environment(language: Language = ENGLISH) -> Environment:
    """Make the one template environment of a language; it holds nothing of any site."""

    def date(moment: datetime) -> str:
        return language.date(moment.astimezone(UTC))

    def day(moment: date_type) -> str:
        return language.date(moment)

    def kind_name(kind: WorkKind) -> str:
        return language.say(KINDS[kind])

    def prose(html: str, emojis: Mapping[str, Miniature] = MappingProxyType({})) -> Markup:
        """Give a text that was made safe, with what we say in it in the language of the page.

        emojis: those that can be shown, by their short codes.
        """
        for place, words in _IN_TEXTS:
            html = html.replace(place.format(words), place.format(escape(language.say(words))))
        return Markup(with_emojis(html, emojis))  # noqa: S704  (see content.markdown, content.emoji)

    def worded(words: str, emojis: Mapping[str, Miniature]) -> Markup:
        """Give plain words, such as a name, with the emoji in them."""
        return Markup(with_emojis(str(escape(words)), emojis))  # noqa: S704  (escaped first)

    made = Environment(
        loader=PackageLoader("fedreview.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    # The extension adds this one to every environment that has it.
    made.install_gettext_translations(language.words, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(
        static=static,
        date=date,
        day=day,
        number=language.number,
        percent=language.percent,
        kind_name=kind_name,
        prose=prose,
        worded=worded,
        charts=Charts(language),
        page_language=language,
        count=_count,
        avatar_class=_avatar_class,
        initial=_initial,
    )
    return made


def _site(request: Request, info: SiteInfo, language: Language) -> Mapping[str, str | bool]:
    return {
        "title": info.title,
        "tagline": info.tagline,
        "base_url": site_of(request).urls.base,
        "language": language.tag,
        "theme": theme_version(request),
        "asks_not_to_learn": info.asks_not_to_learn,
    }


def theme_version(request: Request) -> str:
    """Give the version of the site's own stylesheet, or "" when it has none."""
    theme = site_of(request).theming.find()
    return theme.version if theme else ""


def language_of(request: Request, info: SiteInfo | None) -> Language:
    """Choose the language of a page for readers. info: of the site, None when nobody knows it."""
    setting = info.language if info else ""
    return site_of(request).tongues.choose(setting, languages_wanted(request))


def language_here(request: Request) -> Language:
    """Choose the language of a page for readers, after a look at what the site is set to."""
    return language_of(request, site_of(request).accounts.site_info())


def add_vary(headers: MutableHeaders, info: SiteInfo) -> None:
    """Say that the answer depends on the reader's language, when it does."""
    if not info.language:
        headers.add_vary_header("Accept-Language")


def _waiting(request: Request, found: SignedIn | None, name: str) -> DeskCounts | None:
    """Count what the navigation of the desk says is waiting."""
    if found is None or not name.startswith("studio/"):
        return None
    return site_of(request).inspecting.counts(found.author)


def _notices_unread(request: Request, name: str) -> int:
    """Count what the author has not seen, on pages of the desk."""
    found = signed_in(request)
    is_asked = found is not None and name.startswith("studio/")
    return site_of(request).heralding.count_unread(found.author) if found and is_asked else 0


def _under_way(request: Request, name: str, done: str) -> tuple[Progress, ...]:
    """Give what is being sent: on the first page of the desk, and after something was sent.

    On a page for readers that is the newest alone, without a name: it is not in their language.
    """
    found = signed_in(request)
    is_first = name == "studio/desk.html"
    if found is None or not (is_first or done in _SENT):
        return ()
    progress = site_of(request).dispatching.under_way(found.author)
    return progress if name.startswith("studio/") else progress[:1]


def fragment(name: str, language: Language = ENGLISH, **context: Any) -> Markup:
    """Render a part of a page, or one that stands alone."""
    text = environment(language).get_template(name).render(**context)
    return Markup(text)  # noqa: S704  (autoescaped)


async def page(
    request: Request,
    name: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    info: SiteInfo | None = None,
    done: str = "",
    fan_outs: tuple[Progress, ...] | None = None,
    **context: Any,
) -> Response:
    """Render a page in a thread, for its title comes from the database.

    The desk is in English, everything else in the language of the site or of the reader.

    info: of the site, when it has been read already.
    done: what to say has been done; else what the address says.
    fan_outs: what is being sent, when that was read already.
    """
    done = done or request.query_params.get("done", "")

    is_desk = name.startswith("studio/")

    def render() -> tuple[str, SiteInfo]:
        found = signed_in(request)
        about = info or site_of(request).accounts.site_info()
        language = ENGLISH if is_desk else language_of(request, about)
        text = (
            environment(language)
            .get_template(name)
            .render(
                site=_site(request, about, language),
                me=found.author if found else None,
                path=request.url.path,
                status=status,
                flash=language.say(FLASHES.get(done, "")),
                is_desk=is_desk,
                fan_outs=_under_way(request, name, done) if fan_outs is None else fan_outs,
                desk_counts=_waiting(request, found, name),
                notices_unread=_notices_unread(request, name),
                **context,
            )
        )
        return text, about

    body, about = await in_thread(render)
    response = Response(body, status_code=status, media_type="text/html", headers=headers)
    if not is_desk:
        add_vary(response.headers, about)
    return response
