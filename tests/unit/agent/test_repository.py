"""The patch that leaves a worktree, whatever an agent did to the history, and the branch it becomes elsewhere."""

import os
from pathlib import Path

import pytest

from agent.applying import Accepted, PublishError, apply_patch
from agent.branches import LocalBranches
from agent.handover import collect_work
from agent.publish import put_on_branch
from agent.repository import Repository
from agent.settings import GIT_IDENTITY
from tests.unit.agent.conftest import Runner, git
from tests.unit.agent.control_plane import ControlPlane


def opened(path: Path) -> Repository:
    return Repository(path, {"PATH": os.environ["PATH"], "HOME": str(path), **GIT_IDENTITY})


def patch_of(worktree: Path, base: str) -> dict:
    patch = collect_work(opened(worktree), base, {}, "DISPATCH-1: Work")
    assert patch is not None
    return patch


def put(
    path: Path, base: str, patch: dict, place: Path, *, also: str = "", protected: tuple[str, ...] = (), lands_on: str | None = None
) -> str:
    """The patch is on the branch dispatch/d-1 of the repository at `path`; answers its head. `also` is one more file that it names."""
    files = frozenset({*(file["path"] for file in patch["files"]), also})
    accepted = Accepted("dispatch/d-1", base, patch["mbox"], files, lands_on)
    repository = Repository(path, {"PATH": os.environ["PATH"], "HOME": str(path), **GIT_IDENTITY})
    head = apply_patch(repository, accepted, protected=list(protected), place=place)
    put_on_branch(LocalBranches(repository), accepted, head)
    return head


def test_nothing_changed_is_no_patch(worktree: Path) -> None:
    repository = opened(worktree)

    assert collect_work(repository, repository.head(), {}, "x") is None


def test_commits_leftovers_binaries_and_deletions_are_all_in_the_patch(worktree: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", str(worktree), "person")
    base = opened(worktree).head()
    (worktree / "a b ü.txt").write_text("one\r\ntwo\n")
    git(worktree, "add", "-A")
    git(worktree, "commit", "-q", "-m", "[core] First")
    (worktree / "logo.bin").write_bytes(bytes(range(256)))
    (worktree / "latin.txt").write_bytes("Größe\n".encode("latin-1"))
    (worktree / "README.md").unlink()

    patch = patch_of(worktree, base)
    head = put(tmp_path / "person", base, patch, tmp_path / "publish")

    assert {file["path"]: file["status"] for file in patch["files"]} == {
        "a b ü.txt": "A",
        "logo.bin": "A",
        "latin.txt": "A",
        "README.md": "D",
    }
    assert [commit["subject"] for commit in patch["commits"]] == ["[core] First", "DISPATCH-1: Work"]
    assert git(tmp_path / "person", "log", "--reverse", "--format=%s", f"{base}..{head}").splitlines() == [
        "[core] First",
        "DISPATCH-1: Work",
    ]
    assert git(tmp_path / "person", "rev-parse", "dispatch/d-1^{tree}") == git(worktree, "rev-parse", "HEAD^{tree}")


def test_a_history_that_left_its_base_becomes_one_commit(worktree: Path) -> None:
    base = opened(worktree).head()
    (worktree / "new.txt").write_text("x")
    git(worktree, "checkout", "-q", "--orphan", "elsewhere")
    git(worktree, "add", "-A")
    git(worktree, "commit", "-q", "-m", "Begin again")

    patch = patch_of(worktree, base)

    assert [file["path"] for file in patch["files"]] == ["new.txt"]
    assert [commit["subject"] for commit in patch["commits"]] == ["DISPATCH-1: Work"]


def test_what_setup_left_is_nobodys_work_until_the_agent_changes_it(worktree: Path) -> None:
    repository = opened(worktree)
    base = repository.head()
    (worktree / "lock.txt").write_text("made by setup\n")
    (worktree / "README.md").write_text("made by setup\n")
    known = repository.leftovers()
    (worktree / "README.md").write_text("made by the agent\n")

    patch = collect_work(repository, base, known, "DISPATCH-1: Work")

    assert patch is not None
    assert [file["path"] for file in patch["files"]] == ["README.md"]


def test_hooks_that_an_agent_left_do_not_run(worktree: Path) -> None:
    base = opened(worktree).head()
    hook = worktree / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\ntouch hook-ran\n")
    hook.chmod(0o755)
    (worktree / "new.txt").write_text("x")

    patch_of(worktree, base)

    assert not (worktree / "hook-ran").exists()


def test_publishing_again_changes_nothing_and_leaves_the_checkout_alone(plane: ControlPlane, start: Runner, worktree: Path) -> None:
    base = opened(worktree).head()
    (worktree / "README.md").write_text("bye\n")
    mbox = patch_of(worktree, base)["mbox"]
    git(worktree, "reset", "-q", "--hard", base)
    (worktree / "README.md").write_text("what a person is writing\n")
    plane.patch = {
        "verdict": "accepted",
        "branch": "dispatch/dispatch-1-0192ab34",
        "base_commit": base,
        "files": ["README.md"],
        "mbox": mbox,
    }

    for _ in range(2):
        assert start("claude", "publish", DISPATCH_REPOSITORY=str(worktree)).wait(20) == 0

    first, second = plane.made("published")
    assert first == second
    assert git(worktree, "rev-parse", first["branch"]).strip() == first["head_commit"]
    assert git(worktree, "rev-parse", "main").strip() == base
    assert (worktree / "README.md").read_text() == "what a person is writing\n"
    assert git(worktree, "worktree", "list").count("\n") == 1


@pytest.mark.parametrize("branch", ["main", "dispatch/../main", "refs/heads/main", "dispatch/", "dispatch/-x", "dispatch/x.lock"])
def test_only_a_branch_of_dispatchs_own_is_ever_written(plane: ControlPlane, start: Runner, worktree: Path, branch: str) -> None:
    base = opened(worktree).head()
    plane.patch = {"verdict": "accepted", "branch": branch, "base_commit": base, "files": [], "mbox": ""}

    assert start("claude", "publish", DISPATCH_REPOSITORY=str(worktree)).wait(20) == 3

    assert plane.unpublished == [f"{branch} is not a branch of Dispatch's own."]
    assert git(worktree, "rev-parse", "main").strip() == base


@pytest.fixture
def goodbye(worktree: Path) -> tuple[str, dict]:
    """A patch that says bye, and the commit it applies to; the worktree stands there again."""
    base = opened(worktree).head()
    (worktree / "README.md").write_text("bye\n")
    patch = patch_of(worktree, base)
    git(worktree, "reset", "-q", "--hard", base)
    return base, patch


def test_a_branch_that_holds_other_work_is_left_alone(worktree: Path, tmp_path: Path, goodbye: tuple[str, dict]) -> None:
    base, patch = goodbye
    git(worktree, "branch", "dispatch/d-1", base)

    with pytest.raises(PublishError, match="holds other work"):
        put(worktree, base, patch, tmp_path / "publish")

    assert git(worktree, "rev-parse", "dispatch/d-1").strip() == base


def test_work_that_goes_on_moves_its_branch_from_where_it_stood(worktree: Path, tmp_path: Path, goodbye: tuple[str, dict]) -> None:
    base, patch = goodbye
    git(worktree, "branch", "dispatch/d-1", base)

    heads = {put(worktree, base, patch, tmp_path / "publish", lands_on=base) for _ in range(2)}

    assert heads == {git(worktree, "rev-parse", "dispatch/d-1").strip()}


@pytest.mark.parametrize(("stands", "why"), [("another", "holds other work"), (None, "is gone")])
def test_a_branch_that_moved_since_is_left_alone(
    worktree: Path, tmp_path: Path, goodbye: tuple[str, dict], stands: str | None, why: str
) -> None:
    base, patch = goodbye
    if stands:
        git(worktree, "checkout", "-q", "-b", "dispatch/d-1")
        git(worktree, "commit", "-q", "--allow-empty", "-m", stands)

    with pytest.raises(PublishError, match=why):
        put(worktree, base, patch, tmp_path / "publish", lands_on=base)


def test_a_patch_that_does_not_go_on_from_where_its_branch_stands_is_refused(
    worktree: Path, tmp_path: Path, goodbye: tuple[str, dict]
) -> None:
    base, patch = goodbye
    git(worktree, "checkout", "-q", "-b", "dispatch/d-1")
    git(worktree, "commit", "-q", "--allow-empty", "-m", "another")

    with pytest.raises(PublishError, match="does not go on"):
        put(worktree, base, patch, tmp_path / "publish", lands_on=git(worktree, "rev-parse", "HEAD").strip())


def test_what_the_repository_protects_is_not_changed(worktree: Path, tmp_path: Path, goodbye: tuple[str, dict]) -> None:
    base, patch = goodbye

    with pytest.raises(PublishError, match=r"protects README\.md"):
        put(worktree, base, patch, tmp_path / "publish", protected=("*.md",))

    assert git(worktree, "branch", "--list", "dispatch/*") == ""


WORKFLOW = "--- /dev/null\n+++ b/.github/workflows/evil.yml\n@@ -0,0 +1 @@\n+on: push\n"
LINK = "diff --git a/l b/l\nnew file mode 0120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n"


@pytest.mark.parametrize(("smuggled", "why"), [(WORKFLOW, "evil.yml, which it did not name"), (LINK, "l, which it did not name")])
def test_a_change_hidden_in_a_commits_message_is_not_published(worktree: Path, smuggled: str, why: str, tmp_path: Path) -> None:
    base = opened(worktree).head()
    (worktree / "README.md").write_text("bye\n")
    git(worktree, "commit", "-q", "-a", "-m", f"Say goodbye\n\n---\n{smuggled}")
    patch = patch_of(worktree, base)

    with pytest.raises(PublishError, match=why):
        put(worktree, base, patch, tmp_path / "publish")

    assert git(worktree, "branch", "--list", "dispatch/*") == ""


def test_a_link_is_not_published_even_where_it_is_named(worktree: Path, tmp_path: Path) -> None:
    base = opened(worktree).head()
    (worktree / "l").symlink_to("/etc/passwd")
    patch = patch_of(worktree, base)

    with pytest.raises(PublishError, match="symbolic link"):
        put(worktree, base, patch, tmp_path / "publish", also="l")


def test_a_run_without_a_patch_has_nothing_to_publish(plane: ControlPlane, start: Runner, worktree: Path) -> None:
    plane.answers["patch"] = 404

    assert start("claude", "publish", DISPATCH_REPOSITORY=str(worktree)).wait(20) == 0
    assert plane.published is None


def test_a_patch_that_was_not_accepted_is_not_published(plane: ControlPlane, start: Runner, worktree: Path) -> None:
    plane.patch = {"verdict": "refused", "reasons": ["touches .github"]}

    assert start("claude", "publish", DISPATCH_REPOSITORY=str(worktree)).wait(20) == 0
    assert plane.published is None
