"""Suggest facts of a work out of catalogues, beside the form for a review."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import HTMLResponse, Response

from fedreview.domain.work import WorkKind
from fedreview.services.looking_up import (
    FILLED,
    LookUp,
    fields_from_candidate,
    fill_empty,
)
from fedreview.web.forms import read_fields
from fedreview.web.state import Request, site_of
from fedreview.web.studio.access import PRIVATE, require_author
from fedreview.web.templating import fragment

LONGEST = 2_000
_LOOK_UP, _TAKE = "look-up", "take-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """What catalogues know of the work in the form, and what was taken over just now.

    found: None when they were not asked. packed: each candidate as the form carries it.
    filled: the words for the fields that were empty. taken: whether one was chosen.
    """

    found: LookUp | None = None
    packed: tuple[str, ...] = ()
    has_title: bool = True
    taken: bool = False
    filled: tuple[str, ...] = ()


def is_asked_for(fields: Mapping[str, str]) -> bool:
    """Tell whether the pressed button is one of these, and not one that keeps the review."""
    do = fields.get("do", "")
    return do == _LOOK_UP or do.startswith(_TAKE)


async def suggest(
    request: Request, fields: Mapping[str, str], *, has_cover: bool
) -> tuple[dict[str, str], Suggested]:
    """Do what the button says: ask the catalogues, or fill in what one of them knows.

    Gives the fields as they are now.
    """
    do = fields.get("do", "")
    if not do.startswith(_TAKE):
        return dict(fields), await _look_up(request, fields)
    chosen = _unpacked(fields.get(f"candidate-{do.removeprefix(_TAKE)}", ""))
    filled, names = fill_empty(fields, chosen, has_cover=has_cover)
    return filled, Suggested(taken=True, filled=tuple(FILLED[name] for name in names))


async def post_look_up(request: Request) -> Response:
    """Give the suggestions alone, for htmx."""
    require_author(request)
    suggested = await _look_up(request, await read_fields(request))
    text = fragment("studio/write/_candidates.html", suggested=suggested)
    return HTMLResponse(text, headers=PRIVATE)


async def _look_up(request: Request, fields: Mapping[str, str]) -> Suggested:
    title, kind = fields.get("title", "").strip(), fields.get("kind", "")
    wanted = WorkKind(kind) if kind in {each.value for each in WorkKind} else WorkKind.FILM
    found = await site_of(request).looking_up.look_up(title, wanted)
    packed = tuple(json.dumps(fields_from_candidate(each)) for each in found.candidates)
    return Suggested(found=found, packed=packed, has_title=bool(title))


def _unpacked(text: str) -> dict[str, str]:
    """Take up a candidate that the form carries; it is checked like what is typed."""
    try:
        found = json.loads(text[: LONGEST * len(FILLED)])
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: value[:LONGEST]
        for name, value in found.items()
        if name in FILLED and isinstance(value, str)
    }
