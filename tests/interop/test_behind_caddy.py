"""A site and a foreign server behind a real Caddy, which alone speaks https to the world."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from fedreview.services.accounts import MOST_FAILURES_OF_ADDRESS
from tests.interop.peer_process import Peer, is_about
from tests.interop.review_page import Page, published
from tests.proxied import caddy_with_own_authority
from tests.servers import AUTHOR, PASSWORD, FedreviewProcess, free_port

pytestmark = [
    pytest.mark.interop,
    pytest.mark.proxy,
    pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not installed"),
]

ELSEWHERE = "203.0.113.9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What Caddy shows to the world, and the ports behind it."""

    site_url: str
    site_port: int
    peer_url: str
    peer_port: int
    authority: Path


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    site_at, site_port, peer_at, peer_port = (free_port() for _ in range(4))
    upstreams = {site_at: site_port, peer_at: peer_port}
    with caddy_with_own_authority(tmp_path_factory.mktemp("caddy"), upstreams) as authority:
        yield Front(
            site_url=f"https://localhost:{site_at}",
            site_port=site_port,
            peer_url=f"https://localhost:{peer_at}",
            peer_port=peer_port,
            authority=authority,
        )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, front: Front) -> Iterator[FedreviewProcess]:
    environment = {
        "FEDREVIEW_BASE_URL": front.site_url,
        "FEDREVIEW_PORT": str(front.site_port),
        "FEDREVIEW_CA_FILE": str(front.authority),
        "FEDREVIEW_TRUSTED_PROXIES": "127.0.0.1",
    }
    folder = tmp_path_factory.mktemp("site")
    with FedreviewProcess(folder, environment=environment) as running:
        yield running


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory, front: Front, peer_keys: Path) -> Iterator[Peer]:
    with Peer(
        tmp_path_factory.mktemp("peer"),
        port=front.peer_port,
        origin=front.peer_url,
        key_file=peer_keys,
        environment={"NODE_EXTRA_CA_CERTS": str(front.authority)},
    ) as running:
        yield running


@pytest.fixture(scope="module")
def reader(site: FedreviewProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.base_url, verify=site.trust, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def page(site: FedreviewProcess, reader: httpx.Client) -> Page:
    return published(site, reader)


def test_the_author_is_found_and_followed_over_https(site: FedreviewProcess, peer: Peer) -> None:
    anna = peer.call("lookup", handle=site.handle, **{"as": "carol"})
    assert site.base_url.startswith("https://")
    assert anna["id"] == site.actor_id
    assert anna["document"]["inbox"] == f"{site.actor_id}/inbox"

    follow = peer.call("follow", actor=anna["id"], **{"as": "carol"})

    accept = peer.wait_for("Accept", is_about(follow["id"]))
    assert accept["signature"]["valid"]
    assert accept["document"]["object"]["actor"] == peer.actor("carol")
    assert peer.ask("state")["following"]["carol"] == {site.actor_id: {"accepted": True}}
    assert peer.call("spec", origin=site.base_url)["spec"] == "rfc9421"


def test_a_review_and_its_conversation_cross_the_proxy_both_ways(
    site: FedreviewProcess, peer: Peer, reader: httpx.Client
) -> None:
    follow = peer.call("follow", actor=site.actor_id)
    peer.wait_for("Accept", is_about(follow["id"]))

    page = published(site, reader)
    create = peer.wait_for("Create", is_about(page.ap_id))
    assert page.ap_id.startswith(f"{site.base_url}/ap/reviews/")
    assert create["signature"] == {
        "scheme": "cavage",
        "valid": True,
        "key": f"{site.actor_id}#main-key",
    }
    assert create["proof"] == "valid"
    article = create["document"]["object"]
    assert article == {k: v for k, v in page.document().items() if k != "@context"}
    assert reader.get(article["image"]["url"]).headers["Content-Type"].startswith("image/")

    question = peer.call("reply", to=page.ap_id, content="Is it on a disc?")
    asked = page.reply("Is it on a disc?")
    with site.login() as desk:
        form = {"text": "No, only in cinemas.", "return_to": httpx.URL(page.url).path}
        answer = desk.post(f"/studio/replies/{asked.id}/answer", data=form)
    assert answer.status_code == 303, answer.text

    answered = peer.wait_for(
        "Create", lambda got: got["document"]["object"].get("inReplyTo") == question["id"]
    )
    assert answered["signature"]["valid"]
    assert answered["proof"] == "valid"
    assert "only in cinemas" in answered["document"]["object"]["content"]
    assert page.reply("only in cinemas").depth == asked.depth + 1
    assert peer.ask("state")["undelivered"] == []


@pytest.mark.parametrize(("claim", "status"), [("bob", 401), ("carol", 202)])
def test_a_forged_reply_is_refused_or_asked_about_over_https_too(
    peer: Peer, page: Page, claim: str, status: int
) -> None:
    forged = peer.call("forge", to=page.ap_id, content="Never.", signer="carol", claim=claim)
    peer.call("reply", to=page.ap_id, content=f"After {claim}.")

    page.reply(f"After {claim}.")

    assert forged["status"] == status
    assert "Never." not in page.html()


def test_the_session_never_leaves_https_and_this_host(
    site: FedreviewProcess, reader: httpx.Client
) -> None:
    answer = _sign_in(reader, site)

    assert answer.status_code == 303
    (cookie,) = answer.headers.get_list("Set-Cookie")
    ((name, morsel),) = SimpleCookie(cookie).items()
    assert name == "__Host-session"
    assert morsel["secure"]
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"
    assert morsel["path"] == "/"
    assert not morsel["domain"]


@pytest.mark.parametrize("path", ["/", "/users/anna", "/no/such/page", "/static/site.css"])
def test_browsers_are_told_to_stay_with_https(reader: httpx.Client, path: str) -> None:
    headers = reader.get(path).headers

    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_doctor_says_that_all_is_well(site: FedreviewProcess) -> None:
    said = site.run("doctor")

    assert f"{site.base_url}/.well-known/nodeinfo answers." in said
    assert "All is well." in said


def test_the_doctor_trusts_no_certificate_that_nobody_vouches_for(site: FedreviewProcess) -> None:
    stranger = FedreviewProcess(site.folder, environment={"FEDREVIEW_BASE_URL": site.base_url})

    said = stranger.run("doctor", status=1)

    assert "/.well-known/nodeinfo does not answer" in said
    assert "All is well." not in said


def _browser(
    site: FedreviewProcess, *, at: str, address: str = "127.0.0.1", claims: str = ""
) -> httpx.Client:
    """Give a browser with an address of its own; all of 127.0.0.0/8 is this machine.

    at: https through Caddy, or past it to the site's own port.
    claims: what it says in X-Forwarded-For.
    """
    return httpx.Client(
        base_url=at,
        headers={"Origin": site.base_url, **({"X-Forwarded-For": claims} if claims else {})},
        transport=httpx.HTTPTransport(verify=site.trust, local_address=address),
        timeout=30,
    )


def _sign_in(
    browser: httpx.Client, site: FedreviewProcess, *, name: str = AUTHOR, password: str = PASSWORD
) -> httpx.Response:
    form = {"username": name, "password": password}
    return browser.post("/login", data=form, headers={"Origin": site.base_url})


def _guess(browser: httpx.Client, site: FedreviewProcess, *, times: int) -> None:
    """Try wrong passwords, each for another name, so that no name is guessed too often."""
    for number in range(times):
        answer = _sign_in(browser, site, name=f"nobody{number}", password="wrong password")
        assert answer.status_code == 422, answer.text


def _signed_in_from(site: FedreviewProcess) -> str:
    with site.login() as desk:
        return desk.get("/studio/settings").raise_for_status().text


def test_a_session_is_shown_with_the_address_that_caddy_saw(site: FedreviewProcess) -> None:
    spoofed = "198.51.100.20"
    with _browser(site, at=site.base_url, address="127.0.0.20", claims=spoofed) as browser:
        assert _sign_in(browser, site).status_code == 303

    shown = _signed_in_from(site)

    assert "<bdi>127.0.0.20</bdi>" in shown
    assert spoofed not in shown


def test_wrong_passwords_count_for_the_address_that_caddy_saw(site: FedreviewProcess) -> None:
    with _browser(site, at=site.base_url, address="127.0.0.31", claims="127.0.0.32") as guesser:
        _guess(guesser, site, times=MOST_FAILURES_OF_ADDRESS)
        guesser.headers["X-Forwarded-For"] = "127.0.0.33"
        refused = _sign_in(guesser, site)
    with _browser(site, at=site.base_url, address="127.0.0.32") as slandered:
        welcomed = _sign_in(slandered, site)

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert welcomed.status_code == 303


def test_the_trusted_proxy_is_believed(site: FedreviewProcess) -> None:
    with _browser(site, at=site.own_url, claims=ELSEWHERE) as proxy:
        assert _sign_in(proxy, site).status_code == 303

    assert f"<bdi>{ELSEWHERE}</bdi>" in _signed_in_from(site)


@pytest.fixture(scope="module")
def wary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FedreviewProcess]:
    """A site that trusts a proxy which is not here."""
    environment = {"FEDREVIEW_TRUSTED_PROXIES": "192.0.2.1, 198.51.100.0/24"}
    with FedreviewProcess(tmp_path_factory.mktemp("wary"), environment=environment) as running:
        yield running


def test_nobody_else_is_believed_about_the_client(wary: FedreviewProcess) -> None:
    with _browser(wary, at=wary.own_url, claims=ELSEWHERE) as browser:
        assert _sign_in(browser, wary).status_code == 303

    shown = _signed_in_from(wary)
    assert "<bdi>127.0.0.1</bdi>" in shown
    assert ELSEWHERE not in shown


@pytest.mark.parametrize("claims", ["127.0.0.52", "127.0.0.52, 192.0.2.1"])
def test_a_guesser_cannot_hide_behind_a_header(wary: FedreviewProcess, claims: str) -> None:
    own = f"127.0.0.{60 + len(claims)}"
    with _browser(wary, at=wary.own_url, address=own, claims=claims) as guesser:
        _guess(guesser, wary, times=MOST_FAILURES_OF_ADDRESS)
        guesser.headers["X-Forwarded-For"] = ELSEWHERE
        refused = _sign_in(guesser, wary)
    with _browser(wary, at=wary.own_url, address="127.0.0.52") as slandered:
        welcomed = _sign_in(slandered, wary)

    assert refused.status_code == 429
    assert welcomed.status_code == 303
