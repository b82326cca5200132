"""An error's life in one line each: seen, merged, deployed, quiet, so that a test can begin where it matters."""

from datetime import datetime, timedelta
from typing import Any

from dispatch import activity, deployments, intake, spawning, verification
from dispatch.families import NewSighting, Origin
from dispatch.intake import Taken
from dispatch.issues import Issue
from dispatch.kit import clock as time
from dispatch.kit.work import work
from dispatch.verification import FixAttempt
from functions.verifier.handler import handler as verify
from tests import doing, hooks
from tests.conftest import Clock
from tests.github_door import GitHub

RELEASE = "2026.1"


def see(message: str = "No such order", **more: Any) -> Taken:
    """The error is reported, by Sentry unless told otherwise, as seen now."""
    at = more.pop("at", None) or time.now()
    given = {"origin": Origin.SENTRY, "source": "shop", "feature": "orders", "message": message, "release": RELEASE} | more
    with work() as unit:
        return intake.take_sighting(unit, NewSighting(**{"first_seen": at, "last_seen": at} | given))


def make_error(message: str = "No such order") -> Issue:
    """An error that was seen just now, with its issue."""
    return issue_of(see(message))


def make_steady_error(clock: Clock, *, hours: int = 24 * 8, every: int = 2) -> Issue:
    """An error that was seen every so many hours for so long, until now."""
    taken = see()
    for _ in range(hours // every):
        clock.travel(hours=every)
        see()
    return issue_of(taken)


def issue_of(taken: Taken) -> Issue:
    """The issue of the error that was reported."""
    from dispatch import issues

    with work() as unit:
        return issues.get_issue(unit, str(taken.issue))


def merge(issue: Issue, number: int = 12, **more: Any) -> hooks.Answer:
    """Ada's pull request for the issue is opened and merged, just now, and GitHub tells so."""
    title = more.pop("title", f"Fix {issue.identifier}")
    hooks.tell_pull("opened", number, title=title, minutes=minute() - 1, **more)
    return hooks.tell_pull("closed", number, title=title, state="merged", minutes=minute(), **more)


def deploy(github: GitHub, sha: str = "d" * 40, *, contains: bool | None = True, commit: str = hooks.MERGED, **more: Any) -> hooks.Answer:
    """That commit came to production just now, and GitHub says whether it contains the merge."""
    compare = f"GET /repos/acme/shop/compare/{commit}...{sha}"
    github.answers[compare] = (404, {}) if contains is None else (200, {"status": "ahead" if contains else "behind"})
    ended = more.pop("ended", minute()) - more.pop("minutes_ago", 0)
    body = {
        "action": "created",
        "repository": {"full_name": more.get("repository", "acme/shop")},
        "deployment": {
            "id": more.get("number", int(ended * 1000)),
            "sha": sha,
            "environment": more.get("environment", "production"),
            "created_at": hooks.at(ended - 2),
        },
        "deployment_status": {
            "state": more.get("state", "success"),
            "environment": more.get("environment", "production"),
            "created_at": hooks.at(ended),
        },
    }
    return hooks.deliver("deployment_status", body)


def sweep() -> dict[str, Any]:
    """The schedule has done its duties."""
    return verify({"schedule": "errors"}, None)


def sweep_until(clock: Clock, state: str, issue: Issue, *, days: int) -> FixAttempt:
    """Time goes by, six hours at a time, until the newest attempt is in that state."""
    for _ in range(days * 4):
        sweep()
        if (found := the_fix(issue)).state == state:
            return found
        clock.travel(hours=6)
    raise AssertionError(f"after {days} days it is {the_fix(issue)}")


def fixes(issue: Issue) -> list[FixAttempt]:
    """The issue's attempts, newest first."""
    with work() as unit:
        return verification.get_fix(unit, issue.identifier).attempts


def the_fix(issue: Issue) -> FixAttempt:
    """The newest."""
    return fixes(issue)[0]


def story(issue: Issue) -> list[str]:
    """What happened to the issue's fixes, in order."""
    with work() as unit:
        return [str(entry.kind) for entry in activity.list_activity(unit, issue.id, limit=500) if str(entry.kind).startswith("fix.")]


def status(issue: Issue) -> str:
    """The issue's column."""
    return doing.issue_now(issue).status.name


def inbox() -> list[tuple[str, str]]:
    """What of fixes waits for a person."""
    with work() as unit:
        return [(item.issue.identifier, item.text) for item in spawning.inbox(unit) if item.kind == "fix"]


def wants_spawn(issue: Issue) -> bool:
    """Whether the error wants an agent, or has asked for one."""
    with work() as unit:
        row = unit.conn.execute("SELECT wants_spawn_since IS NOT NULL FROM family WHERE issue_id = %s", [issue.id]).fetchone()
        return bool(row and row[0])


def minute() -> float:
    """Now, as `hooks.at` takes it."""
    return (time.now() - hooks.AN_HOUR_AGO) / timedelta(minutes=1)


def is_known() -> bool:
    """Whether deployments are."""
    with work() as unit:
        return deployments.is_known(unit, "acme/shop")


def moment(text: str) -> datetime:
    """What the API wrote."""
    return datetime.fromisoformat(text)
