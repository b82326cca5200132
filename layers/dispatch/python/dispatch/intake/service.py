"""What a report of an error starts: its issue is opened, brought up to date, or opened again; and a spawn is wanted, or not.

Nothing here asks for a spawn: that takes the admission's lock, which no delivery may hold. `asking` does, in works of its own.
"""

from datetime import datetime, timedelta

from dispatch import activity, families, issues, verification
from dispatch.families import NewSighting, Origin, Recorded
from dispatch.intake import store
from dispatch.intake.asking import ask_after
from dispatch.intake.describing import describe, picture_of
from dispatch.intake.rules import label_of, priority_of, reporter_of, step_reached, title_of
from dispatch.intake.shapes import Action, Standing, Taken
from dispatch.issues import IssueChange, NewIssue
from dispatch.kit.events import Event
from dispatch.kit.work import Work

ASKING_PAUSE = timedelta(minutes=10)  # what refuses an error now refuses it a second later, too


def take_sighting(work: Work, new: NewSighting) -> Taken:
    """The report is counted, and its error has an open issue, unless it is to stay out or says nothing new.

    A work that takes several calls `families.hold_families` with all of them first.
    """
    recorded = families.record_sighting(work, new, work.now)
    taken = _act(work, recorded)
    if recorded.family.is_due_to_be_told:
        families.publish_card(work, taken.family.id, taken.family.issue_id)
    return taken


def heal(work: Work, origin: Origin, key: str, at: datetime) -> str | None:
    """The alert is over. Where nothing of its error fires any more, what waits for an agent hears so. None: it was not known to fire."""
    family = families.end_sighting(work, origin, key, at)
    if family is None:
        return None
    ask_after(work, family.id)
    return f"{family.name} {'goes on elsewhere' if families.is_firing(work, family.id) else 'has healed'}"


def _act(work: Work, recorded: Recorded) -> Taken:
    family = recorded.family
    standing = store.select_standing(work.conn, family.issue_id) if family.issue_id else None
    if family.mute:
        return _taken(recorded, Action.MUTED, standing and standing.identifier)
    if standing is None:
        return _open(work, recorded)
    if not standing.is_closed:
        return _count(work, recorded, standing)
    if _is_regression(work, recorded, standing):
        return _reopen(work, recorded, standing)
    return _taken(recorded, Action.IGNORED, standing.identifier)


def _open(work: Work, recorded: Recorded) -> Taken:
    """The error has an issue: for the customer that it hits, where it hits just one."""
    family, new = recorded.family, recorded.new
    picture = picture_of(families.get_picture(work, family.id), new)
    issue = issues.create_issue(
        work,
        NewIssue(
            title=title_of(new.source, new.feature, new.message),
            description=describe(picture),
            priority=priority_of(family.level, family.occurrences),
            labels=[label_of(new)],
            customer=picture.customers[0].slug if len(picture.customers) == 1 else None,
        ),
        actor=reporter_of(new),
        source="error",
    )
    families.link_issue(work, family.id, issue.id)
    family.issue_id = issue.id
    because = "It was seen for the first time." if recorded.is_new_family else "It was known, and had no issue."
    _note(work, recorded, Event.ERROR_SEEN, because)
    families.want_spawn(work, family.id, is_renewed=not recorded.is_new_family)
    ask_after(work, family.id)
    return _taken(recorded, Action.CREATED, issue.identifier)


def _is_regression(work: Work, recorded: Recorded, standing: Standing) -> bool:
    """Whether the error is there again, though its issue is closed: a report sent twice is not, nor one from before the fix."""
    if not recorded.added and not recorded.new.fires:
        return False
    return not verification.is_from_before_fix(work, standing.id, recorded.new)


def _reopen(work: Work, recorded: Recorded, standing: Standing) -> Taken:
    """It is a regression: the issue stands where new ones do, as urgent as the error has become."""
    family, new = recorded.family, recorded.new
    first = next(status.name for status in issues.list_statuses(work) if not status.is_closed)
    change = _news(work, recorded, standing).model_copy(update={"status": first})
    issues.update_issue(work, standing.id, change, actor=reporter_of(new))
    because = f"It was seen again, in release {new.release}." if new.release else "It was seen again."
    _note(work, recorded, Event.ISSUE_REOPENED, because)
    families.want_spawn(work, family.id, is_renewed=True)
    ask_after(work, family.id)
    return _taken(recorded, Action.REOPENED, standing.identifier)


def _count(work: Work, recorded: Recorded, standing: Standing) -> Taken:
    """The issue tells what is worth telling; a fix that is watched hears of it; and where nobody is at it, a spawn is wanted."""
    family = recorded.family
    if because := _worth_telling(recorded):
        issues.update_issue(work, standing.id, _news(work, recorded, standing), actor=reporter_of(recorded.new))
        _note(work, recorded, Event.ERROR_SEEN, because)
    if standing.is_watched:
        verification.hear_sighting(work, standing.id, family, recorded.new)
    if not standing.is_attended and not _was_just_asked(work, recorded):
        families.want_spawn(work, family.id)
        ask_after(work, family.id)
    return _taken(recorded, Action.COUNTED, standing.identifier)


def _worth_telling(recorded: Recorded) -> str:
    """Why this report is, in sentences; empty for one like those before it."""
    step, family = step_reached(recorded) or 0, recorded.family
    said = {
        f"It was seen {step:,} times by now.": step > 0,
        f"It was seen in release {recorded.new.release}.": family.has_new_release,
        "It has a stack trace now.": family.has_first_stack,
        f"It is {family.level} now.": family.level != family.level_before,
        "It hits another organisation.": recorded.has_new_organisation,
    }
    return " ".join(sentence for sentence, is_so in said.items() if is_so)


def _news(work: Work, recorded: Recorded, standing: Standing) -> IssueChange:
    """The issue as the report leaves it: what a person has changed stays, and its priority only rises."""
    family = recorded.family
    picture = picture_of(families.get_picture(work, family.id), recorded.new)
    is_theirs = store.select_changed_by_others(work.conn, standing.id)
    priority = min(priority_of(family.level, family.occurrences), standing.priority)
    customer = picture.customers[0].slug if len(picture.customers) == 1 and not standing.customer else None
    return IssueChange(
        description=None if "description" in is_theirs else describe(picture),
        priority=None if "priority" in is_theirs else priority,
        customer=None if "customer" in is_theirs else customer,
    )


def _was_just_asked(work: Work, recorded: Recorded) -> bool:
    """Whether the answer would be what it was: gates that refuse an error are not asked at each of its sightings."""
    asked_at = recorded.family.asked_at
    return asked_at is not None and work.now < asked_at + ASKING_PAUSE


def _note(work: Work, recorded: Recorded, kind: Event, because: str) -> None:
    """The issue's story tells what was seen."""
    family, new = recorded.family, recorded.new
    said = {
        "family": family.name,
        "because": because,
        "occurrences": family.occurrences,
        "release": new.release,
        "environment": new.environment,
        "level": family.level,
        "seen_at": new.last_seen.isoformat(),
    }
    assert family.issue_id  # noqa: S101 - there is a story because there is an issue
    activity.add_activity(work, family.issue_id, kind, actor=reporter_of(new), data={name: value for name, value in said.items() if value})


def _taken(recorded: Recorded, action: Action, issue: str | None) -> Taken:
    answer = f"{issue or recorded.family.name} {action}"
    return Taken(answer=answer, family=recorded.family, issue=issue, action=action)
