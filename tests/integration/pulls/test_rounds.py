"""Reviews and failed checks of our own pull requests, and the runs they start."""

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest

from dispatch import pulls, runs, spawning
from dispatch.kit import clock as time
from dispatch.kit.work import close_connection, work
from dispatch.runs import Run
from dispatch.spawning import NewSwitch, SwitchScope
from tests import doing, hooks
from tests.conftest import Clock
from tests.github_door import Asked, GitHub
from tests.integration.pulls import steps

SAID = "/repos/acme/shop/pulls/12/reviews/7/comments"
RERUN = "POST /repos/acme/shop/actions/runs/900/rerun-failed-jobs"
OURS = {"state": "draft", "type": "Bot", "author": "dispatch[bot]"}


@pytest.fixture
def ours(github: GitHub) -> Run:
    """The run whose work our open pull request 12 holds."""
    github.answers[f"GET {SAID}"] = (200, [{"path": "orders.py", "line": 3, "body": "Use Decimal here."}])
    github.answers[RERUN] = (201, None)
    github.answers["GET /repos/acme/shop/actions/runs/900/jobs"] = jobs_of
    github.answers["GET /repos/acme/shop/actions/jobs/51/logs"] = (200, "E   AssertionError: 9 != 10 with ghp_" + "a" * 36)
    return steps.open_ours(doing.make_issue())


def jobs_of(asked: Asked):
    assert asked.params["filter"] == "latest"
    return 200, {"jobs": [{"id": 50, "name": "lint", "conclusion": "success"}, {"id": 51, "name": "test (3.11)", "conclusion": "failure"}]}


def begin(clock: Clock) -> int:
    """The sweep comes, three minutes later."""
    clock.travel(minutes=3)
    return spawning.begin_rounds()


def newest(run: Run) -> Run:
    with work() as unit:
        return runs.get_run(unit, runs.list_runs(unit, run.issue_id)[0].id)


def branch(run: Run) -> dict:
    return {"branch": steps.branch_of(run), **OURS}


def test_a_review_that_asks_for_changes_is_another_run_on_the_same_work(ours, clock):
    hooks.tell_review(**branch(ours))
    assert begin(clock) == 1

    run = newest(ours)
    assert (run.workflow, run.continues, run.state) == ("prd-implement", ours.id, "queued")
    assert run.words == "grace says in a review of pull request #12:\n\nUse Decimal.\n\norders.py:3: Use Decimal here."


def test_what_a_reviewer_says_in_several_reviews_is_one_round(ours, clock, github):
    github.answers[f"GET {SAID.replace('/7/', '/8/')}"] = (200, [])
    hooks.tell_review(7, **branch(ours))
    clock.travel(minutes=1.5)
    hooks.tell_review(8, words="And test it.", verdict="commented", **branch(ours))
    clock.travel(minutes=1)
    assert spawning.begin_rounds() == 0, "somebody is still speaking"

    assert begin(clock) == 1
    assert newest(ours).words.endswith("grace says in a review of pull request #12:\n\nAnd test it.")
    assert "Use Decimal." in newest(ours).words


def test_a_review_whose_webhook_was_missed_is_heard_of_within_the_hour_and_once(ours, clock, github):
    github.answers["GET /repos/acme/shop/pulls/12/reviews"] = (
        200,
        [
            hooks.review(verdict="CHANGES_REQUESTED"),
            hooks.review(6, reviewed=-24 * 60),
            hooks.review(5, verdict="APPROVED"),
            hooks.review(4, reviewer="NONE"),
        ],
    )

    assert [spawning.look_at_reviews(), spawning.look_at_reviews()] == [2, 0]
    assert begin(clock) == 1
    assert steps.story(ours.issue_id).count("pull.reviewed") == 2


def test_one_review_told_by_many_at_once_is_one_round_whoever_sweeps(ours, clock):
    told = branch(ours)
    start = threading.Barrier(4)

    def tell(number: int) -> None:
        start.wait()
        hooks.tell_review(delivery=f"again-{number}", **told)
        close_connection()

    def sweep() -> None:
        start.wait()
        begun.append(spawning.begin_rounds())
        close_connection()

    begun: list[int] = []
    at_once([lambda number=number: tell(number) for number in range(4)])
    clock.travel(minutes=3)
    at_once([sweep] * 4)

    assert sum(begun) == 1
    with work() as unit:
        assert len(runs.list_runs(unit, ours.issue_id)) == 3  # investigated, implemented, and this one
        assert [decision.verdict for decision in spawning.why(unit, ours.issue_id)] == ["admitted"] * 3


def at_once(acts) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(
    "review",
    [
        {"reviewer": "NONE"},
        {"reviewer": "CONTRIBUTOR"},
        {"reviewer_type": "Bot"},
        {"verdict": "approved"},
        {"verdict": "dismissed"},
    ],
)
def test_a_review_by_a_stranger_or_a_bot_or_one_that_asks_for_nothing_starts_nothing(ours, clock, review):
    assert hooks.tell_review(**branch(ours), **review).status == 200

    assert begin(clock) == 0


def test_an_approval_stands_in_the_story_once_however_often_it_is_told(ours):
    for _ in range(2):
        hooks.tell_review(**branch(ours), verdict="approved")

    assert steps.story(ours.issue_id).count("pull.reviewed") == 1


@pytest.mark.parametrize("theirs", [{"branch": "discounts"}, {"fork": True}])
def test_a_review_of_somebody_elses_pull_request_starts_nothing(ours, clock, theirs):
    told = branch(ours) | {"number": 13} | theirs

    hooks.tell_review(**told)

    assert begin(clock) == 0


def test_a_round_waits_for_the_run_that_works_on_its_issue(ours, clock):
    hooks.tell_review(**branch(ours))
    busy = doing.ask(ours.issue_id, "qa-test")
    assert begin(clock) == 0

    doing.end(doing.start(busy), outcome="completed")
    assert begin(clock) == 1


def test_a_round_waits_while_everything_is_stopped(ours, clock):
    with work() as unit:
        switch = spawning.close_switch(unit, NewSwitch(scope=SwitchScope.EVERYTHING, reason="Look"), actor=doing.ADA)
    hooks.tell_review(**branch(ours))
    assert begin(clock) == 0

    with work() as unit:
        spawning.open_switch(unit, switch.id, actor=doing.ADA)
    assert begin(clock) == 1


def test_a_merged_pull_request_has_no_further_round(ours, clock):
    told = branch(ours)
    hooks.tell_review(**told)
    hooks.tell_pull("closed", **told | {"state": "merged"}, minutes=2)

    assert begin(clock) == 0
    assert begin(clock) == 0


def test_a_failed_check_runs_once_more_before_anybody_repairs_anything(ours, clock, github):
    hooks.tell_ci()
    assert begin(clock) == 0
    assert begin(clock) == 0
    assert len(github.calls(RERUN)) == 1

    hooks.tell_ci(attempt=2, conclusion="success", minutes=8)
    assert begin(clock) == 0
    assert steps.the_pull().ci.state == "passing"


def test_what_fails_again_is_repaired_with_the_failed_jobs_words(ours, clock):
    fail_twice(clock)
    assert begin(clock) == 1

    run = newest(ours)
    assert run.continues == ours.id
    assert run.words == "These checks failed twice: CI.\n\nCI / test (3.11) ends with:\nE   AssertionError: 9 != 10 with •••"
    assert steps.the_pull().repairs == 1


def test_several_checks_that_fail_on_one_commit_are_one_repair_once_all_have_ended(ours, clock, github):
    github.answers[RERUN.replace("900", "901")] = (403, {"message": "This run is too old."})
    github.answers["GET /repos/acme/shop/actions/runs/901/jobs"] = (200, {"jobs": []})
    hooks.tell_ci(901, workflow=2, name="Docs")
    hooks.tell_ci(902, workflow=3, name="Slow", conclusion=None)
    fail_twice(clock)
    assert begin(clock) == 0, "one of them still runs"

    hooks.tell_ci(902, workflow=3, name="Slow", conclusion="success", minutes=20)
    assert begin(clock) == 1
    assert newest(ours).words.startswith("These checks failed twice: Docs, CI.")


def test_after_two_repairs_a_person_looks_at_it(ours, clock):
    told = branch(ours)
    for minutes, sha in enumerate(["1" * 40, "2" * 40], start=10):
        hooks.tell_pull("synchronize", **told, sha=sha, minutes=minutes)
        fail_twice(clock, sha=sha)
        assert begin(clock) == 1
        doing.end(doing.start(SimpleNamespace(run_id=newest(ours).id)), outcome="no_changes_needed")
    hooks.tell_pull("synchronize", **told, sha="3" * 40, minutes=20)
    fail_twice(clock, sha="3" * 40)

    assert begin(clock) == 0
    assert steps.the_pull().repairs == 2
    assert steps.inbox() == ["Pull request #12: Its checks still fail after 2 repair rounds. A person has to look at it."]


def fail_twice(clock: Clock, **more) -> None:
    """The check failed, was run once more, and failed again."""
    hooks.tell_ci(**more)
    spawning.begin_rounds()
    hooks.tell_ci(attempt=2, minutes=9, **more)


def test_what_is_told_late_of_a_check_changes_nothing(ours):
    hooks.tell_ci(attempt=2, conclusion="success", minutes=9)
    hooks.tell_ci(attempt=1, minutes=5)
    hooks.tell_ci(attempt=2, conclusion=None, minutes=6)

    assert steps.the_pull().ci.state == "passing"


def test_a_check_heard_of_before_its_pull_request_counts(github):
    hooks.tell_ci()
    issue = doing.make_issue()

    hooks.tell_pull("opened", title=f"Fix {issue.identifier}")

    assert (steps.the_pull().ci.state, steps.the_pull().ci.name) == ("failing", "CI")


def test_our_own_job_that_ended_without_a_result_ends_its_run():
    issue = doing.make_issue()
    claim = doing.start(doing.ask(issue))
    with work() as unit:
        runs.note_external(unit, claim.run, external_id="4711", external_url=None)

    hooks.tell_ci(4711, event="workflow_dispatch", path=".github/workflows/prd-investigate.yml@main")

    with work() as unit:
        assert runs.get_run(unit, claim.run).outcome == "lost"


def test_checks_that_should_start_and_do_not_are_said_so_with_why(ours, clock, github):
    content = "bmFtZTogQ0kKb246CiAgcHVsbF9yZXF1ZXN0Ogo="  # on: pull_request
    github.answers |= {
        "GET /repos/acme/shop/actions/runs": (200, {"workflow_runs": []}),
        "GET /repos/acme/shop/actions/workflows": (
            200,
            {"workflows": [{"name": "CI", "state": "active", "path": ".github/workflows/ci.yml"}]},
        ),
        "GET /repos/acme/shop/contents/.github/workflows/ci.yml": (200, {"content": content}),
        f"GET /repos/acme/shop/commits/{hooks.SHA}/check-runs": (200, {"total_count": 0}),
        f"GET /repos/acme/shop/commits/{hooks.SHA}/status": (200, {"total_count": 0}),
    }

    hooks.tell_pull("synchronize", **branch(ours), minutes=(time.now() - hooks.AN_HOUR_AGO) / timedelta(minutes=1))
    assert pulls.look_at_ci() == 0, "it was pushed to a moment ago"
    clock.travel(minutes=11)
    assert pulls.look_at_ci() == 1
    assert (steps.the_pull().ci.state, pulls.look_at_ci()) == ("not_started", 0)
    assert "CI should run on it" in steps.inbox()[0]
    assert steps.story(ours.issue_id)[-1] == "ci.not_started"

    hooks.tell_ci(conclusion=None)
    assert (steps.the_pull().ci.state, steps.inbox()) == ("waiting", [])


def test_a_check_whose_webhook_was_missed_is_looked_up(ours, clock, github):

    github.answers["GET /repos/acme/shop/actions/runs"] = (200, {"workflow_runs": [hooks.ci_run(conclusion="success")]})
    clock.travel(minutes=11)

    pulls.look_at_ci()

    assert steps.the_pull().ci.state == "passing"


def test_a_check_that_waits_for_an_approval_says_so(ours):
    hooks.tell_ci(conclusion="action_required")

    assert (steps.the_pull().ci.state, steps.the_pull().ci.because) == ("waiting", "It waits for somebody to approve it on GitHub.")
