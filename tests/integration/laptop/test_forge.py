"""What a laptop's GitHub tells of the repository itself: commits, how they stand to each other, and merged branches."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from dispatch.clients.github_commits import read_commit
from dispatch.clients.github_pulls import read_pull
from infra.laptop.actions import Actions

SHOP = "/repos/laptop/shop"


class Repository:
    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir()
        self.git("init", "-q", "-b", "main")
        self.first = self.commit("One")

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=T", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", "-C", str(self.place), *identity, *words], check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, title: str, file: str = "a.txt") -> str:
        with (self.place / file).open("a") as text:
            text.write(f"{title}\n")
        self.git("add", ".")
        self.git("commit", "-q", "-m", f"{title}\n\nWhy it is so.")
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str, *titles: str, file: str = "b.txt") -> str:
        self.git("checkout", "-q", "-b", name, "main")
        heads = [self.commit(title, file) for title in titles]
        self.git("checkout", "-q", "main")
        return heads[-1]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "shop")


@pytest.fixture
def ask(repository: Repository, tmp_path: Path) -> Any:
    door = TestClient(Actions("laptop/shop", repository.place, "token", tmp_path, {}, "http://localhost:3002").door())
    return lambda path: door.get(SHOP + path, headers={"authorization": "Bearer token"})


def test_commits_are_told_newest_first_page_by_page_with_what_each_changes(repository: Repository, ask: Any):
    second = repository.commit("Two")

    assert [read_commit(given).title for given in ask("/commits").json()] == ["Two", "One"]
    assert [given["sha"] for given in ask("/commits?per_page=1&page=2").json()] == [repository.first]
    assert ask("/commits/HEAD~1").json()["sha"] == repository.first
    assert ask(f"/commits/{second}").json()["files"] == [{"filename": "a.txt", "patch": "@@ -1 +1,2 @@\n One\n+Two\n"}]


def test_how_two_commits_stand_is_told_as_github_tells_it(repository: Repository, ask: Any):
    side = repository.branch("side", "Aside")
    second = repository.commit("Two")

    stand = {
        f"{base}...{head}": ask(f"/compare/{base}...{head}").json()["status"]
        for base, head in [(repository.first, second), (second, repository.first), (second, side), (second, second)]
    }

    assert list(stand.values()) == ["ahead", "behind", "diverged", "identical"]


@pytest.mark.parametrize(
    "path", ["/commits/nowhere", "/commits/--all", "/compare/main...nowhere", "/commits?sha=-n1", "/commits/main..side"]
)
def test_what_is_no_commit_is_not_found(repository: Repository, ask: Any, path: str):
    assert ask(path).status_code == 404


@pytest.mark.parametrize("way", [["merge", "-q", "--no-ff", "--no-edit"], ["merge", "-q", "--ff-only"], ["cherry-pick"]])
def test_an_agents_branch_that_was_merged_any_way_is_a_merged_pull_request(repository: Repository, ask: Any, way: list[str]):
    head = repository.branch("dispatch/dispatch-1-0192ab34", "Take it once")
    repository.branch("dispatch/dispatch-2-0192ab35", "Not yet", file="c.txt")
    assert ask("/pulls?state=all").json() == []
    if way[0] == "cherry-pick":
        repository.commit("Between")
    repository.git(*way, "dispatch/dispatch-1-0192ab34")
    after = repository.git("rev-parse", "HEAD")
    repository.commit("Later")

    [told] = ask("/pulls?state=all").json()

    found = read_pull(told)
    assert (found.number, found.head_branch, found.head_sha, found.title) == (1, "dispatch/dispatch-1-0192ab34", head, "Take it once")
    assert (found.state, found.merge_commit, found.can_write) == ("merged", after, True)
    assert found.url == "http://localhost:3002/issue/DISPATCH-1"
    repository.git("branch", "-q", "-D", "dispatch/dispatch-1-0192ab34")
    assert ask("/pulls?state=all").json() == [told]
    assert ask("/pulls?state=all&page=2").json() == []
