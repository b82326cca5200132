"""The server's verdict on a patch: why it may not be applied, in one order: form, claim, size, paths, secrets, trust. Not its keeping."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from dispatch.kit import masking
from dispatch.runs.diffs import Reading, Unreadable, read_patch
from dispatch.runs.protocol import PatchProposal, Result
from dispatch.runs.shapes import Run
from dispatch.runs.workflows import workflow_named

MOST_BYTES = 5 * 1024 * 1024  # a change that a person can still review is far smaller
MOST_FILES = 300
MOST_NAMED = 20  # sentences about single paths; the rest is counted
HIDDEN = {"Cc", "Cf"}

# Files that decide what agents, CI or somebody's editor will do: an agent does not write them. By the name of a file or folder, anywhere:
# agents and editors read those of a subfolder too.
PROTECTED_ANYWHERE = re.compile(
    r"\.git|\.gitmodules|\.gitattributes"
    r"|\.claude|claude(?:\.local)?\.md|\.claude\.json|\.mcp\.json|agents(?:\.override)?\.md|\.codex|\.gemini|gemini\.md"
    r"|\.cursor|\.cursorrules|\.windsurf|\.windsurfrules|\.clinerules|\.roo|\.kiro|\.continue|\.aider.*|\.goosehints"
    r"|\.vscode|\.idea|\.zed|\.fleet|\.devcontainer(?:\.json)?|.*\.code-workspace|\.envrc|\.exrc|\.nvim\.lua"
    r"|\.husky|\.githooks|\.?lefthook.*|\.pre-commit-config\.yaml|\.overcommit\.yml",
    re.IGNORECASE,
)
# And at the repository's root, where alone they count.
PROTECTED_AT_ROOT = re.compile(
    r"\.github|\.gitlab-ci\.yml|\.circleci|\.buildkite|\.travis\.yml|\.drone\.yml|jenkinsfile|azure-pipelines\.yml", re.IGNORECASE
)
LOCKFILE = re.compile(
    r"(?:.*/)?(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|deno\.lock|uv\.lock|poetry\.lock|pdm\.lock"
    r"|pipfile\.lock|pylock\.toml|cargo\.lock|go\.sum|gemfile\.lock|composer\.lock|mix\.lock|pubspec\.lock|podfile\.lock"
    r"|package\.resolved|packages\.lock\.json|gradle\.lockfile|flake\.lock|\.terraform\.lock\.hcl)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Judged:
    """The reasons against a patch, none where it may be applied; and what it touches that a reviewer should look at."""

    reasons: list[str]
    drift: list[str]
    lockfiles: list[str]

    @property
    def verdict(self) -> str:
        """The word for it."""
        return "refused" if self.reasons else "accepted"


@dataclass(frozen=True)
class Case:
    """All that a reason rests on. `paths` are those that the patch's text changes, and those it says it changes."""

    run: Run
    result: Result
    proposal: PatchProposal
    reading: Reading
    paths: list[str]


def judge(run: Run, result: Result, proposal: PatchProposal, *, planned: list[str] | None) -> Judged:
    """The verdict on what the run hands in. `planned` are the approved plan's files; None where there is no plan.

    A patch that is too large or cannot be read is not looked at any further.
    """
    if (size := len(proposal.mbox.encode(errors="replace"))) > MOST_BYTES:
        return Judged([f"The patch has {size / 1024 / 1024:.1f} MB; at most {MOST_BYTES // 1024 // 1024} MB can be reviewed."], [], [])
    try:
        reading = read_patch(proposal.mbox)
    except Unreadable as error:
        return Judged([f"The patch is not in the form that git gives: {error}."], [], [])
    paths = sorted(reading.paths | {file.path for file in proposal.files})
    case = Case(run, result, proposal, reading, paths)
    reasons = [reason for rule in RULES for reason in rule(case)]
    return Judged(reasons, drift_of(paths, planned), [path for path in paths if LOCKFILE.fullmatch(path)])


def is_protected(path: str) -> bool:
    """Whether agents may not write there. What a file system may take for the same name counts as that name."""
    parts = [_plain(part) for part in path.replace("\\", "/").split("/")]
    parts = [part for part in parts if part]
    return bool(parts) and bool(PROTECTED_AT_ROOT.fullmatch(parts[0]) or any(PROTECTED_ANYWHERE.fullmatch(part) for part in parts))


def drift_of(paths: Iterable[str], planned: list[str] | None) -> list[str]:
    """Those of the paths that the plan does not name: neither themselves, nor a folder above them, nor a pattern that fits them."""
    if planned is None:
        return []
    patterns = [pattern.strip().strip("`").removeprefix("./") for pattern in planned]
    return [path for path in paths if not any(_covers(pattern, path) for pattern in patterns)]


def _form(case: Case) -> Iterable[str]:
    if not case.result.base_commit:
        yield "The hand-in does not say on which commit the patch stands."
    if unnamed := sorted(case.reading.paths - {file.path for file in case.proposal.files}):
        yield f"The patch changes {', '.join(unnamed[:5])}, which it did not name."


def _claim(case: Case) -> Iterable[str]:
    checkout = case.run.checkout
    if checkout and case.result.base_commit and case.result.base_commit != checkout.commit:
        yield f"The patch stands on {case.result.base_commit[:12]}, and {checkout.branch} was at {checkout.commit[:12]}."


def _size(case: Case) -> Iterable[str]:
    if len(case.paths) > MOST_FILES:
        yield f"The patch touches {len(case.paths)} files; at most {MOST_FILES} can be reviewed."
    small = workflow_named(case.run.workflow).small_fix
    if small and (case.reading.changed_lines >= small.lines or len(case.paths) >= small.files):
        yield (
            f"Triage fixes only what is small: under {small.lines} changed lines in under {small.files} files. "
            f"This has {case.reading.changed_lines} in {len(case.paths)}: it needs a plan."
        )


def _paths(case: Case) -> Iterable[str]:
    protected = [path for path in case.paths if is_protected(path)]
    yield from (f"{path} is protected: agents do not change it." for path in protected[:MOST_NAMED])
    if len(protected) > MOST_NAMED:
        yield f"{len(protected) - MOST_NAMED} more are protected."
    outside = [path for path in case.paths if _leads_out(path)]
    yield from (f"{path} leads out of the repository." for path in outside[:MOST_NAMED])
    if case.reading.links:
        yield "The patch makes a symbolic link or a submodule."


def _secrets(case: Case) -> Iterable[str]:
    if masking.SECRET.search("\n".join(case.reading.written)):
        yield "The patch holds what looks like a secret."


def _trust(case: Case) -> Iterable[str]:
    """Whatever its brief's sources, a patch may become a draft that people review; a proof that was cheated earns no trust at all."""
    proof = case.result.proof
    if proof and proof.verdict == "cheated":
        yield f"The proof was cheated: {' '.join(proof.reasons) or 'the test was made to pass without the fix.'}"


# THE order of a verdict. Drift from the plan stands before trust; it is listed, not refused.
RULES: tuple[Callable[[Case], Iterable[str]], ...] = (_form, _claim, _size, _paths, _secrets, _trust)


def _plain(part: str) -> str:
    """A file's name as a forgiving file system has it: without hidden characters, trailing dots and spaces, or a stream's name."""
    visible = "".join(char for char in unicodedata.normalize("NFKC", part) if unicodedata.category(char) not in HIDDEN)
    return visible.partition(":")[0].strip().rstrip(". ")


def _leads_out(path: str) -> bool:
    return path.startswith(("/", "\\")) or ".." in path.replace("\\", "/").split("/")


def _covers(pattern: str, path: str) -> bool:
    """Whether the name, the folder or the pattern fits; a name may look like a pattern, as `app/[id]/page.tsx` does."""
    is_below = path == pattern or path.startswith(pattern.rstrip("/") + "/")
    return is_below or fnmatchcase(path, pattern) or fnmatchcase(path, pattern.replace("**/", ""))
