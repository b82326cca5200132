"""Where a fix of an error is on its way, nobody starts writing a second one by themselves."""

from dispatch import spawning
from dispatch.kit.work import work
from tests import doing, hooks
from tests.conftest import Clock
from tests.github_door import GitHub
from tests.integration.spawning.by_itself import ask_by_itself, offer
from tests.integration.verification import steps


def waits_for() -> list[str]:
    """Why what waits does so, as it is now."""
    offer()
    with work() as unit:
        return [spawn.reason for spawn in spawning.fleet(unit).waiting]


def test_an_error_waits_while_its_pull_request_is_open_and_until_its_fix_is_judged(github_door: GitHub, clock: Clock):
    issue = steps.make_error()
    offer()
    hooks.tell_pull("opened", title=f"Fix {issue.identifier}", minutes=steps.minute() - 1)
    steps.see(message="No such order")
    steps.see(message="No such order")
    assert waits_for() == ["Pull request #12 is open."]

    clock.travel(hours=30)
    hooks.tell_pull("closed", title=f"Fix {issue.identifier}", state="merged", minutes=steps.minute())
    assert waits_for() == ["Pull request #12 is merged, and waits for its deployment."]

    clock.travel(minutes=10)
    steps.deploy(github_door)
    steps.sweep()
    assert waits_for() == ["The fix of pull request #12 is being watched."]

    clock.travel(hours=1)
    steps.see(release="2026.2")
    steps.sweep()
    assert waits_for() == []
    assert doing.issue_now(issue).running


def test_closed_without_being_merged_it_holds_nothing_any_more():
    issue = doing.make_issue()
    hooks.tell_pull("opened", title=f"Fix {issue.identifier}")
    held = ask_by_itself(issue)
    assert held.gate == "fix_under_way"

    hooks.tell_pull("closed", title=f"Fix {issue.identifier}", state="closed", minutes=2)

    assert [spawn.id for spawn in offer()] == [held.id]


def test_a_person_may_ask_for_another():
    issue = doing.make_issue()
    hooks.tell_pull("opened", title=f"Fix {issue.identifier}")

    assert doing.ask(issue, "auto-investigate").state is spawning.SpawnState.ADMITTED
