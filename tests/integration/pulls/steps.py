"""Our own pull request, from an approved plan to its opening, and looking at what came of it."""

from uuid import UUID

from dispatch import activity, plans, pulls, runs, spawning
from dispatch.issues import Issue
from dispatch.kit.work import work
from dispatch.plans import PlanDecision
from dispatch.pulls import Pull, PullFilter
from dispatch.runs import Run
from dispatch.spawning import Spawn
from tests import doing, hooks


def implement(issue: Issue) -> Run:
    """The issue's plan is approved and implemented, and a patch is handed in."""
    plan = doing.propose(issue)
    with work() as unit:
        decision = PlanDecision(action="approve", version=plan.version)
        spawn = plans.decide_plan(unit, issue.id, decision, actor=doing.ADA).spawn
    return hand_in(spawn)


def hand_in(spawn: Spawn) -> Run:
    """The spawn's run has handed in a patch on what it began on."""
    claim = doing.start(spawn)
    mbox = "From 5f3c Mon Sep 17 00:00:00 2001\nSubject: Take it once\n\ndiff --git a/orders.py b/orders.py\n--- a/orders.py\n+++ b/orders.py\n@@ -1 +1 @@\n-a\n+b\n-- \n"
    patch = {"mbox": mbox, "files": [{"path": "orders.py", "additions": 1, "deletions": 1}], "commits": []}
    base = claim.brief.checkout.commit if claim.brief.checkout else "a" * 40
    return doing.end(claim, outcome="completed", patch=patch, base_commit=base)


def branch_of(run: Run) -> str:
    with work() as unit:
        return runs.get_patch(unit, run.id).branch


def open_ours(issue: Issue, number: int = 12) -> Run:
    """Our own pull request of the issue is open, published by its job and heard of by webhook."""
    run = implement(issue)
    publish(run, number)
    hooks.tell_pull("opened", number, branch=branch_of(run), state="draft", type="Bot", author="dispatch[bot]")
    return run


def publish(run: Run, number: int = 12, sha: str = hooks.SHA) -> Pull:
    """The publish job has opened the pull request, or pushed to it again."""
    with work() as unit:
        patch = runs.get_patch(unit, run.id)
        unit.conn.execute("UPDATE patch SET published_at = now(), head_commit = %s WHERE run_id = %s", [sha, run.id])
        return pulls.note_opened(
            unit,
            issue_id=run.issue_id,
            run_id=run.id,
            repository="acme/shop",
            number=number,
            url=f"https://github.com/acme/shop/pull/{number}",
            title="Take the discount once",
            branch=patch.branch,
            head_sha=sha,
            base="main",
            draft=True,
            at=unit.now,
        )


def the_pull(number: int = 12) -> Pull:
    with work() as unit:
        [found] = [pull for pull in pulls.list_pulls(unit, PullFilter()).items if pull.number == number]
        return found


def status(issue: Issue) -> str:
    return doing.issue_now(issue).status.name


def story(issue: Issue | UUID) -> list[str]:
    """The kinds of what happened to the issue's pull requests, in order."""
    with work() as unit:
        entries = activity.list_activity(unit, issue if isinstance(issue, UUID) else issue.id)
    return [str(entry.kind) for entry in entries if str(entry.kind).startswith(("pull.", "ci."))]


def inbox() -> list[str]:
    with work() as unit:
        return [item.text for item in spawning.inbox(unit) if item.kind == "pull"]
