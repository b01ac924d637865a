"""Which signature each request carried, in both directions, as written down on the wire."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from http_message_signatures import HTTPMessageVerifier, MappingKeyResolver, algorithms

from tests.interop.peer_process import Peer, Received, is_about
from tests.interop.review_page import ACTIVITY_JSON, Page, form_of, written
from tests.interop.tap import Headers, Seen, Tap
from tests.servers import FedreviewProcess, eventually

pytestmark = [pytest.mark.interop]

# As Fedify calls them.
SPECS = {"rfc9421": "rfc9421", "cavage": "draft-cavage-http-signatures-12"}

ASKED_FOR = 'sig1=("@method" "@target-uri");created'


@pytest.fixture(scope="module")
def to_strict() -> Iterator[Tap]:
    with Tap() as tap:
        yield tap


@pytest.fixture(scope="module")
def strict(
    tmp_path_factory: pytest.TempPathFactory, to_strict: Tap, peer_keys: Path
) -> Iterator[Peer]:
    """A server that has heard of RFC 9421 alone, and shows nothing to who does not sign."""
    with Peer(
        tmp_path_factory.mktemp("strict"),
        origin=to_strict.url,
        key_file=peer_keys,
        reads="rfc9421",
        authorized_fetch=True,
    ) as running:
        to_strict.upstream = running.port
        yield running


@pytest.fixture(scope="module")
def to_wary() -> Iterator[Tap]:
    with Tap() as tap:
        yield tap


@pytest.fixture(scope="module")
def wary(tmp_path_factory: pytest.TempPathFactory, to_wary: Tap, peer_keys: Path) -> Iterator[Peer]:
    """A server that reads both, and shows nothing to who does not sign."""
    with Peer(
        tmp_path_factory.mktemp("wary"),
        origin=to_wary.url,
        key_file=peer_keys,
        authorized_fetch=True,
    ) as running:
        to_wary.upstream = running.port
        yield running


@pytest.fixture(scope="module")
def to_curious() -> Iterator[Tap]:
    with Tap() as tap:
        yield tap


@pytest.fixture(scope="module")
def curious(
    tmp_path_factory: pytest.TempPathFactory, to_curious: Tap, peer_keys: Path
) -> Iterator[Peer]:
    """A server that gives out a number with each 401, and wants to see it signed."""
    with Peer(
        tmp_path_factory.mktemp("curious"),
        origin=to_curious.url,
        key_file=peer_keys,
        reads="rfc9421",
        challenge=True,
    ) as running:
        to_curious.upstream = running.port
        yield running


@pytest.fixture(scope="module")
def page(desk: httpx.Client, reader: httpx.Client) -> Page:
    return written(desk, reader, "Clay, signed")


@pytest.fixture
def meddler(to_site: Tap) -> Iterator[Tap]:
    """The way to the site, on which a test may let a proxy meddle."""
    yield to_site
    to_site.meddle = list


def _steps(tries: list[Seen]) -> list[tuple[str, int]]:
    return [(seen.scheme, seen.status) for seen in tries]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """The shape of request that a third implementation of RFC 9421 reads."""

    method: str
    url: str
    headers: httpx.Headers


def _is_signed_by_the_book(seen: Seen, tap: Tap, *, key_of: str) -> bool:
    """Verify what is written down with an implementation that is neither ours nor Fedify's."""
    actor = httpx.get(key_of, headers=ACTIVITY_JSON).raise_for_status().json()
    pem = actor["publicKey"]["publicKeyPem"].encode()
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.RSA_V1_5_SHA256,
        key_resolver=MappingKeyResolver(public_keys={seen.key_id: pem}, private_keys={}),
    )
    url = f"{tap.url}{seen.target}"
    request = _Request(method=seen.method, url=url, headers=httpx.Headers(seen.headers))
    (verified,) = verifier.verify(
        request, body=seen.body, require_components=("@method", "@target-uri", "content-digest")
    )
    return bool(verified.body == seen.body)


@pytest.mark.parametrize("scheme", ["rfc9421", "cavage"])
def test_what_the_peer_signs_in_either_way_is_taken_at_once(
    site: FedreviewProcess, peer: Peer, page: Page, to_site: Tap, scheme: str
) -> None:
    peer.call("knock", origin=site.base_url, first=SPECS[scheme])

    reply = peer.call("reply", to=page.ap_id, content=f"Signed with {scheme}.")

    (knock,) = to_site.delivered(f"{reply['id']}#create")
    assert (knock.scheme, knock.status) == (scheme, 202)
    assert knock.key_id == f"{peer.actor()}#main-key"
    assert (
        set(knock.covered)
        >= {
            "cavage": {"(request-target)", "host", "date", "digest"},
            "rfc9421": {"@method", "@target-uri", "content-digest"},
        }[scheme]
    )
    assert scheme == "cavage" or _is_signed_by_the_book(knock, to_site, key_of=peer.actor())
    assert page.reply(f"Signed with {scheme}.")
    assert peer.call("spec", origin=site.base_url)["spec"] == SPECS[scheme]


def _without_digest(headers: Headers) -> Headers:
    return [pair for pair in headers if pair[0].lower() != "digest"]


def _with_another_date(headers: Headers) -> Headers:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=1), usegmt=True)
    return [(name, later if name.lower() == "date" else value) for name, value in headers]


MEDDLERS = {"cavage": _without_digest, "rfc9421": _with_another_date}
"""For each scheme a proxy that breaks what Fedify signs of its own accord."""


@pytest.mark.parametrize("first", ["cavage", "rfc9421"])
def test_a_refusal_tells_the_peer_how_to_sign_so_that_it_gets_through(
    site: FedreviewProcess, peer: Peer, page: Page, meddler: Tap, first: str
) -> None:
    peer.call("knock", origin=site.base_url, first=SPECS[first])
    meddler.meddle = MEDDLERS[first]

    text = f"Past a proxy, {first} first."
    reply = peer.call("reply", to=page.ap_id, content=text, proved=False)

    tries = meddler.delivered(f"{reply['id']}#create")
    assert _steps(tries) == [(first, 401), ("rfc9421", 202)]
    assert tries[0].answer["Accept-Signature"] == ASKED_FOR
    assert tries[1].covered == ["@method", "@target-uri", "content-digest"]
    assert page.reply(text)
    assert peer.call("spec", origin=site.base_url)["spec"] == "rfc9421"


def test_what_we_sign_first_is_taken_and_verified(
    site: FedreviewProcess, peer: Peer, desk: httpx.Client, reader: httpx.Client, to_peer: Tap
) -> None:
    follow = peer.call("follow", actor=site.actor_id)
    peer.wait_for("Accept", is_about(follow["id"]))

    page = written(desk, reader, "Clay, sent")

    create = peer.wait_for("Create", is_about(page.ap_id))
    (knock,) = to_peer.delivered(create["id"])
    assert (knock.scheme, knock.status) == ("cavage", 202)
    assert knock.key_id == f"{site.actor_id}#main-key"
    assert set(knock.covered) == {"(request-target)", "host", "date", "digest", "content-type"}
    assert create["signature"] == {"scheme": "cavage", "valid": True, "key": knock.key_id}


def test_a_server_that_reads_rfc_9421_alone_is_knocked_at_again_and_then_remembered(
    site: FedreviewProcess, strict: Peer, desk: httpx.Client, reader: httpx.Client, to_strict: Tap
) -> None:
    follow = strict.call("follow", actor=site.actor_id)
    accept = strict.wait_for("Accept", is_about(follow["id"]))
    first = to_strict.delivered(accept["id"])

    page = written(desk, reader, "Clay, for the strict")
    create = strict.wait_for("Create", is_about(page.ap_id))
    second = to_strict.delivered(create["id"])
    site.restart()
    assert desk.post(form_of(page) + "/delete").status_code == 303
    assert desk.post(form_of(page) + "/delete-now").status_code == 303
    delete = strict.wait_for("Delete", is_about(page.ap_id))
    third = to_strict.delivered(delete["id"])

    assert _steps(first) == [("cavage", 401), ("rfc9421", 202)]
    assert _steps(second) == _steps(third) == [("rfc9421", 202)]
    key = f"{site.actor_id}#main-key"
    for got in (accept, create, delete):
        assert got["signature"] == {"scheme": "rfc9421", "valid": True, "key": key}
    assert second[0].covered == ["@method", "@target-uri", "content-digest"]
    assert _is_signed_by_the_book(second[0], to_strict, key_of=site.actor_id)


def test_a_number_that_a_server_asks_for_is_signed(
    site: FedreviewProcess, curious: Peer, to_curious: Tap
) -> None:
    follow = curious.call("follow", actor=site.actor_id)

    accept = curious.wait_for("Accept", is_about(follow["id"]))

    tries = to_curious.delivered(accept["id"])
    assert _steps(tries) == [("cavage", 401), ("rfc9421", 401), ("rfc9421", 202)]
    asked = re.search(r'nonce="([^"]+)"', tries[1].answer["Accept-Signature"])
    assert asked
    assert f'nonce="{asked[1]}"' in tries[2].header("signature-input")
    assert tries[2].covered == ["@method", "@target-uri", "@authority", "content-digest"]


@pytest.mark.parametrize(("server", "scheme"), [("wary", "cavage"), ("strict", "rfc9421")])
def test_documents_are_fetched_in_the_name_of_the_site(
    request: pytest.FixtureRequest, site: FedreviewProcess, server: str, scheme: str
) -> None:
    peer: Peer = request.getfixturevalue(server)
    tap: Tap = request.getfixturevalue(f"to_{server}")
    follow = peer.call("follow", actor=site.actor_id, **{"as": "carol"})
    peer.wait_for("Accept", is_about(follow["id"]))

    fetches = [seen for seen in tap.fetches(peer.actor("carol")) if seen.key_id]
    unsigned = httpx.get(peer.actor("carol"), headers=ACTIVITY_JSON)

    *refused, (last, status) = _steps(fetches)
    assert (last, status) == (scheme, 200)
    assert set(refused) <= {("cavage", 401)}
    assert {seen.key_id for seen in fetches} == {f"{site.base_url}/actor#main-key"}
    assert unsigned.status_code == 401


def test_new_keys_are_brought_by_the_old_ones_and_believed_from_then_on(
    site: FedreviewProcess, peer: Peer, desk: httpx.Client, reader: httpx.Client
) -> None:
    follow = peer.call("follow", actor=site.actor_id)
    peer.wait_for("Accept", is_about(follow["id"]))

    site.run("keys", "rotate", site.author)
    update = peer.wait_for("Update", is_about(site.actor_id))
    creates: list[Received] = []

    def is_signed_anew() -> bool:
        page = written(desk, reader, f"Clay, number {len(creates)}")
        creates.append(peer.wait_for("Create", is_about(page.ap_id)))
        return bool(creates[-1]["signature"]["key"] != f"{site.actor_id}#main-key")

    assert eventually(is_signed_anew)
    known = peer.call("fetch", url=site.actor_id)["document"]["publicKey"]
    assert update["signature"]["key"] == f"{site.actor_id}#main-key"
    assert update["document"]["object"]["publicKey"] == known
    assert creates[-1]["signature"]["key"] == known["id"]
    assert all(got["signature"]["valid"] for got in (update, *creates))
    assert {got["proof"] for got in creates} == {"valid"}
