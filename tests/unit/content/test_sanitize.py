import re
import time
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedreview.content.sanitize import (
    MAX_DEPTH,
    MAX_HTML_LENGTH,
    clean_html,
    clean_text,
    safe_link,
)

REL = 'rel="nofollow noopener noreferrer ugc"'
ALLOWED = {"p", "br", "span", "a", "del", "s", "pre", "blockquote", "code", "b", "strong", "u", "i"}
ALLOWED |= {"em", "ul", "ol", "li", "ruby", "rt", "rp"}

MARKUP = """
<p> </p> <b> </b> <i/a=1> <a/href='//x'> <a/href=https://x.example/?a=1&b=2>
<a/href="http://x.example/"> <a/class=u-url/href=HTTPS://X.example> </a> <ul> <ol> </ul> <li>
</li> <pre> </pre> <br> </br> <h1> </h1> </h2> <blockquote> </blockquote> <span/class=h-card>
</span> <p/class=quote-inline> <div> </div> <ruby> <rt> <rp> </ruby> </rt> <script> </script>
<style> </style> <svg> </svg> <svg/onload=alert(1)> <math> <table> <td> <select> <template>
<noscript> <textarea> </textarea> <title> <plaintext> <xmp> <form> <input> <!-- --> <!doctype>
<![CDATA[ ]]> <?xml <a <a< < > & &lt; &amp;lt; &#0; &#x202e; &#13; &nbsp; &#99999999999; " ' = /
word 1<2 <img/alt=x> <img/src=x/onerror=alert(1)> <iframe/srcdoc="<p>"> <embed> <object>
<base/href=//x> <a/href=javascript:alert(1)> <a/href=&#106;avascript:x>
<p/style=color:red/onclick=x/id=y> <code> </code>
"""
FRAGMENTS = st.sampled_from(MARKUP.split()) | st.sampled_from(
    " \n\r\x00\ud800\u00a0\u202e\u2066\u2069"
)
HTML = st.lists(FRAGMENTS | st.text(max_size=5)).map("".join)


class Reading(HTMLParser):
    """What an independent parser finds in our output."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.deepest = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "br":
            self.open.append(tag)
            self.deepest = max(self.deepest, len(self.open))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment came through: {data}")

    def handle_decl(self, decl: str) -> None:
        pytest.fail(f"a declaration came through: {decl}")


@settings(deadline=None)
@given(HTML)
def test_cleaning_twice_changes_nothing_more(html: str) -> None:
    once = clean_html(html)

    assert clean_html(once) == once


@settings(deadline=None)
@given(HTML | st.text())
def test_only_listed_elements_attributes_and_schemes_come_out(html: str) -> None:
    reading = Reading(clean_html(html))

    assert reading.open == []
    for tag, attributes in reading.tags:
        assert tag in ALLOWED
        assert set(attributes) <= {"href", "class", "rel"}
        if tag == "a":
            assert urlsplit(attributes["href"] or "").scheme in {"http", "https"}
            assert attributes["rel"] == "nofollow noopener noreferrer ugc"


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "</script><script>alert(1)</script>",
        "<SCRIPT SRC=//evil.example>alert(1)</SCRIPT\n>",
        "<script>alert(1)",
        "<style>p { background: url(//evil.example) }</style>",
        "<svg><script>alert(1)</script></svg>",
        "<svg><p>alert(1)</svg>",
        "<math><mtext><style>alert(1)</style></math>",
        "<iframe src='//evil.example'>alert(1)</iframe>",
        "<object data='//evil.example'>alert(1)</object>",
        "<embed src='javascript:alert(1)'>",
        "<textarea>alert(1)</textarea><title>alert(1)</title>",
        "<noframes>alert(1)</noframes><xmp>alert(1)</xmp><template>alert(1)</template>",
        "<!-- alert(1) --><!doctype html><?alert(1)?><![CDATA[alert(1)",
        "<!-- alert(1)",
        "<p onclick='alert(1)",
    ],
)
def test_nothing_of_scripts_styles_and_embedded_things_is_left(html: str) -> None:
    assert clean_html(html) == ""
    assert clean_text(html, 100) == ""


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Hello <em>you</em>,<br>there</p>", "<p>Hello <em>you</em>,<br>there</p>"),
        ("a &amp;lt; b &lt; c < d", "a &amp;lt; b &lt; c &lt; d"),
        ("<h1>Part <i>one</i></h1>text", "<p><strong>Part <i>one</i></strong></p>text"),
        ("<h2>one</h3>two", "<p><strong>one</strong></p>two"),
        ("<div>one</div><div><p>two</p></div>", "<p>one</p><p>two</p>"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "<p>a</p><p>b</p>"),
        ("<p>one<p>two", "<p>one</p><p>two</p>"),
        ("<p><b>one<blockquote>two", "<p><b>one</b></p><blockquote>two</blockquote>"),
        ("<ul><li>one<li>two</ul>three", "<ul><li>one</li><li>two</li></ul>three"),
        ("<ol><li>a<ul><li>b</ul><li>c</ol>", "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>"),
        ("<li>one<li>two", "<p>one</p><p>two</p>"),
        ("<ul><blockquote><li>x", "<ul><blockquote><p>x</p></blockquote></ul>"),
        ("<ruby>漢<rp>(<rt>kan<rp>)</ruby>", "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>"),
        ("<ruby>a<ruby>b</ruby>", "<ruby>ab</ruby>"),
        ("<rt>alone</rt>", "alone"),
        ("<pre>\n\n  a\n\n  <code>b</code></pre>", "<pre>  a\n\n  <code>b</code></pre>"),
        ("<pre><br>x</pre>", "<pre><br>x</pre>"),
        ("<pre>\n</pre>", ""),
        ("<p> </p><p><b></b></p>\n<p><br></p>text</i></p>", "\ntext"),
        ("a<b> </b>c", "a<b> </b>c"),
        ("<img alt='a blob' class=emoji> hi <img src=x onerror=alert(1)>", "a blob hi "),
        ("<font color=red>a</font><marquee>b</marquee>", "ab"),
        ("<p title='x' style=y id=z data-q=1 onclick=e>a</p>", "<p>a</p>"),
        ("one\r\ntwo\rthree&#13;four", "one\ntwo\nthree\nfour"),
        ("a\x00b&#0;c\ud800d\x1be", "ab\ufffdcde"),
        ("&#" + "9" * 5000 + ";a&#x" + "f" * 5000 + ";", "\ufffda\ufffd"),
        ("a\u00a0b", "a&nbsp;b"),
    ],
)
def test_markup_becomes_its_allowed_form(html: str, expected: str) -> None:
    assert clean_html(html) == expected


def test_mentions_hashtags_and_shortened_links_keep_their_classes() -> None:
    html = (
        '<span class="h-card x"><a href="https://a.example/@b" class="u-url mention">@b</a></span>'
        '<a href="https://a.example/tags/x" class="mention hashtag hashtag">#x</a> '
        '<a href="https://a.example/"><span class="invisible">https://</span>'
        '<span class="ellipsis">a.example</span></a><p class="quote-inline">RE</p>'
    )

    assert clean_html(html) == (
        '<span class="h-card">'
        f'<a class="u-url mention" href="https://a.example/@b" {REL}>@b</a></span>'
        f'<a class="mention hashtag" href="https://a.example/tags/x" {REL}>#x</a> '
        f'<a href="https://a.example/" {REL}><span class="invisible">https://</span>'
        '<span class="ellipsis">a.example</span></a><p class="quote-inline">RE</p>'
    )


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            (
                '<a href="https://evil.example/"><span class="invisible">https://evil.example/</span>'
                "bank.example</a>"
            ),
            (
                f'<a href="https://evil.example/" {REL}><span>https://evil.example/</span>'
                "bank.example</a>"
            ),
        ),
        (
            '<a href="https://evil.example/b"><b><span class="x ellipsis">bank</span></b></a>',
            f'<a href="https://evil.example/b" {REL}><b><span>bank</span></b></a>',
        ),
        (
            (
                '<a href="https://a.example/?b&amp;c"><span class="ellipsis">https://a.example/?b</span>'
                '<span class="invisible">&amp;c</span></a>'
            ),
            (
                f'<a href="https://a.example/?b&amp;c" {REL}>'
                '<span class="ellipsis">https://a.example/?b</span>'
                '<span class="invisible">&amp;c</span></a>'
            ),
        ),
        (
            '<a class="invisible" href="https://a.example">x</a>',
            f'<a href="https://a.example" {REL}>x</a>',
        ),
        ('<span class="invisible">x</span><p class="ellipsis">y</p>', "<span>x</span><p>y</p>"),
    ],
    ids=["hidden host", "cut in two", "all of it", "hidden link", "hidden text"],
)
def test_a_link_hides_nothing_but_parts_of_its_own_address(html: str, expected: str) -> None:
    assert clean_html(html) == expected
    assert clean_html(expected) == expected


def test_a_reply_cannot_speak_for_the_review_it_stands_under() -> None:
    html = '<span class="p-rating u-url e-content h-review">10</span>'

    assert clean_html(html) == "<span>10</span>"


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "&#106;avascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "mailto:a@b.example",
        "/relative",
        "//b.example/",
        "#x",
        "",
        "https://good.example@evil.example/",
        "https://good.example\\@evil.example/",
        "https://evil.example/\u202egpj.exe",
        "https://[bad/",
        "https://a.example:99999/",
        "https://a b.example/",
        "https:///",
        "https://xn--a.example/",
        "https://" + "a" * 3000 + ".example/",
        "https://a.example/\x00",
    ],
)
def test_a_link_to_anything_else_than_a_web_page_becomes_its_text(href: str) -> None:
    assert clean_html(f'<p><a href="{href}">text</a></p>') == "<p>text</p>"
    assert safe_link(href) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example",
        "http://a.example:8080/b?c=d&e=f#g",
        "HTTPS://A.example/",
        "https://bücher.example/ä",
        "https://[2001:db8::1]/",
        "https://a.example/@b",
    ],
)
def test_a_web_address_is_a_safe_link_as_it_stands(url: str) -> None:
    assert safe_link(url) == url


def test_a_link_without_an_address_is_only_its_text() -> None:
    assert clean_html("<a name=x>text</a>") == "text"


def test_a_link_within_a_link_ends_the_first_one() -> None:
    html = "<a href=https://a.example/>one <b>and <a href=' https://b.example/ '>two</a>"

    assert clean_html(html) == (
        f'<a href="https://a.example/" {REL}>one <b>and </b></a>'
        f'<a href="https://b.example/" {REL}>two</a>'
    )


def test_the_first_of_two_attributes_of_a_name_counts() -> None:
    html = '<a href="https://a.example/?q=&quot;&amp;copy=1" HREF="https://b.example/">x</a>'

    assert clean_html(html) == "x"
    assert clean_html(html.replace("&quot;", "")) == (
        f'<a href="https://a.example/?q=&amp;copy=1" {REL}>x</a>'
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\u202egpj.exe", "agpj.exe"),
        ("a\u202eb\u202cc", "abc"),
        ("\u2067עברית\u2069 x", "\u2067עברית\u2069 x"),
        ("\u202bעברית\u202c x", "\u202bעברית\u202c x"),
        ("a\u2067b", "ab"),
        ("a\u2069\u202cb", "ab"),
        ("\u2067a\u202ab\u2069", "ab"),
        ("\u2067a\u202eb\u202cc\u2069", "\u2067abc\u2069"),
        ("שלום\u200f!", "שלום\u200f!"),
    ],
)
def test_direction_marks_cannot_reach_beyond_the_text_they_are_in(text: str, expected: str) -> None:
    assert clean_html(f"<p>{text}</p>") == f"<p>{expected}</p>"
    assert clean_text(text, 100) == expected


def test_elements_are_nested_only_so_deep_and_their_text_is_kept() -> None:
    reading = Reading(clean_html("<blockquote>" * 1000 + "deep" + "</blockquote>" * 1000 + "after"))

    assert reading.deepest == MAX_DEPTH
    assert reading.text == "deepafter"


@pytest.mark.parametrize("levels", range(MAX_DEPTH - 3, MAX_DEPTH + 2))
def test_a_heading_below_a_quotation_counts_as_two_levels(levels: int) -> None:
    once = clean_html("<blockquote>" * levels + "<h1>a<i>b</i></h1>c")

    assert Reading(once).deepest <= MAX_DEPTH
    assert clean_html(once) == once


@pytest.mark.parametrize(
    "unit",
    [
        "<a<a", "<", "<a ", '<a "', "<a b='", "<a b=", "<!--", "<!", "</", "</a", "&", "&#", "&lt",
        "<b>", "<p>", "<div>", "<b><p>x", "<ul><li>", "<b a=1>x<p>", "<span class=h-card>", "<br>",
        "<svg>", "<script>", "</script", "<ruby><rt>", "=", '"', "<h1>", "\u2067", "\u202e", "a ",
        "<a href=https://x.example/>", "<a href=https://x.example/ class='u-url mention'>y",
        "<pre>\n", "<img alt='&'>",
    ],
)  # fmt: skip
def test_five_megabytes_of_anything_take_bounded_time_and_room(unit: str) -> None:
    html = unit * (5_000_000 // len(unit))
    started = time.perf_counter()

    once = clean_html(html)
    line = clean_text(html, 500)

    assert time.perf_counter() - started < 10
    assert len(once) <= MAX_HTML_LENGTH
    assert len(line) <= 500
    assert clean_html(once) == once


def test_a_hundred_thousand_levels_take_bounded_time() -> None:
    levels = 100_000
    started = time.perf_counter()

    reading = Reading(clean_html("<i>" * levels + "x" + "</i>" * levels))

    assert time.perf_counter() - started < 10
    assert reading.deepest <= MAX_DEPTH


def test_too_long_a_text_is_cut_after_a_whole_word() -> None:
    html = "<p>" + "wörter & " * 20_000 + "</p>"

    cut = clean_html(html)

    assert MAX_HTML_LENGTH - 20 < len(cut) <= MAX_HTML_LENGTH
    assert re.search(r"(wörter|&amp;|w|wö|wör|wört|wörte)</p>\Z", cut)


def test_a_line_break_that_no_longer_fits_is_left_out() -> None:
    html = "x" * (MAX_HTML_LENGTH - 3) + "<br>"

    assert clean_html(html) == "x" * (MAX_HTML_LENGTH - 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Ann\n <b>Lee</b>\t ", "Ann Lee"),
        ("a &amp;lt;b&amp;gt; &lt;c&gt;", "a &lt;b&gt; <c>"),
        ("<p>one</p><p>two<br>three</p>", "one two three"),
        ("I <3 it", "I <3 it"),
        ("Ann <img class=emoji alt=':blob:'><img>", "Ann :blob:"),
        ("a\x00\x1bb\u202ec", "abc"),
        ("", ""),
    ],
)
def test_a_name_is_one_plain_line(text: str, expected: str) -> None:
    assert clean_text(text, 100) == expected


def test_a_name_is_cut_to_its_limit() -> None:
    assert clean_text("one two three", 8) == "one two…"
    assert clean_text("one two three", 5) == "one…"
    assert clean_text("one", 3) == "one"
    assert clean_text("one", 1) == "…"


def test_cutting_a_name_leaves_no_direction_mark_open() -> None:
    assert clean_text("ab \u2067עברית עברית\u2069", 8) == "ab עבר…"


def test_cutting_a_name_leaves_no_blanks_where_a_direction_mark_was() -> None:
    assert clean_text("\u2067 ab cd ef\u2069", 8) == "ab cd…"
    assert clean_text("ab \u2067 cd ef gh\u2069", 8) == "ab cd…"


@settings(deadline=None)
@given(st.text() | HTML, st.integers(min_value=1, max_value=50))
def test_a_name_never_exceeds_its_limit_or_holds_controls(text: str, limit: int) -> None:
    line = clean_text(text, limit)

    assert len(line) <= limit
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202d\u202e\ud800-\udfff]", line)
