"""How a text begins, and how long it takes to read."""

import math
import re

WORDS_PER_MINUTE = 220
CHARACTERS_PER_MINUTE = 500

# Kana, characters and Hangul, which are read character by character.
_CHARACTER = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff]"
)


def excerpt(text: str, limit: int = 200) -> str:
    """Give the beginning of a plain text on one line, cut after a whole word.

    text: without markup and without spoilers, as ``markdown.plain_text`` gives it.
    limit: the longest result in characters, at least 1; a … that stands for the rest counts.

    Where no word ends in the second half, as in Japanese, it is cut at the limit.
    """
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    # One more than fits beside the …, so that a word that ends just there is seen to end.
    head = line[:limit]
    end = head.rfind(" ")
    if end < limit // 2:
        end = limit - 1
    return head[:end].rstrip(" ,;:-\u2013\u2014") + "…"


def reading_minutes(text: str) -> int:
    """Estimate how many minutes a plain text takes to read, at least 1.

    Words at WORDS_PER_MINUTE; Chinese, Japanese and Korean at CHARACTERS_PER_MINUTE.
    """
    characters = len(_CHARACTER.findall(text))
    words = len(_CHARACTER.sub(" ", text).split())
    return max(1, math.ceil(words / WORDS_PER_MINUTE + characters / CHARACTERS_PER_MINUTE))
