from fedreview.content.figures import MOST_PICTURES, picture_names
from fedreview.content.markdown import render_federated, render_page
from fedreview.domain.work import Cover, Variant

NAME = "0123456789abcdef0123456789abcdef.jpg"
SMALL = Variant(name="small.webp", media_type="image/webp", width=320, height=160, bytes=9)
PLAIN = Variant(name="small.jpg", media_type="image/jpeg", width=320, height=160, bytes=9)
KNOWN = Cover(
    name=NAME, media_type="image/jpeg", width=700, height=350, bytes=9, variants=(PLAIN, SMALL)
)


def test_a_known_picture_has_its_size_and_widths() -> None:
    html = render_page(f"![A *door*](/media/{NAME})", (KNOWN,))

    assert html == (
        '<p><picture><source type="image/webp" srcset="/media/small.webp 320w" '
        'sizes="(min-width: 48rem) 42rem, 92vw">'
        f'<img src="/media/{NAME}" alt="A door" width="700" height="350" loading="lazy">'
        "</picture></p>\n"
    )


def test_an_unknown_one_is_shown_as_it_stands() -> None:
    html = render_page(f"![A door](/media/{NAME})")

    assert html == f'<p><img src="/media/{NAME}" alt="A door" loading="lazy"></p>\n'


def test_a_title_becomes_a_caption() -> None:
    html = render_page(f'![A door](/media/{NAME} "Seen <from> below")')

    assert html.startswith("<figure><img ")
    assert html.endswith("<figcaption>Seen &lt;from&gt; below</figcaption></figure>\n")


def test_a_picture_among_words_or_in_a_list_or_from_elsewhere_has_no_caption() -> None:
    inside = f'![A door](/media/{NAME} "Caption")'
    elsewhere = '![A door](https://example.org/a.jpg "Caption")'

    for text in (f"See {inside} here", f"- {inside}", elsewhere, "Words"):
        assert "figure" not in render_page(text)


def test_elsewhere_it_stays_a_link() -> None:
    html = render_federated(f'![A door](/media/{NAME} "C")', base_url="https://a.example/r/b")

    assert f'<a href="https://a.example/media/{NAME}"' in html
    assert "img" not in html
    assert "figure" not in html


def test_names_are_found_once_each_and_bounded() -> None:
    many = " ".join(f"/media/{n:032x}.png" for n in range(MOST_PICTURES + 5))

    assert picture_names(f"![](/media/{NAME}) /media/{NAME} /media/../x.jpg") == (NAME,)
    assert len(picture_names(many)) == MOST_PICTURES
