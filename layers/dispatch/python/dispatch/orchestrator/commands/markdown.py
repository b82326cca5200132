"""Markdown made of what others wrote: their text stays text."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from dispatch.issues import IssueCard
from dispatch.runs import RunSummary

SPECIAL = re.compile(r"([\\*_\[\]<>|~#])")


def plain(text: str, *, most: int = 300) -> str:
    """Somebody else's text on one line, with nothing in it that markdown or HTML would act on; code loses its backticks."""
    line = " ".join(text.replace("`", "").split())
    line = line if len(line) <= most else line[:most] + "…"
    return SPECIAL.sub(r"\\\1", line)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are markdown already."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def issue_table(cards: Sequence[IssueCard]) -> str:
    """Issues, one a line."""
    rows = [(card.identifier, plain(card.title), card.status.name, card.priority, waits_for(card)) for card in cards]
    return table(("Issue", "Title", "Status", "Priority", "Now"), rows)


def waits_for(card: IssueCard) -> str:
    """What is going on with an issue, in a few words."""
    if card.running:
        return f"{card.running.workflow} {card.running.state}"
    if card.plan_waiting:
        return "plan waits for you"
    return "question waits for you" if card.question_waiting else ""


def run_table(summaries: Sequence[RunSummary]) -> str:
    """Runs, one a line."""
    rows = [
        (
            run.identifier,
            run.workflow,
            run.outcome or run.state,
            usd(cost_of(run)),
            clock(run.created_at),
            plain(run.summary or run.last_line or "", most=120),
        )
        for run in summaries
    ]
    return table(("Issue", "Workflow", "Outcome", "Cost", "Asked for", "Last words"), rows)


def cost_of(run: RunSummary) -> Decimal | None:
    """What the run cost, or has cost so far; None where nobody knows."""
    return run.cost_usd if run.cost_usd is not None else run.metered_usd


def usd(amount: Decimal | None) -> str:
    """An amount in dollars and cents; "unknown" is not nothing."""
    return "unknown" if amount is None else f"${amount:.2f}"


def clock(at: datetime) -> str:
    """A moment, to the minute, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M")
