import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import mf2py
import pytest
from bs4 import BeautifulSoup, Tag

from fedreview.domain.outline import build_thread
from fedreview.domain.rating import Rating, Scale
from fedreview.domain.review import ReviewState
from fedreview.domain.thread import NoteState, Reply, Thread
from fedreview.services.drafting import FIELDS
from fedreview.services.views import ReactionStrip, ReviewCard, ReviewPage, TheirRating, WorkPage
from fedreview.web.templating import STATIC_DIR, environment
from tests.factories import (
    NOON,
    SITE,
    a_cover,
    a_rating,
    a_reply,
    a_review,
    a_work,
    a_writer,
    an_author,
)

TEMPLATES = STATIC_DIR.parent / "templates"
SOURCES = sorted(TEMPLATES.rglob("*.html"))
STYLESHEET_BUDGET_BYTES = 26_000
REVIEW_URI = f"{SITE}/ap/reviews/review1"
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*(\bsrc=|ld\+json))", re.IGNORECASE
)
CONTEXT = {
    "desk_counts": None,
    "notices_unread": 0,
    "fan_outs": (),
    "is_desk": False,
    "site": {
        "title": "Second Reel",
        "tagline": "",
        "base_url": SITE,
        "language": "en",
        "theme": "",
        "asks_not_to_learn": True,
    },
    "me": None,
    "flash": "",
    "path": "/",
    "here": "/",
}


def rendered(name: str, **context: object) -> BeautifulSoup:
    html = environment().get_template(name).render(**{**CONTEXT, **context})
    return BeautifulSoup(html, "html5lib")


def one(page: BeautifulSoup | Tag, selector: str) -> Tag:
    found = page.select_one(selector)
    assert found is not None, selector
    return found


def text_of(page: BeautifulSoup | Tag, selector: str) -> str:
    return " ".join(one(page, selector).get_text().split())


def a_page(*replies: Reply, rating: str | None = "8.5", **more: object) -> dict[str, object]:
    review = replace(a_review(rating=rating), work=a_work(cover=a_cover()))
    view = ReviewPage(
        review=review,
        url=f"{SITE}/reviews/blame",
        ap_url=REVIEW_URI,
        cover_url="/media/c0ffee.jpg",
        cover=review.work.cover,
        body_html="<p>A <em>vast</em> city.</p>",
        synopsis_paragraphs=("A loner guides a remnant.",),
        work_url=f"{SITE}/works/blame",
        author_url=f"{SITE}/@ana",
        handle="ana@reviews.example",
        thread=build_thread([REVIEW_URI], replies) if replies else Thread(entries=()),
        reactions=ReactionStrip(likes=2, boosts=1),
        reading_minutes=4,
        description="A city without end.",
        json_ld='{"@type": "Review"}',
        share_image_url=f"{SITE}/media/c0ffee.jpg",
        tag_links=(("anime", "/tags/anime"),),
    )
    fields = {name: getattr(view, name) for name in ReviewPage.__slots__}
    answer = {
        "can_answer": True,
        "given": {},
        "people": (),
        "answering": "",
        "answer_form": {},
        "answer_problems": {},
    }
    return {**fields, **answer, **more}


def write_page(**more: object) -> BeautifulSoup:
    context = {
        "me": an_author(),
        "path": "/studio/write",
        "form": dict.fromkeys((*FIELDS, "tab", "base", "seen", "publish_on"), ""),
        "problems": {},
        "review": None,
        "kinds": (("film", "Film"), ("book", "Book")),
        "languages": (("en", "English"),),
        "spoiler_levels": (("none", "Nothing"),),
        "scale_hint": "0 to 10",
        "legend": (),
        "hints": (),
        "catalogues": (),
        "suggested": None,
        "aspects": (("Story", "8"),),
        "preview_html": None,
        "cover_url": "",
        "cover_kept": "",
        "action": "/studio/write",
        "published": False,
        "conduct_form": {},
        "conduct_modes": (),
        "conduct_who": (),
        "unsaved": False,
        "picture_limit": 14_000_000,
        "picture_limit_text": "14 MB",
        "restored": None,
        "newer": None,
        "scheduled": "",
        "zone": "UTC",
        "again_at": None,
    }
    return rendered("studio/write.html", **{**context, **more})


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_no_template_needs_what_the_content_security_policy_forbids(source: Path) -> None:
    found = INLINE.search(source.read_text())

    assert found is None, found


@pytest.mark.parametrize("name", ["site.css", "site.js", "desk.js", "icon.svg"])
def test_our_own_static_files_ask_nothing_of_other_hosts(name: str) -> None:
    text = (STATIC_DIR / name).read_text().replace("http://www.w3.org/2000/svg", "")

    assert not re.search(r"//\w|@import|url\(", text)


def test_the_stylesheet_stays_within_its_budget() -> None:
    assert (STATIC_DIR / "site.css").stat().st_size <= STYLESHEET_BUDGET_BYTES


def test_a_review_can_be_read_as_microformats() -> None:
    page = rendered("review.html", page=a_page(a_reply(1), a_reply(2)))

    parsed = mf2py.Parser(doc=str(page), url=f"{SITE}/reviews/blame").to_dict()

    (item,) = parsed["items"]
    properties = item["properties"]
    assert item["type"] == ["h-entry", "h-review"]
    assert properties["name"] == ["BLAME! A Netflix Original"]
    assert (properties["rating"], properties["best"]) == (["8.5"], ["10"])
    assert properties["published"] == ["2024-05-01T12:00:00Z"]
    assert properties["worst"] == ["0"]
    assert properties["url"] == [f"{SITE}/reviews/blame"]
    assert properties["summary"] == ["A city without end, and who is left in it."]
    assert properties["category"] == ["anime"]
    assert properties["item"][0]["properties"] == {
        "name": ["BLAME!"],
        "url": [f"{SITE}/works/blame"],
        "photo": [f"{SITE}/media/c0ffee.jpg"],
    }
    assert properties["author"][0]["properties"]["name"] == ["Ana Núñez"]
    assert properties["content"][0]["value"] == "A vast city."
    assert len(properties["comment"]) == 2


def test_a_review_without_a_teaser_has_the_summary_that_cards_show() -> None:
    review = replace(a_review(), teaser="")
    page = rendered("review.html", page={**a_page(), "review": review})

    (item,) = mf2py.Parser(doc=str(page), url=f"{SITE}/reviews/blame").to_dict()["items"]

    assert item["properties"]["summary"] == ["A city without end."]


def test_the_head_of_a_review_says_who_wrote_it_and_where_its_other_form_is() -> None:
    page = rendered("review.html", page=a_page())

    assert one(page, 'meta[name="fediverse:creator"]')["content"] == "@ana@reviews.example"
    assert one(page, 'link[type="application/activity+json"]')["href"] == REVIEW_URI
    assert one(page, 'link[rel="canonical"]')["href"] == f"{SITE}/reviews/blame"
    title = one(page, 'meta[property="og:title"]')["content"]
    assert str(title).endswith("8.5/10")


@pytest.mark.parametrize(
    ("value", "best", "full", "half"),
    [("8.5", 10, 8, 1), ("10", 10, 10, 0), ("0", 10, 0, 0), ("0.5", 10, 0, 1), ("45", 50, 9, 0)],
)
def test_ten_marks_show_any_rating_to_the_half(value: str, best: int, full: int, half: int) -> None:
    rating = Rating(value=Decimal(value), scale=Scale(best=Decimal(best)))
    macros = environment().get_template("_parts.html").module

    drawn = BeautifulSoup(macros.rating(rating), "html5lib")  # type: ignore[attr-defined]  # a macro

    assert len(drawn.select("rect.off")) == 10
    assert (len(drawn.select("rect.on")), len(drawn.select("path.on"))) == (full, half)
    assert text_of(drawn, ".visually-hidden") == f"Rated {rating.words}"


@pytest.mark.parametrize(("value", "stars"), [("0", 0), ("0.5", 1), ("3", 3), ("4.5", 5)])
def test_a_scale_that_ends_at_five_has_stars(value: str, stars: int) -> None:
    rating = Rating(value=Decimal(value), scale=Scale(best=Decimal(5)))
    macros = environment().get_template("_parts.html").module

    drawn = BeautifulSoup(macros.rating(rating), "html5lib")  # type: ignore[attr-defined]  # a macro

    assert len(drawn.select(".stars .off")) == 5
    assert len(drawn.select(".stars .on")) == stars


def test_the_heading_counts_what_can_be_read_and_names_what_cannot() -> None:
    gone = replace(a_reply(1), state=NoteState.DELETED)
    answer = a_reply(2, in_reply_to=gone.uri)
    orphan = a_reply(3, in_reply_to="https://elsewhere.example/unknown")

    page = rendered("review.html", page=a_page(gone, answer, orphan))

    assert text_of(page, "#thoughts") == "2 thoughts on “BLAME! A Netflix Original”"
    assert text_of(page, ".thread-head .hint") == (
        "1 more cannot be shown: it has not reached this server. 1 more was deleted by its writer."
    )
    assert len(page.select(".gap-deleted, .gap-missing")) == 2


def test_a_review_without_replies_tells_how_to_write_the_first() -> None:
    page = rendered("review.html", page=a_page())

    assert text_of(page, "#thoughts").startswith("No thoughts yet")
    assert one(page, "details.join").has_attr("open")
    assert one(page, "#reply-address")["value"] == f"{SITE}/reviews/blame"


def test_a_content_warning_folds_the_reply() -> None:
    page = rendered("review.html", page=a_page(replace(a_reply(1), summary="the ending")))

    assert text_of(page, "details.warned summary") == "Content warning: the ending"
    assert not one(page, "details.warned").has_attr("open")


def test_names_of_strangers_are_text_and_keep_to_themselves() -> None:
    writer = replace(a_writer(), name="<script>alert(1)</script>")

    page = rendered("review.html", page=a_page(a_reply(1, writer=writer)))

    assert text_of(page, ".reply .who bdi") == "<script>alert(1)</script>"
    assert not page.select(".reply script")


def test_visitors_are_offered_no_buttons_of_the_author() -> None:
    page = rendered("review.html", page=a_page(a_reply(1)))

    assert not page.select("form")


def test_the_author_hides_what_others_wrote_and_changes_what_they_wrote_themselves() -> None:
    own = a_reply(2, writer=replace(a_writer("Ana", is_author=True), username="ana"))

    page = rendered("review.html", page=a_page(a_reply(1), own), me=an_author())

    actions = {form["action"] for form in page.select("form")}
    links = {str(a["href"]).partition("?")[0] for a in page.select(".reply > footer a")}
    assert {"/studio/replies/note0001/hide", "/studio/notes/note0001/like"} < actions
    assert {"/studio/replies/note0002/edit", "/studio/replies/note0002/delete"} < links
    assert "/studio/notes/note0002/like" not in actions


def test_an_answer_that_was_refused_comes_back_open_and_as_it_was_typed() -> None:
    refused = a_page(
        a_reply(1),
        a_reply(2),
        answering="note0002",
        answer_form={"text": "Half a"},
        answer_problems={"text": "Short."},
    )

    page = rendered(
        "review.html", page=refused, me=an_author(), path="/studio/replies/note0002/answer"
    )

    (shown,) = page.select("details.answer[open]")
    assert text_of(shown, "textarea") == "Half a"
    assert one(shown, "textarea")["aria-describedby"] == one(shown, ".problem")["id"]
    assert one(shown, '[name="return_to"]')["value"] == "/reviews/blame"


def test_drafts_lead_to_the_form_and_reviews_to_their_page() -> None:
    draft = a_review(id="r2", state=ReviewState.DRAFT, published_at=None)
    cards = [
        ReviewCard(review=review, url="/reviews/blame", cover_url="", excerpt="", replies=0)
        for review in (a_review(), draft)
    ]

    page = rendered("front.html", cards=cards, older=None, newer=None)

    assert [a["href"] for a in page.select(".card-title a")] == [
        "/reviews/blame",
        "/studio/reviews/r2",
    ]


def test_the_front_page_says_so_when_there_is_nothing_yet() -> None:
    page = rendered("front.html", cards=(), older=None, newer=None)

    assert text_of(page, ".empty h2") == "Nothing has been reviewed yet"


def test_every_problem_leads_to_its_field_and_the_field_to_its_problem() -> None:
    page = write_page(problems={"rating": "Too high.", "cover": "No picture.", "form": "Broken."})

    links = {str(a["href"]) for a in page.select(".problems a")}
    assert links == {"#field-rating", "#field-cover"}
    assert "problem-rating" in str(one(page, "#field-rating")["aria-describedby"])
    assert one(page, "#field-cover").find_parent("details", open=True)
    assert "Broken." in text_of(page, ".problems")


def test_the_live_preview_never_sends_the_picture() -> None:
    page = write_page()

    watched = one(page, '[hx-post="/studio/preview"]')
    assert watched["hx-params"] == "not cover"
    assert watched.name != "form"
    assert page.select(f"{watched['hx-target']}[aria-live]")


def test_optional_fields_are_folded_until_they_hold_something() -> None:
    empty, filled = write_page(), write_page(problems={"verdict": "Too long."})

    assert not empty.select("details.group[open]")
    assert len(filled.select("details.group[open]")) == 1


@pytest.mark.parametrize(
    "page",
    [
        write_page(review=a_review(), published=True),
        rendered("review.html", page=a_page(a_reply(1), a_reply(2)), me=an_author()),
        rendered("login.html", form={}, problems={}, kept={}, notice=""),
        rendered("setup.html", form={"token": "t"}, problems={"token": "Too old."}),
    ],
    ids=["write", "review", "login", "setup"],
)
def test_every_field_has_a_label_and_every_reference_an_end(page: BeautifulSoup) -> None:
    ids = [str(tag["id"]) for tag in page.select("[id]")]
    labelled = {str(label["for"]) for label in page.select("label[for]")}
    references = {
        target
        for name in ("aria-describedby", "aria-labelledby")
        for tag in page.select(f"[{name}]")
        for target in str(tag[name]).split()
    } | {str(a["href"])[1:] for a in page.select('a[href^="#"]')}

    fields = page.select('input:not([type="hidden"], [hidden]), select, textarea')
    assert {str(field["id"]) for field in fields} <= labelled
    assert references | labelled <= set(ids)
    assert len(ids) == len(set(ids))
    assert len(page.select("h1")) == 1


def test_a_readers_score_is_told_in_words_and_on_their_own_scale() -> None:
    stars = Rating.given_elsewhere(Decimal("4.5"), best=Decimal(5), worst=Decimal("0.5"))
    page = rendered("review.html", page=a_page(replace(a_reply(), rating=stars)))

    assert text_of(page, ".reply .about") == "Rates it 9 of 10 (4.5 out of 5 on their scale)"
    assert page.select(".reply .about [aria-hidden]") == []


def test_a_score_of_ten_is_not_told_twice() -> None:
    page = rendered("review.html", page=a_page(replace(a_reply(), rating=a_rating("8.5"))))

    assert text_of(page, ".reply .about") == "Rates it 8.5 of 10"


def a_work_page(*ratings: TheirRating, average: str = "") -> BeautifulSoup:
    work = a_work(cover=a_cover())
    view = WorkPage(
        work=work,
        cover_url="/media/c0ffee.jpg",
        ap_url=f"{SITE}/ap/works/work1",
        cards=(),
        ratings=ratings,
        average=average,
    )
    return rendered("work.html", **{name: getattr(view, name) for name in WorkPage.__slots__})


def test_ratings_from_elsewhere_have_a_heading_and_links_that_say_whose_they_are() -> None:
    url = "https://social.example/@kim/1"
    kim = TheirRating(writer=a_writer(), rating=a_rating("7"), url=url, published_at=NOON)
    page = a_work_page(kim, replace(kim, url=""), kim, average="7")

    section = one(page, "section[aria-labelledby=ratings]")
    assert text_of(section, "h2#ratings") == "Ratings from the fediverse"
    assert text_of(section, "section > .about") == "7 of 10 on average, of 3 ratings"
    links = [link.get_text() for link in section.select(f"a[href='{url}']")]
    assert links == ["Original of the rating by Kim"] * 2


def test_a_work_without_ratings_from_elsewhere_has_no_place_for_them() -> None:
    assert a_work_page().select("#ratings") == []
