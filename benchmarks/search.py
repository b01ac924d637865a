"""What a search costs with many reviews: milliseconds, and how many are found.

Run: .venv/bin/python benchmarks/search.py [NUMBER OF REVIEWS] [DATABASE URL]
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from fedreview.content.terms import wanted_from_text
from fedreview.domain.actor import Author, AuthorId
from fedreview.domain.rating import Rating, Scale
from fedreview.domain.review import Review, ReviewId, ReviewState
from fedreview.domain.tally import tally
from fedreview.domain.work import Work, WorkFacts, WorkId, WorkKind
from fedreview.storage import accounts, reviews, schema, search, works
from fedreview.storage import statistics as counts
from fedreview.storage.database import Database
from fedreview.storage.reviews import Filter
from fedreview.storage.search import Order, Question

ROUNDS = 15
WORDS = 20_000
NOW = datetime(2024, 5, 1, tzinfo=UTC)


def fill(database: Database, number: int) -> None:
    """Write reviews of 400 words, the frequent ones as frequent as in a language."""
    chance = random.Random(7)
    letters = "aeioulnrstkm"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(WORDS)]
    weights = [1 / rank for rank in range(1, WORDS + 1)]
    author = Author(id=AuthorId("a"), username="ana", name="Ana", summary="", created_at=NOW)
    with database.transaction() as tx:
        accounts.add_author(tx, author, password_hash="")
    scale = Scale()
    for start in range(0, number, 500):
        with database.transaction() as tx:
            for each in range(start, min(start + 500, number)):
                title = f"{chance.choice(words)} {each}"
                kind = chance.choice(list(WorkKind))
                facts = WorkFacts(kind=kind, title=title, year=1950 + each % 75)
                work = works.save(tx, WorkId(f"w{each}"), facts, slug=f"w{each}", cover=None)
                review = _review(each, author, work, chance.choices(words, weights, k=400))
                rating = None if each % 9 == 0 else _rating(scale, chance)
                reviews.save(tx, replace(review, title=title, rating=rating))


def _rating(scale: Scale, chance: random.Random) -> Rating:
    return Rating.parse(str(chance.randint(0, 20) / 2), scale)


def _review(each: int, author: Author, work: Work, words: list[str]) -> Review:
    return Review(
        id=ReviewId(f"r{each}"),
        slug=f"r{each}",
        author=author,
        work=work,
        state=ReviewState.PUBLISHED,
        title="",
        body=" ".join(words) + (" 攻殻機動隊" if each % 100 == 0 else ""),
        created_at=NOW,
        published_at=NOW + timedelta(hours=each),
        tags=(f"tag{each % 40}",),
    )


def measured(work: Callable[[], object]) -> tuple[float, object]:
    """Give the median of several rounds in milliseconds, with what was found."""
    spans = []
    found: object = None
    for _ in range(ROUNDS):
        start = time.perf_counter()
        found = work()
        spans.append(time.perf_counter() - start)
    return statistics.median(spans) * 1000, found


def main() -> None:
    """Print a table."""
    options = argparse.ArgumentParser(description="Measure searches and statistics.")
    options.add_argument("reviews", type=int, nargs="?", default=10_000)
    options.add_argument("url", nargs="?", help="an empty database; without it one of SQLite")
    chosen = options.parse_args()
    number: int = chosen.reviews
    with tempfile.TemporaryDirectory() as folder:
        url = chosen.url or f"sqlite:///{folder}/bench.sqlite3"
        database = Database(url)
        schema.upgrade(database)
        fill(database, number)
        table = Table("what", "ms", "found", title=f"{number:,} reviews, {url.partition(':')[0]}")
        with database.snapshot() as tx:
            [common] = tx.connection().exec_driver_sql("SELECT body FROM reviews LIMIT 1").one()
        words = common.split()
        rare = max(words, key=len)
        for name, query, more in (
            ("a frequent word", f"{min(words, key=len)} ", {}),
            ("a rare word", f"{rare} ", {}),
            ("two words", f"{words[0]} {words[1]} ", {}),
            ("the beginning of a word", words[0][:2], {}),
            ("a quotation", f'"{words[0]} {words[1]}"', {}),
            ("Japanese", "攻殻", {}),
            ("a word, newest first", f"{words[0]} ", {"order": Order.NEWEST}),
            ("filters alone", "", {"kind": WorkKind.FILM, "lowest": 8_000}),
        ):
            question = Question(wanted=wanted_from_text(query), **more)

            def ask(question: Question = question) -> int:
                with database.snapshot() as tx:
                    return search.find_reviews(tx, question, limit=12, skip=0)[1]

            span, found = measured(ask)
            table.add_row(name, f"{span:.1f}", str(found))

        def count() -> int:
            with database.snapshot() as tx:
                return tally(counts.heaps(tx, Filter())).total

        span, found = measured(count)
        table.add_row("all statistics", f"{span:.1f}", str(found))
        Console().print(table)
        database.close()


if __name__ == "__main__":
    main()
