"""An error that agents cannot mend ends with a person, who learns what was tried; through the doors alone."""

from dispatch import spawning
from dispatch.kit.work import work
from tests import doing
from tests.conftest import Clock, Queues
from tests.github_door import GitHub
from tests.integration.verification import steps
from tests.integration.verification.test_the_whole_loop import NEW, alert, doors, fixed, run_of

__all__ = ["doors"]  # a fixture, for every test


def test_a_fix_that_did_not_hold_and_a_run_that_failed_hand_the_error_over(github_door: GitHub, queues: Queues, clock: Clock):
    issue = fixed(clock, queues)
    clock.travel(minutes=20)
    steps.deploy(github_door, NEW)
    steps.sweep()
    clock.travel(hours=26)
    alert(release="2026.2")
    steps.sweep()
    doing.end(doing.start(run_of(queues)), outcome="failed", summary="No idea.")

    with work() as unit:
        packet = spawning.get_packet(unit, issue.id)
        waits = [item.kind for item in spawning.inbox(unit) if item.issue.id == issue.id]
    assert packet.handed_over_at
    assert packet.error
    assert [(one.outcome, one.fix) for one in packet.tried] == [("completed", "failed"), ("failed", None)]
    assert waits == ["handover"]

    clock.travel(hours=30)
    alert(release="2026.2")
    steps.sweep()
    with work() as unit:
        newest = spawning.why(unit, issue.id)[0]
    assert (newest.verdict, newest.gate) == ("refused", "handed_over")
    assert not doing.issue_now(issue).running
