"""Structured fields (RFC 9651), read strictly and with a bound."""

import binascii
import re
from datetime import datetime
from decimal import Decimal
from typing import NoReturn, TypeAlias, cast

import http_sf

from fedreview.errors import UntrustedSignature

# Room for an RSA signature of 8192 bits and a long key id, and no more.
LONGEST_FIELD = 8192

# What nearly everybody sends, which http_sf, letter by letter, takes twenty times as long for.
# Only what it would read just so, and write again letter for letter, may match here.
_KEY = r"[a-z*][a-z0-9_.*-]*"
_TEXT = r'"[ !#-\[\]-~]*"'
_WHOLE = r"0|[1-9][0-9]{0,11}"
_ONE_VALUE = re.compile(rf"({_KEY})=:([A-Za-z0-9+/]*={{0,2}}):")
_ONE_LIST = re.compile(rf"({_KEY})=(\(({_TEXT}(?: {_TEXT})*)\)((?:;{_KEY}=(?:{_TEXT}|{_WHOLE}))*))")
_PARAMETER = re.compile(rf';({_KEY})=(?:"([^"]*)"|([0-9]+))')

Bare: TypeAlias = (
    int | float | str | bool | Decimal | bytes | http_sf.Token | datetime | http_sf.DisplayString
)
Parameters: TypeAlias = dict[str, Bare]
Item: TypeAlias = tuple[Bare, Parameters]
Member: TypeAlias = tuple[Bare | list[Item], Parameters]


def read_dictionary(text: str) -> dict[str, Member]:
    """Read a dictionary in which no key and no parameter is given twice.

    Raises UntrustedSignature when it is longer than 8 KB or not a dictionary.
    Source: RFC 9651 lets the last of two equal keys win; two readers that disagree about
    which one counts are how signatures are bypassed, so here two are a fault.
    """
    if len(text) > LONGEST_FIELD:
        raise UntrustedSignature(f"structured field of {len(text)} characters is too long")
    only = _ONE_VALUE.fullmatch(text)
    if only and len(only[2]) % 4 == 0:
        return {only[1]: (binascii.a2b_base64(only[2]), {})}
    try:
        data = text.encode("ascii")
        parsed = http_sf.parse(data, tltype="dictionary", on_duplicate_key=_refuse)
    except ValueError as error:
        raise UntrustedSignature(f"not a structured dictionary: {error}") from error
    # http_sf types what it writes (any shape) and what it reads (always pairs) alike.
    return cast("dict[str, Member]", parsed)


def find_plain_list(text: str) -> tuple[str, Member, str] | None:
    """Read a dictionary of one list of texts, if it stands there in canonical form.

    Gives its key, the list, and this as `write_member` writes it; None for whatever is less
    plain: `read_dictionary` can tell.
    """
    found = _ONE_LIST.fullmatch(text) if len(text) <= LONGEST_FIELD else None
    if found is None:
        return None
    key, written, texts, rest = found.groups()
    given = _PARAMETER.findall(rest)
    parameters: Parameters = {name: int(digits) if digits else said for name, said, digits in given}
    if len(parameters) != len(given):
        return None
    return key, ([(each, {}) for each in texts[1:-1].split('" "')], parameters), written


def write_member(member: Member) -> str:
    """Write one member in canonical form, as RFC 9421 section 2.5 puts it into the base."""
    return http_sf.ser(cast("http_sf.DictionaryType", {"x": member})).removeprefix("x=")


def _refuse(key: str, where: str) -> NoReturn:
    raise UntrustedSignature(f"{key!r} is given twice in a structured {where}")
