"""A pull request from its opening to its end, told in any order."""

import random

import pytest

from dispatch import issues, pulls, spawning, stream
from dispatch.issues import IssueChange
from dispatch.kit.work import work
from dispatch.pulls import NotClosed, PullFilter
from dispatch.spawning import NewSpawn
from tests import doing, hooks
from tests.integration.pulls import steps


def test_a_persons_pull_request_takes_its_issue_to_review_and_to_done():
    issue = doing.make_issue()

    hooks.tell_pull("opened", title=f"Fix {issue.identifier}", minutes=1)
    assert steps.status(issue) == "In Review"
    hooks.tell_pull("closed", title=f"Fix {issue.identifier}", state="merged", minutes=2)

    assert steps.status(issue) == "Done"
    assert steps.story(issue) == ["pull.opened", "pull.merged"]
    assert steps.the_pull().merge_commit == "c0ffee" * 6 + "c0ff"


def test_closed_unmerged_a_persons_work_goes_on():
    issue = doing.make_issue()
    hooks.tell_pull("opened", body=f"Dispatch-Issue: {issue.identifier}", minutes=1)

    hooks.tell_pull("closed", body=f"Dispatch-Issue: {issue.identifier}", state="closed", minutes=2)

    assert steps.status(issue) == "In Progress"
    assert steps.inbox() == []


def test_closed_unmerged_an_agents_work_is_for_a_person_who_is_asked_why():
    issue = doing.make_issue()
    steps.open_ours(issue)
    assert (steps.status(issue), steps.the_pull().linked_by, steps.the_pull().state) == ("In Review", "branch", "draft")

    hooks.tell_pull("closed", branch=steps.the_pull().head_branch, state="closed", minutes=2)

    assert steps.status(issue) == "Needs Review"
    assert steps.inbox() == ["Pull request #12 was closed without being merged. Why?"]
    pull_id = steps.the_pull().id
    with work() as unit:
        pulls.give_reason(unit, pull_id, "It breaks the invoices.", actor=doing.ADA)
    assert steps.inbox() == []
    assert steps.the_pull().close_reason == "It breaks the invoices."


def test_reopened_it_is_in_review_again_and_its_reason_is_forgotten():
    issue = doing.make_issue()
    branch = steps.branch_of(steps.open_ours(issue))
    hooks.tell_pull("closed", branch=branch, state="closed", minutes=2)
    pull_id = steps.the_pull().id
    with work() as unit:
        pulls.give_reason(unit, pull_id, "Not now.", actor=doing.ADA)

    hooks.tell_pull("reopened", branch=branch, minutes=3)

    assert (steps.status(issue), steps.the_pull().close_reason) == ("In Review", None)


def test_a_reason_is_for_what_was_closed_unmerged_alone():
    hooks.tell_pull("opened")

    pull_id = steps.the_pull().id
    with pytest.raises(NotClosed), work() as unit:
        pulls.give_reason(unit, pull_id, "Why not?", actor=doing.ADA)


@pytest.mark.parametrize("told_first", ["by its job", "by webhook"])
def test_our_own_is_the_same_whoever_tells_of_it_first(told_first):
    issue = doing.make_issue()
    run = steps.implement(issue)
    if told_first == "by its job":
        steps.publish(run)
    hooks.tell_pull("opened", branch=steps.branch_of(run), state="draft", minutes=1)
    if told_first == "by webhook":
        steps.publish(run)

    found = steps.the_pull()
    assert (found.run_id, found.issue_id, found.linked_by, found.is_ours) == (run.id, issue.id, "branch", True)
    assert steps.story(issue) == ["pull.opened"]


def test_a_further_rounds_push_is_known_from_its_job_and_said_again_it_hides_nobody_elses():
    issue = doing.make_issue()
    first = steps.open_ours(issue)
    with work() as unit:
        again = spawning.request(unit, issue.id, NewSpawn(workflow="prd-implement", continues=first.id), actor=doing.ADA)
    second = steps.hand_in(again)

    steps.publish(second, sha=hooks.OTHER_SHA)
    assert (steps.the_pull().run_id, steps.the_pull().head_sha) == (second.id, hooks.OTHER_SHA)

    hooks.tell_pull("synchronize", branch=steps.the_pull().head_branch, state="draft", sha="3" * 40, minutes=9)
    steps.publish(second, sha=hooks.OTHER_SHA)
    assert steps.the_pull().head_sha == "3" * 40


EVENTS = [
    ("opened", "draft", 1),
    ("ready_for_review", "open", 2),
    ("closed", "closed", 3),
    ("reopened", "open", 4),
    ("synchronize", "open", 5),
    ("closed", "merged", 6),
]


@pytest.mark.parametrize("last", [2, 3, 4, 6])
@pytest.mark.parametrize("seed", range(6))
def test_told_in_any_order_and_again_it_ends_the_same(last, seed):
    def tell(events):
        issue = doing.make_issue()
        for action, state, minutes in events:
            hooks.tell_pull(
                action, seed_number(issue), state=state, minutes=minutes, title=f"{issue.identifier}: once", sha=f"{minutes:040x}"
            )
        pull = steps.the_pull(seed_number(issue))
        return steps.status(issue), pull.model_dump(include={"state", "head_sha", "merged_at", "closed_at", "linked_by"})

    shuffled = EVENTS[:last] * 2
    random.Random(seed).shuffle(shuffled)

    assert tell(shuffled) == tell(EVENTS[:last])


def test_who_watches_the_issue_sees_its_pull_request_change():
    issue = doing.make_issue()
    hooks.tell_pull("opened", title=f"Fix {issue.identifier}", minutes=1)
    hooks.tell_pull("closed", title=f"Fix {issue.identifier}", state="merged", minutes=2)

    with work() as unit:
        frames = stream.read_feed(unit, f"issue:{issue.id}").frames
    assert [frame.data["state"] for frame in frames if frame.kind == "pull.changed"] == ["open", "merged"]


def test_what_a_person_moved_meanwhile_is_not_moved_by_each_push():
    issue = doing.make_issue()
    hooks.tell_pull("opened", title=f"Fix {issue.identifier}", minutes=1)
    with work() as unit:
        issues.update_issue(unit, issue.id, IssueChange(status="Backlog"), actor=doing.ADA)

    hooks.tell_pull("synchronize", title=f"Fix {issue.identifier}", minutes=2)

    assert steps.status(issue) == "Backlog"


def test_an_issue_with_two_pull_requests_is_done_when_the_last_is_merged():
    issue = doing.make_issue()
    for number in (1, 2):
        hooks.tell_pull("opened", number, title=f"{issue.identifier}: part {number}", minutes=1)

    hooks.tell_pull("closed", 1, title=f"{issue.identifier}: part 1", state="merged", minutes=2)
    assert steps.status(issue) == "In Review"
    hooks.tell_pull("closed", 2, title=f"{issue.identifier}: part 2", state="merged", minutes=3)
    assert steps.status(issue) == "Done"


@pytest.mark.parametrize(
    "stranger", [{"association": "NONE"}, {"association": "CONTRIBUTOR", "fork": True}, {"type": "Bot", "association": "NONE"}]
)
def test_a_strangers_pull_request_is_shown_with_its_issue_and_moves_nothing(stranger):
    issue = doing.make_issue()

    hooks.tell_pull("opened", title=f"Fix {issue.identifier}", minutes=1, **stranger)
    hooks.tell_pull("closed", title=f"Fix {issue.identifier}", state="closed", minutes=2, **stranger)

    assert steps.status(issue) == "Backlog"
    assert steps.the_pull().issue_id == issue.id


def test_a_strangers_work_that_somebody_merged_counts():
    issue = doing.make_issue()

    hooks.tell_pull("closed", title=f"Fix {issue.identifier}", state="merged", association="NONE", fork=True)

    assert steps.status(issue) == "Done"


def test_a_fork_with_our_branchs_name_is_not_ours_and_nobody_begins_on_it():
    issue = doing.make_issue()
    run = steps.implement(issue)

    hooks.tell_pull("opened", branch=steps.branch_of(run), fork=True, association="NONE")

    found = steps.the_pull()
    assert (found.run_id, found.is_ours, found.linked_by) == (None, False, "identifier")
    with work() as unit:
        assert pulls.find_open(unit, issue.id) is None
        assert pulls.find_by_branch(unit, "acme/shop", found.head_branch) is None


@pytest.mark.parametrize(
    ("more", "linked_by"),
    [
        ({"title": "Fix {0} and {1}"}, "identifier"),
        ({"title": "Fix utf-8", "body": "See {0}, then {1}."}, "identifier"),
        ({"title": "Fix", "branch": "ada/{0}-discounts"}, "identifier"),
        ({"title": "About {1}", "body": "Words.\n\ndispatch-issue: {0}\n"}, "trailer"),
        ({"title": "Fix", "body": "Dispatch-Issue: {1}\nDispatch-Issue: {0}"}, "trailer"),
    ],
)
def test_the_surest_sign_decides_and_of_several_the_first_in_the_title(more, linked_by):
    wanted, other = doing.make_issue("Wanted"), doing.make_issue("Other")
    names = [wanted.identifier.lower(), other.identifier]

    hooks.tell_pull("opened", **{key: text.format(*names) for key, text in more.items()})

    assert (steps.the_pull().identifier, steps.the_pull().linked_by) == (wanted.identifier, linked_by)


def test_a_push_whose_commits_carry_the_trailer_links_the_open_pull_request_of_its_branch():
    issue = doing.make_issue()
    hooks.tell_pull("opened", branch="discounts")

    commits = [{"message": "Take it once"}, {"message": f"Test it\n\nDispatch-Issue: {issue.identifier}"}]
    hooks.deliver("push", {"ref": "refs/heads/discounts", "commits": commits, "repository": {"full_name": "acme/shop"}})

    assert (steps.the_pull().issue_id, steps.the_pull().linked_by) == (issue.id, "trailer")
    assert steps.status(issue) == "In Review"


def test_linked_by_hand_its_issue_catches_up_and_it_stays_so():
    issue, other = doing.make_issue(), doing.make_issue()
    hooks.tell_pull("opened", title=f"Fix {other.identifier}", minutes=1)

    pull_id = steps.the_pull().id
    with work() as unit:
        pulls.link_by_hand(unit, pull_id, issue.identifier, actor=doing.ADA)
    hooks.tell_pull("edited", title=f"Fix {other.identifier}!", minutes=2)

    assert (steps.the_pull().issue_id, steps.the_pull().linked_by) == (issue.id, "hand")
    assert steps.status(issue) == "In Review"


def test_a_repository_in_other_letters_is_the_same_and_another_is_not():
    hooks.tell_pull("opened", repository="acme/shop", minutes=1)
    hooks.tell_pull("edited", repository="Acme/Shop", title="Renamed", minutes=2)
    hooks.tell_pull("opened", repository="acme/other")

    with work() as unit:
        found = pulls.list_pulls(unit, PullFilter()).items
    assert sorted((pull.repository, pull.title) for pull in found) == [("acme/other", "Take the discount once"), ("acme/shop", "Renamed")]


def test_a_deleted_issue_leaves_its_pull_request_without_one():
    issue = doing.make_issue()
    hooks.tell_pull("opened", title=f"Fix {issue.identifier}")

    with work() as unit:
        issues.delete_issue(unit, issue.id, actor=doing.ADA)

    assert steps.the_pull().issue_id is None


@pytest.mark.parametrize(("more", "state"), [({}, "admitted"), ({"fork": True}, "refused"), ({"state": "closed"}, "refused")])
def test_an_open_pull_request_of_the_repository_itself_can_be_tested(more, state):
    issue = doing.make_issue()
    hooks.tell_pull("opened", title=f"Fix {issue.identifier}", **more)

    assert doing.ask(issue, "qa-test").state == state


def seed_number(issue) -> int:
    return int(issue.identifier.rpartition("-")[2])
