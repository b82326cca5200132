"""The worktree through git: what stood before, what the agent left, and the patch between.

Every command runs without the repository's hooks and without any key: what an agent may have put into a configuration gains nothing.
"""

import hashlib
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.proof import Change

PATCH_LIMIT = 5 * 1024 * 1024  # bytes; API Gateway takes 10 MB a request, Lambda 6
OWN_WAYS = [
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "commit.gpgSign=false", "-c", "core.quotePath=false"),
    *("-c", "advice.detachedHead=false", "-c", "gc.auto=0", "-c", "safe.directory=*"),
]
PLAIN_PATCH = [
    *("--stdout", "--binary", "--no-attach", "--no-signature", "--no-stat", "--no-ext-diff", "--no-textconv", "--no-renames"),
    *("--no-color", "--no-cover-letter", "--subject-prefix=PATCH", "--src-prefix=a/", "--dst-prefix=b/"),
]
STATUSES = {"A", "M", "D"}


class GitError(Exception):
    """A git command failed; its message is git's own."""


class PatchTooLargeError(Exception):
    """The patch is too large to hand in."""


@dataclass(frozen=True)
class Repository:
    """One worktree, and the environment in which git runs there."""

    path: Path
    environment: dict[str, str]

    def git(self, *arguments: str, stdin: bytes | None = None) -> str:
        """The command's output, as text. Raises `GitError`."""
        return self.git_bytes(*arguments, stdin=stdin).decode(errors="surrogateescape")

    def git_bytes(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        """The command's output as it is. Raises `GitError`."""
        command = ["git", *OWN_WAYS, *arguments]
        done = subprocess.run(command, cwd=self.path, env=self.environment, input=stdin or b"", capture_output=True, check=False)
        if done.returncode:
            raise GitError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()[-2000:]}")
        return done.stdout

    def head(self) -> str:
        """The commit that is checked out."""
        return self.git("rev-parse", "HEAD").strip()

    def find_commit(self, name: str) -> str | None:
        """The commit that `name` means here; None where it means none."""
        try:
            return self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").strip()
        except GitError:
            return None

    def check_out(self, commit: str) -> None:
        """The worktree stands at `commit`, on no branch; what differed from its commit before is gone."""
        self.git("checkout", "--quiet", "--force", "--detach", commit)

    def tracked(self) -> frozenset[str]:
        """Every path of the commit that is checked out."""
        return frozenset(path for path in self.git("ls-tree", "-r", "--name-only", "-z", "HEAD").split("\0") if path)

    def leftovers(self) -> dict[str, str]:
        """Paths that differ from the commit (changed, deleted, or new and not ignored), each with a fingerprint of what stands there."""
        tracked = self.git("diff", "--name-only", "--no-ext-diff", "--no-renames", "-z", "HEAD")
        new = self.git("ls-files", "--others", "--exclude-standard", "-z")
        return {path: _fingerprint(self.path / path) for path in (tracked + new).split("\0") if path}

    def leftovers_since(self, known: dict[str, str]) -> set[str]:
        """Paths that differ from the commit and are not as they were among `known`."""
        return {path for path, fingerprint in self.leftovers().items() if known.get(path) != fingerprint}

    def unlock(self) -> None:
        """A git command of the agent's that was killed keeps nobody out. To be called when no process of the agent is left."""
        for name in ("index.lock", "HEAD.lock"):
            (self.path / self.git("rev-parse", "--git-path", name).strip()).unlink(missing_ok=True)

    def commit(self, paths: set[str], subject: str, why: str = "") -> None:
        """`paths` as they stand are one more commit, in the agent's name; nothing happens where that changes nothing."""
        if not paths:
            return
        listed = "\0".join(sorted(paths)).encode(errors="surrogateescape")
        self.git("--literal-pathspecs", "add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=listed)
        if self.git("diff", "--cached", "--name-only"):
            self.git("commit", "--no-verify", "--quiet", "-m", subject, *(("-m", why) if why else ()))

    def straighten(self, base: str, subject: str) -> None:
        """The work is a straight line of commits on `base`: a history with merges, or one that left `base`, becomes one commit."""
        if self.is_ancestor(base, "HEAD") and not self.git("rev-list", "--merges", f"{base}..HEAD"):
            return
        squashed = self.git("commit-tree", "HEAD^{tree}", "-p", base, "-m", subject).strip()
        self.git("reset", "--quiet", "--soft", squashed)

    def drop(self, apart: Callable[[str], bool], base: str, subject: str) -> None:
        """No path for which `apart` holds is in the work on `base`: a history that held one becomes one commit without it."""
        named = self.git("diff", "--name-only", "--no-ext-diff", "--no-renames", "-z", base, "HEAD").split("\0")
        if not (held := [path for path in named if path and apart(path)]):
            return
        listed = "\0".join(held).encode(errors="surrogateescape")
        self.git(
            "--literal-pathspecs", "rm", "--cached", "--force", "--quiet", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=listed
        )
        tree = self.git("write-tree").strip()
        is_empty = tree == self.git("rev-parse", f"{base}^{{tree}}").strip()
        self.git("reset", "--quiet", "--soft", base if is_empty else self.git("commit-tree", tree, "-p", base, "-m", subject).strip())

    def patch(self, base: str) -> dict[str, Any] | None:
        """The protocol's patch from `base` to what is checked out; None where nothing changed. Raises `PatchTooLargeError`."""
        if not self.git("rev-list", f"{base}..HEAD"):
            return None
        mbox = self._mbox(base)
        if len(mbox) > PATCH_LIMIT:
            raise PatchTooLargeError(f"The patch has {len(mbox) / 1e6:.1f} MB; {PATCH_LIMIT / 1e6:.0f} MB can be handed in.")
        return {"mbox": mbox, "files": self._files(base), "commits": self.commits_between(base, "HEAD")}

    def commits_between(self, base: str, head: str) -> list[dict[str, str]]:
        """The commits after `base` up to `head`, oldest first."""
        lines = self.git("log", "--reverse", "--format=%H %s", f"{base}..{head}").splitlines()
        return [{"sha": line[:40], "subject": _clean(line[41:])[:500]} for line in lines]

    def changed_modes(self, base: str, head: str) -> dict[str, str]:
        """Every path that differs between the two commits, with its mode in `head`; 000000 where it is gone."""
        entries = self.git("diff", "--raw", "--no-renames", "-z", base, head).split("\0")
        return {_clean(path): facts.split()[1] for facts, path in zip(entries[0::2], entries[1::2], strict=False)}

    def changes(self, base: str, head: str) -> list[Change]:
        """Every file that differs between the two commits; one that moved stands under its new path."""
        words = self.git("diff", "--name-status", "--find-renames", "--no-ext-diff", "-z", base, head).split("\0")
        found: list[Change] = []
        while len(words) > 1:
            status, old = words.pop(0), words.pop(0)
            new = words.pop(0) if status[0] in "RC" else old
            before = None if status[0] in "AC" else self.show(base, old)
            found.append(Change(new, before, None if status[0] == "D" else self.show(head, new)))
        return found

    def show(self, commit: str, path: str) -> str | None:
        """The file's text in that commit; None where it is none there."""
        try:
            return self.git_bytes("cat-file", "blob", f"{commit}:{path}").decode(errors="replace")
        except GitError:
            return None

    def at(self, place: Path) -> "Repository":
        """Another worktree of the same repository."""
        return Repository(place, self.environment)

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` holds everything up to `older`."""
        try:
            self.git("merge-base", "--is-ancestor", older, newer)
        except GitError:
            return False
        return True

    def _mbox(self, base: str) -> str:
        try:
            return self.git_bytes("format-patch", *PLAIN_PATCH, f"{base}..HEAD").decode()
        except UnicodeDecodeError:
            return self._mbox_of_binaries(base)

    def _mbox_of_binaries(self, base: str) -> str:
        """The patch with every file as base85: some text is not UTF-8, and JSON carries nothing else."""
        with tempfile.NamedTemporaryFile("w", suffix=".attributes") as attributes:
            attributes.write("* -diff\n")
            attributes.flush()
            known = ["-c", f"core.attributesFile={attributes.name}"]
            return self.git_bytes(*known, "format-patch", *PLAIN_PATCH, f"{base}..HEAD").decode(errors="replace")

    def _files(self, base: str) -> list[dict[str, Any]]:
        counts = _pairs(self.git("diff", "--no-renames", "--numstat", "-z", base, "HEAD"))
        states = self.git("diff", "--no-renames", "--name-status", "-z", base, "HEAD").split("\0")
        state_of = dict(zip(states[1::2], states[0::2], strict=False))
        return [
            {"path": _clean(path), "additions": added, "deletions": gone, "status": _status(state_of[path])} for added, gone, path in counts
        ]


def _fingerprint(path: Path) -> str:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _pairs(numstat: str) -> list[tuple[int, int, str]]:
    rows = [entry.split("\t", 2) for entry in numstat.split("\0") if entry]
    return [(int(added) if added != "-" else 0, int(gone) if gone != "-" else 0, path) for added, gone, path in rows]


def _status(letter: str) -> str:
    return letter if letter in STATUSES else "M"


def _clean(text: str) -> str:
    return text.encode(errors="surrogateescape").decode(errors="replace")
