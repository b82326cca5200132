"""What production reports of an issue's error, as of now: an issue's text may be older, or a person's."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from dispatch import families
from dispatch.briefs.shapes import Origin, Segment
from dispatch.families import Picture
from dispatch.kit.work import Work

LOOKED_BACK = timedelta(days=7)
RELEASES_TOLD = 5


def error_of(work: Work, issue_id: UUID) -> list[Segment]:
    """The error's figures, and its newest stack and log lines. Anybody may have made a program say them."""
    family = families.find_by_issue(work, issue_id)
    if family is None:
        return []
    picture = families.get_picture(work, family.id)
    hours = families.active_hours(work, family.id, work.now - LOOKED_BACK, work.now)
    firing = "It is firing now." if families.is_firing(work, family.id) else "Nothing of it fires now."
    parts = ["\n".join([*_figures(picture), f"In the last 7 days it was seen in {hours} different hours. {firing}"]), *_said(picture)]
    return [Segment(heading="The error in production, as of now", text="\n\n".join(parts), origin=Origin.PUBLIC)]


def _figures(picture: Picture) -> Iterable[str]:
    yield f"{picture.name}: seen {picture.occurrences} times, first {_moment(picture.first_seen)}, last {_moment(picture.last_seen)}."
    if picture.users or picture.organisations:
        yield f"It hit {picture.users} users and {picture.organisations} organisations."
    if picture.releases:
        yield f"Releases that it was seen in, newest last: {', '.join(picture.releases[-RELEASES_TOLD:])}."
    if picture.environments:
        yield f"Environments: {', '.join(picture.environments)}."


def _said(picture: Picture) -> Iterable[str]:
    detail = picture.detail
    yield "Its wordings, with a star for what varies:\n" + "\n".join(f"- {wording}" for wording in picture.wordings)
    if detail.error:
        yield f"Its newest text:\n{detail.error}"
    if detail.stack:
        yield f"Its newest stack:\n{detail.stack}"
    if detail.lines:
        yield "Its newest log lines:\n" + "\n".join(detail.lines)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
