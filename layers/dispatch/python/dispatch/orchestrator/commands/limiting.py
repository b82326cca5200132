"""Commands about limits: what is spent and of what, the policy, and the kill switch."""

from decimal import Decimal

from dispatch import spawning
from dispatch.kit.errors import BadInput
from dispatch.kit.work import Work
from dispatch.orchestrator.commands.acting import check_right
from dispatch.orchestrator.commands.markdown import clock, plain, table, usd
from dispatch.people import Caller, Right
from dispatch.spawning import BreakerNow, Fleet, KillSwitch, NewSwitch, Purse, SwitchScope

STOP = "`/stop everything REASON`, or `/stop workflow qa-test REASON`"


def spend(work: Work, _words: str, _caller: Caller) -> str:
    """Today's money, whose it is, and what the last week came to."""
    fleet, week = spawning.fleet(work), spawning.stats(work, days=7)
    today = fleet.spawns_today
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in fleet.outcomes_today.items()) or "none ended yet"
    spawns = " · ".join(f"{name} {used.used} of {used.total}" for name, used in (("errors", today.error), ("asked for", today.prd)))
    parts = [money(fleet)]
    if purses := [*fleet.money.by_workflow, *fleet.money.by_customer]:
        parts.append(table(("Of today", "Settled", "Reserved", "Limit"), map(_purse, purses)))
    parts.append(f"Runs today: {spawns}. Outcomes: {outcomes}. Days begin at 00:00 UTC.")
    settled = sum((day.settled_usd for day in week.by_day), Decimal())
    each = f", {usd(week.cost_per_patch_usd)} for each published patch" if week.cost_per_patch_usd else ""
    saved = f" {usd(week.not_spent_usd)} was not spent on errors that healed by themselves." if week.not_spent_usd else ""
    parts.append(f"The last 7 days: {usd(settled)} for {sum(day.runs for day in week.by_day)} runs{each}.{saved}")
    return "\n\n".join(parts)


def limits(work: Work, _words: str, _caller: Caller) -> str:
    """The policy in force."""
    policy = spawning.get_policy(work)
    because = f": {plain(policy.because)}" if policy.because else ""
    rows = [(name, plain(_written(value))) for name, value in policy.limits.model_dump(mode="json").items()]
    head = f"**Version {policy.version}**, by {plain(policy.changed_by.name)} on {clock(policy.changed_at)}{because}"
    return f"{head}\n\n{table(('Limit', 'Value'), rows)}"


def stop(work: Work, words: str, caller: Caller) -> str:
    """The kill switch is closed: nothing in its scope starts any more, and what runs in it is ended."""
    check_right(caller, Right.SPAWN, "stop agents")
    closed = spawning.close_switch(work, _read_stop(words), actor=caller.actor)
    ended = f"{closed.stopped} run{'' if closed.stopped == 1 else 's'} ended." if closed.stopped else "Nothing was running in it."
    return f"{_scope(closed)} is stopped. {ended} `/resume {_words(closed)}` opens it again; what waits keeps its place."


def resume(work: Work, words: str, caller: Caller) -> str:
    """The kill switch is open again, and what waited is offered."""
    check_right(caller, Right.ADMIN, "open a kill switch")
    closed = spawning.list_switches(work, closed=True)
    wanted = [switch for switch in closed if _words(switch) == words] if words else closed
    if len(wanted) != 1:
        raise BadInput(_which(closed))
    opened = spawning.open_switch(work, wanted[0].id, actor=caller.actor)
    return f"{_scope(opened)} may start again. What waits is offered now."


def money(fleet: Fleet) -> str:
    """Today's money in a sentence."""
    today = fleet.money
    spent = f"{usd(today.settled_usd)} settled, {usd(today.reserved_usd)} reserved"
    return f"Today: {spent}, {usd(today.left_usd)} left of {usd(today.limit_usd)}."


def stopped(fleet: Fleet) -> list[str]:
    """What is stopped, and what rests, a line each."""
    lines = [
        f"- **{_scope(switch)} is stopped** since {clock(switch.closed_at)} by {plain(switch.closed_by.name)}: {plain(switch.reason)}"
        f"{_quiet(switch)}"
        for switch in fleet.kill_switches
    ]
    if fleet.kill_switch and not any(switch.scope is SwitchScope.EVERYTHING for switch in fleet.kill_switches):
        lines.insert(0, "- **Everything is stopped** by the setting SPAWN_KILL_SWITCH.")
    return lines + [_breaker(breaker) for breaker in fleet.breakers if breaker.open]


def _read_stop(words: str) -> NewSwitch:
    scope, _, rest = words.partition(" ")
    scope = scope.lower()
    if scope not in set(SwitchScope):
        raise BadInput(f"Say what to stop and why: {STOP}.")
    value = ""
    if scope != SwitchScope.EVERYTHING:
        quoted = rest.strip().startswith('"')
        value, _, rest = rest.strip().removeprefix('"').partition('"' if quoted else " ")
    if not rest.strip() or len(rest.strip()) > 200 or len(value) > 300:
        raise BadInput(f"Say why, in at most 200 letters: {STOP}.")
    return NewSwitch(scope=SwitchScope(scope), value=value, reason=rest.strip())


def _which(closed: list[KillSwitch]) -> str:
    if not closed:
        return "No kill switch is closed. One that SPAWN_KILL_SWITCH closes is opened by that setting."
    return f"Say which: {', '.join(f'`/resume {_words(switch)}`' for switch in closed)}."


def _words(switch: KillSwitch) -> str:
    return f"{switch.scope} {switch.value}".strip()


def _scope(switch: KillSwitch) -> str:
    return "Everything" if switch.scope is SwitchScope.EVERYTHING else f"{switch.scope.capitalize()} {plain(switch.value)}"


def _quiet(switch: KillSwitch) -> str:
    if not switch.stopped:
        return ""
    quiet = f"quiet after {switch.quiet_s:.0f} s" if switch.quiet_s is not None else f"{switch.quiet} of them known to be quiet"
    return f" ({switch.stopped} ended, {quiet})"


def _breaker(breaker: BreakerNow) -> str:
    tries = f"one small run may try after {clock(breaker.tries_at)}" if breaker.tries_at else "a person may reset it"
    what = f"{breaker.scope.capitalize()} {plain(breaker.value)}"
    return f"- **{what} rests:** {breaker.failures} failures in a row; {'one run tries now' if breaker.probing else tries}"


def _purse(purse: Purse) -> tuple[str, str, str, str]:
    limit = usd(purse.limit_usd) if purse.limit_usd is not None else ""
    return plain(purse.name), usd(purse.settled_usd), usd(purse.reserved_usd), limit


def _written(value: object) -> str:
    match value:
        case None:
            return "none"
        case dict():
            return ", ".join(f"{name} {one:g}" for name, one in value.items()) or "none"  # pyright: ignore[reportUnknownVariableType]
        case list():
            return ", ".join(value) or "none"  # pyright: ignore[reportUnknownArgumentType]
        case float():
            return f"{value:g}"
        case _:
            return str(value)
