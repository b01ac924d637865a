"""Links are counted that lead elsewhere, however they are dressed up."""

import pytest

from fedreview.content.links import count_links


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>None</p>", 0),
        ('<p><a href="https://a.example">a</a> <a href="https://b.example">b</a></p>', 2),
        ('<a class="u-url mention" href="https://a.example/@kim">@<span>kim</span></a>', 0),
        ('<a class="mention hashtag" href="https://a.example/tags/x">#<span>x</span></a>', 0),
        ('<a class="mention" href="https://a.example/shop">Cheap!</a>', 1),
        ('<a class="hashtag" href="https://a.example/shop">@shop</a>', 1),
        ('<a class="mention" href="https://a.example/shop"></a>', 1),
        ("<p>See https://a.example and HTTP://b.example</p>", 2),
        ('<a href="https://a.example">https://a.example</a>', 1),
        ("</a><p>Text</p>", 0),
    ],
)
def test_links_are_counted(html: str, expected: int) -> None:
    assert count_links(html) == expected
