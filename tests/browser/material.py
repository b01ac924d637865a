"""What anna types, and what stands on her site."""

import io

from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload

BODY = """\
Nothing is said for **twenty minutes**, and one does not mind.

::: spoiler How it ends
The kiln cracks.
:::

> We fire what we have.
> -- The potter

The potter is >!his own father!<, which takes a second look."""

REVIEW = {
    "Title of the work": "The Quiet Kiln",
    "Year": "2017",
    "Title of your review": "Clay, and who is made of it",
    "Rating": "8,5",
    "Your review": BODY,
}

FOLDED = {
    "What the picture shows": "A kiln at night",
    "Original title": "Die stille Glut",
    "Made by": "Ada Example, Bo Beispiel",
    "Length": "105 min",
    "Studio, publisher or label": "Clay Pictures",
    "Available on": "Disc",
    "Pages about it": "https://films.example/kiln",
    "Somebody else's summary": "A potter stops talking, and the village begins.",
    "Who wrote it": "The distributor",
    "Where it stands": "https://films.example/press",
    "Verdict in one line": "Slow, and worth every minute.",
    "Teaser": "A film about clay that is not about clay.",
    "Tags": "slowcinema, pottery",
}

GROUPS = ("Picture", "About the work", "Synopsis", "Verdict and teaser", "Tags, language, spoilers")


def cover() -> FilePayload:
    """Give a picture to upload, upright as covers are."""
    picture = Image.new("RGB", (400, 600), "#2c3a4f")
    pen = ImageDraw.Draw(picture)
    pen.ellipse((110, 250, 290, 430), fill="#e0762c")
    pen.rectangle((0, 460, 400, 600), fill="#151c26")
    data = io.BytesIO()
    picture.save(data, "PNG")
    return {"name": "kiln.png", "mimeType": "image/png", "buffer": data.getvalue()}


def review_file(title: str, **fields: str) -> str:
    """Write a review as `fedreview publish` reads it; a field `body` is the text."""
    body = fields.pop("body", BODY)
    head = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return f"---\ntitle: {title}\n{head}---\n{body}\n"
