"""Read forms: texts, and one picture."""

import errno
from dataclasses import dataclass

from starlette.datastructures import UploadFile

from fedreview.errors import DiskRefuses, InvalidInput
from fedreview.web.state import Request, site_of

MOST_FIELDS = 100
MOST_FILES = 1
LONGEST_PART = 2 * 1024 * 1024

_READ = "fedreview.form"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A form as it was sent. picture: b"" when none was chosen, or one that is too large.

    pairs: all names with their values, in order; a name may stand there several times.
    """

    fields: dict[str, str]
    picture: bytes
    is_picture_too_large: bool = False
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """A form that was sent after its session had ended, on its way through the sign-in page.

    path: where it was sent to. id: the part of the path that says what it is about, or "".
    had_picture: whether a picture was chosen; no page can carry one.
    is_disk_full: whether it is there again for that reason, and nobody was signed out.
    """

    path: str
    fields: dict[str, str]
    had_picture: bool
    id: str = ""
    is_disk_full: bool = False

    @property
    def done(self) -> str:
        """What to say when it is shown again."""
        if self.is_disk_full:
            return "disk_full_bare" if self.had_picture else "disk_full"
        return "resumed_bare" if self.had_picture else "resumed"


async def read_form(request: Request) -> Sent:
    """Read a form that may carry a picture; of repeated fields the last counts.

    Raises InvalidInput for what no database can keep, and DiskRefuses when the picture finds no
    room on its way.
    """
    try:
        sent = await _read_form(request)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise DiskRefuses("The disk of temporary files is full: make room.") from error
    request.scope[_READ] = sent
    return sent


async def _read_form(request: Request) -> Sent:
    async with request.form(
        max_fields=MOST_FIELDS, max_files=MOST_FILES, max_part_size=LONGEST_PART
    ) as form:
        pairs = tuple((name, value) for name, value in form.multi_items() if isinstance(value, str))
        files = [value for value in form.values() if isinstance(value, UploadFile)]
        is_too_large = any((file.size or 0) > picture_limit(request) for file in files)
        picture = b"" if is_too_large or not files else await files[0].read()
    wrong = [name for name, text in pairs if "\0" in name + text]
    if wrong:
        # PostgreSQL keeps no zero, and no key types one.
        raise InvalidInput(dict.fromkeys(wrong, "There is a character in it that cannot be kept."))
    return Sent(fields=dict(pairs), picture=picture, is_picture_too_large=is_too_large, pairs=pairs)


def picture_limit(request: Request) -> int:
    """Give how many bytes a picture may have, so that there is room for the words beside it."""
    return site_of(request).upload_limit_bytes * 9 // 10


def megabytes(limit: int) -> str:
    """Write a number of bytes for people."""
    return f"{max(limit / 1_000_000, 0.1):.1f}".removesuffix(".0") + " MB"


def form_read(request: Request) -> Sent | None:
    """Give the form that was read of this request before it failed; None when there is none."""
    found = request.scope.get(_READ)
    return found if isinstance(found, Sent) else None


async def read_fields(request: Request) -> dict[str, str]:
    """Read a form of texts."""
    return (await read_form(request)).fields
