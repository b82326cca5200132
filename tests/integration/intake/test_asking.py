"""Errors ask for agents after the commit, and by schedule where that was missed."""

from typing import Any

import pytest

from dispatch import families, intake, issues, spawning
from dispatch.families import NewMute, Origin, Scope
from dispatch.intake import Action, Taken
from dispatch.kit.work import work
from dispatch.spawning import NewSwitch, SwitchScope
from functions.verifier.handler import handler as verify
from tests.doing import ADA
from tests.reports import AT, report, take

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


def spawns_of(taken: Taken) -> list[tuple[str, int]]:
    """The states of the issue's spawns, and what each rests on."""
    with work() as unit:
        rows: Any = unit.conn.execute("SELECT state, (cause ->> 'occurrences')::int FROM spawn ORDER BY created_at").fetchall()
    assert taken.issue
    return rows


def mute(scope: Scope, value: str) -> families.Mute:
    """Ada mutes it."""
    with work() as unit:
        return families.mute(unit, NewMute(scope=scope, value=value, because="It is known."), actor=ADA)


def heal(key: str) -> str | None:
    """The alert is over."""
    with work() as unit:
        return intake.heal(unit, Origin.GRAFANA, key, AT)


def test_a_new_error_asks_once_it_is_kept():
    taken = take(report(count=3))

    assert spawns_of(taken) == [("admitted", 3)]


def test_what_was_cut_off_before_it_could_ask_is_asked_by_schedule(monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as killed:
        killed.setattr("dispatch.kit.work.Work.tell", lambda _work: None)  # the process died right after its commit
        taken = take(report(count=3))
    assert spawns_of(taken) == []

    verify({"schedule": "errors"}, None)
    verify({"schedule": "errors"}, None)

    assert spawns_of(taken) == [("admitted", 3)]


def test_an_error_that_waits_asks_no_more():
    taken = take(report())

    take(report())

    assert [state for state, _ in spawns_of(taken)] == ["waiting"]


def test_an_error_that_is_refused_is_not_refused_at_each_sighting():
    with work() as unit:
        spawning.close_switch(unit, NewSwitch(scope=SwitchScope.EVERYTHING, reason="We move."), actor=ADA)
    taken = take(report(count=3))
    for _ in range(5):
        take(report())

    assert [state for state, _ in spawns_of(taken)] == ["refused"]


def test_a_muted_source_is_counted_and_opens_nothing():
    mute(Scope.SOURCE, "orders")

    taken = take(report(count=30))

    assert (taken.action, taken.issue, taken.family.occurrences) == (Action.MUTED, None, 30)


def test_an_error_that_was_muted_opens_its_issue_when_it_is_not_any_more():
    muted = mute(Scope.SOURCE, "orders")
    take(report(count=30))
    with work() as unit:
        families.unmute(unit, muted.id, actor=ADA)

    taken = take(report())

    assert taken.action is Action.CREATED
    assert taken.family.occurrences == 31


def test_a_muted_error_is_not_reopened():
    taken = take(report())
    mute(Scope.FAMILY, taken.family.name)

    again = take(report(count=500))

    assert again.action is Action.MUTED
    with work() as unit:
        assert issues.get_issue(unit, taken.issue or "").priority == "P4"


def test_an_error_that_healed_before_its_agent_started_sends_none(setting: Any):
    setting.setenv("SPAWN_DELAY_MINUTES", "10")
    taken = take(report(key="one", count=3, fires=True))
    assert [state for state, _ in spawns_of(taken)] == ["waiting"]

    said = heal("one")

    assert said == f"{taken.family.name} has healed"
    assert [state for state, _ in spawns_of(taken)] == ["withdrawn"]


def test_an_error_that_fires_elsewhere_has_not_healed(setting: Any):
    setting.setenv("SPAWN_DELAY_MINUTES", "10")
    taken = take(report(key="one", count=3, fires=True))
    take(report(key="two", fires=True))

    heal("one")

    assert [state for state, _ in spawns_of(taken)] == ["waiting"]


def test_an_alert_that_is_not_known_to_fire_heals_nothing():
    assert heal("one") is None
