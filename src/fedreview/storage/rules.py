"""Words that make replies wait, or set them aside."""

from datetime import datetime

from sqlalchemy import delete, func, select

from fedreview.domain.moderation import Rule, Verdict
from fedreview.storage.database import Transaction
from fedreview.storage.memory import read_once
from fedreview.storage.moderation_tables import RuleRow
from fedreview.storage.upsert import put


def add(tx: Transaction, rule: Rule, *, now: datetime) -> None:
    """Keep a rule; one with the same words gets the new verdict."""
    new = {"id": rule.id, "phrase": rule.phrase, "verdict": rule.verdict, "created_at": now}
    put(tx, RuleRow, new, unique=["phrase"], renew=["verdict"])


def find(tx: Transaction, id: str) -> Rule | None:
    """Look a rule up."""
    row = tx.get(RuleRow, id)
    return _rule(row) if row else None


def find_by_phrase(tx: Transaction, phrase: str) -> Rule | None:
    """Look up the rule with exactly these words."""
    row = tx.scalar(select(RuleRow).where(RuleRow.phrase == phrase))
    return _rule(row) if row else None


def remove(tx: Transaction, id: str) -> None:
    """Forget a rule; what it has held stays held."""
    tx.execute(delete(RuleRow).where(RuleRow.id == id))


@read_once
def list_(tx: Transaction) -> tuple[Rule, ...]:
    """Read all rules, by their words."""
    return tuple(map(_rule, tx.scalars(select(RuleRow).order_by(RuleRow.phrase))))


def count(tx: Transaction) -> int:
    """Count them."""
    return tx.scalar(select(func.count()).select_from(RuleRow)) or 0


def _rule(row: RuleRow) -> Rule:
    return Rule(id=row.id, phrase=row.phrase, verdict=Verdict(row.verdict))
