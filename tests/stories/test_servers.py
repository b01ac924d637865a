"""Servers kept at a distance: what goes, what comes back, and what stops at the door."""

import json
from datetime import timedelta

import pytest

from fedreview.domain.moderation import Severity
from fedreview.storage import actors, copies, domains, portraits
from fedreview.storage.copies import CopyKind
from fedreview.storage.upsert import ROWS_AT_ONCE
from tests.clock import Clock
from tests.factories import a_domain_block
from tests.fediverse import Neighbourhood, PretendActor, signed_post
from tests.stories.site import Published, Site, follow, heading, said, soup, thread
from tests.stories.studio_forms import one, press, told
from tests.stories.test_inbox_thread import reply, send
from tests.stories.test_quotes import request
from tests.stories.test_ratings_of_others import in_bookwyrm
from tests.stories.test_reports import flag

pytestmark = pytest.mark.anyio

SERVERS = "/studio/servers"
ONE = f"{SERVERS}/server?domain="
PICTURE = f"{'a' * 32}.webp"


async def put(site: Site, domain: str, severity: str = "suspend", **more: str) -> str:
    """Keep a server at a distance, and give where that led."""
    answer = await site.author.post(SERVERS, data={"domain": domain, "severity": severity, **more})
    assert answer.status_code == 303, said(soup(answer))
    return answer.headers["location"]


def domains_at(site: Site, domain: str) -> object:
    with site.parts.database.snapshot() as tx:
        return domains.find(tx, domain)


def suspend(site: Site, *names: str) -> None:
    with site.parts.database.transaction() as tx:
        domains.put_blocks(tx, [a_domain_block(name) for name in names])


async def everywhere(site: Site, review: Published) -> dict[str, str]:
    """Read every place that shows or counts what others did; moments and ids left out."""
    pages = [review.path, "/", "/works/blame", "/search?q=wall", f"/@{site.username}"]
    desk = ["conversation", "people", "quotes", "reports"]
    names = ["replies", "context", "likes", "shares"]
    found = {path: said(await site.page(path)) for path in pages}
    found |= {name: said(one(await site.desk(f"/studio/{name}"), "main")) for name in desk}
    menu = one(await site.desk("/studio/settings"), ".studio-nav")
    for name in names:
        document = await site.document(f"{review.uri}/{name}")
        page = await site.document(f"{review.uri}/{name}?page=1")
        found[name] = f"{document['totalItems']} {json.dumps(page.get('items'))} " + json.dumps(
            page.get("orderedItems")
        )
    found["feed"] = (await site.reader.get("/feed.atom")).text
    followers = await site.document(f"{site.actor_id}/followers")
    following = await site.document(f"{site.actor_id}/following")
    files = (f"/media/{folder}/{PICTURE}" for folder in ("avatars", "copies"))
    pictures = [str((await site.reader.get(path)).status_code) for path in files]
    return {
        **found,
        "menu": said(menu),
        "network": f"{followers['totalItems']} {following['totalItems']}",
        "pictures": " ".join(pictures),
    }


async def test_all_that_a_suspended_server_did_goes_and_comes_back(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published, now: Clock
) -> None:
    await follow(site, alice, bob)
    await site.author.post("/studio/following", data={"handle": f"@{alice.handle}"})
    await site.settle()
    asked = alice.server.activities("Follow")[0]
    first = await reply(site, alice, "The wall of alice", review.uri, **in_bookwyrm(4))
    now.advance(timedelta(minutes=1))
    await reply(site, bob, "An answer of bob", first["id"])
    await send(
        site,
        alice,
        alice.activity("Accept", asked),
        alice.activity("Like", review.uri),
        alice.activity("Announce", review.uri),
        request(alice, review.uri),
        flag(alice, review.uri, text="By alice"),
    )
    await send(site, bob, bob.activity("Like", review.uri))
    give_a_picture(site, alice)
    before = await everywhere(site, review)

    await put(site, "social.example")
    during = await everywhere(site, review)
    page = await site.page(review.path)
    answer = await press(site, SERVERS, "Remove")
    after = await everywhere(site, review)

    assert not [place for place, text in during.items() if "alice" in text.lower()]
    assert [text for _, text in thread(page)][-1] == "An answer of bob"
    assert during["network"] == "1 0"
    assert during["pictures"] == "404 404"
    assert during["likes"].startswith("1 ")
    assert during["shares"].startswith("0 ")
    assert before["network"] == "2 1"
    assert before["pictures"] == "200 200"
    assert "1 waiting" in before["menu"]
    assert "1 waiting" not in during["menu"]
    assert (await told(site, answer)).startswith("Removed from the list.")
    assert after == before
    changed = (review.path, "/works/blame", "conversation", "people", "quotes", "reports")
    assert all(before[name] != during[name] for name in changed)


def give_a_picture(site: Site, person: PretendActor) -> None:
    for name in ("avatars", "copies"):
        folder = site.settings.media_dir / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PICTURE).write_bytes(b"RIFF")
    with site.parts.database.transaction() as tx:
        url, host = f"{person.server.url}/pot.png", person.server.host
        copies.ask(tx, url, CopyKind.EMOJI, host=host, now=site.clock())
        copies.keep(tx, url, PICTURE, width=1, height=1, now=site.clock())
        known = actors.find(tx, person.id)
        assert known is not None
        portraits.set_avatar(tx, known.id, PICTURE, of=known.icon_url)


@pytest.mark.parametrize("domain", ["https://Social.Example/about", "@x@social.example", "example"])
async def test_a_suspended_server_is_turned_away_before_anybody_is_asked(
    site: Site, neighbourhood: Neighbourhood, review: Published, domain: str
) -> None:
    if domain == "example":
        suspend(site, "example")  # by a list that somebody once put into the database
    else:
        await put(site, domain)
    hosts = ("social.example", "deep.social.example", "social.example:8443")
    people = [neighbourhood.server(host).person("mallory") for host in hosts]

    statuses = [
        (await each.send(inbox, each.create(each.note("Hi", in_reply_to=review.uri)))).status_code
        for each in people
        for inbox in (site.inbox, site.author_inbox)
    ]
    asked = [neighbourhood.times_asked(each.id) for each in people]

    assert statuses == [403] * 6
    assert asked == [0, 0, 0]
    assert site.rows()["arrivals"] == 0


async def test_forwarding_does_not_help_a_suspended_server_in_either_role(
    site: Site,
    alice: PretendActor,
    bob: PretendActor,
    review: Published,
    neighbourhood: Neighbourhood,
) -> None:
    suspend(site, "social.example")
    by_alice = alice.create(alice.note("Hi", in_reply_to=review.uri))
    by_bob = bob.create(bob.note("Ho", in_reply_to=review.uri))

    passed_on_by_bob = await bob.send(site.inbox, by_alice)
    passed_on_by_alice = await signed_post(
        neighbourhood, site.inbox, json.dumps(by_bob).encode(), key=alice.key
    )

    assert (passed_on_by_bob.status_code, passed_on_by_alice.status_code) == (403, 403)
    assert neighbourhood.times_asked(alice.id) == 0
    assert site.rows()["arrivals"] == 0


async def test_nothing_is_sent_or_fetched_while_it_lasts_and_what_waited_goes_out_after(
    site: Site, alice: PretendActor, bob: PretendActor, neighbourhood: Neighbourhood, now: Clock
) -> None:
    await follow(site, alice, bob)
    alice.server.received.clear()
    waiting = await site.publish(title="Waiting")
    await put(site, "social.example")
    unheard = await site.publish(title="Unheard")
    await site.delete(waiting.id)
    await site.settle()
    during = len(alice.server.received)
    asked = neighbourhood.times_asked(alice.id)
    refused = await press(site, "/studio/people", "Follow", handle=f"@{alice.handle}")

    await press(site, SERVERS, "Remove")
    await site.settle()

    assert during == 0
    assert refused.status_code == 422
    assert "Their server is suspended here." in said(soup(refused))
    assert neighbourhood.times_asked(alice.id) == asked
    heard = json.dumps([each.activity for each in alice.server.received])
    assert waiting.uri in heard
    assert '"Delete"' in heard
    assert unheard.uri not in heard
    assert unheard.uri in json.dumps([each.activity for each in bob.server.received])
    assert now() is not None


async def test_a_silenced_server_still_counts_and_a_mistake_is_undone(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await reply(site, alice, "One", review.uri)
    await send(site, alice, alice.activity("Like", review.uri))

    silenced = await put(site, "social.example", "silence")
    likes = await site.document(f"{review.uri}/likes")
    suspended = await put(site, "social.example", "suspend", private_comment="spam")
    gone = heading(await site.page(review.path))
    answer = await press(site, suspended, "Undo")
    block = domains_at(site, "social.example")
    again = await site.author.post(
        f"{SERVERS}/undo", data={"batch": suspended.rpartition("undo=")[2]}
    )

    assert "server_silence" in silenced
    assert likes["totalItems"] == 1
    assert gone.startswith("No thoughts")
    assert (await told(site, answer)).startswith("Undone.")
    assert isinstance(block, domains.DomainBlock)
    assert (block.severity, block.private_comment) == (Severity.SILENCE, "")
    assert heading(await site.page(review.path)).startswith("1 thought")
    assert again.status_code == 404


async def test_the_page_says_what_a_suspension_would_take_and_asks_for_one_server(
    site: Site, alice: PretendActor, bob: PretendActor, review: Published
) -> None:
    await follow(site, alice)
    await reply(site, alice, "One", review.uri)
    suspend(site, "bad.example")

    page = said(await site.desk(f"{ONE}https://Social.Example/@alice"))
    part = said(await site.desk(f"{ONE}deep.bad.example"))
    wrong = await site.author.get(f"{ONE}com")
    nothing = await press(site, f"{ONE}social.example", "Keep it", severity="banish")

    assert "1 follower of authors here" in page
    assert "1 post that can be seen now" in page
    assert "It is part of bad.example , which is suspended." in part
    assert wrong.status_code == 422
    assert "Type the name of one server." in said(one(soup(wrong), "#problem-domain"))
    assert one(soup(wrong), "#field-domain")["value"] == "com"
    assert nothing.status_code == 422
    assert "Choose one of these." in said(soup(nothing))


async def test_reports_of_a_server_whose_reports_are_not_wanted_are_not_kept(
    site: Site, alice: PretendActor, review: Published
) -> None:
    await put(site, "social.example", "noop", reject_reports="yes")

    await send(site, alice, flag(alice, review.uri))
    kept = site.rows()["reports"]
    page = said(await site.desk(SERVERS))

    assert kept == 0
    assert "Only noted · no reports" in page


LIST = b"""\xef\xbb\xbf#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\r
new.example,silence,true,false,"Spam, and more",true\r
*.Stronger.Example,suspend,false,false,,false\r
milder.example,noop,false,false,,false\r
same.example,suspend,false,false,,false\r
ev**.example,suspend,false,false,,false\r
reviews.example,suspend,false,false,,false\r
new.example,suspend,false,false,,false\r
wrong.example,limit,false,false,,false\r
"""


async def test_a_list_is_looked_at_applied_undone_and_saved(site: Site) -> None:
    with site.parts.database.transaction() as tx:
        milder = a_domain_block("stronger.example", severity=Severity.SILENCE)
        domains.put_blocks(tx, [milder, *map(a_domain_block, ("milder.example", "same.example"))])
    before = (await site.author.get(f"{SERVERS}/list.csv")).content

    answer = await site.author.post(f"{SERVERS}/import", files={"file": ("list.csv", LIST)})
    plan = soup(answer)
    unchanged = (await site.author.get(f"{SERVERS}/list.csv")).content
    form = one(plan, "form[action$=apply]")
    applied = await site.author.post(
        str(form["action"]), data={"list": str(one(form, "input")["value"])}
    )
    saved = await site.author.get(f"{SERVERS}/list.csv")
    await press(site, applied.headers["location"], "Undo")

    groups = {said(each): said(each.find_parent("details")) for each in plan.select("summary")}
    wrong = groups["4 that cannot be used"]
    assert list(groups) == [
        "4 that cannot be used",
        "1 that would change",
        "1 that would be new",
        "2 already so",
    ]
    assert "ev**.example line 6 Letters of this name are hidden" in wrong
    assert "That is this site" in wrong
    assert "The same server stands in line 2 already." in wrong
    assert "“limit” is no severity." in wrong
    assert "Silenced → Suspended" in groups["1 that would change"]
    assert "The list says noop, which is milder. Yours stays." in groups["2 already so"]
    assert unchanged == before
    assert saved.headers["content-type"].startswith("text/csv")
    assert "domain-blocks-" in saved.headers["content-disposition"]
    assert saved.text.splitlines() == [
        "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate",
        "milder.example,suspend,false,false,,false",
        'new.example,silence,true,false,"Spam, and more",true',
        "same.example,suspend,false,false,,false",
        "stronger.example,suspend,false,false,,false",
    ]
    assert (await site.author.get(f"{SERVERS}/list.csv")).content == before


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "Choose the file with the list."),
        (b"\x89PNG\r\n\x1a\n\0", "The file is not text in UTF-8."),
        (b'a.example,"\n', "a quotation mark may be missing"),
        (b"x" * (1024 * 1024 + 1), "more than 1 MB"),
    ],
)
async def test_a_file_that_is_no_list_is_refused_where_it_was_chosen(
    site: Site, data: bytes, problem: str
) -> None:
    answer = await site.author.post(f"{SERVERS}/import", files={"file": ("list.csv", data)})

    assert answer.status_code == 422
    assert problem in said(one(soup(answer), "#problem-file"))


async def test_what_is_changed_after_a_list_survives_its_undoing(site: Site) -> None:
    data = b"one.example\ntwo.example\n"
    applied = await site.author.post(f"{SERVERS}/import/apply", data={"list": data.decode()})
    await put(site, "two.example", "silence")

    await press(site, applied.headers["location"], "Undo")
    silenced = await put(site, "two.example", "noop")
    batch = silenced.rpartition("undo=")[2]
    await put(site, "two.example", "silence")
    late = await site.author.post(f"{SERVERS}/undo", data={"batch": batch})

    assert (await told(site, late)).startswith("Nothing was undone")
    with site.parts.database.snapshot() as tx:
        assert [each.domain for each in domains.list_(tx)] == ["two.example"]


async def test_a_long_list_is_paged_searched_and_sorted(site: Site, now: Clock) -> None:
    suspend(site, *(f"s{number:04}.example" for number in range(ROWS_AT_ONCE + 1)))
    with site.parts.database.transaction() as tx:
        domains.put_block(tx, a_domain_block("odd.example", severity=Severity.SILENCE))

    first = await site.desk(SERVERS)
    last = await site.desk(f"{SERVERS}?page=99")
    found = await site.desk(f"{SERVERS}?q=S0499")
    silenced = await site.desk(f"{SERVERS}?severity=silence&sort=newest")
    none = await site.desk(f"{SERVERS}?q=%25")

    assert len(first.select("ul.servers > li")) == 200
    assert said(one(first, "nav.pager")) == "Page 2"
    assert said(one(last, "ul.servers > li:last-child p")) == "s0500.example"
    assert said(one(found, "ul.servers")).startswith("s0499.example")
    assert said(one(silenced, "ul.servers")).startswith("odd.example Silenced")
    assert "No server of the list is like that." in said(none)


async def test_a_server_typed_without_a_session_is_not_lost(site: Site) -> None:
    typed = {"domain": "social.example", "severity": "silence", "public_comment": "Noise"}

    asked = soup(await site.reader.post(SERVERS, data=typed))

    assert one(asked, "input[name=kept-public_comment]")["value"] == "Noise"
    for path in (SERVERS, f"{ONE}a.example", f"{SERVERS}/list.csv"):
        assert (await site.reader.get(path)).headers["location"].startswith("/login")
    assert (await site.reader.post(f"{SERVERS}/import/apply")).status_code == 401


async def test_what_was_done_to_servers_stands_in_the_log_and_is_undone_there(site: Site) -> None:
    await put(site, "social.example")
    await press(site, SERVERS, "Remove")

    log = said(await site.desk("/studio/log"))
    await press(site, "/studio/log", "Undo")
    brought_back = domains_at(site, "social.example")
    await press(site, "/studio/log", "Undo")

    assert "Critic let in again social.example" in log
    assert "Critic suspended social.example" in log
    assert isinstance(brought_back, domains.DomainBlock)
    assert domains_at(site, "social.example") is None
