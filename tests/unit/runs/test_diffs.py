"""Whatever git can be made to write, or to read, the paths of a patch are seen; what cannot be read is not taken."""

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.runs.diffs import Unreadable, read_patch
from tests.letters import HEAD, diff, letter

RUNNERS = ["--binary", "--no-attach", "--no-signature", "--no-stat", "--no-color", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/"]
NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda name: name not in {".", ".."} and not name.lower().startswith((".git", "git~"))
)


@pytest.mark.parametrize(
    "text",
    [
        "diff --git a/.github/ci.yml b/.github/ci.yml\nold mode 100644\nnew mode 100755\n",
        "diff --git a/.github/ci.yml b/.github/ci.yml\nnew file mode 100644\nindex 0000000..e69de29\n",
        "diff --git a/.github/ci.yml b/.github/ci.yml\nindex 1..2 100644\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\n",
        'diff --git "a/\\056github/ci.yml" "b/\\056github/ci.yml"\nnew file mode 100644\n',
        "diff --git a/.github/ci.yml b/.github/ci.yml\r\nold mode 100644\r\nnew mode 100755\r\n",
        diff("ok.py", added="x = 1") + "diff --git a/.github/ci.yml b/.github/ci.yml\ndeleted file mode 100644\n",
    ],
)
def test_a_path_is_seen_however_it_is_told(text: str) -> None:
    assert ".github/ci.yml" in read_patch(letter(text)).paths


def test_a_diff_within_a_commits_words_is_seen() -> None:
    assert read_patch(HEAD + "Words.\n" + diff(".github/ci.yml") + letter(diff())).paths == {".github/ci.yml", "orders.py"}


def test_a_diff_right_behind_a_letters_head_is_seen() -> None:
    assert ".github/ci.yml" in read_patch(f"{HEAD.rstrip()}\n{diff('.github/ci.yml')}").paths


def test_lines_that_only_look_like_a_diff_are_content() -> None:
    told = "diff --git a/notes.md b/notes.md\n--- a/notes.md\n+++ b/notes.md\n@@ -1,2 +1,1 @@\n--- a/.github/ci.yml\n diff --git a/x b/x\n"

    assert read_patch(letter(told)).paths == {"notes.md"}


@pytest.mark.parametrize("line", ["new file mode 120000", "new mode 160000", "index 1111111..2222222 120000", "new file mode 120000\r"])
def test_a_link_is_seen(line: str) -> None:
    assert read_patch(letter(f"diff --git a/x b/x\n{line}\n")).links


@pytest.mark.parametrize(
    "text",
    [
        diff(),  # no letter at all
        letter("--- .github/ci.yml\n+++ .github/ci.yml\n@@ -1 +1 @@\n-a\n+b\n"),
        letter(diff() + "--- a/CLAUDE.md 2026-11-22\n+++ a/CLAUDE.md 2026-11-22\n@@ -1 +1 @@\n-a\n+b\n"),
        letter("Index: .github/ci.yml\n"),
        letter("diff -u .github/ci.yml .github/ci.yml\n"),
        letter("diff --git a/ok.yml b/.github/ci.yml\nsimilarity index 100%\nrename from ok.yml\nrename to .github/ci.yml\n"),
        letter("diff --git a/ok.yml b/.github/ci.yml\nsimilarity index 100%\ncopy from ok.yml\ncopy to .github/ci.yml\n"),
        letter('diff --git a/ok.yml b/.github/ci.yml\nrename old ok.yml\nrename new ".git\\150ub/ci.yml"\n'),
        letter("diff --git x/.github/ci.yml y/.github/ci.yml\nold mode 100644\nnew mode 100755\n"),
        letter("diff --git a/x b/y\nold mode 100644\nnew mode 100755\n"),
        letter('diff --git a/CLAUDE.md "b/CLAUDE.m\\144"\ndiff --git a/x b/y\nrename from x\nrename to y\n'),
        letter("diff --git a/x b/x\n--- x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"),
        letter("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-a\n+b\ndiff --git a/.github/ci.yml b/.github/ci.yml\n"),
        letter(diff(), head=HEAD.rstrip() + "\nContent-Transfer-Encoding: base64\n\n"),
        letter(diff(), head=HEAD.rstrip() + "\nContent-Type: multipart/mixed; boundary=x\n\n"),
        letter(diff(), head=HEAD.rstrip() + "\nContent-Type: text/plain; charset=utf-7\n\n"),
    ],
)
def test_what_git_would_not_have_written_cannot_be_read(text: str) -> None:
    with pytest.raises(Unreadable):
        read_patch(text)


@pytest.mark.parametrize(
    "line",
    ["diff --git a/" + " " * 1_000_000, "diff --git " + 'a/" ' * 250_000, "--- " + "\\0" * 500_000, "Content-Type: " + " " * 1_000_000],
)
def test_a_patch_made_to_be_slow_to_read_is_not(line: str) -> None:
    for text in (letter(line), letter(diff() + line), f"{HEAD.rstrip()}\n{line}\n\n"):
        try:
            assert read_patch(text).paths <= {"orders.py"}
        except Unreadable:
            continue


@settings(max_examples=25, deadline=None)
@given(names=st.lists(NAMES, min_size=1, max_size=4, unique_by=str.casefold), quoted=st.booleans(), data=st.binary())
def test_of_what_git_writes_every_path_is_seen(names: list[str], quoted: bool, data: bytes) -> None:
    with TemporaryDirectory() as folder:
        _git(folder, "init", "-q")
        for name in names[1:]:
            _write(Path(folder, name), b"before\n" * 9)
        _git(folder, "add", "-A")
        _git(folder, "commit", "-q", "--allow-empty", "-m", "Begin")
        for name in names[1:]:
            _write(Path(folder, name), data)
        _write(Path(folder, names[0]), b"before\n" * 9)
        _git(folder, "add", "-A")
        _git(folder, "commit", "-q", "--allow-empty", "-m", "End")
        ways = ["-c", f"core.quotePath={str(quoted).lower()}", "-c", "diff.renames=copies"]
        mbox = _git(folder, *ways, "format-patch", "--stdout", *RUNNERS, "-1").decode(errors="replace")
        changed = set(_git(folder, "diff", "--name-only", "--no-renames", "-z", "HEAD~1", "HEAD").decode(errors="replace").split("\0"))

    if mbox:
        assert changed - {""} <= read_patch(mbox).paths


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _git(folder: str, *arguments: str) -> bytes:
    who = {f"GIT_{role}_{what}": "a@b.invalid" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {"PATH": os.environ["PATH"], "HOME": folder, "GIT_CONFIG_NOSYSTEM": "1", **who}
    return subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True).stdout
