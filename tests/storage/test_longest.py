"""The longest names that strangers may give to things: each has to fit into every index."""

import random
from dataclasses import replace

from fedreview.activitypub.origin import LONGEST_ADDRESS, LONGEST_ID, find_origin
from fedreview.storage import approvals, arrivals, copies, errands, quotes, reactions, threads
from fedreview.storage.approvals import Approval
from fedreview.storage.arrivals import NewArrival
from fedreview.storage.copies import CopyKind
from fedreview.storage.database import Database
from fedreview.storage.errands import ErrandKind
from fedreview.storage.quotes import Quote
from fedreview.storage.reactions import ReactionKind
from tests.factories import NOON, a_note

CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def an_address(size: int, seed: int) -> str:
    """Make an address of so many bytes that no database can press into less."""
    start = "https://social.example/"
    chosen = random.Random(seed).choices(CHARACTERS, k=size - len(start))
    address = start + "".join(chosen)
    assert find_origin(address)
    return address


def test_the_longest_names_fit_side_by_side(database: Database) -> None:
    one, two, three = (an_address(LONGEST_ID, seed) for seed in range(3))
    arrival = NewArrival(
        activity=one, actor=two, type="Like", body=b"{}", now=NOON, sender="social.example"
    )
    approval = Approval(
        id="a", object=one, interacting=two, actor=three, request="", created_at=NOON
    )

    with database.transaction() as tx:
        arrivals.add(tx, arrival)
        reactions.add(tx, activity=one, kind=ReactionKind.QUOTE, actor=two, object=three, now=NOON)
        quotes.add(tx, Quote(id="q", object=one, quoting=two, actor=three, created_at=NOON))
        approvals.add(tx, approval)

    with database.snapshot() as tx:
        assert arrivals.count(tx) == {"waiting": 1}


def test_the_longest_addresses_fit_alone(database: Database) -> None:
    address, name = an_address(LONGEST_ADDRESS, 1), an_address(LONGEST_ID, 2)
    note = replace(a_note(), uri=name, in_reply_to=name, actor=name, context=address)

    with database.transaction() as tx:
        copies.ask(tx, address, CopyKind.PICTURE, host="social.example", now=NOON)
        errands.add(tx, ErrandKind.REPLIES, address, now=NOON)
        threads.add(tx, note)

    with database.snapshot() as tx:
        assert threads.find(tx, name) == note
