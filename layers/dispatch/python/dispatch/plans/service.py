"""Proposing, approving and returning plans."""

import hashlib
import json
from uuid import UUID

from dispatch import activity, issues, spawning, stream
from dispatch.kit.actors import Actor
from dispatch.kit.errors import BadInput
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.work import Work
from dispatch.plans import store
from dispatch.plans.shapes import Decided, Plan, PlanDecision, PlanIsDecided, PlanNotFound
from dispatch.runs import PlanBody, Run
from dispatch.spawning import NewSpawn


def propose_plan(work: Work, run: Run, body: PlanBody, *, actor: Actor) -> Plan:
    """The issue has a new version of its plan, and people are asked for it; what was proposed before is superseded."""
    store.supersede_plans(work.conn, run.issue_id)
    plan_id = new_id()
    store.insert_plan(
        work.conn,
        plan_id,
        issue_id=run.issue_id,
        run_id=run.id,
        body=body,
        hash=_hash(body),
        base_commit=run.base_commit,
        at=work.now,
    )
    plan = store.select_plans(work.conn, issue_id=None, plan_id=plan_id, version=None)[0]
    _tell(work, plan, Event.PLAN_PROPOSED, actor=actor, summary=body.summary[:2000])
    return plan


def find_plan(work: Work, ref: str | UUID) -> Plan | None:
    """The newest version of the issue's plan; None where it has none."""
    return next(iter(list_plans(work, ref)), None)


def get_newest(work: Work, ref: str | UUID) -> Plan:
    """The newest version of the issue's plan. Raises PlanNotFound."""
    plan = find_plan(work, ref)
    if plan is None:
        raise PlanNotFound
    return plan


def list_plans(work: Work, ref: str | UUID) -> list[Plan]:
    """Every version of the issue's plan, newest first."""
    return store.select_plans(work.conn, issue_id=issues.get_issue(work, ref).id, plan_id=None, version=None)


def get_plan(work: Work, plan_id: UUID) -> Plan:
    """The plan with this id. Raises PlanNotFound."""
    found = store.select_plans(work.conn, issue_id=None, plan_id=plan_id, version=None)
    if not found:
        raise PlanNotFound
    return found[0]


def decide_plan(work: Work, ref: str | UUID, decision: PlanDecision, *, actor: Actor) -> Decided:
    """The plan is approved or returned, as the decision says."""
    if decision.action == "return":
        return return_plan(work, ref, decision, actor=actor)
    return approve_plan(work, ref, decision, actor=actor)


def approve_plan(work: Work, ref: str | UUID, decision: PlanDecision, *, actor: Actor) -> Decided:
    """The plan is approved, bound to this person, its hash, its base commit and the cap; unless told not to, it is implemented.

    The approval stands whatever the gates say to the implementation. Raises PlanNotFound, PlanIsDecided.
    """
    spawning.lock_admission(work)
    plan = _decide(work, ref, decision, state="approved", feedback=None, actor=actor)
    _tell(work, plan, Event.PLAN_APPROVED, actor=actor, version=plan.version, hash=plan.hash)
    if not decision.implement:
        return Decided(plan=plan, spawn=None)
    wanted = NewSpawn(workflow="prd-implement", words=decision.words, cap_usd=decision.cap_usd)
    return Decided(plan=plan, spawn=spawning.request(work, plan.issue_id, wanted, actor=actor))


def return_plan(work: Work, ref: str | UUID, decision: PlanDecision, *, actor: Actor) -> Decided:
    """The plan is returned with a person's words, and the next investigation gets both. Raises BadInput without words."""
    if not decision.feedback.strip():
        raise BadInput("Say what should be different: the words go to the next investigation.")
    spawning.lock_admission(work)
    plan = _decide(work, ref, decision, state="returned", feedback=decision.feedback, actor=actor)
    _tell(work, plan, Event.PLAN_RETURNED, actor=actor, version=plan.version, feedback=decision.feedback)
    wanted = NewSpawn(workflow="prd-investigate", cap_usd=decision.cap_usd)
    return Decided(plan=plan, spawn=spawning.request(work, plan.issue_id, wanted, actor=actor))


def _decide(work: Work, ref: str | UUID, decision: PlanDecision, *, state: str, feedback: str | None, actor: Actor) -> Plan:
    issue = issues.get_issue(work, ref, lock=True)  # before its plan, as a result that brings another one does
    found = store.select_plans(work.conn, issue_id=issue.id, plan_id=None, version=decision.version)
    if not found:
        raise PlanNotFound(f"{issue.identifier} has no plan of version {decision.version}.")
    decided = store.set_decided(work.conn, found[0].id, state=state, by=actor, feedback=feedback, cap_usd=decision.cap_usd, at=work.now)
    plan = get_plan(work, found[0].id)
    if not decided:
        by = f" by {plan.decided_by.name}" if plan.decided_by else ""
        raise PlanIsDecided(f"Version {plan.version} of this plan is {plan.state} already{by}.")
    return plan


def _tell(work: Work, plan: Plan, kind: Event, *, actor: Actor, **data: object) -> None:
    activity.add_activity(work, plan.issue_id, kind, actor=actor, run_id=plan.run_id, data={"version": plan.version, **data})
    stream.publish(work, f"issue:{plan.issue_id}", Event.PLAN_CHANGED, plan)
    issues.publish_card(work, plan.issue_id)


def _hash(body: PlanBody) -> str:
    return hashlib.sha256(json.dumps(body.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()
