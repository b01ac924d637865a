"""A site with everything on it that makes pages hard: long, deep, empty, right to left."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from tests.browser.elsewhere import Document, Elsewhere
from tests.browser.material import cover, review_file
from tests.servers import FedreviewProcess

LONG_TITLE = " ".join(["The Unabridged Chronicle of a Very Patient Potter"] * 6)[:300]
LONG_BODY = "\n\n".join(
    f"{'## Part ' + str(number) + chr(10) * 2 if number % 5 == 0 else ''}"
    + "The wheel turns, and what is on it leans a little further each time. " * 6
    for number in range(25)
)
ARABIC = """\
لا يُقال شيء طوال **عشرين دقيقة**، ولا يضيق أحد بذلك. يدور الدولاب ويميل ما عليه قليلًا.

> نحرق ما لدينا.
> -- الخزّاف

::: spoiler النهاية
يتشقّق الفرن في آخر الفيلم.
:::

ثم يعود كل شيء إلى *الطين*، كما كان في البداية."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnished:
    """Paths by a short name.

    public: what everybody sees. desk: what its author sees.
    """

    site: FedreviewProcess
    public: dict[str, str] = field(default_factory=dict)
    desk: dict[str, str] = field(default_factory=dict)


def furnish(site: FedreviewProcess, elsewhere: Elsewhere) -> Furnished:
    """Publish reviews, let people answer, and say where all of it is."""
    (site.folder / "cover.png").write_bytes(cover()["buffer"])
    rich = _rich(site)
    arabic = site.publish(
        review_file(
            "الفرن الهادئ",
            kind="film",
            year="2017",
            rating="9",
            language="ar",
            review_title="طينٌ، ومن صُنع منه",
            creators="ليلى حداد",
            verdict="بطيء، ويستحق كل دقيقة.",
            synopsis="خزّاف يكفّ عن الكلام، فتبدأ القرية.",
            synopsis_source="الموزّع",
            tags="سينما",
            body=ARABIC,
        )
    )
    long = site.publish(
        review_file("Patience", kind="book", review_title=LONG_TITLE, rating="6", body=LONG_BODY)
    )
    site.publish(review_file("Ash", kind="music", rating="0", body="Silence, badly recorded."))
    site.publish(review_file("Glaze", kind="game", body="No score: I have not finished it."))
    _converse(elsewhere, rich, arabic)
    return Furnished(
        site=site,
        public={
            "front": "/",
            "review": path(rich),
            "review-arabic": path(arabic),
            "review-long": path(long),
            "person": "/@anna",
            "work": "/works/the-quiet-kiln",
            "tag": "/tags/pottery",
            "kind": "/kinds/film",
            "archive": "/archive",
            "archive-year": f"/archive/{datetime.now(UTC).year}",
            "ratings": "/ratings",
            "search": "/search?q=clay&from=5",
            "statistics": "/statistics",
            "takes": "/takes",
            "login": "/login",
            "interact": "/interact?do=follow&person=anna",
            "missing": "/reviews/there-is-none",
        },
        desk={
            "desk": "/studio",
            "write": "/studio/write",
            "own-takes": "/studio/takes",
            "edit": f"/studio/reviews/{rich['id'].rpartition('/')[2]}",
            "upcoming": "/studio/upcoming",
            "conversation": "/studio/conversation",
            "people": "/studio/people",
            "reports": "/studio/reports",
            "quotes": "/studio/quotes",
            "accounts": "/studio/accounts",
            "settings": "/studio/settings",
            "review-signed-in": path(rich),
        },
    )


def path(published: Document) -> str:
    """Give the path of a published review's page."""
    return urlsplit(str(published["url"])).path


def _rich(site: FedreviewProcess) -> Document:
    return site.publish(
        review_file(
            "The Quiet Kiln",
            kind="film",
            year="2017",
            rating="8.5",
            review_title="Clay, and who is made of it",
            original_title="Die stille Glut",
            creators="Ada Example, Bo Beispiel",
            length="105 min",
            publisher="Clay Pictures",
            platform="Disc",
            links="https://films.example/kiln",
            synopsis="A potter stops talking, and the village begins.",
            synopsis_source="The distributor",
            synopsis_url="https://films.example/press",
            verdict="Slow, and worth every minute.",
            teaser="A film about clay that is not about clay.",
            spoilers="some",
            tags="slowcinema, pottery",
            cover="cover.png",
            cover_alt="A kiln at night",
        )
    )


def _converse(elsewhere: Elsewhere, rich: Document, arabic: Document) -> None:
    first = elsewhere.reply(
        "mira", about=rich["id"], html="<p>I <em>left</em> at the second silence.</p>", stars=2.5
    )
    second = elsewhere.reply(
        "tom", about=rich["id"], to=first, html="<p>Then you missed the third!</p>"
    )
    for _ in range(7):
        second = elsewhere.reply(
            "mira", about=rich["id"], to=second, html="<p>And so it goes on, as it does.</p>"
        )
    elsewhere.reply(
        "tom", about=rich["id"], html="<p>The kiln cracks.</p>", warning="the ending", stars=5
    )
    lost = elsewhere.reply("tom", about=rich["id"], html="", missing=True)
    elsewhere.reply(
        "layla", about=rich["id"], to=lost, html="<p>أوافقك تمامًا.</p>", language="ar", stars=4.5
    )
    elsewhere.reply("layla", about=arabic["id"], html="<p>شكرًا على المراجعة.</p>", language="ar")
    wordy = "averyveryverylongwordwithoutanyplacetobreakit" * 4
    elsewhere.reply("tom", about=rich["id"], html=f"<p>{wordy}</p>")
    elsewhere.like("mira", to=rich["id"])
    elsewhere.follow("mira", to=f"{rich['id'].partition('/ap/')[0]}/users/anna")
