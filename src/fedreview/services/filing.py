"""Read a review out of a file: Markdown with a few fields on top."""

import yaml

from fedreview.errors import InvalidInput
from fedreview.services.drafting import FIELDS, OF_LINES, POSTSCRIPTS


def fields_from_file(text: str) -> tuple[dict[str, str], str]:
    """Read Markdown with YAML front matter as the fields of the form.

    Returns the fields, and the path of a cover picture or "". Lists may stand for what the
    form divides by commas or lines, and for postscripts; ``aspects`` may be names with their
    scores. Raises InvalidInput, also for a field that there is not.
    """
    head, body = _front_matter(text)
    try:
        # BaseLoader: every value stays the text that was typed; 8.50 is not made a float.
        values = yaml.load(head, Loader=yaml.BaseLoader)  # noqa: S506  (makes texts only)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        # The line counts from the top of the file: the first is the ---.
        where = f" in line {mark.line + 2}" if mark else ""
        raise InvalidInput({"front matter": f"It is not YAML{where}: {error.problem}."}) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInput({"front matter": "It is not YAML."}) from error
    if not isinstance(values, dict):
        raise InvalidInput({"front matter": "Write `field: value`, one on each line."})
    known = {*FIELDS, "cover", "postscripts"} - {"body"}
    unknown = [str(name) for name in values if name not in known]
    if unknown:
        raise InvalidInput(dict.fromkeys(unknown, "There is no such field."))
    values = {**values, **_numbered(values.pop("postscripts", []))}
    fields = {name: _joined(name, value) for name, value in values.items()}
    cover = fields.pop("cover", "")
    return {**fields, "body": body}, cover


def _front_matter(text: str) -> tuple[str, str]:
    lines = text.removeprefix("\ufeff").splitlines()
    if (
        not lines
        or lines[0].rstrip() != "---"
        or "---" not in (line.rstrip() for line in lines[1:])
    ):
        raise InvalidInput(
            {"front matter": "Begin the file with a line ---, the fields, and a line --- again."}
        )
    end = next(n for n, line in enumerate(lines[1:], start=1) if line.rstrip() == "---")
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :])


def _joined(name: str, value: object) -> str:
    if isinstance(value, dict) and name == "aspects":
        value = [f"{key}: {item}" for key, item in value.items()]
    if isinstance(value, list):
        return ("\n" if name in OF_LINES else ", ").join(str(item) for item in value)
    if not isinstance(value, str):
        raise InvalidInput({name: "Write one value, or a list."})
    return value


def _numbered(value: object) -> dict[str, object]:
    """Give each postscript a field of its own, as the form has them."""
    items = value if isinstance(value, list) else [value]
    if len(items) > len(POSTSCRIPTS):
        raise InvalidInput({"postscripts": f"Write at most {len(POSTSCRIPTS)} postscripts."})
    return dict(zip(POSTSCRIPTS, items, strict=False))
