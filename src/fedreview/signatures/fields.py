"""Structured fields (RFC 9651), read strictly and with a bound."""

from datetime import datetime
from decimal import Decimal
from typing import NoReturn, TypeAlias, cast

import http_sf

from fedreview.errors import UntrustedSignature

# Room for an RSA signature of 8192 bits and a long key id, and no more.
LONGEST_FIELD = 8192

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
    try:
        data = text.encode("ascii")
        parsed = http_sf.parse(data, tltype="dictionary", on_duplicate_key=_refuse)
    except ValueError as error:
        raise UntrustedSignature(f"not a structured dictionary: {error}") from error
    # http_sf types what it writes (any shape) and what it reads (always pairs) alike.
    return cast("dict[str, Member]", parsed)


def write_member(member: Member) -> str:
    """Write one member in canonical form, as RFC 9421 section 2.5 puts it into the base."""
    return http_sf.ser(cast("http_sf.DictionaryType", {"x": member})).removeprefix("x=")


def _refuse(key: str, where: str) -> NoReturn:
    raise UntrustedSignature(f"{key!r} is given twice in a structured {where}")
