"""The author's Markdown as HTML for our pages, for other servers and for feeds, and as text."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from urllib.parse import urljoin

from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from fedreview.content.figures import MEDIA_PATH, make_figures, picture_html
from fedreview.content.hashtags import TagPage, open_hashtags, with_hashtags
from fedreview.content.mentions import MOST_MENTIONS, handles, with_mentions
from fedreview.content.sanitize import safe_link
from fedreview.content.spoilers import covers, plain, shut
from fedreview.content.syntax import parse
from fedreview.domain.circle import Circle, Named
from fedreview.domain.work import Cover

# What a token becomes: itself, or a function of it and the token before.
_Rule = str | Callable[[Token, Token | None], str]

NOBODY = Circle()


def render_page(
    text: str,
    pictures: Sequence[Cover] = (),
    *,
    tag_page: TagPage | None = None,
    circle: Circle = NOBODY,
) -> str:
    """Render an author's Markdown for our own pages.

    tag_page: where hashtags lead; without it they are words. circle: whom the text may name.

    Headings begin at h2, below the page's title. Pictures show only from /media/, so that a page
    asks no third party for anything; others become links. Needs the stylesheet for spoilers within
    a paragraph, as ``_PAGE`` explains.

    pictures: those of the text that are known: they get width and height, so that nothing moves
    when they come, and the widths that there are.
    """
    tokens = _named(_tagged(parse(text), tag_page), circle)
    make_figures(tokens)
    known = {f"{MEDIA_PATH}{picture.name}": picture for picture in pictures}
    return _render(tokens, {**_PAGE, "image": partial(_picture, known)})


def render_federated(
    text: str, *, base_url: str, tag_page: TagPage | None = None, circle: Circle = NOBODY
) -> str:
    """Render an author's Markdown for the content of an ActivityStreams object.

    base_url: the address of the review's page, which relative links start from.
    tag_page: where hashtags lead; without it they are words. circle: whom the text may name.

    Only elements that Mastodon keeps; tables become lists. Spoilers stand between marks that read
    as text: other servers drop <details>, so hiding is not ours to do there, and of the fold
    over a whole post only some make use (GoToSocial and Misskey do, Ghost and Friendica do not).
    The text is not left out, since the content has to stand alone.
    """
    tokens = _named(_tagged(parse(text), tag_page), circle)
    for token in tokens:
        token.children = list(_resolved(token.children or (), base_url))
    return _render(tokens, _FEDERATED)


def render_shut(text: str, *, base_url: str, notice: str) -> str:
    """Render an author's Markdown for where nothing can be hidden, such as a feed reader.

    base_url: the address of the review's page, which relative links start from.
    notice: plain words that stand in the place of each spoiler, title and all, as a link to
    the page.

    Pictures show only from our own /media/; others become links, so that nobody who reads it
    is made to ask a third party.
    """
    mark = f'<a href="{escapeHtml(base_url)}">[{escapeHtml(notice)}]</a>'
    our_media = urljoin(base_url, MEDIA_PATH)

    def picture(token: Token, previous: Token | None) -> str:
        url = str(token.attrs["src"])
        if not url.startswith(our_media):
            return _picture_as_link(token, previous)
        alt = escapeHtml(plain(token.children or ()))
        return f'<img src="{escapeHtml(url)}" alt="{alt}">'

    rules = {**_SHUT, "image": picture, "spoiler_shut": f"<p>{mark}</p>\n", "hidden_shut": mark}
    tokens = list(shut(parse(text)))
    for token in tokens:
        token.children = list(_resolved(token.children or (), base_url))
    return _render(tokens, rules)


def plain_text(text: str) -> str:
    """Give an author's Markdown without markup, a line for each block.

    Each spoiler is ``[spoiler]``, title and all: the result may be shown where nothing can hide.
    """
    return plain(parse(text))


def has_spoilers(text: str) -> bool:
    """Tell whether anything in an author's Markdown stays covered until a reader asks for it."""
    return covers(parse(text))


def hashtags(text: str) -> tuple[str, ...]:
    """Give the hashtags in an author's Markdown, without those in spoilers, each once."""
    found: dict[str, str] = {}
    for tag in open_hashtags(parse(text)):
        found.setdefault(tag.casefold(), tag)
    return tuple(found.values())


def handles_in(text: str) -> tuple[str, ...]:
    """Give the first handles in an author's Markdown, without their first @, each once."""
    found = dict.fromkeys(handles(parse(text)))
    return tuple(found)[:MOST_MENTIONS]


def _named(tokens: list[Token], circle: Circle) -> list[Token]:
    if circle.people:
        for token in tokens:
            token.children = list(with_mentions(token.children or (), circle.find))
    return tokens


def _tagged(tokens: list[Token], tag_page: TagPage | None) -> list[Token]:
    if tag_page:
        for token in tokens:
            token.children = list(with_hashtags(token.children or (), tag_page))
    return tokens


def _render(tokens: Iterable[Token], rules: Mapping[str, _Rule]) -> str:
    parts: list[str] = []
    previous: Token | None = None
    for token in tokens:
        rule = rules.get(token.type, _element)
        if token.type == "inline":
            parts.append(_render(token.children or (), rules))
        else:
            parts.append(rule if isinstance(rule, str) else rule(token, previous))
        previous = token
    return "".join(parts)


def _resolved(tokens: Sequence[Token], base_url: str) -> Iterator[Token]:
    """Make links absolute; those to anything but the web are only their text elsewhere."""
    dropped = False
    for token in tokens:
        if token.type == "image":
            token.attrSet("src", _absolute(base_url, str(token.attrGet("src"))) or "")
        elif token.type == "link_open":
            url = _absolute(base_url, str(token.attrGet("href")))
            dropped = url is None
            token.attrSet("href", url or "")
        if not (dropped and token.type in {"link_open", "link_close"}):
            yield token


def _absolute(base_url: str, url: str) -> str | None:
    try:
        return safe_link(urljoin(base_url, url))
    except ValueError:
        return None


def _element(token: Token, _: Token | None) -> str:
    if token.hidden:
        return ""
    start = f' start="{token.attrs["start"]}"' if "start" in token.attrs else ""
    end = "\n" if token.block and token.nesting != 1 else ""
    return f"<{'/' if token.nesting < 0 else ''}{token.tag}{start}>{end}"


def _text(token: Token, _: Token | None) -> str:
    return escapeHtml(token.content)


def _code(token: Token, _: Token | None) -> str:
    return f"<code>{escapeHtml(token.content)}</code>"


def _code_block(token: Token, _: Token | None) -> str:
    return f"<pre><code>{escapeHtml(token.content)}</code></pre>\n"


def _link(token: Token, _: Token | None) -> str:
    url = str(token.attrs["href"])
    leads_out = url.lower().startswith(("http:", "https:", "//"))
    return f'<a href="{escapeHtml(url)}"' + (' rel="noopener">' if leads_out else ">")


def _hashtag(token: Token, _: Token | None) -> str:
    url, tag = escapeHtml(token.meta["url"]), escapeHtml(token.content)
    return f'<a href="{url}" class="p-category" rel="tag">#{tag}</a>'


def _hashtag_elsewhere(token: Token, _: Token | None) -> str:
    """Write a hashtag in the form that Mastodon makes one of its own of."""
    url, tag = escapeHtml(token.meta["url"]), escapeHtml(token.content)
    return f'<a href="{url}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'


def _mention(token: Token, _: Token | None) -> str:
    url = escapeHtml(token.meta["person"].url)
    return f'<a href="{url}" class="mention" rel="noopener">{escapeHtml(token.content)}</a>'


def _mention_elsewhere(token: Token, _: Token | None) -> str:
    return mention_html(token.meta["person"])


def mention_html(person: Named) -> str:
    """Name somebody in the form in which Mastodon knows a mention."""
    return (
        f'<span class="h-card" translate="no"><a href="{escapeHtml(person.url)}" '
        f'class="u-url mention">@<span>{escapeHtml(person.short)}</span></a></span>'
    )


def _picture_as_link(token: Token, _: Token | None) -> str:
    url = str(token.attrs["src"])
    name = escapeHtml(plain(token.children or ()) or "Picture")
    if token.meta["in_link"] or not url:
        return name
    return f'<a href="{escapeHtml(url)}" rel="noopener">{name}</a>'


def _picture(known: Mapping[str, Cover], token: Token, previous: Token | None) -> str:
    url = str(token.attrs["src"])
    if not url.startswith(MEDIA_PATH):
        return _picture_as_link(token, previous)
    return picture_html(token, known.get(url))


def _details(token: Token, _: Token | None) -> str:
    return f'<details class="spoiler"><summary>{_label(token)}</summary>\n'


def _spoiler_begins(token: Token, _: Token | None) -> str:
    return f"<p><strong>{_label(token)}</strong></p>\n"


def _label(token: Token) -> str:
    return escapeHtml(f"Spoiler: {token.info}" if token.info else "Spoiler")


def _cell(token: Token, _: Token | None) -> str:
    # The plugin writes a style attribute, which our Content-Security-Policy does not allow.
    side = str(token.attrs.get("style", "")).removeprefix("text-align:")
    return f'<{token.tag} class="align-{side}">' if side else f"<{token.tag}>"


def _cell_of_line(token: Token, previous: Token | None) -> str:
    between = "" if previous and previous.type == "tr_open" else " | "
    return between + ("<strong>" if token.tag == "th" else "")


def _note_number(token: Token, _: Token | None) -> str:
    return f"[{token.meta['id'] + 1}]"


def _note_link(token: Token, _: Token | None) -> str:
    number = token.meta["id"] + 1
    if token.meta["in_link"]:
        return f"<sup>[{number}]</sup>"
    place = _citation_id(token)
    return f'<sup class="footnote-ref"><a href="#fn{number}" id="{place}">[{number}]</a></sup>'


def _note(token: Token, _: Token | None) -> str:
    return f'<li id="fn{token.meta["id"] + 1}">'


def _note_return(token: Token, _: Token | None) -> str:
    place = _citation_id(token)
    return f' <a href="#{place}" class="footnote-backref" aria-label="Back to the text">↩\ufe0e</a>'


def _citation_id(token: Token) -> str:
    again = token.meta["subId"]
    return f"fnref{token.meta['id'] + 1}" + (f"-{again}" if again else "")


_BOTH: Mapping[str, _Rule] = {
    "text": _text,
    "code_inline": _code,
    "code_block": _code_block,
    "fence": _code_block,
    "softbreak": "\n",
    "hardbreak": "<br>\n",
    "link_open": _link,
}

_PAGE: Mapping[str, _Rule] = {
    **_BOTH,
    "hashtag": _hashtag,
    "mention": _mention,
    "spoiler_open": _details,
    "spoiler_close": "</details>\n",
    # <details> is a block and would end the paragraph. A checkbox is reached with Tab, switched
    # with Space or a tap on the label, and told to screen readers by its own name, so that the
    # label is not read out as one. The stylesheet must hide what follows it from eyes and
    # screen readers alike until it is checked:
    #   .spoiler > input:not(:checked) + span { visibility: hidden; }
    "hidden_open": (
        '<label class="spoiler">'
        '<input type="checkbox" aria-label="Show spoiler" autocomplete="off"><span>'
    ),
    "hidden_close": "</span></label>",
    "speaker_open": "<footer>— <cite>",
    "speaker_close": "</cite></footer>\n",
    "th_open": _cell,
    "td_open": _cell,
    "footnote_ref": _note_link,
    "footnote_block_open": '<section class="footnotes">\n<ol>\n',
    "footnote_block_close": "</ol>\n</section>\n",
    "footnote_open": _note,
    "footnote_anchor": _note_return,
    "footnote_close": "</li>\n",
}

_FEDERATED: Mapping[str, _Rule] = {
    **_BOTH,
    "image": _picture_as_link,
    "hashtag": _hashtag_elsewhere,
    "mention": _mention_elsewhere,
    "spoiler_open": _spoiler_begins,
    "spoiler_close": "<p><strong>End of spoiler</strong></p>\n",
    "hidden_open": "<span>[spoiler: ",
    "hidden_close": "]</span>",
    "speaker_open": "<p>— ",
    "speaker_close": "</p>\n",
    "hr": "<p>* * *</p>\n",
    "table_open": "<ul>\n",
    "thead_open": "",
    "thead_close": "",
    "tbody_open": "",
    "tbody_close": "",
    "tr_open": "<li>",
    "th_open": _cell_of_line,
    "th_close": "</strong>",
    "td_open": _cell_of_line,
    "td_close": "",
    "tr_close": "</li>\n",
    "table_close": "</ul>\n",
    "footnote_ref": _note_number,
    "footnote_block_open": "<ol>\n",
    "footnote_block_close": "</ol>\n",
    "footnote_open": "<li>",
    "footnote_anchor": "",
    "footnote_close": "</li>\n",
}

# Notes without links: the notes of several reviews may come to stand on one page.
_SHUT: Mapping[str, _Rule] = {
    **_BOTH,
    "speaker_open": "<footer>— <cite>",
    "speaker_close": "</cite></footer>\n",
    "th_open": "<th>",
    "td_open": "<td>",
    "footnote_ref": _note_number,
    "footnote_block_open": "<ol>\n",
    "footnote_block_close": "</ol>\n",
    "footnote_open": "<li>",
    "footnote_anchor": "",
    "footnote_close": "</li>\n",
}
