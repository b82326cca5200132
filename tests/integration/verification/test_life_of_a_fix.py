"""A fix attempt from the merge to its verdict: when it begins, when it is watched, what fails it, and that silence alone proves nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dispatch import issues, notices, pulls, stream, verification
from dispatch.customers import NewCustomer, create_customer
from dispatch.families import Origin
from dispatch.issues import IssueChange
from dispatch.kit.work import close_connection, work
from dispatch.notices import NoticeFilter
from dispatch.verification import NothingToWatch, WatchOn
from tests import doing, hooks
from tests.conftest import Clock
from tests.github_door import GitHub
from tests.integration.verification import steps

OLD, NEW, OTHER = "a" * 40, "d" * 40, "e" * 40


def test_merging_an_errors_pull_request_begins_its_attempt_once_and_leaves_the_issue_in_review():
    issue = steps.make_error()

    steps.merge(issue)
    steps.merge(issue)
    steps.sweep()

    [attempt] = steps.fixes(issue)
    assert (attempt.state, attempt.pull.number, attempt.merge_commit) == ("awaiting_deploy", 12, hooks.MERGED)
    assert steps.status(issue) == "In Review"
    assert steps.story(issue) == ["fix.begun"]


def test_a_merge_that_no_webhook_told_of_is_begun_by_the_schedule():
    issue = steps.make_error()
    steps.merge(issue, title="Handle missing orders")
    with work() as unit:
        [found] = pulls.list_pulls(unit, pulls.PullFilter()).items
        pulls.link_by_hand(unit, found.id, issue.identifier, actor=doing.ADA)

    steps.sweep()

    assert steps.the_fix(issue).state == "awaiting_deploy"
    assert steps.status(issue) == "In Review"


def test_linked_to_another_error_by_hand_it_is_watched_there():
    wrong, right = steps.make_error(), steps.make_error("Card declined")
    steps.merge(wrong)
    with work() as unit:
        [found] = pulls.list_pulls(unit, pulls.PullFilter()).items
        pulls.link_by_hand(unit, found.id, right.identifier, actor=doing.ADA)

    steps.sweep()

    assert (steps.fixes(wrong), len(steps.fixes(right))) == ([], 1)


def test_an_issue_that_is_no_errors_has_no_attempt_and_is_done():
    issue = doing.make_issue()

    steps.merge(issue)
    steps.sweep()

    assert (steps.fixes(issue), steps.status(issue)) == ([], "Done")


def test_it_is_watched_from_the_deployment_that_contains_it(github_door: GitHub, clock: Clock):
    issue = steps.make_error()
    clock.travel(hours=1)
    steps.merge(issue)

    clock.travel(minutes=5)
    steps.deploy(github_door, OLD, contains=False)
    steps.sweep()
    assert steps.the_fix(issue).state == "awaiting_deploy"

    clock.travel(minutes=5)
    steps.deploy(github_door, NEW)
    steps.sweep()

    attempt = steps.the_fix(issue)
    assert (attempt.state, attempt.environment, attempt.deployed_sha) == ("watching", "production", NEW)
    assert attempt.watch_until
    assert attempt.deployed_at
    assert (attempt.watch_until - attempt.deployed_at).days == 2
    assert steps.story(issue) == ["fix.begun", "fix.watched"]


@pytest.mark.parametrize("elsewhere", [{"environment": "staging"}, {"repository": "acme/other"}, {"state": "failure"}])
def test_a_deployment_of_something_else_starts_nothing(elsewhere, github_door: GitHub, clock: Clock):
    issue = steps.make_error()
    steps.deploy(github_door, OLD, contains=False, minutes_ago=600)
    steps.merge(issue)
    clock.travel(hours=1)

    steps.deploy(github_door, NEW, **elsewhere)
    steps.sweep()

    assert steps.the_fix(issue).state == "awaiting_deploy"


def test_whether_it_is_contained_may_be_known_later(github_door: GitHub, clock: Clock):
    issue = steps.make_error()
    steps.merge(issue)
    clock.travel(minutes=5)
    steps.deploy(github_door, NEW, contains=None)
    steps.sweep()
    assert steps.the_fix(issue).state == "awaiting_deploy"

    github_door.answers[f"GET /repos/acme/shop/compare/{hooks.MERGED}...{NEW}"] = (200, {"status": "ahead"})
    clock.travel(hours=1)
    steps.sweep()

    assert steps.the_fix(issue).state == "watching"


def test_a_deployment_heard_of_before_the_merge_was_and_twice_counts_once(github_door: GitHub, clock: Clock):
    issue = steps.make_error()
    clock.travel(hours=2)
    ended = steps.minute()
    steps.deploy(github_door, NEW, ended=ended)
    hooks.tell_pull("closed", title=f"Fix {issue.identifier}", state="merged", minutes=steps.minute() - 60)

    for _ in range(2):
        steps.deploy(github_door, NEW, ended=ended)
        steps.sweep()

    assert steps.story(issue) == ["fix.begun", "fix.watched"]


def test_rolled_back_it_waits_again_and_deployed_anew_it_is_watched_anew(github_door: GitHub, clock: Clock):
    issue = steps.make_error()
    steps.merge(issue)
    clock.travel(minutes=5)
    steps.deploy(github_door, NEW)
    steps.sweep()

    clock.travel(hours=1)
    steps.deploy(github_door, OLD, contains=False)
    steps.sweep()
    waiting = steps.the_fix(issue)
    clock.travel(hours=1)
    steps.deploy(github_door, OTHER)
    steps.sweep()

    assert (waiting.state, waiting.deployed_at) == ("awaiting_deploy", None)
    assert "does not contain it any more" in waiting.reason
    assert (steps.the_fix(issue).state, steps.the_fix(issue).deployed_sha) == ("watching", OTHER)


def test_where_no_deployments_are_known_the_merge_is_one_after_a_while(clock: Clock):
    issue = steps.make_error()
    steps.merge(issue)
    clock.travel(minutes=29)
    steps.sweep()
    assert steps.the_fix(issue).state == "awaiting_deploy"

    clock.travel(minutes=2)
    steps.sweep()

    assert (steps.the_fix(issue).state, steps.the_fix(issue).environment) == ("watching", None)
    assert steps.the_fix(issue).reason.startswith("No deployments are known")


def test_a_second_part_is_watched_with_the_first_once_both_are_in(github_door: GitHub, clock: Clock):
    issue = steps.make_error()
    steps.merge(issue)
    clock.travel(hours=1)
    steps.deploy(github_door, NEW)
    steps.sweep()
    second = "b" * 40
    steps.merge(issue, 13, merge_commit=second)

    clock.travel(minutes=5)
    github_door.answers[f"GET /repos/acme/shop/compare/{second}...{NEW}"] = (200, {"status": "behind"})
    steps.sweep()
    newer, older = steps.fixes(issue)
    assert (newer.state, older.state) == ("awaiting_deploy", "unproven")
    assert "both are watched as one" in older.reason
    assert "together with #12" in newer.reason

    github_door.answers[f"GET /repos/acme/shop/compare/{second}...{OTHER}"] = (200, {"status": "ahead"})
    steps.deploy(github_door, OTHER)
    steps.sweep()
    assert (steps.the_fix(issue).state, steps.the_fix(issue).deployed_sha) == ("watching", OTHER)
    assert steps.inbox() == []


def test_taken_back_there_is_no_fix_and_the_issue_is_open_again():
    issue = steps.make_error()
    steps.merge(issue)

    steps.merge(issue, 13, title=f'Revert "Fix {issue.identifier}"', branch="revert-12-discounts")

    revert, fix = steps.fixes(issue)
    assert (revert.state, fix.state) == ("failed", "unproven")
    assert "It takes back #12" in revert.reason
    assert steps.status(issue) == "Backlog"


def watched(github: GitHub, clock: Clock):
    """An error whose fix has been in production for an hour."""
    issue = steps.make_error()
    clock.travel(hours=1)
    steps.merge(issue)
    clock.travel(minutes=10)
    steps.deploy(github, NEW)
    steps.sweep()
    clock.travel(hours=1)
    return issue


def test_seen_again_in_the_new_release_it_has_failed_and_everything_follows(github_door: GitHub, clock: Clock):
    issue = watched(github_door, clock)
    before = doing.issue_now(issue).priority

    steps.see(release="2026.2")

    attempt = steps.the_fix(issue)
    assert (attempt.state, attempt.reason) == ("failed", "It was seen again 1 hour after the deployment.")
    assert attempt.numbers
    assert attempt.numbers.seen == 1
    assert [(one.because, one.counts) for one in attempt.seen] == [("It was seen in release 2026.2.", True)]
    assert (steps.status(issue), before, doing.issue_now(issue).priority) == ("Backlog", "P4", "P3")
    assert steps.wants_spawn(issue)
    assert steps.story(issue) == ["fix.begun", "fix.watched", "fix.failed"]

    steps.see(release="2026.2")
    assert steps.story(issue) == ["fix.begun", "fix.watched", "fix.failed"]


def test_an_older_release_a_draining_process_and_an_old_alert_do_not_count(github_door: GitHub, clock: Clock):
    issue = steps.make_error()
    clock.travel(hours=1)
    alert = {"origin": Origin.ALERTMANAGER, "key": "one", "fires": True, "first_seen": steps.time.now(), "release": None}
    steps.see(**alert)
    steps.merge(issue)
    clock.travel(minutes=10)
    steps.deploy(github_door, NEW)
    steps.sweep()

    clock.travel(minutes=9)
    steps.see(release="2026.2")
    clock.travel(hours=1)
    steps.see()
    steps.see()
    steps.see(**alert | {"last_seen": steps.time.now()})
    github_door.answers[f"GET /repos/acme/shop/compare/{hooks.MERGED}...{OLD}"] = (200, {"status": "behind"})
    steps.deploy(github_door, OLD, environment="production", number=3, minutes_ago=600)
    with work() as unit:
        unit.conn.execute(
            "INSERT INTO ancestry (repository, ancestor, descendant, contains, asked_at) VALUES ('acme/shop', %s, %s, false, now())",
            [hooks.MERGED, OLD],
        )
    steps.see(release=OLD)

    attempt = steps.the_fix(issue)
    assert attempt.state == "watching"
    assert {one.because: one.times for one in attempt.seen} == {
        "It was seen within 10 minutes of the deployment, while older processes may still be ending.": 1,
        "It came from release 2026.1, which does not contain the fix.": 2,
        "The alert began before the deployment.": 1,
        f"It came from release {OLD}, which does not contain the fix.": 1,
    }


def test_a_deployment_heard_of_late_fails_by_what_was_seen_since(github_door: GitHub, clock: Clock):
    issue = steps.make_error()
    clock.travel(hours=1)
    steps.merge(issue)
    clock.travel(hours=5)
    steps.see(release="2026.2")
    assert steps.the_fix(issue).state == "awaiting_deploy"

    steps.deploy(github_door, NEW, minutes_ago=240)
    steps.sweep()

    assert steps.the_fix(issue).state == "failed"
    assert steps.story(issue) == ["fix.begun", "fix.watched", "fix.failed"]


def test_silence_that_would_hardly_come_by_luck_verifies_it_and_closes_the_issue_once(github_door: GitHub, clock: Clock):
    issue = steps.make_steady_error(clock)
    steps.merge(issue)
    clock.travel(minutes=10)
    steps.deploy(github_door, NEW)
    steps.sweep()
    clock.travel(hours=47)
    steps.sweep()
    assert (steps.the_fix(issue).state, steps.status(issue)) == ("watching", "In Review")

    clock.travel(hours=1)
    for _ in range(2):
        steps.sweep()

    attempt = steps.the_fix(issue)
    assert attempt.state == "verified"
    assert attempt.numbers
    assert (attempt.numbers.expected >= 3, attempt.numbers.traffic_ratio) == (True, None)
    assert steps.status(issue) == "Done"
    assert steps.story(issue) == ["fix.begun", "fix.watched", "fix.verified"]


def test_whoever_follows_the_issue_is_told_once_of_each_verdict(github_door: GitHub, clock: Clock, setting):
    setting.setenv("NOTICE_WEBHOOKS", "https://hooks.example.com/dispatch")
    issue = steps.make_steady_error(clock)
    with work() as unit:
        create_customer(unit, NewCustomer(name="Acme"))
        issues.update_issue(unit, issue.id, IssueChange(customer="acme"), actor=doing.ADA)
    steps.merge(issue)
    clock.travel(minutes=10)
    steps.deploy(github_door, NEW)
    steps.sweep_until(clock, "verified", issue, days=8)
    steps.sweep()

    with work() as unit:
        [notice] = notices.list_notices(unit, NoticeFilter()).items
    assert (notice.kind, notice.body["data"]["watchers"]) == ("fix.verified", ["acme"])
    assert notice.body["data"]["issue"]["identifier"] == issue.identifier
    assert notice.body["data"]["reason"] == steps.the_fix(issue).reason


def test_whoever_begins_again_is_told_what_was_tried(github_door: GitHub, clock: Clock):
    issue = watched(github_door, clock)
    steps.see(release="2026.2")

    claim = doing.start(doing.ask(issue, "auto-investigate"))

    assert "A fix that did not hold: pull request #12" in claim.brief.prompt
    assert "It was seen again 1 hour after the deployment." in claim.brief.prompt


def test_an_unproven_one_is_watched_on_as_a_person_says(github_door: GitHub, clock: Clock):
    issue, plain = watched(github_door, clock), doing.make_issue()
    steps.sweep_until(clock, "unproven", issue, days=16)
    with work() as unit:
        verification.watch_on(unit, issue.identifier, WatchOn(hours=12), actor=doing.ADA)
    assert (steps.the_fix(issue).state, steps.inbox()) == ("watching", [])

    clock.travel(hours=13)
    steps.sweep()

    assert steps.the_fix(issue).state == "unproven"
    assert len(steps.inbox()) == 1
    with pytest.raises(NothingToWatch), work() as unit:
        verification.watch_on(unit, plain.identifier, WatchOn(hours=12), actor=doing.ADA)


def test_seen_again_after_it_was_given_up_as_unproven_it_has_failed(github_door: GitHub, clock: Clock):
    issue = watched(github_door, clock)
    steps.sweep_until(clock, "unproven", issue, days=16)

    steps.see(release="2026.2")

    assert (steps.the_fix(issue).state, steps.status(issue), steps.inbox()) == ("failed", "Backlog", [])


def test_seen_while_it_is_judged_it_is_open_in_the_end_whoever_comes_first(github_door: GitHub, clock: Clock):
    issue = steps.make_steady_error(clock)
    steps.merge(issue)
    clock.travel(minutes=10)
    steps.deploy(github_door, NEW)
    steps.sweep()
    clock.travel(hours=49)

    def act(number: int) -> None:
        steps.see(release="2026.2") if number else verification.judge()
        close_connection()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(act, range(4)))

    assert steps.status(issue) == "Backlog"
    assert steps.the_fix(issue).state in {"failed", "verified"}
    assert len([kind for kind in steps.story(issue) if kind in {"fix.failed", "fix.verified"}]) == 1


def test_two_sightings_at_once_fail_it_once(github_door: GitHub, clock: Clock):
    issue = watched(github_door, clock)

    def see(_: int) -> None:
        steps.see(release="2026.2")
        close_connection()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(see, range(16)))

    assert steps.story(issue) == ["fix.begun", "fix.watched", "fix.failed"]
    assert doing.issue_now(issue).priority == "P3"


def test_whoever_looks_at_the_issue_or_the_errors_sees_its_fix_change():
    issue = steps.make_error()
    steps.merge(issue)

    with work() as unit:
        frames = stream.read_feed(unit, f"issue:{issue.id}").frames
        cards = [frame.data for frame in stream.read_feed(unit, "errors").frames]
    assert [frame.data["state"] for frame in frames if frame.kind == "fix.changed"] == ["awaiting_deploy"]
    assert cards[-1]["fix"]["state"] == "awaiting_deploy"


def test_one_that_cannot_be_looked_at_stops_no_other(github_door: GitHub, clock: Clock):
    broken, sound = steps.make_error(), steps.make_error("Card declined")
    steps.merge(broken)
    steps.merge(sound, 13)
    with work() as unit:
        unit.conn.execute("UPDATE fix_attempt SET merged_at = '4713-01-01 BC' WHERE issue_id = %s", [broken.id])
    clock.travel(hours=1)

    steps.sweep()

    assert steps.the_fix(sound).state == "watching"


def test_too_seldom_seen_it_is_unproven_after_two_weeks_and_a_person_decides(github_door: GitHub, clock: Clock):
    issue = watched(github_door, clock)

    attempt = steps.sweep_until(clock, "unproven", issue, days=16)

    assert attempt.reason.startswith("Nobody can say whether it is fixed.")
    assert steps.status(issue) == "In Review"
    assert [identifier for identifier, _ in steps.inbox()] == [issue.identifier]
    assert steps.story(issue) == ["fix.begun", "fix.watched", "fix.extended", "fix.unproven"]


def test_merged_and_never_deployed_it_is_unproven_never_verified(github_door: GitHub, clock: Clock):
    issue = steps.make_steady_error(clock)
    steps.deploy(github_door, OLD, contains=False)
    clock.travel(minutes=5)
    steps.merge(issue)

    attempt = steps.sweep_until(clock, "unproven", issue, days=16)

    assert attempt.reason == "It was merged two weeks ago, and never came to production: nobody can say whether it is a fix."
    assert attempt.numbers is None
    steps.deploy(github_door, NEW)
    steps.sweep()
    assert steps.the_fix(issue).state == "watching", "better late than never"


def test_while_an_older_release_goes_on_failing_silence_has_not_begun(github_door: GitHub, clock: Clock):
    issue = steps.make_steady_error(clock)
    steps.merge(issue)
    clock.travel(minutes=10)
    steps.deploy(github_door, NEW)
    for _ in range(8):
        clock.travel(hours=6)
        steps.see()
        steps.sweep()

    assert steps.the_fix(issue).state == "watching"
    assert steps.sweep_until(clock, "verified", issue, days=8).numbers.ignored == 8


def test_while_an_alert_fires_it_is_not_verified(github_door: GitHub, clock: Clock):
    issue = steps.make_steady_error(clock)
    steps.see(origin=Origin.ALERTMANAGER, key="one", fires=True)
    steps.merge(issue)
    clock.travel(minutes=10)
    steps.deploy(github_door, NEW)

    attempt = steps.sweep_until(clock, "unproven", issue, days=16)

    assert "An alert about it still fires." in attempt.reason
    assert steps.story(issue).count("fix.extended") == 1


def test_seen_again_after_it_was_verified_the_issue_is_open_again_but_not_by_an_older_release(github_door: GitHub, clock: Clock):
    issue = steps.make_steady_error(clock)
    steps.merge(issue)
    clock.travel(minutes=10)
    steps.deploy(github_door, NEW)
    steps.sweep_until(clock, "verified", issue, days=8)

    assert steps.see().action == "ignored"
    assert steps.see(release="2026.2").action == "reopened"
    assert steps.status(issue) == "Backlog"


def test_closed_by_hand_what_was_seen_before_does_not_open_it_again(clock: Clock):
    issue = steps.make_error()
    began = steps.time.now()
    clock.travel(hours=1)
    with work() as unit:
        issues.update_issue(unit, issue.id, IssueChange(status="Canceled", reason="Not ours."), actor=doing.ADA)
    clock.travel(hours=1)

    assert steps.see(origin=Origin.GRAFANA, key="one", fires=True, first_seen=began).action == "ignored"
    assert steps.see().action == "reopened"
