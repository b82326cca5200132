"""What a run leaves for people to look at: found by its patterns, kept within bounds, handed over before the result, never in the patch."""

import base64
import os
from pathlib import Path

import pytest

from agent.artifacts import MOST_ARTIFACTS, MOST_BYTES, collect
from tests.unit.agent.conftest import Runner, git
from tests.unit.agent.control_plane import ControlPlane, brief

OURS = [".dispatch/artifacts/**"]
PNG = b"\x89PNG\r\n\x1a\n and so on"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / ".dispatch" / "artifacts"
    path.mkdir(parents=True)
    return path


def names(worktree: Path, patterns: list[str] = OURS, tracked: frozenset[str] = frozenset()) -> list[str]:
    return [artifact.name for artifact in collect(worktree, patterns, tracked=tracked).artifacts]


def left_out(worktree: Path) -> str:
    (sentence,) = collect(worktree, OURS, tracked=frozenset()).left_out
    return sentence


def test_files_that_fit_a_pattern_are_found_by_their_kind(tmp_path: Path, folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "shot.PNG").write_bytes(PNG)
    (tmp_path / "test-results").mkdir()
    (tmp_path / "test-results" / "report.html").write_text("<p>")
    (tmp_path / "elsewhere.png").write_bytes(PNG)

    found = collect(tmp_path, [*OURS, "test-results/**"], tracked=frozenset()).artifacts

    assert [(one.name, one.media_type) for one in found] == [("deep/shot.PNG", "image/png"), ("test-results/report.html", "text/html")]


def test_what_the_repository_had_already_is_not_left_by_the_run(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)

    assert names(tmp_path, ["*.png"], frozenset({"logo.png"})) == []


def test_a_link_is_not_followed_whether_it_is_a_file_or_a_folder(tmp_path: Path, folder: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.txt").write_text("key")
    (folder / "file.txt").symlink_to(secret / "key.txt")
    (folder / "folder").symlink_to(secret)

    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("big.txt", b"x" * (MOST_BYTES + 1), "more than 3 MB"),
        ("empty.txt", b"", "it is empty"),
        ("virus.exe", b"x", "only .png"),
        ("x" * 220 + ".txt", b"x", "name is too long"),
        ("a\x1bb.txt", b"x", "nobody can read it"),
    ],
)
def test_what_is_left_out_is_said(tmp_path: Path, folder: Path, name: str, content: bytes, why: str) -> None:
    (folder / name).write_bytes(content)

    assert why in left_out(tmp_path)
    assert names(tmp_path) == []


def test_a_pipe_does_not_hold_the_run_up(tmp_path: Path, folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")

    assert "no ordinary file" in left_out(tmp_path)


def test_a_run_shows_thirty_files_and_says_which_it_does_not(tmp_path: Path, folder: Path) -> None:
    for number in range(MOST_ARTIFACTS + 1):
        (folder / f"{number:02}.txt").write_text("x")

    assert len(names(tmp_path)) == MOST_ARTIFACTS
    assert left_out(tmp_path).startswith(".dispatch/artifacts/30.txt is not shown: a run shows at most 30")


LEAVES = """
os.makedirs(".dispatch/artifacts")
open(".dispatch/artifacts/report.txt", "w").write("the-model's-key is in it")
open("new.txt", "w").write("x")
"""
COMMITS = f"""{LEAVES}
subprocess.run("git add -A -f . && git commit -q -m All", shell=True, check=True)
"""


@pytest.mark.parametrize("work", [LEAVES, COMMITS])
def test_artifacts_are_handed_over_before_the_result_and_are_not_in_the_patch(
    plane: ControlPlane, start: Runner, script, tmp_path: Path, worktree: Path, work: str
) -> None:
    plane.told = brief(writes_code=True)
    copies = tmp_path / "copies"

    start(script(f"{work}\nhand_in()\n"), DISPATCH_ARTIFACTS_DIR=str(copies)).communicate(timeout=20)

    assert plane.result is not None
    assert [file["path"] for file in plane.result["patch"]["files"]] == ["new.txt"]
    assert ".dispatch" not in plane.result["patch"]["mbox"]
    kept = plane.artifacts["report.txt"]
    assert base64.b64decode(kept["content"]) == b"[masked] is in it" == (copies / "report.txt").read_bytes()
    calls = [call for call, _, _ in plane.calls]
    assert calls.index("artifacts") < calls.index("result")


def test_a_run_that_only_left_artifacts_proposes_nothing(plane: ControlPlane, start: Runner, script, worktree: Path) -> None:
    plane.told = brief(writes_code=True)

    start(script(COMMITS.replace('open("new.txt", "w").write("x")', "") + "\nhand_in()\n")).communicate(timeout=20)

    assert plane.result is not None
    assert plane.result["patch"] is None
    assert list(plane.artifacts) == ["report.txt"]
    assert git(worktree, "rev-parse", "HEAD").strip() == plane.result["base_commit"]


def test_a_run_that_only_reads_leaves_artifacts_too_and_nobody_calls_them_changes(plane: ControlPlane, start: Runner, script) -> None:
    body = LEAVES.replace('open("new.txt", "w").write("x")', "")

    start(script(f"{body}\nhand_in()\n")).communicate(timeout=20)

    assert list(plane.artifacts) == ["report.txt"]
    assert "worktree differs" not in plane.notices()


def test_an_artifact_that_the_server_refuses_costs_nothing_but_itself(plane: ControlPlane, start: Runner, script) -> None:
    plane.refuse = ["artifacts"]
    body = "os.makedirs('.dispatch/artifacts')\nfor n in 'ab':\n    open(f'.dispatch/artifacts/{n}.txt', 'w').write('x')\nhand_in()\n"

    start(script(body)).communicate(timeout=20)

    assert list(plane.artifacts) == ["b.txt"]
    assert "a.txt was not taken" in plane.notices()
    assert plane.result is not None
    assert plane.result["outcome"] == "completed"
