"""What a run leaves: its outcome, its words, its patch. A run that was cut short leaves as much as one that ended well."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent.handin import faults_of, why_it_failed
from agent.repository import Repository
from agent.session import Ending

SUBJECT_LIMIT = 70
SUMMARY_LIMIT = 5000  # characters; the protocol's
NEXT_WITH_WORK = (
    "Look at the patch: it is what stood in the worktree, tested or not. Then run the workflow again, with more room if it was cut short."
)
NEXT_WITHOUT = "Run the workflow again, with more room if it was cut short, or with words on what stood in the way."


@dataclass(frozen=True)
class Verdict:
    """How the run ended, and what the agent handed in where that fits the brief; `failure` is None where all is well."""

    outcome: str
    summary: str
    handed_in: dict[str, Any]
    failure: str | None


def judge(ending: Ending, schema: dict[str, Any]) -> Verdict:
    """The verdict on an ended conversation."""
    failure = ending.because or why_it_failed(ending.result, ending.exit_code, ending.stderr)
    faults = faults_of(ending.handed_in, schema)
    handed_in = ending.handed_in if isinstance(ending.handed_in, dict) and not faults else {}
    if not failure and faults:
        failure = f"The hand-in does not fit the brief: {'; '.join(faults[:5])}."
    if failure:
        return Verdict("failed", failure, handed_in, failure)
    return Verdict(handed_in["outcome"], str(handed_in.get("summary") or ""), handed_in, None)


def collect_work(
    repository: Repository,
    base: str,
    known: dict[str, str],
    subject: str,
    *,
    why: str = "",
    apart: Callable[[str], bool] = lambda _: False,
) -> dict[str, Any] | None:
    """Everything the agent changed is committed on `base`; answers the patch, None where there is none.

    `known` are the leftovers from before the agent began: as they were, they are nobody's work. `why` goes into the commit that the
    runner makes of what was left. Paths for which `apart` holds stay out of it. Raises `GitError`, `PatchTooLargeError`.
    """
    repository.unlock()
    repository.commit({path for path in repository.leftovers_since(known) if not apart(path)}, subject, why)
    repository.straighten(base, subject)
    repository.drop(apart, base, subject)
    return repository.patch(base)


def subject_of(issue: str, verdict: Verdict) -> str:
    """The first line of the commit that holds what the agent left uncommitted."""
    said = "Work in progress" if verdict.failure else next(iter(verdict.summary.splitlines()), "") or "Finish the work"
    line = f"{issue}: {said}"
    return line if len(line) <= SUBJECT_LIMIT else line[: SUBJECT_LIMIT - 1] + "…"


def compose_result(ending: Ending, verdict: Verdict, *, engine: str, model: str) -> dict[str, Any]:
    """The protocol's result, but for the work on the repository."""
    result = ending.result or {}
    whole, report = verdict.summary, verdict.handed_in.get("report")
    if len(whole) > SUMMARY_LIMIT:
        report = f"{whole}\n\n{report or ''}"
    return {
        "outcome": verdict.outcome,
        "summary": whole if len(whole) <= SUMMARY_LIMIT else whole[: SUMMARY_LIMIT - 1] + "…",
        "cost_usd": round(ending.cost_usd, 6),
        "num_turns": result.get("num_turns") or 0,
        "model": model,
        "usage": ending.usage,
        "base_commit": None,
        "head_commit": None,
        "report": report,
        "plan": verdict.handed_in.get("plan"),
        "question": verdict.handed_in.get("question"),
        "patch": None,
        "checks": [],
        "causes": verdict.handed_in.get("causes") or [],
        "proof": None,
        "engine": {
            "name": engine,
            "version": ending.cli_version,
            "session_id": result.get("session_id"),
            "terminal_reason": result.get("terminal_reason"),
            "is_error": bool(result.get("is_error")),
            "exit_code": ending.exit_code,
        },
    }


def hand_off(ending: Ending, verdict: Verdict, patch: dict[str, Any] | None) -> str:
    """The report that the runner writes where the agent wrote none: why it ended, what is done, what is not, what comes next."""
    done = [f"- {commit['subject']}" for commit in (patch or {}).get("commits", [])]
    files = [f"- `{file['path']}` +{file['additions']} -{file['deletions']}" for file in (patch or {}).get("files", [])]
    raw = "" if ending.handed_in is None else "```json\n" + json.dumps(ending.handed_in, indent=2, ensure_ascii=False) + "\n```"
    parts = [
        ("Why it ended", verdict.failure or ending.landing or verdict.summary),
        ("What is done", "\n".join(done) or "No change was kept."),
        ("Files", "\n".join(files)),
        ("What is not done", _not_done(ending)),
        ("What comes next", NEXT_WITH_WORK if patch else NEXT_WITHOUT),
        ("What the agent had handed in", raw),
        ("The agent's last words", ending.last_words),
    ]
    return "\n\n".join(f"## {title}\n\n{words}" for title, words in parts if words)


def _not_done(ending: Ending) -> str:
    said = "The agent did not say" if ending.handed_in is not None else "The agent handed nothing in, so nobody said that it is done"
    return f"{said}. Take what the issue asks for, and what is listed above off it."


def without_the_unfitting(result: dict[str, Any], said: str) -> dict[str, Any]:
    """The result that is sent after the server refused `result`: failed, with the reason, and everything said kept as raw text."""
    raw = json.dumps({key: result[key] for key in ("outcome", "summary", "report", "plan", "question")}, indent=2, ensure_ascii=False)
    why = f"The server did not take the result: {said}"
    lost = {"outcome": "failed", "summary": why, "plan": None, "question": None, "patch": None, "checks": [], "causes": [], "proof": None}
    return result | lost | {"report": f"## What was refused\n\n```json\n{raw}\n```"}
