"""The fields for scores of single aspects: one for each in the form, one for all in a draft."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from fedreview.domain.actor import Author
from fedreview.web.forms import Sent, read_form
from fedreview.web.state import Request

ASPECT = "aspect."
"""What the names of such fields begin with; the aspect's own name follows."""


async def read_review_form(request: Request) -> Sent:
    """Read the form for a review, with its scores in one field as drafting wants them.

    Raises InvalidInput for what no database can keep.
    """
    sent = await read_form(request)
    return replace(sent, fields=with_joined_aspects(sent.fields))


def with_joined_aspects(fields: Mapping[str, str]) -> dict[str, str]:
    """Write ``Story: 8.5`` on a line for each aspect that has a score."""
    scores = {name: text for name, text in fields.items() if name.startswith(ASPECT)}
    others = {name: text for name, text in fields.items() if name not in scores}
    if not scores:
        return others
    lines = (
        f"{name.removeprefix(ASPECT)}: {' '.join(text.split())}"
        for name, text in scores.items()
        if text.strip()
    )
    return {**others, "aspects": "\n".join(lines)}


def aspect_rows(author: Author, typed: str) -> tuple[tuple[str, str], ...]:
    """Give name and score of each aspect to ask for: the author's, and what was typed."""
    known = dict(_pairs(typed.splitlines()))
    shown = {name.casefold(): (name, "") for name in author.aspects}
    for name, score in known.items():
        label = shown.get(name.casefold(), (name, ""))[0]
        shown[name.casefold()] = (label, score)
    return tuple(shown.values())


def _pairs(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        name, _, score = line.rpartition(":")
        if name.strip():
            yield name.strip(), score.strip()
