"""An author's own likes and boosts are found again."""

from fedreview.storage import reactions
from fedreview.storage.database import Database
from fedreview.storage.reactions import Reaction, ReactionKind
from tests.factories import NOON, SITE

ME, OTHER = f"{SITE}/users/ana", "https://social.example/users/kim"


def test_what_somebody_likes_is_told_apart_from_what_they_boosted_and_from_others(
    database: Database,
) -> None:
    with database.transaction() as tx:
        for actor, kind, thing in (
            (ME, ReactionKind.LIKE, "one"),
            (ME, ReactionKind.BOOST, "two"),
            (OTHER, ReactionKind.LIKE, "two"),
        ):
            reactions.add(
                tx,
                activity=f"{actor}/{kind}",
                kind=kind,
                actor=actor,
                object=thing,
                emoji="",
                now=NOON,
            )

    with database.snapshot() as tx:
        given = reactions.list_given(tx, ME, ["one", "two", "three"])
        liked = reactions.find(tx, ReactionKind.LIKE, actor=ME, object="one")
        boosted = reactions.find(tx, ReactionKind.BOOST, actor=ME, object="one")

    assert given == {("one", ReactionKind.LIKE), ("two", ReactionKind.BOOST)}
    assert liked == Reaction(activity=f"{ME}/like", kind=ReactionKind.LIKE, created_at=NOON)
    assert boosted is None
