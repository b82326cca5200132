"""What GitHub reports, by event: each has its reader, and what concerns nobody here is answered so. Repeated or late, nothing goes back."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from dispatch import pulls
from dispatch.clients.github_pulls import Unreadable, read_ci_run, read_pull, read_review
from dispatch.deliveries import Delivery
from dispatch.kit.work import Work
from dispatch.runs import WORKFLOWS
from dispatch.spawning.ending import hear_job_ended
from dispatch.spawning.rounds import hear_review

NOT_OURS = "nothing here is about this"
MOST_MESSAGES = 50  # of one push


def hear_github(work: Work, delivery: Delivery) -> str:
    """What the delivery reports is known, and has moved what it moves; says in a few words what that was. Raises Unreadable."""
    hear = GITHUB_EVENTS.get(delivery.event)
    try:
        return hear(work, delivery.body) if hear else NOT_OURS
    except (KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"GitHub's {delivery.event} cannot be read.") from error


def _hear_ping(_work: Work, _body: Any) -> str:
    return "pong"


def _hear_pull(work: Work, body: Any) -> str:
    pull = pulls.hear_pull(work, read_pull(body["pull_request"]), by=body["sender"]["login"])
    return f"{pull.name} is {pull.state}, {pull.identifier or 'of no issue'}"


def _hear_review(work: Work, body: Any) -> str:
    """A review's event tells of its pull request too, which may not be known yet."""
    pull = pulls.hear_pull(work, read_pull(body["pull_request"]))
    review = read_review(body["review"])
    return hear_review(work, pull, review) if body["action"] == "submitted" else f"{pull.name}: nothing to do for this review"


def _hear_workflow_run(work: Work, body: Any) -> str:
    told, repository = body["workflow_run"], body["repository"]["full_name"]
    if _is_our_job(told):
        return _hear_job(work, told, repository)
    run = read_ci_run(told, repository)
    pull = pulls.hear_ci_run(work, run)
    return f"{pull.name}: {run.name} is {run.state}" if pull else f"{run.name} is {run.state}"


def _hear_job(work: Work, told: Any, repository: str) -> str:
    if told["status"] != "completed":
        return "a job of ours goes on"
    hear_job_ended(work, repository, str(told["id"]), str(told["conclusion"]))
    return "a job of ours has ended"


def _hear_push(work: Work, body: Any) -> str:
    branch = body["ref"].removeprefix("refs/heads/")
    commits: list[Any] = body.get("commits") or []
    messages = [str(commit["message"]) for commit in commits[:MOST_MESSAGES]]
    pull = pulls.hear_push(work, body["repository"]["full_name"], branch, messages)
    return f"{pull.name} belongs to {pull.identifier}" if pull else NOT_OURS


def _is_our_job(told: Any) -> bool:
    """Whether it is the job of one of our own workflows: such runs check nothing."""
    name = str(told.get("path") or "").partition("@")[0].removeprefix(".github/workflows/").removesuffix(".yml")
    return name in WORKFLOWS and told["event"] == "workflow_dispatch"


GITHUB_EVENTS: MappingProxyType[str, Callable[[Work, Any], str]] = MappingProxyType(
    {
        "ping": _hear_ping,
        "pull_request": _hear_pull,
        "pull_request_review": _hear_review,
        "workflow_run": _hear_workflow_run,
        "push": _hear_push,
    }
)
