"""A patch's commits come to GitHub with their words, but for what GitHub would act on; git applies them as before."""

import os
import subprocess
from pathlib import Path

import pytest

from dispatch.plans.letters import unbound_letters

RUNNERS = ["--stdout", "--binary", "--no-attach", "--no-signature", "--no-stat", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/"]
CODE = "# Fixes #12 [skip ci]\nSubject: Fixes #12\n---\nDispatch-Issue: DISPATCH-99\n\u2028x\r\n"


@pytest.mark.parametrize(
    ("message", "applied"),
    [
        ("Take it once", "Take it once"),
        ("Fixes #12", "Fi\u200bxes #12"),
        ("Schlie\u00dfe ab, closes #12, " + "und noch viel mehr " * 9 + "[ci skip]", None),
        ("Take it\n\nThis resolves\n#12.\n\n- a\n- b [no ci]", "Take it\n\nThis resol\u200bves\n#12.\n\n- a\n- b [\u200bno ci]"),
        ("Take it\n\nCo-authored-by: A <a@b.c>\nskip-checks: true", "Take it\n\nCo-authored-by\u200b: A <a@b.c>\nskip\u200b-checks: true"),
    ],
)
def test_a_commits_words_are_kept_and_nothing_in_them_is_acted_upon(tmp_path: Path, message: str, applied: str | None) -> None:
    here = repository(tmp_path / "here")
    git(here, "clone", "-q", ".", str(tmp_path / "there"))
    (here / "code.py").write_bytes(CODE.encode())
    (here / "data.bin").write_bytes(bytes(range(256)))
    git(here, "add", "-A")
    git(here, "commit", "-q", "-m", message)
    mbox = git(here, "format-patch", *RUNNERS, "-1")

    git(tmp_path / "there", "am", "-q", "--keep-cr", "--keep-non-patch", stdin=unbound_letters(mbox))

    told = git(tmp_path / "there", "log", "-1", "--format=%B").strip()
    assert told.replace("\u200b", "") == message.strip()
    assert applied is None or told == applied
    assert ("closes #" in told, "[ci skip]" in told) == (False, False)
    assert git(tmp_path / "there", "rev-parse", "HEAD^{tree}") == git(here, "rev-parse", "HEAD^{tree}")


@pytest.mark.parametrize(
    "words",
    [
        ["--author", "Linus <linus@kernel.invalid>", "-m", "Take it"],
        ["-m", "Take it", "-m", "From: Linus <linus@kernel.invalid>\n\nAs agreed."],
    ],
)
def test_a_commit_is_by_the_agent_whoever_it_says_it_is_by(tmp_path: Path, words: list[str]) -> None:
    here = repository(tmp_path / "here")
    git(here, "clone", "-q", ".", str(tmp_path / "there"))
    git(here, "commit", "-q", "--allow-empty", *words)
    (here / "code.py").write_text("x\n")
    git(here, "add", "-A")
    git(here, "commit", "-q", "--amend", "--no-edit")

    git(tmp_path / "there", "am", "-q", "--keep-non-patch", stdin=unbound_letters(git(here, "format-patch", *RUNNERS, "-1")))

    assert git(tmp_path / "there", "log", "-1", "--format=%an <%ae>").strip() == "Dispatch agent <agent@dispatch.invalid>"


def repository(path: Path) -> Path:
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    git(path, "commit", "-q", "--allow-empty", "-m", "Begin")
    return path


def git(path: Path, *arguments: str, stdin: str = "") -> str:
    who = {f"GIT_{role}_{what}": "a@b.invalid" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {"PATH": os.environ["PATH"], "HOME": str(path), "GIT_CONFIG_NOSYSTEM": "1", **who}
    done = subprocess.run(["git", *arguments], cwd=path, env=environment, check=True, capture_output=True, input=stdin.encode())
    return done.stdout.decode()
