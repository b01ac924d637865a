"""Pictures in the text: dropped and pasted, with the description asked for."""

import base64
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.material import cover
from tests.servers import FedreviewProcess

pytestmark = pytest.mark.browser

# What a person does with a mouse or a keyboard, a script can only do as this.
SEND = """([field, kind, name, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const files = new DataTransfer();
  files.items.add(new File([bytes], "kiln.jpg", { type: "image/jpeg" }));
  const options = { bubbles: true, cancelable: true, [name]: files };
  field.dispatchEvent(kind === "paste"
    ? new ClipboardEvent(kind, options) : new DragEvent(kind, options));
}"""
PICTURE = re.compile(r"!\[Describe the picture\]\(/media/[0-9a-f]{32}\.jpg\)")


@pytest.mark.parametrize("javascript", [True], indirect=True)
def test_a_picture_dropped_or_pasted_into_the_text_stands_there(
    site: FedreviewProcess, visit: Visit, javascript: bool
) -> None:
    author = visit(site.base_url, javascript=javascript)
    author.signs_in()
    author.goes_to("/studio/write")
    text = author.field("Your review")
    text.fill("Before")
    data = base64.b64encode(cover()["buffer"]).decode()
    element = text.element_handle()

    author.page.evaluate(SEND, [element, "drop", "dataTransfer", data])
    expect(text).to_have_value(re.compile(f"^Before\n\n{PICTURE.pattern}\n\n$"))
    hint = author.page.locator(".undescribed")
    expect(hint).to_contain_text("1 picture has no description")
    author.page.keyboard.type("A kiln at night")
    expect(hint).to_be_empty()
    expect(author.page.locator("#preview img[alt='A kiln at night']")).to_be_visible()

    text.evaluate("field => field.setSelectionRange(field.value.length, field.value.length)")
    author.page.evaluate(SEND, [element, "paste", "clipboardData", data])
    expect(text).to_have_value(re.compile(PICTURE.pattern))
    expect(hint).to_contain_text("1 picture has no description")
