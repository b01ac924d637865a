"""Anyone who can act: the authors here, and people and servers elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from fedreview.domain.extras import Emoji
from fedreview.domain.legend import NO_LEGEND, Legend
from fedreview.domain.rating import TEN_WITH_HALVES, Scale

ActorId = NewType("ActorId", str)
AuthorId = NewType("AuthorId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Somebody who writes on this site.

    username: the local part of the handle; never changes.
    summary: a few plain lines about themselves.
    also_known_as: ids of their other accounts, from which they may be moved here.
    moved_to: id of the account to which they have gone, or "".
    shows_network: whether others may read whom they follow and who follows them.
    scale, legend: on which they rate, and what they call its levels.
    aspects: names of what they score besides the whole, such as "Story" and "Sound".
    sign_off: Markdown that the form for a new review begins with as its end; or "".
    time_zone: in which they type times, a name such as "Europe/Berlin".
    avatar: the file of their picture in the media folder, or "".
    """

    id: AuthorId
    username: str
    name: str
    summary: str
    created_at: datetime
    also_known_as: tuple[str, ...] = ()
    moved_to: str = ""
    shows_network: bool = False
    scale: Scale = TEN_WITH_HALVES
    legend: Legend = NO_LEGEND
    aspects: tuple[str, ...] = ()
    sign_off: str = ""
    time_zone: str = "UTC"
    avatar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteActor:
    """A person or server elsewhere, as last fetched.

    handle: ``user@host``, without the first @.
    shared_inbox: "" when the server has none.
    url: their profile page, http(s), or "".
    avatar: the file with our small copy of their picture, or "". avatar_of: the `icon_url` that
    the copy was made from; who fetches an actor anew knows neither.
    emojis: those in the name.
    """

    id: ActorId
    type: str
    handle: str
    name: str
    inbox: str
    shared_inbox: str
    url: str
    icon_url: str
    fetched_at: datetime
    avatar: str = ""
    avatar_of: str = ""
    emojis: tuple[Emoji, ...] = ()

    @property
    def has_new_picture(self) -> bool:
        """Whether there is a picture of which we have no copy."""
        return bool(self.icon_url) and self.icon_url != self.avatar_of

    @property
    def delivery_inbox(self) -> str:
        """Where public activities for them go: once per server where it can be."""
        return self.shared_inbox or self.inbox
