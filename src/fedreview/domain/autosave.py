"""What stands in a form that has not been sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Autosave:
    """The fields of one form as they were typed, unchecked.

    id: of the review, or what a new one will get.
    tab: which tab of a browser they were typed in.
    """

    id: str
    fields: Mapping[str, str]
    tab: str
    saved_at: datetime
