"""From an alert to a verified fix with nobody watching, through the doors alone; and how it goes where the fix is none."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest

from dispatch import issues, notices, spawning
from dispatch.customers import NewCustomer, create_customer
from dispatch.issues import Issue, IssueChange
from dispatch.kit import clock as time
from dispatch.kit.work import work
from dispatch.notices import NoticeFilter
from dispatch.runs import Run
from functions.verifier.handler import handler as verify
from tests import alerts, doing, hooks
from tests.conftest import Clock, Queues
from tests.github_door import GitHub
from tests.integration.pulls import steps as pulls_steps
from tests.integration.verification import steps
from tests.loki_door import SELECTOR, open_loki

OLD, NEW = "a" * 40, "d" * 40


@pytest.fixture(autouse=True)
def doors(setting) -> None:
    setting.setenv("LOKI_WEBHOOK_SECRET", alerts.SECRET)
    setting.setenv("NOTICE_WEBHOOKS", "https://hooks.example.com/dispatch")


def alert(*, release: str = "2026.1", minutes: float = 0, status: str = "firing") -> None:
    """Alertmanager tells of the error: it began (and ended, where it is resolved) so many minutes ago."""
    began = (time.now() - alerts.STARTED) / timedelta(minutes=1) - minutes
    ended = {"endsAt": alerts.at(began + minutes)} if status == "resolved" else {}
    told = alerts.alert(status=status, minutes=round(began), annotations={"event_count": "3"}, labels={"release": release}, **ended)
    assert alerts.tell(told).status == 200


def fail_for_days(clock: Clock, *, days: int = 8) -> Issue:
    """An alert fires and is resolved every four hours; its issue was opened by the first, and a run is queued."""
    for _ in range(days * 6):
        alert()
        clock.travel(minutes=30)
        alert(status="resolved", minutes=30)
        clock.travel(hours=3.5)
    with work() as unit:
        [found] = issues.list_issues(unit, issues.IssueFilter()).items
        return issues.get_issue(unit, found.id)


def run_of(queues: Queues) -> SimpleNamespace:
    """The run that the spawner was asked to start."""
    return SimpleNamespace(run_id=UUID(queues.take("spawns")[-1]["run_id"]))


def publish_and_merge(run: Run, clock: Clock) -> None:
    """The agent's patch is published as a draft, and a person merges it."""
    branch = pulls_steps.branch_of(run)
    pulls_steps.publish(run)
    hooks.tell_pull("opened", branch=branch, state="draft", type="Bot", author="dispatch[bot]", minutes=steps.minute())
    clock.travel(hours=2)
    hooks.tell_pull("closed", branch=branch, state="merged", minutes=steps.minute())


def fixed(clock: Clock, queues: Queues) -> Issue:
    """The error was seen for days, an agent's patch was merged: what happens next is the test's."""
    issue = fail_for_days(clock)
    publish_and_merge(pulls_steps.hand_in(run_of(queues)), clock)
    assert steps.status(issue) == "In Review"
    assert steps.the_fix(issue).state == "awaiting_deploy"
    return issue


def test_an_alert_becomes_an_issue_a_run_a_merge_a_deployment_quiet_and_a_closed_issue(github_door: GitHub, queues: Queues, clock: Clock):
    with work() as unit:
        create_customer(unit, NewCustomer(name="Acme"))
    issue = fixed(clock, queues)
    assert (issue.source, issue.title) == ("error", "[billing/charge] Card declined")
    with work() as unit:
        issues.update_issue(unit, issue.id, IssueChange(customer="acme"), actor=doing.ADA)

    clock.travel(minutes=20)
    steps.deploy(github_door, NEW)
    steps.sweep()
    assert steps.the_fix(issue).state == "watching"
    attempt = steps.sweep_until(clock, "verified", issue, days=4)

    assert attempt.numbers
    assert attempt.numbers.chance_of_luck <= 0.05
    assert steps.status(issue) == "Done"
    assert steps.story(issue) == ["fix.begun", "fix.watched", "fix.verified"]
    with work() as unit:
        [notice] = notices.list_notices(unit, NoticeFilter()).items
    assert (notice.kind, notice.body["data"]["watchers"]) == ("fix.verified", ["acme"])
    assert spawning_waits() == 0


def test_it_recurs_and_the_next_agent_is_told_what_was_tried(github_door: GitHub, queues: Queues, clock: Clock):
    issue = fixed(clock, queues)
    clock.travel(minutes=20)
    steps.deploy(github_door, NEW)
    steps.sweep()

    clock.travel(hours=26)
    alert(release="2026.2")
    assert (steps.the_fix(issue).state, steps.status(issue)) == ("failed", "Backlog")
    assert doing.issue_now(issue).priority < issue.priority or issue.priority == "P1"
    steps.sweep()

    claim = doing.start(run_of(queues))
    assert "A fix that did not hold: pull request #12" in claim.brief.prompt


def test_an_old_release_that_still_fails_is_ignored_and_when_it_is_gone_the_fix_is_verified(
    github_door: GitHub, queues: Queues, clock: Clock
):
    issue = fixed(clock, queues)
    clock.travel(minutes=20)
    steps.deploy(github_door, NEW)
    steps.sweep()

    clock.travel(hours=3)
    alert()
    clock.travel(minutes=30)
    alert(status="resolved", minutes=30)

    attempt = steps.sweep_until(clock, "verified", issue, days=8)
    assert attempt.numbers
    assert attempt.numbers.ignored >= 1
    assert attempt.seen[0].because == "It came from release 2026.1, which does not contain the fix."


def test_a_deployment_without_the_commit_starts_nothing_and_merged_but_never_deployed_is_unproven(
    github_door: GitHub, queues: Queues, clock: Clock
):
    issue = fixed(clock, queues)
    clock.travel(minutes=20)
    steps.deploy(github_door, OLD, contains=False)

    attempt = steps.sweep_until(clock, "unproven", issue, days=16)

    assert attempt.deployed_at is None
    assert "never came to production" in attempt.reason
    assert steps.status(issue) == "In Review"


def test_without_traffic_it_is_unproven_never_verified(github_door: GitHub, queues: Queues, clock: Clock, setting):
    began = time.now()
    issue = fixed(clock, queues)
    clock.travel(minutes=20)
    steps.deploy(github_door, NEW)
    with open_loki() as loki:
        setting.setenv("LOKI_URL", loki.url)
        setting.setenv("LOKI_SELECTOR", SELECTOR)
        for hour in range((time.now() - began) // timedelta(hours=1)):
            loki.say(began + timedelta(hours=hour), source="billing", level="info", msg="Charged")

        attempt = steps.sweep_until(clock, "unproven", issue, days=16)

    assert attempt.numbers
    assert attempt.numbers.traffic_ratio == 0
    assert "hardly any traffic" in attempt.reason


def spawning_waits() -> int:
    verify({"schedule": "sweep"}, None)
    with work() as unit:
        return len(spawning.fleet(unit).waiting)
