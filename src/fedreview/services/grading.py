"""How an author writes and rates: scale, legend, aspects, sign-off, time zone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import available_timezones

from fedreview.domain.actor import Author
from fedreview.domain.legend import Legend
from fedreview.domain.rating import Scale
from fedreview.errors import InvalidInput
from fedreview.services.drafting import LONGEST_SIGN_OFF
from fedreview.services.reading import LONGEST_ASPECT, MOST_ASPECTS, Reader
from fedreview.storage import accounts
from fedreview.storage.database import Database

FIELDS = ("best", "worst", "step", "legend", "aspect_names", "standard_sign_off", "time_zone")
"""The names of what can be typed."""

HIGHEST_SCORE = 999
MOST_SCORES = 1_001
LONGEST_LEGEND = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """Keeps how an author writes. Ratings that were given keep the scale they were given on."""

    database: Database

    def change(self, author: Author, fields: Mapping[str, str]) -> Author:
        """Keep what was typed, under the names of FIELDS; missing ones are empty.

        Raises InvalidInput with a message for each field that is wrong, all at once.
        """
        read = Reader(fields)
        scale = _scale(read) or author.scale
        changed = replace(
            author,
            scale=scale,
            legend=_legend(read, scale),
            aspects=_aspects(read),
            sign_off=read.text("standard_sign_off", limit=LONGEST_SIGN_OFF),
            time_zone=_time_zone(read),
        )
        if read.problems:
            raise InvalidInput(read.problems)
        with self.database.transaction() as tx:
            accounts.set_manner(tx, changed)
        return changed


def fields_of_manner(author: Author) -> dict[str, str]:
    """Write how an author rates back as what was typed."""
    scale = author.scale
    return {
        "best": scale.text_of(scale.best),
        "worst": scale.text_of(scale.worst),
        "step": scale.text_of(scale.step),
        "legend": author.legend.text,
        "aspect_names": "\n".join(author.aspects),
        "standard_sign_off": author.sign_off,
        "time_zone": author.time_zone,
    }


def _scale(read: Reader) -> Scale | None:
    """Read the scale, or note in the problems of which field it is wrong."""
    typed = {name: read.line(name) for name in ("best", "worst", "step")}
    try:
        scale = Scale.parse(**typed)
    except InvalidInput as error:
        read.problems["best"] = " ".join(error.problems.values())
        return None
    if not 0 <= scale.worst < scale.best <= HIGHEST_SCORE:
        read.problems["best"] = f"Scores lie between 0 and {HIGHEST_SCORE}."
    elif scale.count > MOST_SCORES:
        read.problems["step"] = f"That makes {scale.count:,} scores. Take larger steps."
    return scale


def _legend(read: Reader, scale: Scale) -> Legend:
    try:
        return Legend.parse(read.text("legend", limit=LONGEST_LEGEND), scale)
    except InvalidInput as error:
        read.problems.update(error.problems)
        return Legend()


def _aspects(read: Reader) -> tuple[str, ...]:
    lines = read.text("aspect_names", limit=MOST_ASPECTS * LONGEST_ASPECT * 4).splitlines()
    names = {name.casefold(): name for name in (" ".join(line.split()) for line in lines) if name}
    wrong = next((name for name in names.values() if len(name) > LONGEST_ASPECT or ":" in name), "")
    if wrong:
        read.problems["aspect_names"] = (
            f"{wrong[:LONGEST_ASPECT]}: use at most {LONGEST_ASPECT} characters, and no colon."
        )
    elif len(names) > MOST_ASPECTS:
        read.problems["aspect_names"] = f"Name at most {MOST_ASPECTS} aspects."
    return tuple(names.values())


def _time_zone(read: Reader) -> str:
    name = read.line("time_zone") or "UTC"
    if name not in available_timezones():
        read.problems["time_zone"] = "Choose one of the list, such as Europe/Berlin."
    return name
