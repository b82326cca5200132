"""The kinds of agent work there are: what each may do, what it hands in, how long it may take, and where it moves its issue."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from dispatch.kit.errors import BadInput

READ = (
    "Read",
    "Grep",
    "Glob",
    "Bash(git log:*)",
    "Bash(git show:*)",
    "Bash(git diff:*)",
    "Bash(git blame:*)",
    "Bash(git status:*)",
    "Bash(ls:*)",
)
TEST = (
    "Bash(python3 -m unittest:*)",
    "Bash(python -m unittest:*)",
    "Bash(python3 -m pytest:*)",
    "Bash(pytest:*)",
    "Bash(npm test:*)",
    "Bash(make test:*)",
)
WRITE = ("Edit", "Write", "Bash(git add:*)", "Bash(git commit:*)")
WEB = ("WebSearch", "WebFetch")
LOGS = ("Bash(logs:*)",)  # production's, by named queries: the runner's own command


class Bucket(StrEnum):
    """Which of the two families of limits a workflow counts under."""

    ERROR = "error"
    PRD = "prd"


@dataclass(frozen=True)
class SmallFix:
    """What a workflow may change without a plan: fewer lines and fewer files than these."""

    lines: int
    files: int


@dataclass(frozen=True)
class Workflow:
    """One kind of agent work. `moves_to` is the column its start moves an issue to, from those in `moves_from`.

    `small_fix` bounds a patch; None leaves it to the reviewer.
    """

    name: str
    title: str
    bucket: Bucket
    writes_code: bool
    hands_in_plan: bool
    tools: tuple[str, ...]
    time_limit: timedelta
    moves_from: tuple[str, ...] = ()
    moves_to: str | None = None
    small_fix: SmallFix | None = None


WORKFLOWS = MappingProxyType(
    {
        workflow.name: workflow
        for workflow in (
            Workflow(
                "auto-investigate",
                "Error investigation",
                Bucket.ERROR,
                writes_code=True,
                hands_in_plan=False,
                tools=READ + TEST + LOGS + WRITE,
                time_limit=timedelta(minutes=30),
                moves_from=("Backlog", "Needs Review"),
                moves_to="Investigating",
            ),
            Workflow(
                "prd-investigate",
                "Investigation",
                Bucket.PRD,
                writes_code=False,
                hands_in_plan=True,
                tools=READ + TEST + LOGS,
                time_limit=timedelta(minutes=30),
                moves_from=("Backlog", "Needs Review"),
                moves_to="Investigating",
            ),
            Workflow(
                "prd-implement",
                "Implementation",
                Bucket.PRD,
                writes_code=True,
                hands_in_plan=False,
                tools=READ + TEST + LOGS + WRITE,
                time_limit=timedelta(minutes=60),
                moves_from=("Backlog", "Investigating", "Needs Review"),
                moves_to="In Progress",
            ),
            Workflow(
                "qa-test",
                "QA",
                Bucket.PRD,
                writes_code=False,
                hands_in_plan=False,
                tools=READ + TEST + LOGS,
                time_limit=timedelta(minutes=30),
            ),
            Workflow(
                "deep-research",
                "Research",
                Bucket.PRD,
                writes_code=False,
                hands_in_plan=False,
                tools=READ + LOGS + WEB,
                time_limit=timedelta(minutes=30),
            ),
            Workflow(
                "auto-triage",
                "Triage",
                Bucket.PRD,
                writes_code=True,
                hands_in_plan=False,
                tools=READ + TEST + LOGS + WRITE,
                time_limit=timedelta(minutes=20),
                moves_from=("Backlog", "Needs Review"),
                moves_to="Investigating",
                small_fix=SmallFix(lines=50, files=5),
            ),
        )
    }
)


class UnknownWorkflow(BadInput):
    """There is no such workflow."""


def workflow_named(name: str) -> Workflow:
    """The workflow of that name. Raises UnknownWorkflow with the names there are."""
    if name not in WORKFLOWS:
        raise UnknownWorkflow(f"There is no workflow {name[:50]!r}. There are: {', '.join(WORKFLOWS)}.")
    return WORKFLOWS[name]
