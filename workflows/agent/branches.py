"""Where the branches of a published patch live: in the repository on this machine, or at GitHub.

Both know the same two things: where a branch stands, and how it moves, which it does only from where it was expected to stand.
"""

import base64

from agent.repository import Repository
from agent.settings import GitHub

NOWHERE = "0" * 40


class LocalBranches:
    """The branches of a repository on this machine."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    def find(self, branch: str) -> str | None:
        """The commit at which `branch` stands; None where there is no such branch."""
        return self.repository.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").strip() or None

    def move(self, branch: str, head: str, *, expected: str | None) -> None:
        """`branch` stands at `head`, if it stood at `expected`; None: if it did not exist. Raises `GitError`."""
        self.repository.git("update-ref", f"refs/heads/{branch}", head, expected or NOWHERE)

    def holds(self, branch: str, commit: str) -> bool:
        """Whether what stands on `branch` goes on from `commit`."""
        return self.repository.is_ancestor(commit, f"refs/heads/{branch}")


class GitHubBranches:
    """The branches of the repository at GitHub. git is told the token by its environment: it stands in no argument and no address."""

    def __init__(self, repository: Repository, github: GitHub) -> None:
        self.url = f"{github.server_url}/{github.repository}.git"
        self.repository = Repository(repository.path, repository.environment | _access(github))

    def find(self, branch: str) -> str | None:
        """As `LocalBranches.find`. Raises `GitError`."""
        return self.repository.git("ls-remote", "--heads", self.url, f"refs/heads/{branch}")[:40] or None

    def move(self, branch: str, head: str, *, expected: str | None) -> None:
        """As `LocalBranches.move`. Raises `GitError`."""
        reference = f"refs/heads/{branch}"
        self.repository.git("push", "--quiet", f"--force-with-lease={reference}:{expected or ''}", self.url, f"{head}:{reference}")

    def holds(self, branch: str, commit: str) -> bool:
        """As `LocalBranches.holds`. Raises `GitError`."""
        self.repository.git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", self.url, f"refs/heads/{branch}")
        return self.repository.is_ancestor(commit, self.find(branch) or "")


def _access(github: GitHub) -> dict[str, str]:
    key = base64.b64encode(f"x-access-token:{github.token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{github.server_url}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {key}",
    }
