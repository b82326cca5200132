"""The parts of a brief, in the order they are read, each with where it comes from."""

import json

from dispatch import activity, runs, spawning
from dispatch.briefs import leads, store
from dispatch.briefs.figures import error_of
from dispatch.briefs.methods import CAUSES, GOING_ON, METHODS, PROOF, RULES
from dispatch.briefs.shapes import Origin, Segment
from dispatch.briefs.tried import tried_of
from dispatch.issues import Issue
from dispatch.kit.actors import Actor, ActorKind
from dispatch.kit.events import Event
from dispatch.kit.work import Work
from dispatch.runs import Checkout, Run, RunSummary

ORIGINS = {ActorKind.PERSON: Origin.MEMBER, ActorKind.ORCHESTRATOR: Origin.MEMBER, ActorKind.AGENT: Origin.TOOL}
FROM_OUTSIDE = {"error", "import"}  # sources of issues whose text nobody here wrote


def segments_of(work: Work, run: Run, issue: Issue, *, checkout: Checkout | None, wants_proof: bool) -> list[Segment]:
    """The parts of this run's brief: the task, its rules, the issue, what people said, what was done before."""
    operator = Origin.OPERATOR
    proof = [Segment(heading="Proof", text=PROOF, origin=operator), Segment(heading="Causes", text=CAUSES, origin=operator)]
    return [
        Segment(heading="Your task", text=METHODS[run.workflow], origin=operator),
        Segment(heading="Rules", text=RULES, origin=operator),
        *(proof if wants_proof else []),
        *_beginning(run, checkout),
        Segment(heading=f"The issue {issue.identifier}", text=f"{issue.title}\n\n{issue.description}", origin=_origin_of(issue)),
        *error_of(work, run.issue_id),
        *leads.suspects_of(work, run.issue_id),
        *tried_of(work, run.issue_id),
        *leads.logs_of(work, run),
        *_plan(work, run),
        *_words(work, run),
        *_answers(work, run),
        *_comments(work, run),
        *_earlier_runs(work, run),
        *_refuted(work, run),
        Segment(heading="Limits", text=_limits(work, run), origin=operator),
    ]


def origin_of(actor: Actor) -> Origin:
    """How far this somebody's words are trusted; those of nobody we know, not at all."""
    return ORIGINS.get(actor.kind, Origin.PUBLIC)


def _origin_of(issue: Issue) -> Origin:
    """An error's text is what anybody made a program say, whoever wrote it down."""
    return Origin.PUBLIC if issue.source in FROM_OUTSIDE else origin_of(issue.created_by)


def _beginning(run: Run, checkout: Checkout | None) -> list[Segment]:
    """Where the work begins that is not the repository's base; whoever goes on answers what was said of it."""
    rounds = [Segment(heading="Going on", text=GOING_ON, origin=Origin.OPERATOR)] if run.continues and run.words.strip() else []
    if checkout is None:
        return rounds
    what = "You go on with work that is there already" if run.continues else "You look at work that is there already"
    text = (  # without the branch's name: somebody chose it
        f"{what}: it is checked out at {checkout.commit[:40]}. `git log` and `git diff` against the base show it. "
        "What you commit is added to it; you do not rewrite what stands there."
    )
    return [Segment(heading="Where you begin", text=text, origin=Origin.OPERATOR), *rounds]


def _plan(work: Work, run: Run) -> list[Segment]:
    """The whole approved plan for whoever implements it; for whoever investigates again, the old plan and what people said of it."""
    if run.plan_id and (plan := store.select_plan(work.conn, run.plan_id)):
        return [Segment(heading=f"The approved plan (version {plan['version']})", text=_as_text(plan["body"]), origin=Origin.TOOL)]
    last = store.select_last_plan(work.conn, run.issue_id)
    if last is None:
        return []
    parts = [
        Segment(heading=f"The last plan (version {last['version']}, {last['state']})", text=_as_text(last["body"]), origin=Origin.TOOL)
    ]
    if last["feedback"]:
        heading = "What a person said when returning that plan: your new plan must answer it"
        parts.append(Segment(heading=heading, text=last["feedback"], origin=Origin.MEMBER))
    return parts


def _words(work: Work, run: Run) -> list[Segment]:
    """What was said when this run was asked for: by a person, or by a review or a check on GitHub."""
    if not run.words.strip():
        return []
    asked_by = store.select_asker(work.conn, run.id)
    origin = origin_of(Actor.model_validate(asked_by)) if asked_by else Origin.PUBLIC
    heading = "What a person adds for this run" if origin is Origin.MEMBER else "What was said of the work so far, which this run answers"
    return [Segment(heading=heading, text=run.words, origin=origin)]


def _answers(work: Work, run: Run) -> list[Segment]:
    """Each question as an agent's words, its answer as a person's: what an agent asks must not read as if a person had said it."""
    return [
        segment
        for question in runs.list_questions(work, run.issue_id)
        if question.answer
        for segment in (
            Segment(heading="A question an earlier run asked", text=question.text, origin=Origin.TOOL),
            Segment(heading="What a person answered to that question", text=question.answer, origin=Origin.MEMBER),
        )
    ]


def _comments(work: Work, run: Run) -> list[Segment]:
    story = activity.list_activity(work, run.issue_id, limit=500)
    said = [entry for entry in story if entry.kind is Event.COMMENT_ADDED]
    return [
        Segment(heading=f"A comment by {entry.actor.name}", text=str(entry.data.get("body", "")), origin=origin_of(entry.actor))
        for entry in said
    ]


def _earlier_runs(work: Work, run: Run) -> list[Segment]:
    """What earlier runs found and left, oldest first; the one that this run goes on from is named as such."""
    earlier = [other for other in runs.list_runs(work, run.issue_id) if other.id != run.id and other.outcome]
    return [_earlier_run(work, other, is_continued=other.id == run.continues) for other in reversed(earlier)]


def _earlier_run(work: Work, other: RunSummary, *, is_continued: bool) -> Segment:
    whole = runs.get_run(work, other.id)
    patch = runs.find_patch(work, other.id)
    parts = [f"Outcome: {other.outcome}. {other.summary or ''}"]
    if patch and patch.reasons:
        parts.append("Its patch was refused:\n" + "\n".join(f"- {reason}" for reason in patch.reasons))
    if failing := [check.name for check in whole.checks if check.exit_code]:
        parts.append(f"Checks that failed at its end: {', '.join(failing)}.")
    parts += [whole.report] if whole.report else []
    heading = f"The run that this one goes on from ({other.workflow})" if is_continued else f"An earlier run ({other.workflow})"
    origin = Origin.least([Origin.TOOL, Origin(whole.trust or Origin.TOOL)])  # what it was told may speak through it
    return Segment(heading=heading, text="\n\n".join(parts), origin=origin)


def _refuted(work: Work, run: Run) -> list[Segment]:
    """What it was not, as far as earlier runs and production have shown."""
    refuted = spawning.list_refuted(work, run.issue_id)
    if not refuted:
        return []
    told = "\n".join(f"- {one.cause}\n  {one.because}" for one in refuted)
    origins = {Origin(runs.get_run(work, run_id).trust or Origin.TOOL) for run_id in {one.run for one in refuted}}
    return [Segment(heading="Causes that are refuted", text=told, origin=Origin.least([Origin.TOOL, *origins]))]


def _limits(work: Work, run: Run) -> str:
    most = f"At most ${run.cap_usd:.2f} for this run."
    continued = runs.get_run(work, run.continues) if run.continues else None
    spent = (continued.cost_usd or continued.metered_usd) if continued else None
    return f"{most} The run that it goes on from spent ${spent:.2f} of its ${continued.cap_usd:.2f}." if continued and spent else most


def _as_text(body: object) -> str:
    """The plan as JSON, in which no HTML comment begins: what hides between two of its marks would be cut out of the brief."""
    return json.dumps(body, indent=2, ensure_ascii=False).replace("<!--", "\\u003c!--")
