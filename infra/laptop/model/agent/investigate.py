"""prd-investigate: read, run the tests, and propose a plan. Nothing is changed."""

from infra.laptop.model.agent.brief import Brief
from infra.laptop.model.agent.elsewhere import read_a_little
from infra.laptop.model.agent.finding import Findings, explain, find_out, look_around, rule_in_readme
from infra.laptop.model.agent.hand_in import hand_in
from infra.laptop.model.agent.planning import plan_for, plan_without_answer
from infra.laptop.model.reading import Conversation
from infra.laptop.model.script import Json, Script


def investigate(conversation: Conversation, brief: Brief) -> Script:
    """A plan is handed in; a question, when the issue asks for one first."""
    findings = yield from look_around(conversation, _opening(brief))
    if not findings.files.is_demo:
        yield from read_a_little(conversation, findings.files)
        result: Json = {"outcome": "investigation_complete", "summary": "No plan: the scripted model does not know this repository."}
        result["plan"] = plan_without_answer(findings, brief)
        return (yield from hand_in(conversation, brief, result, "I do not know this repository well enough to plan in it, and say so."))
    yield from find_out(conversation, brief, findings)
    if brief.wants_a_question and findings.defect:
        return (
            yield from hand_in(
                conversation, brief, _question(findings), "You asked to be asked before I choose. There is a choice to make here."
            )
        )
    return (yield from hand_in(conversation, brief, _result(findings, brief), _closing(findings, brief)))


def _opening(brief: Brief) -> str:
    if brief.feedback:
        return f"The last plan for {brief.identifier} came back with: “{brief.feedback}” I look again with that in mind, from the files up."
    if brief.answer:
        return f"My question on {brief.identifier} was answered: “{brief.answer}” I go on from there."
    return f"{brief.identifier}: “{brief.title}”. I start by seeing what the repository holds."


def _closing(findings: Findings, brief: Brief) -> str:
    if findings.defect and findings.concerns_issue:
        failing = f" `{findings.before.failed[0]}` fails just so." if findings.before and findings.before.failed else ""
        return f"That is it.{failing} The change is small; I write the plan{' anew, with your words' if brief.feedback else ''}."
    return "I write down what I saw."


def _result(findings: Findings, brief: Brief) -> Json:
    if not findings.defect and findings.before and findings.before.passed:
        summary = f"Nothing to change: {explain(findings)}"
        return {"outcome": "no_changes_needed", "summary": summary, "report": summary}
    plan = plan_for(findings, brief)
    if not plan["files"]:
        return {"outcome": "investigation_complete", "summary": "Looked around, but no plan: see why inside.", "plan": plan}
    cause = (
        f"The {findings.defect.thing} is taken off twice; a small change in {plan['files'][0]['path']} undoes it."
        if findings.defect
        else ""
    )
    return {"outcome": "investigation_complete", "summary": cause, "plan": plan, "report": explain(findings)}


def _question(findings: Findings) -> Json:
    defect, rule = findings.defect, rule_in_readme(findings.files)
    promise = f" The README says: “{rule}”" if rule else ""
    thing, inner, outer = (defect.thing, defect.inner, defect.outer) if defect else ("discount", "", "")
    text = (
        f"The {thing} is taken off in `{inner}` and again in `{outer}`. Which one stays: each line (rounded line by line), or "
        f"the order as a whole (rounded once)?{promise}"
    )
    return {
        "outcome": "needs_decision",
        "summary": "One decision is needed before a plan.",
        "question": {"category": "design_decision", "text": text},
    }
