"""What leads there are to an error's cause before anybody has looked: they are told as leads, not as findings."""

from uuid import UUID

from dispatch import suspects
from dispatch.briefs.shapes import Origin, Segment
from dispatch.kit.work import Work
from dispatch.suspects import Suspect

LEAD = "These commits may have brought the error, the likeliest first. They are a lead and no finding: look at each before you believe it."


def suspects_of(work: Work, issue_id: UUID) -> list[Segment]:
    """The commits that may have brought the issue's error. Their titles are the repository's words."""
    found = suspects.list_of_issue(work, issue_id)
    if not found:
        return []
    told = "\n".join(_line(suspect) for suspect in found)
    return [Segment(heading="Suspect commits", text=f"{LEAD}\n\n{told}", origin=Origin.REPOSITORY)]


def _line(suspect: Suspect) -> str:
    return f"- {suspect.sha[:12]} {suspect.title} ({suspect.author}, {suspect.at:%Y-%m-%d %H:%M} UTC)\n  {suspect.because}"
