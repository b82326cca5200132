"""Running a proof: the named test on the base with only the patch's tests, and on the head, each in a fresh worktree that is then gone."""

from pathlib import Path
from typing import Any

from agent.applying import clear
from agent.checks import TIMED_OUT
from agent.proof import Change, Named, Try, UnnamedError, clipped, command_for, find_cheats, find_named, is_test_file, judge
from agent.repository import GitError
from agent.workbench import Workbench

TIMES = 3  # the same each time, or it proves nothing
LIMIT_S = 300.0  # for one try of one test, with what it may have to build first
NEEDS = (
    "pyproject.toml",
    "setup.cfg",
    "tox.ini",
    "requirements.txt",
    "requirements-dev.txt",
    "requirements/dev.txt",
)  # names pytest, if used


def prove(bench: Workbench, base: str, head: str, test: str) -> dict[str, Any]:
    """The protocol's proof that `test` fails on `base` and passes on `head`, as the runner saw it. Raises `StoppedError`."""
    proof: dict[str, Any] = {"test": test[:1000], "command": "", "base": [], "head": []}
    try:
        changes = bench.repository.changes(base, head)
        if cheats := find_cheats(changes):
            return proof | {"verdict": "cheated", "reasons": clipped(cheats)}
        named = find_named(test, bench.repository.tracked())
        proof["command"] = _command(bench, named)
        tests = [change for change in changes if is_test_file(change.path) or change.path == named.file]
        proof["base"] = _tries(bench, base, proof["command"], tests=tests, head=head)
        proof["head"] = _tries(bench, head, proof["command"], tests=[], head=head)
    except (UnnamedError, GitError) as error:
        return proof | {"verdict": "not_proven", "reasons": clipped([str(error)])}
    verdict, reasons = judge(proof["command"], proof["base"], proof["head"])
    return proof | {"verdict": verdict, "reasons": clipped(reasons)}


def _command(bench: Workbench, named: Named) -> str:
    files = bench.repository.tracked()
    says = "\n".join(bench.repository.show("HEAD", path) or "" for path in NEEDS if path in files)
    configuration = bench.configuration
    return command_for(named, configured=configuration.proof, checks=configuration.checks, files=files, says=says)


def _tries(bench: Workbench, commit: str, command: str, *, tests: list[Change], head: str) -> list[Try]:
    """How the command ended each time, on `commit` with the `tests` as they are in `head`."""
    place = bench.settings.spool_dir / "proof"
    when = "on the base, with the new tests" if tests else "on the head"
    clear(bench.repository, place)
    try:
        bench.repository.git("worktree", "add", "--force", "--force", "--quiet", "--detach", str(place), commit)
        _lay_over(bench, place, tests, head)
        if not bench.set_up(place, when):
            raise UnnamedError(f"The repository could not be set up {when}.")
        tries: list[Try] = []
        while len(tries) < TIMES and not any(one["exit_code"] is None for one in tries):
            tries.append(_try(bench, command, when, place))
        return tries
    finally:
        clear(bench.repository, place)


def _lay_over(bench: Workbench, place: Path, tests: list[Change], head: str) -> None:
    """The test files stand in `place` as they are in `head`."""
    there = bench.repository.at(place)
    if come := [change.path for change in tests if change.after is not None]:
        there.git("--literal-pathspecs", "checkout", "--quiet", head, "--", *come)
    for change in tests:
        if change.after is None:
            (place / change.path).unlink(missing_ok=True)


def _try(bench: Workbench, command: str, when: str, place: Path) -> Try:
    check = bench.run("proof", command, when, place=place, limit_s=LIMIT_S)
    code = check["exit_code"]
    return {"exit_code": None if code == TIMED_OUT else code, "seconds": check["seconds"], "output": check["output"]}
