import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedreview.content.markdown import (
    has_spoilers,
    hashtags,
    plain_text,
    render_federated,
    render_page,
    render_shut,
)

PAGE = "https://reviews.example/reviews/blame"
FEDERATED_TAGS = {"p", "br", "span", "a", "del", "s", "pre", "blockquote", "code", "b", "strong"}
FEDERATED_TAGS |= {"u", "i", "em", "ul", "ol", "li", "h2", "h3", "h4", "h5", "h6"}
SHOW = '<input type="checkbox" aria-label="Show spoiler" autocomplete="off">'


def hidden(html: str) -> str:
    return f'<label class="spoiler">{SHOW}<span>{html}</span></label>'


def federated(text: str) -> str:
    return render_federated(text, base_url=PAGE)


class Seen(HTMLParser):
    """What a reader sees of a page before opening any spoiler, attributes included."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in {"br", "hr", "img", "input"}:
            self.open.append(tag)
        self._see(" ".join(value or "" for _, value in attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self._see(data)

    def _see(self, data: str) -> None:
        if "label" in self.open:
            return
        if "details" in self.open and self.open[-1] != "summary":
            return
        self.text += data


SECRET = "QXZ"
# No code, links or escapes: what an author marks as such is shown as it stands.
NOISE = st.text(alphabet="ab *_#>-!+\n.:1[^=@&", max_size=8).map(
    lambda noise: re.sub(" +", " ", noise.replace("!<", "").replace("[^", ""))
)
SPOILERS = st.sampled_from(
    [
        f">!{SECRET}!<",
        f">!{SECRET}",
        f"||{SECRET}||",
        f"|| *{SECRET}* ||",
        f">! [a]({SECRET}) !<",
        f"[{SECRET} >!b!<](/x)",
        f"![>!{SECRET}!<](/media/x)",
        f"\n\n::: spoiler\n{SECRET}\n:::\n\n",
        f"\n\n::: spoiler >!{SECRET}!<\n:::\n\n",
        f"\n\n::: spoiler\n\n> - {SECRET}\n\n    {SECRET}\n\n| a | {SECRET} |\n|---|---|\n:::\n\n",
        f"\n\n::: spoiler\n[^s]: {SECRET}\n:::\n\n",
        f"||a[^h]||\n\n[^h]: {SECRET}\n\n",
        f"\n\n::: spoiler\n::: spoiler\na\n:::\n{SECRET}\n:::\n\n",
        f"\n\n::: spoiler\n```\n:::\n```\n{SECRET}\n:::\n\n",
        f"\n\n| a | b |\n|---|---|\n| ||{SECRET}|| | >!a | {SECRET}!< |\n\n",
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(NOISE, SPOILERS), min_size=1, max_size=4), NOISE)
def test_a_spoiler_never_leaks(parts: list[tuple[str, str]], rest: str) -> None:
    text = "".join(noise + spoiler for noise, spoiler in parts)

    assert SECRET not in plain_text(text + rest)
    assert SECRET not in Seen(render_page(text + rest)).text


@settings(deadline=None)
@given(st.text() | st.lists(st.tuples(NOISE, SPOILERS)).map(lambda p: "".join(map("".join, p))))
def test_other_servers_get_only_elements_that_they_keep(text: str) -> None:
    seen = Seen(federated(text))

    assert seen.tags <= FEDERATED_TAGS
    assert seen.open == []


@settings(deadline=None)
@given(st.text())
def test_any_text_can_be_rendered_as_well_formed_html(text: str) -> None:
    seen = Seen(render_page(text))

    assert seen.open == []
    assert "script" not in seen.tags


@pytest.mark.parametrize(
    ("text", "page", "elsewhere"),
    [
        ("Hello *you*", "<p>Hello <em>you</em></p>\n", None),
        ("~~a~~ **b** `<c>`", "<p><s>a</s> <strong>b</strong> <code>&lt;c&gt;</code></p>\n", None),
        ("a  \nb\nc", "<p>a<br>\nb\nc</p>\n", None),
        ("```python\nx < 1\n```", "<pre><code>x &lt; 1\n</code></pre>\n", None),
        ("    x", "<pre><code>x\n</code></pre>\n", None),
        ("- a\n- b", "<ul><li>a</li>\n<li>b</li>\n</ul>\n", None),
        ("3. a", '<ol start="3"><li>a</li>\n</ol>\n', None),
        ("<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>\n", None),
        ("<div>\na\n</div>", "<p>&lt;div&gt;\na\n&lt;/div&gt;</p>\n", None),
        ("---", "<hr>\n", "<p>* * *</p>\n"),
        ('-- "quoted" (c)', "<p>-- &quot;quoted&quot; (c)</p>\n", None),
        ("", "", None),
    ],
)
def test_markdown_becomes_html_and_raw_html_stays_text(
    text: str, page: str, elsewhere: str | None
) -> None:
    assert render_page(text) == page
    assert federated(text) == (page if elsewhere is None else elsewhere)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# a\n\n## b", "<h2>a</h2>\n<h3>b</h3>\n"),
        ("### a\n\n## b", "<h3>a</h3>\n<h2>b</h2>\n"),
        ("# a\n\n###### b", "<h2>a</h2>\n<h6>b</h6>\n"),
    ],
)
def test_headings_begin_below_the_title_of_the_page(text: str, expected: str) -> None:
    assert render_page(text) == expected
    assert federated(text) == expected


@pytest.mark.parametrize(
    ("text", "page", "elsewhere"),
    [
        (
            "[a](https://x.example/ 'tooltip')",
            '<a href="https://x.example/" rel="noopener">a</a>',
            '<a href="https://x.example/" rel="noopener">a</a>',
        ),
        (
            "<HTTP://x.example>",
            '<a href="HTTP://x.example" rel="noopener">HTTP://x.example</a>',
            '<a href="HTTP://x.example" rel="noopener">HTTP://x.example</a>',
        ),
        (
            "[a](/works/b?c&d)",
            '<a href="/works/b?c&amp;d">a</a>',
            '<a href="https://reviews.example/works/b?c&amp;d" rel="noopener">a</a>',
        ),
        (
            "[a](#b)",
            '<a href="#b">a</a>',
            f'<a href="{PAGE}#b" rel="noopener">a</a>',
        ),
        (
            "[a](//x.example)",
            '<a href="//x.example" rel="noopener">a</a>',
            '<a href="https://x.example" rel="noopener">a</a>',
        ),
        ("[*a*](mailto:b@c.example)", '<a href="mailto:b@c.example"><em>a</em></a>', "<em>a</em>"),
        ("[a](//[)", '<a href="//%5B" rel="noopener">a</a>', "a"),
        ("[a](http://[:]/)", '<a href="http://[:]/" rel="noopener">a</a>', "a"),
        ("[a](<https://[b>)", '<a href="https://%5Bb" rel="noopener">a</a>', "a"),
        ("[a](javascript:b)", "[a](javascript:b)", "[a](javascript:b)"),
        ("[a](&#106;avascript:b)", "[a](javascript:b)", "[a](javascript:b)"),
        ("<javascript:b>", "&lt;javascript:b&gt;", "&lt;javascript:b&gt;"),
        ("![a](data:image/png;base64,b)",) + ("![a](data:image/png;base64,b)",) * 2,
    ],
)
def test_links_lead_to_pages_and_mail_alone(text: str, page: str, elsewhere: str | None) -> None:
    assert render_page(text) == f"<p>{page}</p>\n"
    assert federated(text) == f"<p>{elsewhere}</p>\n"


@pytest.mark.parametrize(
    ("text", "page", "elsewhere"),
    [
        (
            '![a *b* "c"](/media/d.jpg)',
            '<img src="/media/d.jpg" alt="a b &quot;c&quot;" loading="lazy">',
            '<a href="https://reviews.example/media/d.jpg" rel="noopener">a b &quot;c&quot;</a>',
        ),
        (
            "![a](https://x.example/b.jpg)",
            '<a href="https://x.example/b.jpg" rel="noopener">a</a>',
            '<a href="https://x.example/b.jpg" rel="noopener">a</a>',
        ),
        (
            "![](https://x.example/b.jpg)",
            '<a href="https://x.example/b.jpg" rel="noopener">Picture</a>',
            '<a href="https://x.example/b.jpg" rel="noopener">Picture</a>',
        ),
        (
            "[![a](https://x.example/b.jpg)](/c)",
            '<a href="/c">a</a>',
            '<a href="https://reviews.example/c" rel="noopener">a</a>',
        ),
        (
            "[![a](/media/b.jpg)](/c)",
            '<a href="/c"><img src="/media/b.jpg" alt="a" loading="lazy"></a>',
            '<a href="https://reviews.example/c" rel="noopener">a</a>',
        ),
        ("![a](mailto:b@c.example)", '<a href="mailto:b@c.example" rel="noopener">a</a>', "a"),
    ],
)
def test_pictures_show_from_our_own_media_alone(
    text: str, page: str, elsewhere: str | None
) -> None:
    assert render_page(text) == f"<p>{page}</p>\n"
    assert federated(text) == f"<p>{elsewhere}</p>\n"


def test_a_table_becomes_a_list_for_other_servers() -> None:
    text = "| Part | Score |\n|:---|---:|\n| *Story* | 8 |\n| Art |\n"

    assert render_page(text) == (
        '<table><thead><tr><th class="align-left">Part</th>\n<th class="align-right">Score</th>\n'
        '</tr>\n</thead>\n<tbody><tr><td class="align-left"><em>Story</em></td>\n'
        '<td class="align-right">8</td>\n</tr>\n<tr><td class="align-left">Art</td>\n'
        '<td class="align-right"></td>\n</tr>\n</tbody>\n</table>\n'
    )
    assert federated(text) == (
        "<ul>\n<li><strong>Part</strong> | <strong>Score</strong></li>\n"
        "<li><em>Story</em> | 8</li>\n<li>Art | </li>\n</ul>\n"
    )
    assert "<td>" in render_page("| a |\n|---|\n| b |\n")


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("> Nobody knows\n> when.\n> -- Zuru", "<p>Nobody knows\nwhen.</p>\n{Zuru}"),
        ("> Nobody knows.\n> — *Zuru*, hunter", "<p>Nobody knows.</p>\n{<em>Zuru</em>, hunter}"),
        ("> Nobody knows.\n>\n> —Zuru", "<p>Nobody knows.</p>\n{Zuru}"),
        ("> Nobody knows.  \n> -- Zuru", "<p>Nobody knows.</p>\n{Zuru}"),
        ("> - Nobody\n>\n> -- Zuru", "<ul><li>Nobody</li>\n</ul>\n{Zuru}"),
    ],
)
def test_the_last_line_of_a_quotation_names_its_speaker(text: str, inner: str) -> None:
    page = re.sub(r"\{(.*)\}", r"<footer>— <cite>\1</cite></footer>\n", inner)
    elsewhere = re.sub(r"\{(.*)\}", r"<p>— \1</p>\n", inner)

    assert render_page(text) == f"<blockquote>{page}</blockquote>\n"
    assert federated(text) == f"<blockquote>{elsewhere}</blockquote>\n"


@pytest.mark.parametrize(
    "text",
    [
        "> -- Zuru",
        "> a\n> --- b",
        "> a\n> —",
        "> *a\n> -- b*",
        "> a\n> *-- b*",
        "> a -- b",
        "a\n-- b",
        "> -- a\n> b",
        "> ||a\n> -- b||",
        "> ```\n> -- b\n> ```",
        "> # -- b",
    ],
)
def test_other_dashes_name_no_speaker(text: str) -> None:
    assert "<cite>" not in render_page(text)
    assert plain_text(text)


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        (">!the *end*!<", "the <em>end</em>"),
        ("||the *end*||", "the <em>end</em>"),
        ("|| the end ||", "the end "),
        (">!the end", "the end"),
        (">! the\n>!end", "the\nend"),
        ("|||the end||", "|the end"),
        (">!a ||b|| >!c!<", "a b c"),
        ("||[a](/b)||", '<a href="/b">a</a>'),
        ("[a >!b!<](/c)", '<a href="/c">a b</a>'),
        ("[a >![b](/d) c!<](/c)", '<a href="/c">a b c</a>'),
        ("![a ||b||](/media/c)", '<img src="/media/c" alt="a b" loading="lazy">'),
        ("![a ![||b||](c)](/media/d)", '<img src="/media/d" alt="a b" loading="lazy">'),
        (
            "[![||a||](/media/b)](/c)",
            '<a href="/c"><img src="/media/b" alt="a" loading="lazy"></a>',
        ),
    ],
)
def test_a_spoiler_within_a_paragraph_is_shut(text: str, inner: str) -> None:
    assert render_page(text) == f"<p>{hidden(inner)}</p>\n"
    assert plain_text(text) == "[spoiler]"


def test_the_rest_of_a_link_after_a_hidden_one_stays_a_link() -> None:
    link = hidden('<a href="/b">a</a>')

    assert render_page("[||a||](/b) [c](/d)") == f'<p>{link} <a href="/d">c</a></p>\n'


@pytest.mark.parametrize(
    "text",
    ["||", "a || b", "|| ||", "||||", ">!", "a >! !<", "\\||a||", "`||a||`", "a | b | c"],
)
def test_marks_that_hide_nothing_stay_text(text: str) -> None:
    assert "spoiler" not in render_page(text)
    assert "spoiler" not in plain_text(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> a\n>!b!<", f"<blockquote><p>a\n{hidden('b')}</p>\n</blockquote>\n"),
        (">>!b!<", f"<blockquote><p>{hidden('b')}</p>\n</blockquote>\n"),
        ("- >!b!<", f"<ul><li>{hidden('b')}</li>\n</ul>\n"),
        ("> !b", "<blockquote><p>!b</p>\n</blockquote>\n"),
        ("```\n>!b!<\n```", "<pre><code>&gt;!b!&lt;\n</code></pre>\n"),
        ("\ufdd0>!b!<", f"<p>{hidden('b')}</p>\n"),
    ],
)
def test_a_spoiler_at_the_start_of_a_line_is_no_quotation(text: str, expected: str) -> None:
    assert render_page(text) == expected


def test_a_spoiler_within_a_paragraph_is_marked_in_words_for_other_servers() -> None:
    assert federated("So ||he *dies*||.") == "<p>So <span>[spoiler: he <em>dies</em>]</span>.</p>\n"


def test_a_spoiler_block_folds_on_our_page_and_is_marked_elsewhere() -> None:
    text = "a\n::: spoiler The <end>\nHe dies.\n:::\nb"

    assert render_page(text) == (
        '<p>a</p>\n<details class="spoiler"><summary>Spoiler: The &lt;end&gt;</summary>\n'
        "<p>He dies.</p>\n</details>\n<p>b</p>\n"
    )
    assert federated(text) == (
        "<p>a</p>\n<p><strong>Spoiler: The &lt;end&gt;</strong></p>\n"
        "<p>He dies.</p>\n<p><strong>End of spoiler</strong></p>\n<p>b</p>\n"
    )
    assert plain_text(text) == "a\n[spoiler]\nb"


@pytest.mark.parametrize(
    "text",
    [
        "::: spoiler\nQXZ",
        ":::spoiler\nQXZ\n:::\nout",
        "::: Spoilers: the end\nQXZ\n::::\nout",
        "::: spoiler\n::: spoiler\na\n:::\nQXZ\n:::\nout",
        ":::: spoiler\n::: spoiler\na\n:::\nQXZ\n::::\nout",
        "::: spoiler\n```\n:::\n```\nQXZ\n:::\nout",
        "::: spoiler\n~~~~\n```\n~~~ x\n:::\n~~~~\nQXZ\n:::\nout",
        "::: spoiler\n\n    :::\n\nQXZ\n:::\nout",
        "::: spoiler\n```\n:::\nQXZ",
        "::: spoiler\n~~~ `\n:::\n~~~\nQXZ\n:::\nout",
        "> ::: spoiler\n> QXZ\n\nout",
        "> ::: spoiler\n> QXZ\n> :::\n> out",
        "- ::: spoiler\n  QXZ\n\nout",
        "1. a\n\n   ::: spoiler\n   QXZ\n   :::\n\nout",
    ],
)
def test_a_spoiler_block_ends_where_its_author_means(text: str) -> None:
    seen = Seen(render_page(text)).text

    assert "QXZ" not in seen
    assert ("out" in seen) == ("out" in text)
    assert "QXZ" not in plain_text(text)


@pytest.mark.parametrize(
    "text", ["::: spoilerific\na\n:::", "    ::: spoiler\n    a", ":: spoiler\na"]
)
def test_other_blocks_are_no_spoilers(text: str) -> None:
    assert "<details" not in render_page(text)


@pytest.mark.parametrize(
    "row", ["| ||QXZ|| | b |", "| >!a | QXZ!< |", "| a | ||Q|| QXZ", "| >!QXZ | b |"]
)
def test_a_table_whose_cells_would_cut_a_spoiler_open_is_none(row: str) -> None:
    text = f"| a | b |\n|---|---|\n| c | d |\n{row.replace(' QXZ', ' >!QXZ!<', 1)}\n"

    assert "<table" not in render_page(text)
    assert "QXZ" not in Seen(render_page(text)).text
    assert "QXZ" not in plain_text(text)


def test_a_table_may_hold_spoilers_that_stay_within_a_cell() -> None:
    text = "| a | b |\n|---|---|\n| >!c!< | |\n\n||d||"

    assert f"<td>{hidden('c')}</td>" in render_page(text)
    assert plain_text(text) == "a\nb\n[spoiler]\n[spoiler]"


def test_a_footnote_stands_at_the_end_and_leads_back() -> None:
    text = "One[^a] two[^b] one again[^a].\n\n[^a]: First *note*.\n[^b]: Second.\n"

    assert render_page(text) == (
        '<p>One<sup class="footnote-ref"><a href="#fn1" id="fnref1">[1]</a></sup> '
        'two<sup class="footnote-ref"><a href="#fn2" id="fnref2">[2]</a></sup> '
        'one again<sup class="footnote-ref"><a href="#fn1" id="fnref1-1">[1]</a></sup>.</p>\n'
        '<section class="footnotes">\n<ol>\n<li id="fn1"><p>First <em>note</em>.'
        ' <a href="#fnref1" class="footnote-backref" aria-label="Back to the text">↩\ufe0e</a>'
        ' <a href="#fnref1-1" class="footnote-backref" aria-label="Back to the text">↩\ufe0e</a>'
        '</p>\n</li>\n<li id="fn2"><p>Second.'
        ' <a href="#fnref2" class="footnote-backref" aria-label="Back to the text">↩\ufe0e</a>'
        "</p>\n</li>\n</ol>\n</section>\n"
    )
    assert federated(text) == (
        "<p>One[1] two[2] one again[1].</p>\n"
        "<ol>\n<li><p>First <em>note</em>.</p>\n</li>\n<li><p>Second.</p>\n</li>\n</ol>\n"
    )
    assert plain_text(text) == "One two one again.\nFirst note.\nSecond."


@pytest.mark.parametrize(
    "text",
    [
        "||a[^n]||\n\n[^n]: QXZ",
        "::: spoiler\na[^n]\n:::\n\n[^n]: QXZ",
        "::: spoiler\na[^n]\n\n[^n]: QXZ\n:::",
        "a[^n]\n\n::: spoiler\n[^n]: QXZ\n:::",
        "||a[^m]||\n\n[^m]: b[^n]\n\n[^n]: QXZ",
        "a[^m]\n\n[^m]: ||b[^n]||\n\n[^n]: QXZ",
        "[a >!b[^n]!<](/c)\n\n[^n]: QXZ",
        "![a[^n]](/media/b)\n\n[^n]: QXZ",
        "a[^m]\n\n[^m]: b\n\n    ::: spoiler\n\n    [^n]: QXZ\n\n    QXZ\n    :::\n",
    ],
)
def test_a_footnote_of_a_spoiler_is_a_spoiler(text: str) -> None:
    seen = Seen(render_page(text))

    assert "QXZ" not in seen.text
    assert seen.open == []
    assert "QXZ" in render_page(text)
    assert "QXZ" not in plain_text(text)


def test_a_footnote_that_the_open_text_refers_to_is_open() -> None:
    text = "||a[^m]|| b[^m]\n\n[^m]: c[^n]\n\n[^n]: d"

    assert plain_text(text) == "[spoiler] b\nc\nd"


def test_a_footnote_mark_within_a_link_is_no_link() -> None:
    html = render_page("[a >!b[^n]!<](/c)\n\n[^n]: d")

    assert hidden('<a href="/c">a b<sup>[1]</sup></a>') in html


def test_plain_text_has_a_line_for_each_block() -> None:
    text = "# A  title\n\nOne *two*\nthree  \nfour `five`.\n\n- six\n- ![seven](x)\n\n"
    text += "> eight\n> -- nine"

    assert plain_text(text) == "A title\nOne two three\nfour five.\nsix\nseven\neight\nnine"


@pytest.mark.parametrize(
    "unit",
    [
        "||", ">!", "|| ", "||a", "::: spoiler\n", ":::\n", "> ", ">!x\n", "|a|b|\n|-|-|\n",
        "|a|\n|-|\n||x||\n", "[||a||](b)", "[^1]: a\n", "[^1]", "*a ", "- ", "```\n",
        "::: spoiler\n```\n", "> -- x\n>\n", "<a:", "[a >![b](c)!<](d)", "[^a]: >!b\n\n",
    ],
)  # fmt: skip
def test_a_long_text_of_marks_takes_bounded_time(unit: str) -> None:
    started = time.perf_counter()

    render_page(unit * (30_000 // len(unit)))

    assert time.perf_counter() - started < 10


MARK = f'<a href="{PAGE}">[spoiler]</a>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a >!b!< c", f"<p>a {MARK} c</p>\n"),
        ("# ||b||", f"<h2>{MARK}</h2>\n"),
        ("[a ||b||](/c)", f"<p>{MARK}</p>\n"),
        ("![a ||b||](/media/c.jpg)", f"<p>{MARK}</p>\n"),
        ("::: spoiler A >!b!<\nc\n::: spoiler\nd\n:::\n:::\ne", f"<p>{MARK}</p>\n<p>e</p>\n"),
        ("a >!b[^1]!<\n\n[^1]: c", f"<p>a {MARK}</p>\n<ol>\n<li><p>{MARK}</p>\n</li>\n</ol>\n"),
        ("a[^1]\n\n[^1]: c", "<p>a[1]</p>\n<ol>\n<li><p>c</p>\n</li>\n</ol>\n"),
        (
            "![a](/media/c.jpg)",
            '<p><img src="https://reviews.example/media/c.jpg" alt="a"></p>\n',
        ),
        (
            "![a](https://other.example/c.jpg)",
            '<p><a href="https://other.example/c.jpg" rel="noopener">a</a></p>\n',
        ),
    ],
)
def test_where_nothing_can_hide_a_link_stands_for_a_spoiler(text: str, html: str) -> None:
    assert render_shut(text, base_url=PAGE, notice="spoiler") == html


def lead_to(tag: str) -> str:
    """Give a page of all that has a tag."""
    return f"https://r.example/tags/{tag}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#film and (#Ökologie), #2024 is a year", ("film", "Ökologie")),
        ("#slow_cinema, #slow_cinema, #SLOW_cinema", ("slow_cinema",)),
        ("a#b https://x.example/#c `#d` [#e](https://x.example) # f", ()),
        ("#open >!#shut!< #last\n\n::: spoiler #title\n#inside\n:::", ("open", "last")),
        ("#हिन्दी", ("हिन्दी",)),
    ],
)
def test_hashtags_are_words_with_a_mark_in_the_open(text: str, found: tuple[str, ...]) -> None:
    assert hashtags(text) == found


def test_a_hashtag_leads_to_all_that_has_it() -> None:
    text = "Saw #film & [#no](https://x.example) `#no`"

    page = render_page(text, tag_page=lead_to)
    elsewhere = render_federated(text, base_url="https://r.example", tag_page=lead_to)

    start = '<p>Saw <a href="https://r.example/tags/film" class='
    assert page.startswith(f'{start}"p-category" rel="tag">#film</a> &amp; <a ')
    assert elsewhere.startswith(
        f'{start}"mention hashtag" rel="tag">#<span>film</span></a> &amp; <a '
    )
    assert page.count("/tags/") == elsewhere.count("/tags/") == 1
    assert "/tags/" not in render_page(text)


@pytest.mark.parametrize("text", ["a ||b||", ">!b!<", "::: spoiler Who\nb\n:::", "> - *x ||b||*"])
def test_whether_anything_is_covered_can_be_told(text: str) -> None:
    assert has_spoilers(text)
    assert not has_spoilers(f"`{text}`" if "\n" not in text else f"```\n{text}\n```")
