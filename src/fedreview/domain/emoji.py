"""A picture in place of a word: which texts are one emoji, in the one spelling that is kept."""

import re

LONGEST_EMOJI = 32
"""Characters of one that is drawn by the reader's own system; families are the longest."""

_SHORTCODE = re.compile(r":([A-Za-z0-9_+-]{1,60})(?:@[A-Za-z0-9._:-]{1,253})?:")
_PICTURE_SIGN, _JOINER, _KEYCAP = "\ufe0f", "\u200d", "\u20e3"
_TONE, _LETTER, _TAG = (
    "[\U0001f3fb-\U0001f3ff]",
    "[\U0001f1e6-\U0001f1ff]",
    "[\U000e0020-\U000e007f]",
)
# Wide enough for what later versions of Unicode add; neither words nor signs of writing.
_SYMBOL = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2934\u2935"
    "\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
_ONE = f"{_SYMBOL}(?:{_TONE}|{_TAG}{{1,8}})?"
# Without signs for how it is drawn. A flag is two letters of its own alphabet.
_WHOLE = re.compile(f"{_LETTER}{{2}}|[0-9#*]{_KEYCAP}|{_ONE}(?:{_JOINER}{_ONE}){{0,9}}")
_NEEDS_SIGN = re.compile(f"([0-9#*]|{_SYMBOL})(?!{_TONE})")
_SECOND_PLANE = "\U00010000"


def shortcode(text: str) -> str:
    """Give the name of a custom emoji out of ``:name:`` or ``:name@host:``, or ""."""
    found = _SHORTCODE.fullmatch(text)
    return found[1] if found else ""


def emoji(text: str) -> str:
    """Give the one emoji that a text is, spelt as everybody's is, or "" for anything else.

    Servers differ in whether they send the sign that asks for the picture (U+FE0F): Misskey
    leaves it out. It is put behind every character that would else be drawn as a letter.
    Source: UTS 51 section 1.4.
    """
    bare = text.replace(_PICTURE_SIGN, "") if len(text) <= LONGEST_EMOJI else ""
    return _NEEDS_SIGN.sub(_signed, bare) if _WHOLE.fullmatch(bare) else ""


def _signed(found: re.Match[str]) -> str:
    return found[1] + _PICTURE_SIGN if found[1] < _SECOND_PLANE else found[1]
