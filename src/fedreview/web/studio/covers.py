"""The picture of a work, out of the form for a review: a file, an address, or one kept before."""

from collections.abc import Mapping

from fedreview.domain.work import Cover
from fedreview.errors import InvalidInput, RemoteRefused, RemoteUnavailable
from fedreview.web.forms import Sent, megabytes, picture_limit
from fedreview.web.state import Request, in_thread, site_of

_ELSE_A_FILE = "Check it, or save the picture on your device and choose the file."
_NO_PICTURE = "At that address there is no picture that can be fetched over https, and is"
_NO_ANSWER = f"That server does not answer. Try again later. {_ELSE_A_FILE}"


async def chosen_cover(request: Request, sent: Sent, problems: dict[str, str]) -> Cover | None:
    """Take the picture that was chosen now, or else the one that an earlier try brought.

    problems: gets what is wrong with the one chosen now.

    A browser cannot fill a file field again: so a picture is kept at once, and the form
    that comes back names it. A chosen file goes before an address.
    """
    site, address = site_of(request), sent.fields.get("cover_from", "").strip()
    if sent.is_picture_too_large:
        limit = megabytes(picture_limit(request))
        problems["cover"] = f"The picture is too large. Choose one under {limit}."
    elif sent.picture:
        try:
            return await in_thread(site.picturing.keep, sent.picture)
        except InvalidInput as error:
            problems.update(error.problems)
    elif address:
        try:
            return await _fetched(request, sent, address)
        except InvalidInput as error:
            problems["cover_from"] = " ".join(error.problems.values())
    return await cover_before(request, sent.fields)


async def _fetched(request: Request, sent: Sent, address: str) -> Cover:
    """Fetch the picture once: the form that comes back names our copy and not the address.

    Raises InvalidInput.
    """
    site, limit = site_of(request), picture_limit(request)
    try:
        data = await site.fetching.picture(address, limit_bytes=limit)
    except RemoteUnavailable as error:
        raise InvalidInput({"cover_from": _NO_ANSWER}) from error
    except RemoteRefused as error:
        text = f"{_NO_PICTURE} under {megabytes(limit)}. {_ELSE_A_FILE}"
        raise InvalidInput({"cover_from": text}) from error
    cover = await in_thread(site.picturing.keep, data)
    del sent.fields["cover_from"]
    return cover


async def cover_before(request: Request, fields: Mapping[str, str]) -> Cover | None:
    """Look up the picture that the form names, which an earlier try has brought."""
    name = fields.get("cover_kept", "")
    return await in_thread(site_of(request).browsing.find_picture, name) if name else None
