"""The demo repository: a history, one failing test, and a way to be made twice."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from infra.laptop import demo


def git(place: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=place, check=True, capture_output=True, text=True).stdout.strip()


def run_tests(place: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-B", "-m", "unittest", "-q"], cwd=place, check=False, capture_output=True, text=True)


def test_it_is_a_clean_repository_on_main_with_several_commits(tmp_path):
    place = demo.make(tmp_path / "deep" / "demo")

    assert git(place, "branch", "--show-current") == "main"
    assert int(git(place, "rev-list", "--count", "HEAD")) >= 5
    assert git(place, "status", "--porcelain") == ""


def test_every_file_of_the_folder_is_committed(tmp_path):
    place = demo.make(tmp_path / "demo")

    on_disk = {str(path.relative_to(demo.FILES)) for path in demo.FILES.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert set(git(place, "ls-files").splitlines()) == on_disk


def test_exactly_one_test_fails_and_it_is_the_percentage(tmp_path):
    result = run_tests(demo.make(tmp_path / "demo"))

    assert result.returncode == 1
    assert "FAILED (failures=1)" in result.stderr
    assert "FAIL: test_a_percentage_off_is_taken_off_the_order_once" in result.stderr


def test_the_check_named_in_dispatch_toml_is_the_one_that_fails(tmp_path):
    place = demo.make(tmp_path / "demo")

    assert 'tests = "python3 -m unittest -q"' in (place / ".github/dispatch.toml").read_text()


def test_making_it_again_keeps_what_a_person_did_there(tmp_path):
    place = demo.make(tmp_path / "demo")
    (place / "NOTES.md").write_text("mine")
    git(place, "checkout", "-q", "-b", "mine")

    demo.make(place)

    assert (place / "NOTES.md").read_text() == "mine"
    assert git(place, "branch", "--show-current") == "mine"


def test_two_at_once_make_one(tmp_path):
    makers = [threading.Thread(target=demo.make, args=(tmp_path / "demo",)) for _ in range(4)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()

    assert [path.name for path in tmp_path.iterdir()] == ["demo"]
    assert git(tmp_path / "demo", "status", "--porcelain") == ""


def test_two_machines_make_the_same_commits(tmp_path):
    assert git(demo.make(tmp_path / "one"), "rev-parse", "HEAD") == git(demo.make(tmp_path / "two"), "rev-parse", "HEAD")


def test_a_place_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(demo.NotADemo, match="move it away"):
        demo.make(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
