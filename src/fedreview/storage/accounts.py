"""Authors and their sessions, and what the site remembers about itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update

from fedreview.domain.actor import Author, AuthorId
from fedreview.errors import NotFound
from fedreview.storage.database import Transaction
from fedreview.storage.memory import read_once
from fedreview.storage.reviews import author_from_row
from fedreview.storage.tables import (
    AuthorRow,
    LoginFailureRow,
    SessionRow,
    SettingRow,
)
from fedreview.storage.upsert import add_new, put


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser, without its secret."""

    id: str
    author_id: AuthorId
    address: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime


def add_author(tx: Transaction, author: Author, *, password_hash: str) -> None:
    """Add a local author; the username must be free."""
    tx.add(
        AuthorRow(
            id=author.id,
            username=author.username,
            name=author.name,
            summary=author.summary,
            password_hash=password_hash,
            created_at=author.created_at,
            also_known_as="\n".join(author.also_known_as),
            moved_to=author.moved_to,
            shows_network=author.shows_network,
            **_manner(author),
        )
    )
    tx.flush()


def set_manner(tx: Transaction, author: Author) -> None:
    """Keep how the author writes: scale, legend, aspects, sign-off, time zone and picture."""
    tx.execute(update(AuthorRow).where(AuthorRow.id == author.id).values(**_manner(author)))


def _manner(author: Author) -> dict[str, object]:
    best, worst, step = author.scale.thousandths
    return {
        "scale_best": best,
        "scale_worst": worst,
        "scale_step": step,
        "legend": author.legend.text,
        "aspects": "\n".join(author.aspects),
        "sign_off": author.sign_off,
        "time_zone": author.time_zone,
        "avatar_name": author.avatar or None,
    }


def set_avatar(tx: Transaction, id: AuthorId, name: str) -> None:
    """Keep which picture the author has, by its file name, or ""."""
    tx.execute(update(AuthorRow).where(AuthorRow.id == id).values(avatar_name=name or None))


def update_author(
    tx: Transaction, id: AuthorId, *, name: str, summary: str, shows_network: bool
) -> None:
    """Change what the author says and shows of themselves."""
    tx.execute(
        update(AuthorRow)
        .where(AuthorRow.id == id)
        .values(name=name, summary=summary, shows_network=shows_network)
    )


def set_other_accounts(
    tx: Transaction, id: AuthorId, *, also_known_as: Iterable[str], moved_to: str
) -> None:
    """Keep which other accounts the author has, and to which of them they have gone, or ""."""
    tx.execute(
        update(AuthorRow)
        .where(AuthorRow.id == id)
        .values(also_known_as="\n".join(also_known_as), moved_to=moved_to)
    )


def set_password(tx: Transaction, id: AuthorId, password_hash: str) -> None:
    """Give the author another password and end every session."""
    tx.execute(update(AuthorRow).where(AuthorRow.id == id).values(password_hash=password_hash))
    tx.execute(delete(SessionRow).where(SessionRow.author_id == id))


def find_author(tx: Transaction, username: str) -> Author | None:
    """Look an author up by username, whatever its case."""
    row = tx.scalar(select(AuthorRow).where(func.lower(AuthorRow.username) == username.lower()))
    return author_from_row(row) if row else None


def get_author(tx: Transaction, username: str) -> Author:
    """Read an author by username. Raises NotFound."""
    author = find_author(tx, username)
    if author is None:
        raise NotFound("no such author")
    return author


@read_once
def find_author_by_id(tx: Transaction, id: str) -> Author | None:
    """Look an author up by id."""
    row = tx.get(AuthorRow, id)
    return author_from_row(row) if row else None


@read_once
def list_authors(tx: Transaction) -> tuple[Author, ...]:
    """Read all authors, the oldest first."""
    rows = tx.scalars(select(AuthorRow).order_by(AuthorRow.created_at, AuthorRow.id))
    return tuple(author_from_row(row) for row in rows)


def password_hash(tx: Transaction, id: AuthorId) -> str:
    """Read the Argon2id text that a password is checked against."""
    return tx.scalars(select(AuthorRow.password_hash).where(AuthorRow.id == id)).one()


def add_session(
    tx: Transaction, session: Session, *, token_hash: str, expires_at: datetime
) -> None:
    """Remember a browser that has just signed in."""
    tx.add(
        SessionRow(
            id=session.id,
            token_hash=token_hash,
            author_id=session.author_id,
            address=session.address,
            user_agent=session.user_agent,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            expires_at=expires_at,
        )
    )


def _session(row: SessionRow) -> Session:
    return Session(
        id=row.id,
        author_id=AuthorId(row.author_id),
        address=row.address,
        user_agent=row.user_agent,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
    )


def find_session(
    tx: Transaction, token_hash: str, *, now: datetime
) -> tuple[Session, Author] | None:
    """Look up who a valid session token belongs to."""
    found = tx.execute(
        select(SessionRow, AuthorRow)
        .join(AuthorRow, AuthorRow.id == SessionRow.author_id)
        .where(SessionRow.token_hash == token_hash, SessionRow.expires_at > now)
    ).first()
    return (_session(found[0]), author_from_row(found[1])) if found else None


def touch_session(tx: Transaction, id: str, *, now: datetime, expires_at: datetime) -> None:
    """Note that the session is in use, and let it live on."""
    tx.execute(
        update(SessionRow)
        .where(SessionRow.id == id)
        .values(last_seen_at=now, expires_at=expires_at)
    )


def list_sessions(tx: Transaction, author_id: AuthorId, *, now: datetime) -> tuple[Session, ...]:
    """Read the author's live sessions, last used first."""
    rows = tx.scalars(
        select(SessionRow)
        .where(SessionRow.author_id == author_id, SessionRow.expires_at > now)
        .order_by(SessionRow.last_seen_at.desc())
    )
    return tuple(_session(row) for row in rows)


def end_session(tx: Transaction, id: str, *, author_id: AuthorId) -> None:
    """Forget one session of this author."""
    tx.execute(delete(SessionRow).where(SessionRow.id == id, SessionRow.author_id == author_id))


def add_login_failure(tx: Transaction, subject: str, *, now: datetime) -> None:
    """Count a wrong password against a name or an address."""
    tx.add(LoginFailureRow(subject=subject, failed_at=now))


def login_failures(tx: Transaction, subject: str, *, since: datetime) -> int:
    """Count the wrong passwords since then."""
    return (
        tx.scalar(
            select(func.count())
            .select_from(LoginFailureRow)
            .where(LoginFailureRow.subject == subject, LoginFailureRow.failed_at > since)
        )
        or 0
    )


def forget_login_failures(tx: Transaction, subject: str) -> None:
    """Start again after a right password."""
    tx.execute(delete(LoginFailureRow).where(LoginFailureRow.subject == subject))


def find_setting(tx: Transaction, name: str) -> str | None:
    """Look up one thing that the site remembers."""
    return tx.scalar(select(SettingRow.value).where(SettingRow.name == name))


def find_settings(tx: Transaction, names: Iterable[str]) -> dict[str, str]:
    """Look several things up at once; what the site does not remember is left out."""
    rows = tx.execute(
        select(SettingRow.name, SettingRow.value).where(SettingRow.name.in_(list(names)))
    )
    return {name: value for name, value in rows}  # noqa: C416  (a Row is no pair to the types)


def all_settings(tx: Transaction) -> dict[str, str]:
    """Read everything the site remembers about itself."""
    return {row.name: row.value for row in tx.scalars(select(SettingRow))}


def set_setting(tx: Transaction, name: str, value: str) -> None:
    """Remember one thing."""
    put(tx, SettingRow, {"name": name, "value": value}, unique=["name"], renew=["value"])


def add_setting(tx: Transaction, name: str, value: str) -> bool:
    """Remember one thing unless it is there already; tells whether it was new."""
    return add_new(tx, SettingRow, {"name": name, "value": value})


def drop_setting(tx: Transaction, name: str) -> None:
    """Forget one thing."""
    tx.execute(delete(SettingRow).where(SettingRow.name == name))
