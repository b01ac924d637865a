"""Our copies of people's pictures, and of whose pages show any."""

from collections.abc import Iterable

from sqlalchemy import or_, select, update

from fedreview.storage import reactions
from fedreview.storage.database import Transaction
from fedreview.storage.sight import in_sight
from fedreview.storage.tables import ActorRow, FollowerRow, FollowingRow, NoteRow


def is_shown(tx: Transaction, id: str) -> bool:
    """Tell whether pages show this person.

    As a writer in a thread, a follower, followed, or among the first who reacted to something.
    """
    writes = select(NoteRow.id).where(NoteRow.actor == id, *in_sight())
    follows = select(FollowerRow.id).where(FollowerRow.actor == id)
    is_followed = select(FollowingRow.id).where(FollowingRow.actor == id)
    is_veiled = select(ActorRow.id).where(ActorRow.id == id, ActorRow.veiled.is_(True))
    is_somebody = or_(writes.exists(), follows.exists(), is_followed.exists())
    if tx.scalar(select(is_veiled.exists())):
        return False
    return bool(tx.scalar(select(is_somebody))) or reactions.is_early(tx, id)


def set_avatar(tx: Transaction, id: str, name: str, *, of: str) -> None:
    """Note our copy of somebody's picture, unless they have another picture by now.

    of: the address that it was made from.
    """
    tx.execute(
        update(ActorRow)
        .where(ActorRow.id == id, ActorRow.icon_url == of)
        .values(avatar=name, avatar_of=of)
    )


def list_avatars(tx: Transaction) -> set[str]:
    """Read the names of all copies of pictures that somebody has."""
    return set(tx.scalars(select(ActorRow.avatar).where(ActorRow.avatar != "").distinct()))


def drop_avatars(tx: Transaction, names: Iterable[str]) -> None:
    """Forget these copies; they are made anew when their people do something again."""
    tx.execute(
        update(ActorRow).where(ActorRow.avatar.in_(list(names))).values(avatar="", avatar_of="")
    )
