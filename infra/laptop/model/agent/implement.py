"""prd-implement, auto-investigate and auto-triage: undo the defect, run the tests, commit."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from infra.laptop.model.agent.brief import Brief
from infra.laptop.model.agent.elsewhere import say_so
from infra.laptop.model.agent.finding import Findings, explain, find_out, look_around
from infra.laptop.model.agent.hand_in import SCRIPTED, hand_in
from infra.laptop.model.agent.looking import Checked, run_checks, was_refused
from infra.laptop.model.agent.planning import new_test
from infra.laptop.model.reading import Conversation
from infra.laptop.model.script import Json, Part, Script, use


@dataclass
class Work:
    """What was changed, and what came of it."""

    edited: list[str] = field(default_factory=list)
    refused: str = ""
    after: Checked | None = None
    committed: bool = False


def implement(conversation: Conversation, brief: Brief) -> Script:
    """An approved plan is carried out on the demo repository."""
    findings = yield from look_around(conversation, f"{brief.identifier}: the plan is approved. I look at the files before I touch one.")
    if not findings.files.is_demo:
        return (yield from say_so(conversation, brief, findings.files))
    yield from find_out(conversation, brief, findings)
    return (yield from change_and_hand_in(conversation, brief, findings))


def repair(conversation: Conversation, brief: Brief) -> Script:
    """An error or a small issue is looked into, and fixed at once when the cause is certain and the change small."""
    findings = yield from look_around(conversation, f"{brief.identifier}: “{brief.title}”. First, what is here.")
    if not findings.files.is_demo:
        return (yield from say_so(conversation, brief, findings.files))
    yield from find_out(conversation, brief, findings)
    if findings.defect and findings.concerns_issue and conversation.can("Edit"):
        return (yield from change_and_hand_in(conversation, brief, findings))
    needs = (
        "It needs a plan: I may not change code in this run."
        if findings.defect and findings.concerns_issue
        else f"It needs a plan by somebody who can think. {SCRIPTED}"
    )
    done = findings.before is not None and findings.before.passed and not findings.defect
    result = {
        "outcome": "no_changes_needed" if done else "investigation_complete",
        "summary": explain(findings),
        "report": f"{explain(findings)}\n\n{'' if done else needs}",
    }
    return (yield from hand_in(conversation, brief, result, "I write down what I saw."))


def change_and_hand_in(conversation: Conversation, brief: Brief, findings: Findings) -> Script:
    """The defect is undone, tested, committed and handed in; whatever stands in the way is handed in instead."""
    if not findings.defect:
        result: Json = {"outcome": "no_changes_needed", "summary": f"Nothing to change: {explain(findings)}", "report": explain(findings)}
        return (yield from hand_in(conversation, brief, result, "The code is already as the plan wants it."))
    work = yield from _change(conversation, brief, findings)
    if work.refused or not work.edited:
        reason = work.refused or "the code is not simple enough for me to change it safely"
        result = {
            "outcome": "blocked",
            "summary": f"Not changed: {reason}",
            "question": {"category": "missing_env", "text": f"I could not edit: {reason}. What should I do?"},
        }
        return (yield from hand_in(conversation, brief, result, "I cannot make the change, so I ask."))
    work.after = yield from run_checks(conversation, findings.files, "Changed. Now the same tests again.")
    if work.after and work.after.failed:
        text = f"After the change: {work.after}. Should this go on?"
        result = {
            "outcome": "blocked",
            "summary": str(work.after),
            "report": _report(findings, work),
            "question": {"category": "test_failure", "text": text},
        }
        return (yield from hand_in(conversation, brief, result, "Something still fails. I do not commit that as done."))
    work.committed = yield from _commit(conversation, brief, findings)
    return (yield from hand_in(conversation, brief, _result(findings, work), "All done; I hand it in."))


def _change(conversation: Conversation, brief: Brief, findings: Findings) -> Part[Work]:
    work, defect = Work(), findings.defect
    if defect is None or not conversation.can("Edit"):
        return Work(refused="" if defect is None else "this run may not edit files")
    said = f"`{defect.inner}` should give a line's full price, so its own use of the {defect.thing} goes."
    changes = [(defect.path, edit.old, edit.new) for edit in defect.edits]
    if more := new_test(brief, findings):
        changes.append(("tests/test_orders.py", *more))
    for path, old, new in changes:
        inputs = {"file_path": str(PurePosixPath(conversation.directory) / path), "old_string": old, "new_string": new}
        result = yield from use("Edit", inputs, said)
        if result.is_error:
            work.refused = result.text
            return work
        work.edited.append(path)
        said = (
            "The plan also asks for a test."
            if len(work.edited) == len(defect.edits)
            else f"And `{defect.chain[-2]}`, which called it, passes one argument less."
        )
    return work


def _commit(conversation: Conversation, brief: Brief, findings: Findings) -> Part[bool]:
    defect = findings.defect
    if not conversation.can("Bash") or defect is None:
        return False
    cause = f"{brief.identifier}: {defect.inner} took it off each line, and {defect.outer} again."
    command = f'git commit -a -m "Take the {defect.thing} off once" -m "{cause}"'
    result = yield from use("Bash", {"command": command, "description": "Commit the change"}, "The tests pass. I commit.")
    return not result.is_error and not was_refused(result)


def _result(findings: Findings, work: Work) -> Json:
    thing = findings.defect.thing if findings.defect else ""
    tests = f" {work.after}." if work.after else " I was not allowed to run the tests."
    return {"outcome": "completed", "summary": f"The {thing} is taken off once.{tests}", "report": _report(findings, work)}


def _report(findings: Findings, work: Work) -> str:
    lines = [
        "## Cause", explain(findings),
        "## Change", "\n".join(f"- `{path}`" for path in dict.fromkeys(work.edited)),
        "## Tests", f"- before: {findings.before or 'not run'}\n- after: {work.after or 'not run'}",
    ]  # fmt: skip
    if not work.committed:
        lines.append("I did not commit: the change is in the working tree.")
    return "\n\n".join(lines)
