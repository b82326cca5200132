"""What a run will likely cost and take, from its workflow's own past. Ranks alone: costs are skewed, and nobody knows their shape."""

from math import ceil, comb
from statistics import median
from uuid import UUID

from dispatch import issues
from dispatch.kit.work import Work
from dispatch.runs import workflow_named
from dispatch.spawning import past_store
from dispatch.spawning.past_shapes import EndedRun, Forecast

ENOUGH = 10  # with fewer, no rank stands for 9 of 10
LATEST = 200  # older runs had other models and another repository
DOUBT = 0.1


def get_forecast(work: Work, ref: str | UUID, workflow: str) -> Forecast:
    """What a run of the workflow on the issue will likely cost and take. Raises IssueNotFound, UnknownWorkflow."""
    issues.get_issue_id(work, ref)
    workflow_named(workflow)
    return forecast_of(work, workflow)


def forecast_of(work: Work, workflow: str) -> Forecast:
    """What a run of the workflow will likely cost and take."""
    return forecast(workflow, past_store.select_ended(work.conn, workflow, limit=LATEST))


def forecast(workflow: str, ended: list[EndedRun]) -> Forecast:
    """The forecast from these runs; with fewer than ten it only says how many there are."""
    count = len(ended)
    title = workflow_named(workflow).title
    title = title if title.isupper() else title.lower()
    if count < ENOUGH:
        sentence = f"What {title} will cost is told once {ENOUGH} such runs have ended by themselves; {count or 'none'} so far."
        return Forecast(workflow=workflow, runs=count, enough=False, sentence=sentence)
    costs, seconds = sorted(run.cost_usd for run in ended), sorted(run.seconds for run in ended)
    high, rank = _rank_of_nine_in_ten(count) - 1, _rank_below_median(count) - 1
    likely_usd, likely_s, between = median(costs), median(seconds), (costs[rank], costs[-1 - rank])
    sentence = (
        f"Likely ${likely_usd:.2f} and {_spell(likely_s)}; nine in ten stay within ${costs[high]:.2f} and {_spell(seconds[high])}. "
        f"From the last {count} runs of {title}: the middle one lies between ${between[0]:.2f} and ${between[1]:.2f} (90 % sure)."
    )
    return Forecast(
        workflow=workflow,
        runs=count,
        enough=True,
        likely_usd=likely_usd,
        high_usd=costs[high],
        likely_s=likely_s,
        high_s=seconds[high],
        likely_between=between,
        sentence=sentence,
    )


def _rank_of_nine_in_ten(count: int) -> int:
    """The rank (from 1) that the next run stays within nine times in ten: there are `count + 1` places where it may fall."""
    return min(ceil(0.9 * (count + 1)), count)


def _rank_below_median(count: int) -> int:
    """The highest rank (from 1) such that the true median is below it, or above its mirror, in at most one case of ten."""
    rank, below = 1, 0.5**count
    while (below := below + comb(count, rank) * 0.5**count) <= DOUBT / 2:
        rank += 1
    return rank


def _spell(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
