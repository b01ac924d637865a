"""What a reader has to load for a review with a long conversation."""

import gzip
import random
from datetime import timedelta

import pytest

from fedreview.storage import actors, threads
from tests.factories import a_note, a_remote_actor
from tests.stories.site import Published, Site, soup

pytestmark = pytest.mark.anyio

REPLIES = 200
MOST_BYTES = 60_000

WORDS = """
    the ending corridor light slow nobody film manga city wall silence clay colour wrote think never
    again maybe after before watched twice because character music loved boring beautiful honest I
    you we they was is had not but and with of in on to from a that this which only still even more
""".split()  # noqa: SIM905  (a list of 57 words would take as many lines)


async def converse(site: Site, review: Published) -> None:
    """Let 200 people answer, each with words and a picture address of their own."""
    chance = random.Random(200)
    uris = [review.uri]
    with site.parts.database.transaction() as tx:
        for number in range(REPLIES):
            person = a_remote_actor(number)
            actors.save(tx, person, keys=())
            text = " ".join(chance.choices(WORDS, k=chance.randint(8, 70)))
            note = a_note(
                number,
                in_reply_to=chance.choice(uris),
                review_id=review.id,
                actor=person.id,
                html=f"<p>{text}</p>",
                published_at=site.parts.site.now() + timedelta(minutes=number),
            )
            threads.add(tx, note)
            uris.append(note.uri)


async def test_a_review_with_200_replies_is_light(site: Site, review: Published) -> None:
    await converse(site, review)

    answer = await site.reader.get(review.path)
    page = soup(answer)
    sheets = [await site.reader.get(str(link["href"])) for link in page.select("[rel=stylesheet]")]
    packed = [len(gzip.compress(each.content, 6)) for each in (answer, *sheets)]

    assert len(page.select(".reply")) == REPLIES
    assert sheets
    assert sum(packed) <= MOST_BYTES, packed
