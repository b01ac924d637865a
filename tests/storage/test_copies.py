"""Copies of others' pictures are found by address, and forgotten when nothing uses them."""

from dataclasses import replace
from datetime import timedelta

from fedreview.domain.extras import Attachment, Emoji, Extras
from fedreview.storage import accounts, actors, copies, reactions, threads
from fedreview.storage.copies import CopyKind
from fedreview.storage.database import Database
from fedreview.storage.reactions import ReactionKind
from tests.factories import NOON, a_note, a_remote_actor

CAT = "https://social.example/cat.png"
DOG = "https://cdn.social.example/dog.png"
DUNE = "https://notsocial.example/dune.jpg"


def keep(database: Database, *urls: str, file: str = "a.webp") -> None:
    """Make copies that all have the same content."""
    with database.transaction() as tx:
        for url in urls:
            place = url.split("/")[2]
            copies.ask(tx, url, CopyKind.EMOJI, host=place, now=NOON)
            copies.keep(tx, url, file, width=64, height=64, now=NOON)


def version(database: Database) -> str | None:
    with database.snapshot() as tx:
        return accounts.find_setting(tx, copies.VERSION)


def test_only_what_has_been_copied_can_be_shown(database: Database) -> None:
    keep(database, CAT)
    with database.transaction() as tx:
        copies.ask(tx, DOG, CopyKind.PICTURE, host="cdn.social.example", now=NOON)

    with database.snapshot() as tx:
        found = copies.find_many(tx, [CAT, DOG, DUNE])
        known = copies.find_known(tx, [CAT, DOG, DUNE])
        waiting = copies.find(tx, DOG)

    assert found.keys() == {CAT}
    assert (found[CAT].path, found[CAT].width) == ("/media/copies/a.webp", 64)
    assert known.keys() == {CAT, DOG}
    assert waiting
    assert (waiting.kind, waiting.path) == (CopyKind.PICTURE, "")


def test_the_version_is_another_when_a_copy_comes_or_goes(database: Database) -> None:
    versions = [version(database)]
    keep(database, CAT, file="a.webp")
    versions.append(version(database))
    keep(database, DOG, file="b.webp")
    versions.append(version(database))
    with database.transaction() as tx:
        copies.drop(tx, [CAT], unused_since=NOON + timedelta(days=99))
    versions.append(version(database))
    with database.transaction() as tx:
        copies.drop_files(tx, ["b.webp"])
    versions.append(version(database))
    with database.transaction() as tx:
        copies.drop(tx, [], unused_since=NOON)
        copies.drop_files(tx, [])
        copies.drop_of(tx, "social.example")

    assert len(set(versions)) == len(versions)
    assert version(database) == versions[-1]


def test_a_server_is_forgotten_with_its_subdomains_and_no_other(database: Database) -> None:
    keep(database, CAT, DOG, DUNE)

    with database.transaction() as tx:
        gone = copies.drop_of(tx, "social.example")

    with database.snapshot() as tx:
        assert gone == 2
        assert copies.find_many(tx, [CAT, DOG, DUNE]).keys() == {DUNE}


def test_what_was_used_last_comes_first_and_each_file_once(database: Database) -> None:
    keep(database, CAT, DOG, file="old.webp")
    keep(database, DUNE, file="new.webp")
    with database.transaction() as tx:
        copies.touch(tx, [DUNE], now=NOON + timedelta(days=1))
        copies.doubt(tx, [CAT])

    with database.snapshot() as tx:
        assert copies.list_files(tx) == ("new.webp", "old.webp")
        assert copies.list_doubtful(tx, before=NOON) == (CAT,)
        assert copies.count_of_host(tx, "cdn.social.example") == 1


def test_notes_names_and_reactions_use_what_they_show(database: Database) -> None:
    emoji = Emoji(shortcode="cat", url=CAT)
    picture = Attachment(url=DUNE, media_type="image/jpeg")
    note = replace(a_note(), extras=Extras(emojis=(emoji,), attachments=(picture,)))
    person = replace(a_remote_actor(), emojis=(Emoji(shortcode="dog", url=DOG),))
    with database.transaction() as tx:
        threads.add(tx, note)
        actors.save(tx, person, [])
        reactions.add(
            tx,
            activity="https://social.example/1",
            kind=ReactionKind.LIKE,
            actor=person.id,
            object=note.uri,
            emoji="",
            now=NOON,
        )

    with database.snapshot() as tx:
        known = actors.find(tx, person.id)
        assert known
        assert known.emojis == person.emojis
        assert copies.list_used(tx, with_pictures=True) == {CAT, DOG, DUNE}
        assert copies.list_used(tx, with_pictures=False) == {CAT, DOG}
        assert copies.list_used_by(tx, note.actor) == {CAT, DUNE}
        assert copies.list_notes(tx, since=NOON - timedelta(days=9), limit=5) == (note,)
        assert copies.list_notes(tx, since=NOON + timedelta(days=9), limit=5) == ()
