"""What leads there are to an error's cause before anybody has looked: they are told as leads, not as findings."""

from uuid import UUID

from dispatch import families, logs, suspects
from dispatch.briefs import store
from dispatch.briefs.methods import LOGS
from dispatch.briefs.shapes import Origin, Segment
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.runs import Run, workflow_named
from dispatch.suspects import Suspect

LEAD = "These commits may have brought the error, the likeliest first. They are a lead and no finding: look at each before you believe it."

UNCONNECTED = "Production's logs are not connected to this Dispatch: there is no more of them than what the issue tells."
UNGATHERED = "Nothing of production's logs was gathered before this run."
COMMAND = "Bash(logs:*)"


def suspects_of(work: Work, issue_id: UUID) -> list[Segment]:
    """The commits that may have brought the issue's error. Their titles are the repository's words."""
    found = suspects.list_of_issue(work, issue_id)
    if not found:
        return []
    told = "\n".join(_line(suspect) for suspect in found)
    return [Segment(heading="Suspect commits", text=f"{LEAD}\n\n{told}", origin=Origin.REPOSITORY)]


def logs_of(work: Work, run: Run) -> list[Segment]:
    """What production's logs said of the run's error, as anybody made a program say it; and how to ask them, where one can."""
    is_connected = logs.is_connected()
    can_ask = is_connected and COMMAND in workflow_named(run.workflow).tools
    command = [Segment(heading="Production's logs", text=LOGS.format(most=settings().log_queries_per_run), origin=Origin.OPERATOR)]
    return [*(command if can_ask else []), *_gathered(work, run, is_connected=is_connected)]


def _gathered(work: Work, run: Run, *, is_connected: bool) -> list[Segment]:
    if families.find_by_issue(work, run.issue_id) is None:
        return []
    if parts := store.select_context(work.conn, run.id, "logs"):
        return [Segment(heading=f"From production's logs: {part['heading']}", text=part["text"], origin=Origin.PUBLIC) for part in parts]
    sentence = UNGATHERED if is_connected else UNCONNECTED
    return [Segment(heading="From production's logs", text=sentence, origin=Origin.OPERATOR)]


def _line(suspect: Suspect) -> str:
    return f"- {suspect.sha[:12]} {suspect.title} ({suspect.author}, {suspect.at:%Y-%m-%d %H:%M} UTC)\n  {suspect.because}"
