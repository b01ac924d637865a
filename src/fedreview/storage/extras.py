"""What a note has besides its text, as it is kept in one column."""

import json
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from fedreview.domain.extras import NOTHING, Attachment, Emoji, Extras, Poll, PollOption


def extras_text(extras: Extras) -> str:
    """Write them down; "" when there are none."""
    if extras == NOTHING:
        return ""
    return json.dumps(asdict(extras), ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=1024)
def extras_from_text(text: str) -> Extras:
    """Read what `extras_text` has written."""
    if not text:
        return NOTHING
    kept = json.loads(text)
    poll = kept["poll"]
    return Extras(
        emojis=tuple(Emoji(**each) for each in kept["emojis"]),
        attachments=tuple(Attachment(**each) for each in kept["attachments"]),
        poll=_poll(poll) if poll else None,
        quote=kept["quote"],
        sensitive=kept["sensitive"],
    )


def _poll(kept: dict[str, Any]) -> Poll:
    options = tuple(PollOption(**each) for each in kept["options"])
    return Poll(**{**kept, "options": options})
