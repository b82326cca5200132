"""From what is in the books to the facts that the gates go by. Pure, so that the past can be decided again."""

from decimal import Decimal
from uuid import UUID

from dispatch.runs import Bucket
from dispatch.spawning.fact_shapes import Asked, Books, Cause, ClosedSwitch, Facts, Held
from dispatch.spawning.limit_shapes import BreakerScope, SwitchScope


def facts_of(
    books: Books,
    asked: Asked,
    *,
    repository: str,
    cause: Cause | None = None,
    cap_usd: Decimal | None = None,
    forced_because: str | None = None,
    held: set[str] | None = None,
) -> Facts:
    """Everything the gates go by. `held` None means what the books say is wanted by spawns at least as urgent."""
    if held is None:
        held = {wanted.resource for wanted in books.wanted if wanted.band <= asked.band}
    return Facts(
        **asked.model_dump(include=FROM_ASKED),
        repository=repository,
        cause=_as_of_now(cause, asked),
        forced_because=forced_because,
        queued=asked.spawn_id is not None,
        kill_switch=_switch(books, asked, repository),
        breakers=[
            breaker.model_copy(update={"probing": any(_is_of(run, breaker.scope, breaker.value) for run in books.unfinished)})
            for breaker in books.breakers
            if breaker.value == (asked.workflow if breaker.scope is BreakerScope.WORKFLOW else asked.family)
        ],
        running_error=books.running(Bucket.ERROR),
        running_prd=books.running(Bucket.PRD),
        spawns_today_error=books.started_today(Bucket.ERROR),
        spawns_today_prd=books.started_today(Bucket.PRD),
        reserved_usd=sum((run.reserve_usd for run in books.unfinished), Decimal()),
        settled_usd=sum((spent.settled_usd for spent in books.today), Decimal()),
        workflow_usd=_used(books, workflow=asked.workflow),
        customer_usd=_used(books, customer_id=asked.customer_id) if asked.customer_id else Decimal(),
        asked_usd=cap_usd,
        held=sorted(held),
        deploying_since=books.deploying_since,
    )


FROM_ASKED = set(Asked.model_fields) & set(Facts.model_fields)


def _as_of_now(cause: Cause | None, asked: Asked) -> Cause | None:
    """What the spawn rests on, with how often it was seen by now."""
    if cause is None or asked.occurrences is None:
        return cause
    return cause.model_copy(update={"occurrences": asked.occurrences})


def _used(books: Books, *, workflow: str | None = None, customer_id: UUID | None = None) -> Decimal:
    """What is reserved, and settled today, for the workflow or the customer."""
    held = [run.reserve_usd for run in books.unfinished if workflow in {None, run.workflow} and customer_id in {None, run.customer_id}]
    spent = [one.settled_usd for one in books.today if workflow in {None, one.workflow} and customer_id in {None, one.customer_id}]
    return sum(held, Decimal()) + sum(spent, Decimal())


def _switch(books: Books, asked: Asked, repository: str) -> str | None:
    """Why the kill switch that concerns this was closed; None where none is."""
    mine = {
        SwitchScope.EVERYTHING: "",
        SwitchScope.WORKFLOW: asked.workflow,
        SwitchScope.REPOSITORY: repository,
        SwitchScope.FAMILY: asked.family,
    }
    return next((_sentence(switch) for switch in books.kill_switches if mine[switch.scope] == switch.value), None)


def _sentence(switch: ClosedSwitch) -> str:
    stopped = "everything is stopped" if switch.scope is SwitchScope.EVERYTHING else f"{switch.scope} {switch.value} is stopped"
    return f"{stopped} ({switch.reason.rstrip('.')})."


def _is_of(run: Held, scope: BreakerScope, value: str) -> bool:
    return value == (run.workflow if scope is BreakerScope.WORKFLOW else run.family)
