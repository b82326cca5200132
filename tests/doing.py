"""The steps of an issue's life in one line each, so that a test can begin where it matters."""

from typing import Any
from uuid import UUID

from dispatch import briefs, issues, plans, runs, spawning
from dispatch.briefs import BriefedClaim
from dispatch.issues import Issue, NewIssue
from dispatch.kit.actors import Actor, ActorKind
from dispatch.kit.work import work
from dispatch.plans import Plan
from dispatch.runs import NewClaim, Run
from dispatch.spawning import NewSpawn, Spawn

ADA = Actor(kind=ActorKind.PERSON, name="Ada")
AGENT = Actor(kind=ActorKind.AGENT, name="agent")
PLAN = {
    "summary": "The discount is taken twice. Take it once.",
    "files": [{"path": "orders.py", "change": "Drop the second one."}],
    "tests": "tests/",
}


def make_issue(title: str = "The total is wrong", **more: Any) -> Issue:
    """An issue by Ada."""
    with work() as unit:
        return issues.create_issue(unit, NewIssue(title=title, **more), actor=ADA)


def ask(issue: Issue | UUID, workflow: str = "prd-investigate", **more: Any) -> Spawn:
    """Ada asks for a spawn."""
    with work() as unit:
        return spawning.request(unit, issue if isinstance(issue, UUID) else issue.id, NewSpawn(workflow=workflow, **more), actor=ADA)


def start(spawn: Spawn) -> BriefedClaim:
    """The spawn's run is started, and its job has claimed it."""
    assert spawn.run_id
    with work() as unit:
        runs.mark_starting(unit, spawn.run_id, 1)
    with work() as unit:
        return briefs.claim(unit, spawn.run_id, NewClaim(generation=1))


def end(claim: BriefedClaim, **result: Any) -> Run:
    """The run has handed in."""
    given = {"generation": claim.generation, "outcome": "investigation_complete", "summary": "Done.", "cost_usd": 0.25, **result}
    with work() as unit:
        return plans.take_result(unit, claim.run, given, actor=AGENT).run


def propose(issue: Issue) -> Plan:
    """The issue has been investigated, and a plan waits."""
    end(start(ask(issue)), plan=PLAN)
    with work() as unit:
        return plans.get_newest(unit, issue.id)


def issue_now(issue: Issue) -> Issue:
    """The issue as it is."""
    with work() as unit:
        return issues.get_issue(unit, issue.id)
