"""The shapes of looking back: the ledger as people read it, figures by day and by workflow, forecasts, and what a sweep has done."""

from datetime import date, datetime
from uuid import UUID

from dispatch.kit.shapes import Money, Shape
from dispatch.spawning.shapes import CustomerRef


class LedgerRow(Shape):
    """One line of the ledger. `identifier` None: the issue is gone, its money is not."""

    id: int
    at: datetime
    day: date
    kind: str
    amount_usd: Money
    run_id: UUID
    generation: int
    identifier: str | None
    workflow: str
    customer: CustomerRef | None
    note: str


class LedgerTotals(Shape):
    """What the lines come to: what is spent, and what is still set aside for runs that have not ended."""

    settled_usd: Money
    reserved_usd: Money


class LedgerPage(Shape):
    """Lines of the ledger, newest first; the totals are of all pages together."""

    items: list[LedgerRow]
    next_cursor: str | None
    totals: LedgerTotals


class DayFigures(Shape):
    """One day (UTC): runs admitted, money settled, runs ended by outcome, patches accepted, and those published."""

    day: date
    runs: int
    settled_usd: Money
    outcomes: dict[str, int]
    patches: int
    published: int


class WorkflowFigures(Shape):
    """One workflow over the days: runs admitted and money settled; medians are of the runs that ended by themselves.

    `completed` have done what they were for (or found nothing to do); `failed` have failed or were lost.
    """

    workflow: str
    runs: int
    settled_usd: Money
    median_usd: Money | None
    median_s: float | None
    completed: int
    failed: int
    patches: int


class Stats(Shape):
    """The last days, today included. `cost_per_patch_usd` is all that was settled over the patches published; None without one.

    `not_spent_usd` is what runs would likely have cost whose errors healed before they started.
    """

    days: int
    by_day: list[DayFigures]
    by_workflow: list[WorkflowFigures]
    cost_per_patch_usd: Money | None
    not_spent_usd: Money


class Cleaned(Shape):
    """What a sweep has done: runs ended as lost, runs sent to the spawner again, waiting spawns that wait no more."""

    lost: int
    resent: int
    offered: int


class EndedRun(Shape):
    """What a run that ended by itself cost, and how long its agent worked."""

    cost_usd: Money
    seconds: float


class Forecast(Shape):
    """What a run will likely cost and take: the median, and what nine in ten stay within.

    `runs` of the workflow ended by themselves, and this comes from them; `likely_between` holds the true median of costs with 90 %
    certainty. All figures are None until there are `enough`.
    """

    workflow: str
    runs: int
    enough: bool
    likely_usd: Money | None = None
    high_usd: Money | None = None
    likely_s: float | None = None
    high_s: float | None = None
    likely_between: tuple[Money, Money] | None = None
    sentence: str
