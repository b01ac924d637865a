"""Documents that are nearly those of real servers, and values that no server sends."""

import copy
import json
from collections.abc import Iterator

from hypothesis import strategies as st

from fedreview.activitypub.vocabulary import Json
from tests.protocol.wire_samples import NAMES, raw

ADDRESSES = (
    "https://a.example/b",
    "http://B.example.:80/?c#d",
    "https://[::1]/",
    "https://u:p@a.example/",
    "https://bücher.example/ü",
    "https://a.example/" + "x" * 2_100,
    "javascript:alert(1)",
    "https:a.example",
    "//a.example/",
    "acct:a@b.example",
    "https://a.example/\x00",
    "https://a.example/\ud800",
    "https://www.w3.org/ns/activitystreams#Public",
    "as:Public",
    "",
)
_TYPES = (
    "Accept Announce Block Create Delete EmojiReact Flag Follow Like Move QuoteRequest Reject "
    "ReplyRequest Undo Update Note Article Question Page Review Person Group Service Multikey "
    "Mention Tombstone Odd"
)
TYPES = _TYPES.split()


def _deep(levels: int) -> Json:
    value: Json = "bottom"
    for level in range(levels):
        value = [value] if level % 2 else {"object": value}
    return value


HUGE: tuple[Json, ...] = (
    "x" * 700_000,
    [{"id": f"https://a.example/{number}"} for number in range(1_000)],
    [{"type": "Mention", "href": f"https://a.example/{number}"} for number in range(1_001)],
    {str(number): {"type": "Mention", "href": "https://a.example/"} for number in range(900)},
    _deep(31),
    _deep(33),
    2**63 + 1,
    10**60,
    1e308,
    "9" * 5_000,
)
INSTANTS = (
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-W01-1",
    "2026-02-30T00:00:00Z",
    "２０２６-03-14T12:00:00Z",
)
_KNOWN = (
    "actor alsoKnownAs assertionMethod attributedTo cc content contentMap context endpoints icon "
    "id inReplyTo inbox instrument name nameMap object preferredUsername publicKey published "
    "replies summary tag target to type updated url webfinger"
)
MEMBERS = _KNOWN.split()
ODD: tuple[Json, ...] = (*ADDRESSES, *HUGE, *INSTANTS, *TYPES, None, True, 0, -1.5, [], {}, [[]])
_TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
SCALARS: st.SearchStrategy[Json] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | _TEXT
    | st.sampled_from(("\x00", "half \ud800"))
    | st.sampled_from((*ADDRESSES, *TYPES, *INSTANTS))
)
ANYTHING: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(_TEXT | st.sampled_from(("id", "type", "object", "actor")), inner)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(_TEXT | st.sampled_from(("@context", "id", "type", "actor")), ANYTHING)

Place = tuple[dict[str, Json] | list[Json], str | int]


def places_of(value: Json) -> Iterator[Place]:
    """Go through every place of a document where something stands."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield value, key
            yield from places_of(inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield value, index
            yield from places_of(inner)


@st.composite
def near_documents(draw: st.DrawFn) -> dict[str, Json]:
    """Take a real server's document and change up to four places of it."""
    document: dict[str, Json] = json.loads(raw(draw(st.sampled_from(NAMES))))
    for _ in range(draw(st.integers(0, 4))):
        places = list(places_of(document))
        if not places:
            break
        container, key = draw(st.sampled_from(places))
        _change(draw, document, container, key)
    return document


def _change(
    draw: st.DrawFn,
    document: dict[str, Json],
    container: dict[str, Json] | list[Json],
    key: str | int,
) -> None:
    new: Json
    held: Json = container[key]  # type: ignore[index]  # a key of its own kind
    how = draw(st.sampled_from(("drop", "any", "huge", "list", "object", "other", "key")))
    if isinstance(container, dict) and draw(st.booleans()):
        key = draw(st.sampled_from(MEMBERS))
        how = draw(st.sampled_from(("any", "scalar", "huge")))
    match how:
        case "drop":
            del container[key]  # type: ignore[arg-type]  # likewise
            return
        case "scalar":
            new = draw(SCALARS)
        case "any":
            new = draw(ANYTHING)
        case "huge":
            new = copy.deepcopy(draw(st.sampled_from(HUGE)))
        case "list":
            new = [draw(SCALARS), held, held]
        case "object":
            new = {"id": held, "type": draw(st.sampled_from(TYPES))}
        case "other":
            other, place = draw(st.sampled_from(list(places_of(document))))
            new = copy.deepcopy(other[place])  # type: ignore[index]  # likewise
        case _:
            new = {draw(_TEXT): held}
    container[key] = new  # type: ignore[index]  # likewise


def encoded(document: Json) -> bytes:
    """Write JSON as a careless or hostile server might: NaN, raw NUL and half characters."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


def escaped(document: Json) -> bytes:
    """Write the same in ASCII, where half a character is an escape that UTF-8 lets pass."""
    return json.dumps(document).encode()
