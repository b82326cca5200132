"""Stopping: kill switches by scope, and breakers that open by themselves and heal."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from dispatch import briefs, plans, runs, spawning
from dispatch.briefs import BriefedClaim
from dispatch.kit.errors import BadInput, Conflict, NotFound
from dispatch.kit.work import Work, work
from dispatch.runs import Heartbeat, NewClaim, NewEvents, Published
from dispatch.spawning import BreakerRef, BreakerScope, KillSwitch, NewSwitch, PolicyChange, Spawn, SpawnState, SwitchScope
from tests import doing
from tests.conftest import Clock
from tests.integration.spawning.by_itself import ask_by_itself, offer

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")
EVENT = {"seq": 1, "at": "2026-11-22T15:00:00Z", "kind": "message", "data": {"text": "Reading."}}
PATCH = {"mbox": "From 0\n", "files": [{"path": "orders.py", "status": "M"}], "commits": []}


def test_everything_stops() -> None:
    issues = [doing.make_issue() for _ in range(3)]
    doing.ask(issues[0])
    doing.start(doing.ask(issues[1]))
    doing.start(ask_by_itself(issues[2]))

    switch = _close()

    assert (switch.stopped, [bool(doing.issue_now(issue).running) for issue in issues]) == (3, [False] * 3)
    assert [_run(issue.id).outcome for issue in issues] == ["cancelled"] * 3
    assert _run(issues[0].id).summary == "Stopped by Ada: A deploy."
    refused = doing.ask(doing.make_issue())
    assert (refused.state, refused.gate, refused.would_turn) == (SpawnState.REFUSED, "kill_switch", "Open the kill switch.")


@pytest.mark.parametrize(
    ("scope", "value", "stopped"),
    [
        ("workflow", "deep-research", 1),
        ("workflow", "qa-test", 0),
        ("repository", "acme/shop", 3),
        ("family", "login", 1),
        ("family", "else", 0),
    ],
)
def test_only_the_scope_stops(scope: str, value: str, stopped: int) -> None:
    doing.ask(doing.make_issue(), "deep-research")
    ask_by_itself(doing.make_issue(), family="login")
    doing.ask(doing.make_issue())

    assert _close(scope, value).stopped == stopped

    refused = [
        doing.ask(doing.make_issue(), "deep-research"),
        ask_by_itself(doing.make_issue(), family="login"),
        doing.ask(doing.make_issue()),
    ]
    assert sum(spawn.gate == "kill_switch" for spawn in refused) == stopped


def test_a_queued_run_that_is_stopped_gives_its_reserve_back_and_a_running_one_settles() -> None:
    doing.ask(doing.make_issue())
    claim = doing.start(doing.ask(doing.make_issue()))
    _work(lambda unit: spawning.hear_heartbeat(unit, claim.run, Heartbeat(generation=1, metered_usd=2)))

    _close()

    money = _work(spawning.fleet).money
    assert (money.reserved_usd, money.settled_usd) == (0, 2)


@pytest.mark.parametrize("act", ["claim", "events", "beat", "result", "publish", "say"])
def test_nothing_that_a_stopped_run_still_does_counts(act: str) -> None:
    claim = doing.start(doing.ask(issue := doing.make_issue(), "auto-triage"))
    _close()
    before = _run(issue.id)

    if act == "beat":
        assert _work(ACTS[act](claim)).directive == "cancel"
    else:
        with pytest.raises((Conflict, NotFound)):
            _work(ACTS[act](claim))

    assert _run(issue.id) == before
    assert doing.issue_now(issue).status == issue.status


def test_a_stopped_run_is_quiet_when_its_runner_says_so_and_the_switch_tells_how_long_it_took(clock: Clock) -> None:
    claim = doing.start(doing.ask(doing.make_issue()))
    switch = _close()
    assert (switch.stopped, switch.quiet, switch.quiet_s) == (1, 0, None)
    clock.travel(seconds=20)

    _work(lambda unit: spawning.hear_heartbeat(unit, claim.run, Heartbeat(generation=1, metered_usd=1, quiet=True)))

    now = _work(spawning.list_switches)[0]
    assert (now.quiet, now.quiet_s) == (1, pytest.approx(20, abs=3))


def test_what_waits_keeps_its_place_and_is_offered_when_the_switch_opens() -> None:
    _places(0)
    waits = [doing.ask(doing.make_issue()) for _ in range(3)]
    switch = _close()
    _places(2)
    assert [spawn.id for spawn in _work(spawning.fleet).waiting] == [spawn.id for spawn in waits]
    assert {spawn.gate for spawn in _work(spawning.fleet).waiting} == {"kill_switch"}

    _work(lambda unit: spawning.open_switch(unit, switch.id, actor=doing.ADA))

    assert [spawn.id for spawn in _work(spawning.fleet).waiting] == [waits[2].id]
    assert len(_work(spawning.fleet).running) == 2


def test_force_does_not_pass_a_kill_switch() -> None:
    _close()

    assert doing.ask(doing.make_issue(), force_because="Now.").gate == "kill_switch"


def test_a_switch_is_closed_once_and_opened_once() -> None:
    switch = _close()
    with pytest.raises(Conflict):
        _close()

    opened = _work(lambda unit: spawning.open_switch(unit, switch.id, actor=doing.ADA))

    assert (opened.opened_by, opened.opened_at is not None) == (doing.ADA, True)
    with pytest.raises(NotFound):
        _work(lambda unit: spawning.open_switch(unit, switch.id, actor=doing.ADA))
    assert _close().id != switch.id


@pytest.mark.parametrize(("scope", "value"), [("everything", "all of it"), ("workflow", ""), ("workflow", "no-such"), ("family", "")])
def test_a_switch_says_what_it_stops(scope: str, value: str) -> None:
    with pytest.raises(BadInput):
        _close(scope, value)


def test_a_workflow_that_fails_three_times_rests_lets_one_small_run_try_and_goes_on_when_that_ends_well(clock: Clock) -> None:
    for _ in range(3):
        _fail()
    rests = doing.ask(doing.make_issue())
    assert (rests.state, rests.gate) == (SpawnState.WAITING, "breaker")
    clock.travel(minutes=29)
    assert offer() == []
    behind = doing.ask(doing.make_issue())

    clock.travel(minutes=2)

    [probe] = offer()
    assert probe.id == rests.id
    assert _run(rests.issue_id).cap_usd == 5
    assert doing.ask(doing.make_issue()).reason == "Investigation runs failed 3 times in a row. One run tries now."
    doing.end(doing.start(probe), plan=doing.PLAN)
    assert _now(behind).state is SpawnState.ADMITTED
    assert _run(behind.issue_id).cap_usd == 25


def test_a_probe_that_fails_lets_the_workflow_rest_again(clock: Clock) -> None:
    for _ in range(3):
        _fail()
    clock.travel(minutes=31)

    _fail()

    assert doing.ask(waits := doing.make_issue()).gate == "breaker"
    clock.travel(minutes=29)
    assert offer() == []
    clock.travel(minutes=2)
    assert [spawn.issue_id for spawn in offer()] == [waits.id]


def test_another_workflow_goes_on_and_a_cancel_says_nothing_about_it() -> None:
    for _ in range(2):
        _fail()
    claim = doing.start(doing.ask(doing.make_issue()))
    _work(lambda unit: spawning.cancel_run(unit, claim.run, actor=doing.ADA))

    assert doing.ask(doing.make_issue()).state is SpawnState.ADMITTED
    _fail()
    assert doing.ask(doing.make_issue(), "deep-research").state is SpawnState.ADMITTED
    assert doing.ask(doing.make_issue()).gate == "breaker"


def test_a_lost_run_counts_as_a_failure(clock: Clock) -> None:
    for _ in range(2):
        _fail()
    doing.start(doing.ask(doing.make_issue()))
    for _ in range(6):
        spawning.reap_lost_runs()
        clock.travel(minutes=1)

    assert doing.ask(doing.make_issue()).gate == "breaker"


def test_a_person_resets_a_breaker_and_what_waits_starts() -> None:
    for _ in range(3):
        _fail()
    waits = doing.ask(doing.make_issue())

    _work(lambda unit: spawning.reset_breaker(unit, BreakerRef(scope=BreakerScope.WORKFLOW, value="prd-investigate")))

    assert _now(waits).state is SpawnState.ADMITTED
    assert _run(waits.issue_id).cap_usd == 25


def test_the_breaker_of_an_error_leaves_other_errors_alone(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("SPAWN_COOLDOWN_HOURS", "0")
    issue = doing.make_issue()
    for act in (ask_by_itself, ask_by_itself, doing.ask):  # the third is a person's: after two, none starts by itself
        doing.end(doing.start(act(issue, workflow="auto-investigate")), outcome="failed")
    _work(lambda unit: spawning.reset_breaker(unit, BreakerRef(scope=BreakerScope.WORKFLOW, value="auto-investigate")))

    same, other = doing.ask(issue, "auto-investigate"), ask_by_itself(doing.make_issue(), family="login")

    assert (same.gate, same.reason) == ("breaker", "Runs of this error failed 3 times in a row.")
    assert other.state is SpawnState.ADMITTED


ACTS: dict[str, Callable[[BriefedClaim], Callable[[Work], Any]]] = {
    "claim": lambda claim: lambda unit: briefs.claim(unit, claim.run, NewClaim(generation=1)),
    "events": lambda claim: (
        lambda unit: runs.record_events(unit, claim.run, NewEvents.model_validate({"generation": 1, "events": [EVENT]}))
    ),
    "beat": lambda claim: lambda unit: spawning.hear_heartbeat(unit, claim.run, Heartbeat(generation=1)),
    "result": lambda claim: (
        lambda unit: plans.take_result(
            unit, claim.run, {"generation": 1, "outcome": "completed", "summary": "!", "cost_usd": 1, "patch": PATCH}, actor=doing.AGENT
        )
    ),
    "publish": lambda claim: (
        lambda unit: runs.note_published(
            unit, claim.run, Published(generation=1, branch="dispatch/x", head_commit="0123456789", commits=[])
        )
    ),
    "say": lambda claim: lambda unit: runs.say(unit, claim.run, text="Go on!", actor=doing.ADA),
}


def _close(scope: str = "everything", value: str = "") -> KillSwitch:
    new = NewSwitch(scope=SwitchScope(scope), value=value, reason="A deploy.")
    return _work(lambda unit: spawning.close_switch(unit, new, actor=doing.ADA))


def _places(count: int) -> None:
    version = _work(spawning.get_policy).version
    change = PolicyChange(version=version, limits={"max_concurrent_spawns_prd": count}, because="A test.")
    _work(lambda unit: spawning.change_policy(unit, change, actor=doing.ADA))


def _fail() -> None:
    doing.end(doing.start(doing.ask(doing.make_issue())), outcome="failed")


def _run(issue_id: UUID) -> Any:
    return _work(lambda unit: runs.get_run(unit, runs.list_runs(unit, issue_id)[0].id))


def _now(spawn: Spawn) -> Any:
    """The spawn's newest decision, as a spawn's state and reason."""
    newest = _work(lambda unit: spawning.why(unit, spawn.issue_id))[0]
    states = {"admitted": SpawnState.ADMITTED, "waits": SpawnState.WAITING, "refused": SpawnState.REFUSED}
    return spawn.model_copy(update={"state": states[newest.verdict], "reason": newest.reason, "gate": newest.gate})


def _work(act: Callable[[Work], Any]) -> Any:
    with work() as unit:
        return act(unit)
