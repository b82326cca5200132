"""What a reviewer reads: the title and body of the draft pull request that a run's patch becomes. Opening it is the publish job's."""

import re

from dispatch import issues, runs
from dispatch.briefs import normalise
from dispatch.issues import Issue
from dispatch.kit.settings import settings
from dispatch.kit.shapes import Shape
from dispatch.kit.work import Work
from dispatch.plans import store
from dispatch.plans.quoting import code, cut, fenced, line_of, quoted
from dispatch.plans.shapes import Plan
from dispatch.runs import Artifact, Check, Patch, Proof, Run, Try, workflow_named

MOST_BODY = 60_000  # characters; GitHub takes 65,536
MOST_TITLE = 100
MOST_REPORT = 20_000
MOST_LISTED = 20
MOST_CHECKS = 12  # with their output; the rest by name
TAIL = 1500  # characters of a check's output: the failure stands at its end
CONVENTIONAL = re.compile(r"(?:build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(?:\([\w ./-]{1,40}\))?!?: ", re.IGNORECASE)
STRANGERS = "somebody who is none of us: in an error's text, by a customer, or on GitHub"
FIXING = {"auto-investigate", "auto-triage"}
VERDICTS = {
    "proven": "Proven: the test fails without this change and passes with it.",
    "not_proven": "Not proven.",
    "flaky": "Not proven: the test does not give the same answer every time.",
    "cheated": "Cheated.",
}


class PullText(Shape):
    """A pull request's title and body."""

    title: str
    body: str


def write_pull_request(work: Work, run: Run, patch: Patch) -> PullText:
    """The text for this run's patch. What agents and tools wrote in it is data: nothing of it is acted upon."""
    issue = issues.get_issue(work, run.issue_id)
    found = store.select_plans(work.conn, issue_id=None, plan_id=run.plan_id, version=None) if run.plan_id else []
    plan = found[0] if found else None
    sections = [
        ("", line_of(run.summary or "", most=2000)),
        ("Why", _why(issue, run)),
        ("What changed", quoted(run.report, most=MOST_REPORT) if run.report else ""),
        ("How it was checked", _checks(run.checks)),
        ("Proof", _proof(run.proof)),
        ("To look at", _artifacts(runs.list_artifacts(work, run_id=run.id))),
        ("Plan", _plan(plan, patch)),
        ("Look twice at", _warnings(run, patch)),
    ]
    end = f"---\n\n{_run(run)}\n\nDispatch-Issue: {issue.identifier}\n"
    return PullText(title=_title(issue, run), body=_within(MOST_BODY - len(end), sections) + end)


def _within(most: int, sections: list[tuple[str, str]]) -> str:
    """The sections that say something, each whole; one for which there is no room is named."""
    body = ""
    for heading, text in sections:
        head = f"## {heading}\n\n" if heading else ""
        if text:
            fits = len(body) + len(head) + len(text) < most - 1000
            body += f"{head}{text if fits else 'This is too long for here; it stands on the issue.'}\n\n"
    return body


def _title(issue: Issue, run: Run) -> str:
    """`fix: Take the discount once (DISPATCH-12)`."""
    said = line_of(re.split(r"(?<=[.!?])\s", run.summary or issue.title, maxsplit=1)[0].rstrip(".").replace("`", ""), most=MOST_TITLE)
    labels = {label.name.lower() for label in issue.labels}
    is_fix = run.workflow in FIXING or issue.source == "error" or bool(labels & {"bug", "error", "fix"})
    kind = "" if CONVENTIONAL.match(said) else "fix: " if is_fix else "feat: "
    end = f" ({issue.identifier})"
    return cut(kind + said, MOST_TITLE - len(end)) + end


def _why(issue: Issue, run: Run) -> str:
    link = f"[{issue.identifier}]({_address(issue)})"
    return f"{link}: {line_of(issue.title, most=300)}\n\n{workflow_named(run.workflow).title} by a coding agent; a person reviews it."


def _checks(checks: list[Check]) -> str:
    if not checks:
        return "The repository names no checks of its own in `.github/dispatch.toml`; nothing was run to check this."
    rest = [f"{code(check.name, most=100)} {_went(check)}" for check in checks[MOST_CHECKS:]]
    return "\n\n".join([*map(_check, checks[:MOST_CHECKS]), *rest])


def _check(check: Check) -> str:
    tail = normalise(check.output).strip()[-TAIL:]
    shown = fenced("\n".join([f"$ {cut(check.command, 300)}", tail]))
    return f"**{code(check.name, most=100)}** {_went(check)}\n\n{shown}"


def _went(check: Check) -> str:
    """How the check went, before and after."""
    before = (check.before or {}).get("exit_code")
    now = "passes" if check.exit_code == 0 else "did not end" if check.exit_code is None else f"fails with exit code {check.exit_code}"
    then = {None: "", 0: "; it passed before"}.get(before, "; it failed before")
    return f"{now} in {check.seconds:.1f} s{then}."


def _proof(proof: Proof | None) -> str:
    if proof is None:
        return ""
    lines = [f"**{VERDICTS[proof.verdict]}**", *(f"- {line_of(reason, most=500)}" for reason in proof.reasons)]
    tries = [("Without the change", proof.base), ("With it", proof.head)]
    told = [f"- {when}: {_tries(these)}." for when, these in tries if these]
    shown = normalise(proof.base[-1].output).strip()[-TAIL:] if proof.base else ""
    seen = fenced(f"$ {cut(proof.command, 300)}\n{shown}") if shown else code(proof.command, most=300)
    return "\n".join([*lines, f"- The test: {code(proof.test, most=300)}", *told]) + f"\n\nWhat it says without the change:\n\n{seen}"


def _artifacts(artifacts: list[Artifact]) -> str:
    """Links, not pictures: whoever may not read here sees nothing of them."""
    address = f"{settings().public_url.rstrip('/')}/api/artifacts"
    return "\n".join(f"- [{code(artifact.name, most=100)}]({address}/{artifact.id})" for artifact in reversed(artifacts))


def _tries(tries: list[Try]) -> str:
    return f"passed {sum(one.exit_code == 0 for one in tries)} of {len(tries)} times"


def _plan(plan: Plan | None, patch: Patch) -> str:
    if plan is None:
        return "There was no plan for this change."
    by = f", approved by {line_of(plan.decided_by.name, most=100)}" if plan.decided_by and plan.state == "approved" else ""
    left = f"The change goes beyond it: {_listed(patch.drift)}." if patch.drift else "The change touches only what it names."
    return f"Version {plan.version}{by}. {left}"


def _warnings(run: Run, patch: Patch) -> str:
    lines = [
        f"- Lockfiles: {_listed(patch.lockfiles)}." if patch.lockfiles else "",
        f"- Part of what the agent was told was written by {STRANGERS}. It may have tried to steer the agent."
        if run.hears_strangers
        else "",
    ]
    return "\n".join(line for line in lines if line)


def _run(run: Run) -> str:
    cost = f"${run.cost_usd:.2f}" if run.cost_usd is not None else "an unmeasured cost"
    model = f" with {code(run.model, most=100)}" if run.model else ""
    where = f"{settings().public_url.rstrip('/')}/issue/{run.identifier}?run={run.id}"
    return f"[The whole run, with every step]({where}){model}: {cost} of ${run.cap_usd:.2f}."


def _listed(paths: list[str]) -> str:
    more = f" and {len(paths) - MOST_LISTED} more" if len(paths) > MOST_LISTED else ""
    return ", ".join(code(path, most=200) for path in paths[:MOST_LISTED]) + more


def _address(issue: Issue) -> str:
    return f"{settings().public_url.rstrip('/')}/issue/{issue.identifier}"
