"""What no answer for everybody is made of: the tables whose changes leave kept answers standing."""

import re
from typing import Any

import pytest
from sqlalchemy import event

from fedreview.storage.showing import NEVER_SHOWN
from tests.fediverse import PretendActor
from tests.stories.site import Site, follow
from tests.stories.test_spoilers import filled, public_paths

pytestmark = pytest.mark.anyio

READ = re.compile(rf'\b(?:FROM|JOIN)\s+"?({"|".join(sorted(NEVER_SHOWN))})\b')


async def test_no_public_address_reads_what_is_never_shown(site: Site, alice: PretendActor) -> None:
    await follow(site, alice)
    review = await site.publish(tags="Cyberpunk")
    await site.settle()
    note = alice.note("I liked it", in_reply_to=review.uri)
    await alice.send(site.inbox, alice.create(note))
    await site.settle()
    page = await site.page(review.path)
    work = str(page.select_one(".eyebrow a, a.h-product, .p-item a")["href"])  # type: ignore[index]
    reply = str(page.select_one(".reply")["id"]).removeprefix("reply-")  # type: ignore[index]
    read: list[str] = []

    def note_statement(_: Any, __: Any, statement: str, *___: Any) -> None:
        read.append(statement)

    event.listen(site.parts.database.engine, "before_cursor_execute", note_statement)
    for path in public_paths():
        for address in filled(path, site, review, work.rpartition("/")[2], reply):
            for accept in ("text/html", "application/activity+json"):
                await site.reader.get(address, headers={"Accept": accept})

    assert len(read) > 100
    assert {statement for statement in read if READ.search(statement)} == set()
