"""Read forms: texts, and one picture."""

from dataclasses import dataclass

from starlette.datastructures import UploadFile

from fedreview.web.state import Request

MOST_FIELDS = 60
MOST_FILES = 1
LONGEST_PART = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A form as it was sent. picture: b"" when none was chosen."""

    fields: dict[str, str]
    picture: bytes


async def read_form(request: Request) -> Sent:
    """Read a form that may carry a picture; of repeated fields the last counts."""
    async with request.form(
        max_fields=MOST_FIELDS, max_files=MOST_FILES, max_part_size=LONGEST_PART
    ) as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        files = [value for value in form.values() if isinstance(value, UploadFile)]
        picture = await files[0].read() if files else b""
    return Sent(fields=fields, picture=picture)


async def read_fields(request: Request) -> dict[str, str]:
    """Read a form of texts."""
    return (await read_form(request)).fields
