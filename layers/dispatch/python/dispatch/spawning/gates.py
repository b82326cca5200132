"""The gates, in order, as one pure function of the facts, the limits and the moment. The first that speaks decides."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from dispatch.kit.settings import Limits
from dispatch.runs import workflow_named
from dispatch.spawning.fact_shapes import Facts, Ruling, Verdict
from dispatch.spawning.limit_shapes import BreakerScope
from dispatch.spawning.measures import CENT, ceiling_usd, days, needed_occurrences, places, purses, reserve_usd, resting, tries_at, usd

Said = Ruling | None
Gate = Callable[[Facts, Limits, datetime], Said]
DEPLOYS_FOR = timedelta(minutes=30)  # one that takes longer hangs, or its end was never told
NIGHT = "It starts after 00:00 UTC."
RAISED = "It starts when the limit is raised."


def decide(facts: Facts, limits: Limits, now: datetime) -> Ruling:
    """Admitted, waits or refused, with the reason in a sentence. The same facts, limits and moment always give the same ruling."""
    for gate in GATES:
        if not (facts.forced_because and gate in PACING) and (ruling := gate(facts, limits, now)):
            return ruling
    title = workflow_named(facts.workflow).title.lower()
    forced = f" Forced: {facts.forced_because}" if facts.forced_because else ""
    return Ruling(
        verdict=Verdict.ADMITTED,
        reason=f"Every gate is open for {title} of {facts.issue}.{forced}",
        reserve_usd=reserve_usd(facts, limits),
    )


def kill_switch(facts: Facts, limits: Limits, _now: datetime) -> Said:
    """Gate 1: somebody stopped everything, or what this belongs to. What waited already keeps its place until it opens."""
    if not facts.kill_switch:
        return None
    reason, would_turn = f"The kill switch is closed: {facts.kill_switch}", "Open the kill switch."
    if facts.queued:
        return _waits(facts, limits, "kill_switch", reason, would_turn)
    return _refused(facts, limits, "kill_switch", reason, would_turn)


def issue_is_free(facts: Facts, limits: Limits, _now: datetime) -> Said:
    """Gate 2: the issue is open, and no other run of it is unfinished or waiting."""
    if not facts.issue_open:
        return _refused(facts, limits, "issue", f"{facts.issue} is closed.", f"Move {facts.issue} to an open status.")
    if facts.unfinished_run:
        reason = f"{facts.issue} has an agent already: {facts.unfinished_run}."
        return _refused(facts, limits, "issue", reason, "Wait until that run ends, or cancel it.")
    if facts.waiting_spawn:
        return _refused(facts, limits, "issue", f"{facts.issue} waits for an agent already.", "Wait for that spawn, or withdraw it.")
    return None


def preconditions(facts: Facts, limits: Limits, now: datetime) -> Said:
    """Gate 3: what the workflow needs to begin with."""
    if facts.workflow == "prd-implement":
        if facts.plan_approved_at is None:
            return _refused(facts, limits, "precondition", f"{facts.issue} has no approved plan to implement.", "Approve a plan first.")
        stands = timedelta(days=limits.plan_approval_days)
        if stands and now - facts.plan_approved_at > stands:
            reason = f"The plan of {facts.issue} was approved more than {_spell(stands)} ago; the code has moved on since."
            return _refused(facts, limits, "precondition", reason, "Investigate again, and approve the new plan.")
    if facts.workflow == "qa-test" and not facts.has_work_to_test:
        reason = f"{facts.issue} has neither a plan nor a branch to test."
        return _refused(facts, limits, "precondition", reason, "Investigate or implement it first.")
    return None


def handed_over(facts: Facts, limits: Limits, _now: datetime) -> Said:
    """Before the pace too: what agents failed at again and again starts nothing by itself any more."""
    if facts.cause is None or facts.failed_in_a_row is None:
        return None
    reason = f"Agents failed at this error {_times(facts.failed_in_a_row)} in a row: it is handed over to a person."
    return _refused(facts, limits, "handed_over", reason, "Ask for it yourself; a run that ends well takes it back.")


def breaker(facts: Facts, limits: Limits, now: datetime) -> Said:
    """Before the pace: what failed several times in a row rests, then one small run may try, and the rest wait for how it goes."""
    for one in resting(facts, limits):
        what = f"{workflow_named(one.value).title} runs" if one.scope is BreakerScope.WORKFLOW else "Runs of this error"
        failed = f"{what} failed {one.failures} times in a row."
        if now < (moment := tries_at(one, limits)):
            would_turn = f"One small run may try after {_clock(moment)} (UTC), or a person resets the breaker."
            return _waits(facts, limits, "breaker", failed, would_turn)
        if one.probing:
            return _waits(facts, limits, "breaker", f"{failed} One run tries now.", "It starts when that run ends well.")
    return None


def fix_under_way(facts: Facts, limits: Limits, _now: datetime) -> Said:
    """Before gate 4: where a fix is on its way already, nobody writes a second one by themselves."""
    if facts.cause is None or facts.fix_under_way is None:
        return None
    would_turn = "It starts when that one is closed or does not hold, or when a person asks for it."
    return _waits(facts, limits, "fix_under_way", f"{facts.fix_under_way}.", would_turn)


def cooldown(facts: Facts, limits: Limits, now: datetime) -> Said:
    """Gate 4: an error that had a run a while ago starts no other by itself."""
    if facts.cause is None or facts.family_started_at is None:
        return None
    until = facts.family_started_at + timedelta(hours=limits.spawn_cooldown_hours)
    if now >= until:
        return None
    hours = "an hour" if limits.spawn_cooldown_hours == 1 else f"{limits.spawn_cooldown_hours} hours"
    reason = f"This error had a run less than {hours} ago."
    return _waits(facts, limits, "cooldown", reason, f"It starts after {_clock(until)} (UTC), or when a person asks for it.")


def occurrences(facts: Facts, limits: Limits, now: datetime) -> Said:
    """Gate 5: an error was seen often enough, and long enough ago not to have healed by itself."""
    cause = facts.cause
    if cause is None:
        return None
    needed = needed_occurrences(cause, limits)
    if cause.occurrences < needed:
        reason = f"It was seen {_times(cause.occurrences)}; it takes {needed}."
        return _waits(facts, limits, "occurrences", reason, f"It starts when it is seen {_times(needed - cause.occurrences)} more.")
    due = cause.seen_at + timedelta(minutes=limits.spawn_delay_minutes)
    if now < due and cause.source not in limits.immediate_spawn_sources:
        return _waits(facts, limits, "occurrences", "It may heal by itself yet.", f"It starts after {_clock(due)} (UTC).")
    return None


def deployment(facts: Facts, limits: Limits, now: datetime) -> Said:
    """Gate 5 too: while something is being deployed, errors come that leave with it."""
    cause = facts.cause
    if cause is None or facts.deploying_since is None or cause.source in limits.immediate_spawn_sources:
        return None
    until = facts.deploying_since + DEPLOYS_FOR
    if now >= until:
        return None
    would_turn = f"It starts after {_clock(until)} (UTC), or when the deployment ends."
    return _waits(facts, limits, "deployment", "A deployment is in progress; it may heal.", would_turn)


def concurrency(facts: Facts, limits: Limits, _now: datetime) -> Said:
    """Gate 6: how many agents may run at once, of this bucket and in all."""
    for place in places(facts, limits):
        if place.taken >= place.allowed:
            reason = f"{place.taken} of {place.allowed} {place.kind}agents are running."
            few = place.taken - place.allowed + 1
            would_turn = f"It starts when {'one of them ends' if few == 1 else f'{few} of them end'}." if place.allowed else RAISED
            return _waits(facts, limits, "concurrency", reason, would_turn, waits_for=place.resource)
        if place.resource in facts.held:
            reason = f"The next free place for {place.kind}agents belongs to a spawn ahead in the queue."
            return _waits(facts, limits, "concurrency", reason, "It starts when its turn comes.", waits_for=place.resource)
    return None


def daily_spawns(facts: Facts, limits: Limits, _now: datetime) -> Said:
    """Gate 7: how many runs a day, of this bucket and in all."""
    for day in days(facts, limits):
        if day.taken >= day.allowed:
            reason = f"{day.taken} of {day.allowed} {day.kind}runs of today have started."
            return _waits(facts, limits, "daily_spawns", reason, NIGHT if day.allowed else RAISED, waits_for=day.resource)
        if day.resource in facts.held:
            reason = f"Today's last {day.kind}runs belong to spawns ahead in the queue."
            return _waits(facts, limits, "daily_spawns", reason, "It starts when its turn comes.", waits_for=day.resource)
    return None


def money(facts: Facts, limits: Limits, _now: datetime) -> Said:
    """Gate 8: what is reserved, what is settled today, and this run's reserve fit under each of the day's limits together."""
    reserve, most = reserve_usd(facts, limits), ceiling_usd(facts.workflow, limits)
    if reserve > most:
        reason = f"It asks for {usd(reserve)}, and one {facts.workflow} run may cost {usd(most)}."
        return _refused(facts, limits, "money", reason, _ask_for_less(most))
    for purse in purses(facts, limits):
        if reserve > purse.limit:
            reason = f"It needs {usd(reserve)} set aside, and a whole day has only {usd(purse.limit)}{purse.whose}."
            return _refused(facts, limits, "money", reason, _ask_for_less(purse.limit))
        if (over := purse.used + reserve - purse.limit) > 0:
            reason = f"Today {purse.told}{purse.whose}; with {usd(reserve)} more it would pass {usd(purse.limit)}."
            would_turn = f"It starts when {usd(over, ROUND_UP)} is free: a run ends below its cap, or the day does."
            return _waits(facts, limits, "money", reason, would_turn, waits_for=purse.resource)
        if purse.resource in facts.held:
            reason = f"The money that is left today{purse.whose} belongs to a spawn ahead in the queue."
            return _waits(facts, limits, "money", reason, "It starts when its turn comes.", waits_for=purse.resource)
    return None


def review_capacity(facts: Facts, limits: Limits, _now: datetime) -> Said:
    """Gate 9: people can only review so much; what nobody asked for waits for them."""
    if facts.cause is None or not limits.max_waiting_reviews or facts.waiting_reviews < limits.max_waiting_reviews:
        return None
    reason = f"{facts.waiting_reviews} plans and patches wait for people; at {limits.max_waiting_reviews} nothing starts by itself."
    few = facts.waiting_reviews - limits.max_waiting_reviews + 1
    would_turn = f"It starts when somebody has decided on {'one' if few == 1 else few} of them, or when a person asks for it."
    return _waits(facts, limits, "review_capacity", reason, would_turn)


GATES: tuple[Gate, ...] = (
    kill_switch,
    issue_is_free,
    preconditions,
    handed_over,
    breaker,
    fix_under_way,
    cooldown,
    occurrences,
    deployment,
    concurrency,
    daily_spawns,
    money,
    review_capacity,
)
# What `force_because` passes: a person who forces a run asks for it.
PACING = {handed_over, breaker, fix_under_way, cooldown, occurrences, deployment, concurrency, daily_spawns, review_capacity}


def _refused(facts: Facts, limits: Limits, gate: str, reason: str, would_turn: str) -> Ruling:
    reserve = reserve_usd(facts, limits)
    return Ruling(verdict=Verdict.REFUSED, gate=gate, reason=reason, would_turn=would_turn, reserve_usd=reserve)


def _waits(facts: Facts, limits: Limits, gate: str, reason: str, would_turn: str, *, waits_for: str | None = None) -> Ruling:
    reserve = reserve_usd(facts, limits)
    return Ruling(verdict=Verdict.WAITS, gate=gate, reason=reason, would_turn=would_turn, waits_for=waits_for, reserve_usd=reserve)


def _ask_for_less(most: Decimal) -> str:
    rounded = most.quantize(CENT, ROUND_DOWN)
    return f"Ask with a cap of at most {usd(rounded)}." if rounded else "Ask again when the limit is raised."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M on %d %B}"


def _spell(span: timedelta) -> str:
    return "a day" if span.days == 1 else f"{span.days} days"
