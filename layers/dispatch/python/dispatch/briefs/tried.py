"""What was tried against an error and did not hold: whoever begins again knows."""

from uuid import UUID

from dispatch.briefs import store
from dispatch.briefs.shapes import Origin, Segment
from dispatch.kit.work import Work

AGAIN = "Find out why it was not enough before you change anything: the cause may be another one."


def tried_of(work: Work, issue_id: UUID) -> list[Segment]:
    """The fixes that were in production and did not hold, oldest first. What was seen since names releases: strangers' words."""
    return [
        Segment(
            heading=f"A fix that did not hold: pull request #{tried['number']}",
            text=f"{tried['reason']} It was merged as {tried['merge_commit'] or 'a commit that is not known'}. {AGAIN}",
            origin=Origin.PUBLIC,
        )
        for tried in store.select_tried(work.conn, issue_id)
    ]
