import unicodedata
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from fedreview.activitypub.origin import find_origin
from fedreview.activitypub.urls import Urls
from fedreview.domain.rating import Rating, Scale
from fedreview.domain.review import SLUG_LENGTH, slug_from_title, tags_from_text
from fedreview.errors import InvalidInput
from tests.property.effort import examples

URLS = Urls("https://reviews.example")
IDS = st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=40)
USERNAMES = st.text("abcXYZ019_.-", min_size=1, max_size=64)
ONE_THOUSAND = 1_000


@st.composite
def ratings(draw: st.DrawFn) -> Rating:
    """Take a score on any scale that steps evenly from its worst to its best."""
    worst, step = draw(st.integers(0, 5_000)), draw(st.integers(1, 5_000))
    steps = draw(st.integers(1, 150))
    assume(worst + step * steps < 1_000 * ONE_THOUSAND)
    return Rating.from_thousandths(
        worst + step * draw(st.integers(0, steps)),
        best=worst + step * steps,
        worst=worst,
        step=step,
    )


@examples(150)
@given(ratings(), st.sampled_from(("", " ", "\t")))
def test_a_score_comes_back_however_it_was_written(rating: Rating, blank: str) -> None:
    for text in (rating.number, rating.number.replace(".", ","), rating.text, rating.words):
        assert Rating.parse(f"{blank}{text}{blank}", rating.scale) == rating


@examples(150)
@given(ratings())
def test_a_score_comes_back_from_thousandths(rating: Rating) -> None:
    scale = rating.scale

    again = Rating.from_thousandths(
        rating.thousandths,
        best=int(scale.best * ONE_THOUSAND),
        worst=int(scale.worst * ONE_THOUSAND),
        step=int(scale.step * ONE_THOUSAND),
    )

    assert again == rating


@examples(150)
@given(ratings(), st.integers(1, 100))
def test_a_score_on_another_scale_stays_on_it(rating: Rating, best: int) -> None:
    assert 0 <= rating.share <= 1
    assert 1 <= rating.rounded(best=best, worst=1) <= best
    assert rating.rounded(best=best, worst=0) - rating.rescaled(best=best) <= Decimal("0.5")


@examples(200)
@given(st.text() | st.text("0123456789.,/ outf-+eE_\u0663\u00a0", max_size=15))
def test_what_is_typed_is_a_score_of_the_scale_or_invalid(text: str) -> None:
    try:
        rating = Rating.parse(text, Scale())
    except InvalidInput:
        return

    assert rating.value in {Decimal(half) / 2 for half in range(21)}


@examples(200)
@given(IDS)
def test_our_addresses_are_recognised(id: str) -> None:
    assert URLS.review_id(URLS.review(id)) == id
    assert URLS.review_id(URLS.context(id)) == id
    assert URLS.note_id(URLS.note(id)) == id
    assert URLS.review_id(f"{URLS.review(id)}#likes/1") == id
    assert URLS.note_id(URLS.review(id)) is None
    assert URLS.review_id(URLS.note(id)) is None


@examples(200)
@given(USERNAMES)
def test_an_authors_addresses_are_recognised(username: str) -> None:
    assert URLS.username(URLS.actor(username)) == username
    assert URLS.username(URLS.person_page(username)) == username
    assert URLS.review_id(URLS.actor(username)) is None


@examples(100)
@given(st.text() | st.text("日本語かなカナ漢字éß🌶️ँ한", min_size=60), st.integers(2, 99_999))
def test_a_reviews_page_is_recognised_whatever_its_title(title: str, number: int) -> None:
    for slug in (slug_from_title(title), f"{slug_from_title(title)}-{number}"):
        if slug:
            assert URLS.review_slug(URLS.review_page(slug)) == slug
            assert find_origin(URLS.review_page(slug)) == URLS.base


@examples(150)
@given(st.text(), st.sampled_from(("https://evil.example", "https://reviews.example.evil", "")))
def test_nobody_elses_address_is_ours(path: str, base: str) -> None:
    url = f"{base}/{path}"

    assert not URLS.is_ours(url)
    assert URLS.review_id(url) is URLS.note_id(url) is URLS.username(url) is None
    assert URLS.review_slug(url) is None


@examples(200)
@given(st.text())
def test_a_slug_is_short_and_the_slug_of_itself(title: str) -> None:
    slug = slug_from_title(title)

    assert len(slug) <= SLUG_LENGTH
    assert slug_from_title(slug) == slug
    assert slug == slug.strip("-")
    assert not any(c != "-" and unicodedata.category(c)[0] not in "LNM" for c in slug)


@examples(200)
@given(st.text() | st.text("aBé,# _-ँ日", max_size=20))
def test_tags_are_single_words_and_read_again_as_themselves(text: str) -> None:
    tags = tags_from_text(text)

    assert tags_from_text(",".join(tags)) == tags
    assert len({tag.casefold() for tag in tags}) == len(tags)
    assert not any(set(tag) & set(" ,#/?\n") for tag in tags)
