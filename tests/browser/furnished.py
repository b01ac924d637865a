"""A site with everything on it that makes pages hard: long, deep, empty, right to left."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import httpx
from sqlalchemy import update

from fedreview.domain.outline import PAGE, ROOM
from fedreview.storage import accounts, actors, hosts, queues, threads
from fedreview.storage.database import Database
from fedreview.storage.queue_tables import DeliveryRow
from fedreview.storage.queues import QueueState
from tests.browser.elsewhere import Document, Elsewhere
from tests.browser.material import BODY, cover, review_file
from tests.factories import a_note, a_remote_actor
from tests.servers import FedreviewProcess, eventually

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
    dust = site.publish(
        review_file("Dust", kind="music", rating="0", body="Silence, badly recorded.")
    )
    _discuss(site, dust)
    site.publish(review_file("Glaze", kind="game", body="No score: I have not finished it."))
    _converse(elsewhere, rich, arabic)
    _moderate(site, elsewhere, rich)
    now = datetime.now(UTC)
    take, draft = _fill_desk(site, rich)
    sent = send_to_many(site, rich)
    answered, own = _answer(site, elsewhere, path(rich))
    return Furnished(
        site=site,
        public={
            "front": "/",
            "review": path(rich),
            "review-arabic": path(arabic),
            "review-long": path(long),
            "replies-page": f"{path(dust)}?replies=2",
            "history": f"{path(rich)}/history",
            "reactions": f"{path(rich)}/reactions",
            "work": "/works/the-quiet-kiln",
            "work-announced": "/works/yokohama-kaidashi-kiko",
            "upcoming": "/upcoming",
            "person": "/@anna",
            "person-statistics": "/@anna/statistics",
            "tags": "/tags",
            "tag": "/tags/pottery",
            "kinds": "/kinds",
            "kind": "/kinds/film",
            "archive": "/archive",
            "archive-year": f"/archive/{now.year}",
            "archive-month": f"/archive/{now.year}/{now.month}",
            "ratings": "/ratings",
            "rating": "/ratings/8",
            "search": "/search?q=clay&from=5",
            "search-empty": "/search?q=nothinglikethis",
            "statistics": "/statistics",
            "year": f"/years/{now.year}",
            "takes": "/takes",
            "take": take,
            "login": "/login",
            "interact": "/interact?do=follow&person=anna",
            "missing": "/reviews/there-is-none",
        },
        desk={
            "desk": "/studio",
            "write": "/studio/write",
            "own-takes": "/studio/takes",
            "own-take": take.replace("/notes/", "/studio/takes/"),
            "edit": f"/studio/reviews/{rich['id'].rpartition('/')[2]}",
            "draft": draft,
            "own-upcoming": "/studio/upcoming",
            "pictures": "/studio/pictures",
            "conversation": "/studio/conversation",
            "answer": f"/studio/replies/{answered}/answer",
            "correct": f"/studio/replies/{own}/edit",
            "delete-answer": f"/studio/replies/{own}/delete",
            "messages": "/studio/messages",
            "talk": f"/studio/messages/talk?with={quote(elsewhere.actor_id('mira'), safe='')}",
            "notices": "/studio/notices",
            "people": "/studio/people",
            "deliveries": "/studio/deliveries",
            "delivery": f"/studio/deliveries/{sent}",
            "delivery-servers": "/studio/deliveries/servers",
            "delivery-server": "/studio/deliveries/servers/down.example",
            "delivery-forgotten": "/studio/deliveries/servers/gone.example",
            "waiting": "/studio/waiting",
            "set-aside": "/studio/set-aside",
            "rules": "/studio/rules",
            "trusted": "/studio/trusted",
            "log": "/studio/log",
            "conduct": f"/studio/reviews/{rich['id'].rpartition('/')[2]}/conduct",
            "reports": "/studio/reports",
            "servers": "/studio/servers",
            "server": "/studio/servers/server?domain=social.example",
            "quotes": "/studio/quotes",
            "accounts": "/studio/accounts",
            "interaction": "/authorize_interaction",
            "settings": "/studio/settings",
            "review-signed-in": path(rich),
            "history-signed-in": f"{path(rich)}/history",
        },
    )


def _discuss(site: FedreviewProcess, review: Document) -> None:
    """Put more replies under a review than there is room for on one page."""
    database = Database(f"sqlite:///{site.folder / 'data' / 'fedreview.sqlite3'}")
    review_id = review["id"].rpartition("/")[2]
    with database.transaction() as tx:
        actors.save(tx, a_remote_actor(1), [])
        for number in range(PAGE + ROOM + 20):
            above = a_note(number - 1).uri if number % 20 else review["id"]
            threads.add(tx, a_note(number, in_reply_to=above, review_id=review_id))
    database.close()


def send_to_many(site: FedreviewProcess, review: Document) -> str:
    """Have something on its way to many servers, of which some do not take it; give its id."""
    database = Database(f"sqlite:///{site.folder / 'data' / 'fedreview.sqlite3'}")
    now = datetime.now(UTC)
    review_id, site_url = review["id"], site.base_url
    fates: dict[str, dict[str, object]] = {
        "down": {"failures": 3, "last_error": "down.example: ConnectTimeout: no connection"},
        "a-server-with-a-name-of-many-letters-that-has-no-place-to-break": {
            "failures": 1,
            "last_status": 503,
            "last_error": "answered 503",
        },
        "closed": {"state": QueueState.GIVEN_UP, "last_status": 403, "settled_at": now},
        "away": {"state": QueueState.HELD_BACK},
        # Taken by a worker, as far as the others know.
        "next": {"due_at": now, "leased_until": now + timedelta(hours=1)},
    }
    names = [*fates, *(f"s{number}" for number in range(40))]
    with database.transaction() as tx:
        author = accounts.list_authors(tx)[0]
        activity = queues.OutgoingActivity(
            id="0sent",
            uri=f"{site_url}/ap/activities/0sent",
            type="Update",
            actor=f"{site_url}/users/anna",
            object=review_id,
            body=b"{}",
            author_id=author.id,
            listed=False,
            created_at=now - timedelta(minutes=5),
        )
        inboxes = [(f"https://{name}.example/inbox", f"{name}.example") for name in names]
        queues.send(tx, activity, inboxes)
        done: dict[str, object] = {"state": QueueState.DONE, "settled_at": now}
        for name in names:
            values = {"due_at": now + timedelta(hours=2)} | fates.get(name, done)
            which = DeliveryRow.host == f"{name}.example"
            tx.execute(update(DeliveryRow).where(which).values(**values))
        hosts.keep_software(tx, "down.example", "mastodon", now=now)
    database.close()
    return activity.id


def _moderate(site: FedreviewProcess, elsewhere: Elsewhere, rich: Document) -> None:
    """Let one reply wait, one be spam, and somebody be trusted."""
    with site.login() as author:
        for phrase, verdict in (("glaze", "hold"), ("cheap pots", "spam")):
            _post(author, "/studio/rules", {"phrase": phrase, "verdict": verdict})
        mira = f"@mira@{elsewhere.host}"
        known = eventually(lambda: mira in author.get(path(rich)).text)
        assert known
        _post(author, "/studio/trusted", {"handle": mira})
        for html in ("<p>What a <b>glaze</b>!</p>", "<p>Buy cheap pots.</p>"):
            elsewhere.reply("layla", about=rich["id"], html=html, warning="pottery")
        assert eventually(lambda: "glaze" in author.get("/studio/waiting").text)
        assert eventually(lambda: "cheap pots" in author.get("/studio/set-aside").text)


def _fill_desk(site: FedreviewProcess, rich: Document) -> tuple[str, str]:
    """Leave something of everything that an author can; give a take's and a draft's path.

    There is a take, a change to a review, one review in the bin, one that waits for its day, and
    one that was typed and not saved.
    """
    ash = site.publish(review_file("Ash", kind="music", rating="0", body="Silence, badly kept."))
    review = f"/studio/reviews/{rich['id'].rpartition('/')[2]}"
    typed = {"kind": "film", "language": "en", "spoilers": "none"}
    later = {**typed, "title": "Later", "year": "2020", "rating": "7", "body": "Not yet."}
    with site.login() as author:
        _post(author, "/studio/takes", {"kind": "film", "do": "publish", "text": "A short *take*."})
        changed = {**typed, "title": "The Quiet Kiln", "year": "2017", "body": BODY}
        changed |= {"rating": "8.5", "verdict": "Slow, and worth it.", "tags": "pottery"}
        announced = {
            "next_kind": "manga",
            "next_title": "Yokohama Kaidashi Kiko",
            "next_note": "After the tea.",
        }
        kept = {"review_title": "Clay, and who is made of it", "cover_alt": "A kiln at night"}
        more = {
            "synopsis": "A potter stops talking, and the village begins.",
            "synopsis_source": "The distributor",
            "creators": "Ada Example, Bo Beispiel",
            "postscript_1": "I have seen it a second time since.",
            "sign_off": "Thanks for reading.",
        }
        _post(author, review, {**changed, **announced, **kept, **more, "do": "update"})
        _post(author, f"/studio/reviews/{ash['id'].rpartition('/')[2]}/delete", {})
        schedule = {"do": "schedule", "publish_on": f"{datetime.now(UTC).year + 1}-06-01T10:00"}
        draft = _post(author, "/studio/write", {**later, **schedule})
        unsaved = {**typed, "title": "Unsaved", "body": "It was", "form": "abc", "tab": "def"}
        _post(author, "/studio/autosave", unsaved)
        (take,) = set(re.findall(r'href="[^"]*(/notes/[0-9a-z]+)"', author.get("/takes").text))
    return take, draft


def _answer(site: FedreviewProcess, elsewhere: Elsewhere, review: str) -> tuple[str, str]:
    """Answer in public and in private; give the ids of what is answered and of the answer."""
    with site.login() as author:
        pattern = r'action="/studio/replies/([0-9a-z]+)/answer"'
        answered = re.findall(pattern, author.get(review).text)[0]
        sent = {"text": "Only in *cinemas*.", "return_to": review}
        own = author.post(f"/studio/replies/{answered}/answer", data=sent)
        message = {"with": elsewhere.actor_id("mira"), "text": "Between *us*: it cracks."}
        _post(author, "/studio/messages", message)
    return answered, str(own.headers["location"]).rpartition("#reply-")[2]


def _post(author: httpx.Client, address: str, fields: dict[str, str]) -> str:
    answer = author.post(address, data=fields)
    assert answer.is_redirect or answer.is_success, answer.text
    return urlsplit(str(answer.headers.get("location", ""))).path


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
    _carry(elsewhere, rich)
    elsewhere.like("mira", to=rich["id"])
    elsewhere.react("layla", "❤", to=rich["id"])
    elsewhere.follow("mira", to=f"{rich['id'].partition('/ap/')[0]}/users/anna")


def _carry(elsewhere: Elsewhere, rich: Document) -> None:
    """Let people answer with emoji, a picture, a poll and a quote."""
    elsewhere.pictures["/kiln.png"] = cover()["buffer"]
    kiln = f"{elsewhere.base_url}/kiln.png"
    emoji = {"type": "Emoji", "name": ":kiln:", "icon": {"type": "Image", "url": kiln}}
    picture = {"type": "Image", "mediaType": "image/png", "url": f"{kiln}?large", "name": "A kiln"}
    answers = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": votes}}
        for name, votes in (("The kiln :kiln:", 12), ("The silence", 5))
    ]
    elsewhere.reply(
        "mira",
        about=rich["id"],
        html="<p>Was hat euch mehr bewegt? :kiln:</p>",
        language="de",
        more={
            "type": "Question",
            "oneOf": answers,
            "tag": [emoji],
            "attachment": [picture],
            "quoteUrl": f"{elsewhere.base_url}/@tom/1",
        },
    )
    elsewhere.reply(
        "tom",
        about=rich["id"],
        html="<p>What is left of it.</p>",
        more={"attachment": [{**picture, "name": None}], "sensitive": True},
    )
