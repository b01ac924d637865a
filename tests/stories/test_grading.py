"""An author sets how they rate: scale, legend, aspects, sign-off."""

import pytest

from tests.stories.site import Site, problems_of, said, soup

pytestmark = pytest.mark.anyio

STARS = {
    "best": "5",
    "worst": "0.5",
    "step": "0,5",
    "legend": "5 = for ever\n3 = all right",
    "aspect_names": "Story\nPlay\nstory",
    "standard_sign_off": "Good night.",
    "time_zone": "Europe/Berlin",
}


async def test_five_stars_with_halves_and_their_names(site: Site) -> None:
    before = await site.publish(title="Before", rating="8.5")

    answer = await site.author.post("/studio/settings/rating", data=STARS)
    form = await site.desk("/studio/write")
    after = await site.publish(title="After", rating="4.5")

    assert answer.status_code == 303
    assert [str(option["value"]) for option in form.select("#legend option")] == ["5", "3"]
    assert [str(field["name"]) for field in form.select('[name^="aspect."]')] == [
        "aspect.story",
        "aspect.Play",
    ]
    assert said(form.select_one("#field-sign_off")) == "Good night."
    old, new = await site.page(before.path), await site.page(after.path)
    assert said(old.select_one(".rating.big .visually-hidden")) == "Rated 8.5 out of 10"
    assert old.select_one(".rating.big .level") is None
    assert said(new.select_one(".rating.big .visually-hidden")) == "Rated 4.5 out of 5"
    assert said(new.select_one(".rating.big .level")) == "all right"
    assert len(new.select(".rating.big .stars .on")) == 5
    document = await site.document(after.uri)
    assert document["name"] == "BLAME! A Netflix Original – 4.5/5"
    assert "4.5/5 (all right)" in document["content"]
    assert document["reviewRating"]["bestRating"] == 5
    person = await site.page("/@critic")
    assert "for ever" in said(person.select_one(".scale"))


async def test_a_rated_review_is_edited_on_the_scale_it_was_rated_on(site: Site) -> None:
    review = await site.publish(rating="8.5")
    await site.author.post("/studio/settings/rating", data=STARS)
    path = f"/studio/reviews/{review.id}"

    form = await site.desk(path)
    sent = {"title": "BLAME!", "body": "More.", "rating": "9", "do": "update", "kind": "film"}
    answer = await site.author.post(path, data=sent)

    assert "0 to 10" in said(form.select_one("#hint-rating"))
    assert answer.status_code == 303, problems_of(answer)


async def test_scores_of_aspects_are_shown_after_the_verdict(site: Site) -> None:
    review = await site.publish(**{"aspect.Story": "7,5", "aspect.Look": "", "aspect.Sound": "9"})

    page = await site.page(review.path)

    scores = [said(each) for each in page.select(".aspect-scores dl > div")]
    assert [each.split()[0] for each in scores] == ["Story", "Sound"]
    assert "7.5 out of 10" in scores[0]


async def test_a_wrong_score_of_an_aspect_comes_back_as_it_was_typed(site: Site) -> None:
    sent = {"title": "BLAME!", "body": "x", "do": "publish", "kind": "film", "aspect.Story": "11"}

    answer = await site.author.post("/studio/write", data=sent)

    page = soup(answer)
    assert answer.status_code == 422
    assert "Story: The rating must lie between 0 and 10." in said(page.select_one(".problems"))
    field = page.select_one('[name="aspect.Story"]')
    assert field is not None
    assert field["value"] == "11"


@pytest.mark.parametrize(
    ("field", "typed", "said_there"),
    [
        ("best", "ten", "Type three numbers"),
        ("step", "0.4", "must lead from the worst score to the best"),
        ("worst", "5", "best score must be above"),
        ("step", "0.001", "Take larger steps"),
        ("legend", "6 = more", "6 is no score of yours"),
        ("aspect_names", "a:b", "no colon"),
        ("time_zone", "Berlin", "Choose one of the list"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_that_was_typed_is_lost(
    site: Site, field: str, typed: str, said_there: str
) -> None:
    answer = await site.author.post("/studio/settings/rating", data={**STARS, field: typed})

    page = soup(answer)
    assert answer.status_code == 422
    assert said_there in said(page.select_one(".problems"))
    shown = page.select_one(f"#field-{field}")
    assert shown is not None
    assert typed in (str(shown.get("value", "")) or said(shown))
    assert site.account().time_zone == "UTC"
