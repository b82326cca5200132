"""The policy: versions that people change, each with a reason; what is bad is refused by name."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from dispatch import spawning
from dispatch.issues import Issue
from dispatch.kit.errors import BadInput, Conflict
from dispatch.kit.work import close_connection, work
from dispatch.spawning import Policy, PolicyChange, SpawnState
from tests import doing

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


def test_a_change_is_a_new_version_with_who_and_why() -> None:
    before = _policy()

    after = _change(before.version, max_concurrent_spawns_prd=2)

    assert (after.version, after.limits.max_concurrent_spawns_prd) == (before.version + 1, 2)
    assert (after.because, after.changed_by) == ("We learn.", doing.ADA)
    assert after.limits.model_copy(update={"max_concurrent_spawns_prd": 5}) == before.limits


def test_many_who_ask_at_once_write_the_first_version_once() -> None:
    made = [doing.make_issue() for _ in range(8)]
    together = Barrier(len(made))

    def ask(issue: Issue) -> None:
        together.wait()
        doing.ask(issue)
        close_connection()

    with ThreadPoolExecutor(len(made)) as pool:
        list(pool.map(ask, made))

    with work() as unit:
        assert [version.version for version in spawning.list_versions(unit)] == [1]


def test_nobody_overwrites_what_they_have_not_seen() -> None:
    seen = _policy().version
    _change(seen, max_concurrent_spawns_prd=2)

    with pytest.raises(Conflict, match=f"at version {seen + 1} now"):
        _change(seen, max_concurrent_spawns_prd=9)

    assert _policy().limits.max_concurrent_spawns_prd == 2


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("daily_cost_limit_usd", "a lot"),
        ("daily_cost_limit_usd", -1),
        ("daily_cost_limit_usd", float("nan")),
        ("max_agent_cost_per_run", 0),
        ("max_concurrent_spawns", 2.5),
        ("max_concurrent_spawns", None),
        ("daily_cost_limit_by_workflow", {"qa-test": "some"}),
        ("daily_cost_limit_by_workflow", {"no-such-workflow": 3}),
        ("no_such_limit", 3),
    ],
)
def test_a_bad_limit_is_refused_by_name_and_changes_nothing(limit: str, value: object) -> None:
    before = _policy()

    with pytest.raises(BadInput, match="no-such-workflow" if value == {"no-such-workflow": 3} else limit):
        _change(before.version, **{limit: value, "max_concurrent_spawns_prd": 1})

    assert _policy() == before


def test_raising_a_limit_offers_what_waits() -> None:
    _change(_policy().version, max_concurrent_spawns_prd=0)
    waits = [doing.make_issue() for _ in range(3)]
    assert [doing.ask(issue).state for issue in waits] == [SpawnState.WAITING] * 3

    _change(_policy().version, max_concurrent_spawns_prd=2)

    assert [bool(doing.issue_now(issue).running) for issue in waits] == [True, True, False]


def test_lowering_a_limit_ends_nothing_and_starts_nothing() -> None:
    claim = doing.start(doing.ask(running := doing.make_issue()))
    doing.ask(doing.make_issue())

    _change(_policy().version, max_concurrent_spawns_prd=1)

    waits = doing.ask(doing.make_issue())
    assert (waits.reason, waits.would_turn) == ("2 of 1 PRD agents are running.", "It starts when 2 of them end.")
    assert doing.issue_now(running).running
    doing.end(claim, plan=doing.PLAN)
    with work() as unit:
        assert spawning.why(unit, waits.issue_id)[0].verdict == "waits"


def test_every_decision_names_the_version_it_rests_on() -> None:
    spawn = doing.ask(doing.make_issue())
    _change(_policy().version, max_concurrent_spawns_prd=1)
    later = doing.ask(doing.make_issue())

    with work() as unit:
        versions = [spawning.why(unit, one.issue_id)[0].policy_version for one in (spawn, later)]

    assert versions == [_policy().version - 1, _policy().version]


def test_the_settings_rule_until_somebody_has_edited_the_policy(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "7")
    assert _policy().limits.max_concurrent_spawns_prd == 7
    _change(_policy().version, max_concurrent_spawns_prd=2)

    setting.setenv("MAX_CONCURRENT_SPAWNS_PRD", "9")

    assert _policy().limits.max_concurrent_spawns_prd == 2


def _policy() -> Policy:
    with work() as unit:
        return spawning.get_policy(unit)


def _change(version: int, **limits: object) -> Policy:
    with work() as unit:
        return spawning.change_policy(unit, PolicyChange(version=version, limits=limits, because="We learn."), actor=doing.ADA)
