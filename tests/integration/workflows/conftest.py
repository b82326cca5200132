"""A Dispatch, a GitHub on the loopback and a shop whose agents work there: everything real but GitHub and the model."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import cli
from infra.laptop import claude as claude_cli
from infra.laptop import demo
from tests.e2e.instance import ROOT, Instance
from tests.github.door import open_github
from tests.github.git import git
from tests.github.hub import NAME, Hub
from tests.github.identity import Token
from tests.integration.workflows.acting import Acting, Finished

DISPATCHS_OWN = {"metadata": "read", "actions": "write", "contents": "read", "pull-requests": "read"}
HOOK_SECRET = "shared-with-github"
API_KEY = "dk_for_tests_only"


@pytest.fixture(scope="session")
def claude() -> Path:
    """The agent CLI, fetched once for all tests."""
    return claude_cli.ensure(ROOT / ".dispatch", tell=print)


@pytest.fixture(scope="session")
def github(tmp_path_factory: pytest.TempPathFactory, claude: Path) -> Iterator[Hub]:
    """The demo repository on a loopback GitHub, with our workflows installed by the command that people use."""
    folder = tmp_path_factory.mktemp("github")
    make_bin(folder / "bin", claude)
    shop = demo.make(folder / "shop")
    assert cli.main(["workflows", "install", str(shop)]) == 0
    git(shop, "add", ".github")
    git(shop, "commit", "-q", "-m", "Let Dispatch's agents work here")
    git(folder, "clone", "-q", "--bare", str(shop), str(folder / f"{NAME}.git"))
    with open_github(folder) as hub:
        yield hub


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory, claude: Path, github: Hub) -> Iterator[Instance]:
    """A Dispatch whose agents work on that GitHub."""
    token = github.give(Token("dispatch", DISPATCHS_OWN)).value
    there = {"GITHUB_REPO": NAME, "GITHUB_TOKEN": token, "GITHUB_API_URL": github.api_url, "GITHUB_OIDC_ISSUER": github.issuer.url}
    secrets = {"GITHUB_WEBHOOK_SECRET": HOOK_SECRET, "DISPATCH_API_KEY": API_KEY}
    roomy = {"DAILY_SPAWN_BUDGET_ERROR": "100", "DAILY_SPAWN_BUDGET_PRD": "100", "BREAKER_FAILURES": "0", "SCRIPTED_MODEL_PACE_MS": "1"}
    made = Instance(tmp_path_factory.mktemp("dispatch") / "data", claude=claude, **there, **secrets, **roomy)
    github.variables |= {"DISPATCH_API_URL": made.url, "ANTHROPIC_BASE_URL": f"{made.url}/model"}
    github.secrets |= {"ANTHROPIC_API_KEY": "scripted", "DISPATCH_API_KEY": API_KEY}
    github.hook = (f"{made.url}/api/github/webhook", HOOK_SECRET)
    made.start()
    yield made
    made.remove()


@pytest.fixture(scope="session")
def act(instance: Instance, github: Hub) -> Acting:
    """What a test does with the two."""
    return Acting(instance, github)


@pytest.fixture(scope="session")
def implemented(act: Acting) -> Finished:
    """The implementation of an approved plan. Its pull request stays as it is."""
    return act.approve(act.planned())


def make_bin(place: Path, claude: Path) -> None:
    """The programs of GitHub's machines that ours may not have: Python 3, and an npm that finds the locked agent already here."""
    place.mkdir()
    (place / "python3").symlink_to(sys.executable)
    npm = place / "npm"
    npm.write_text(
        "#!/bin/sh\n"
        'test "$1 $2" = "ci --prefix" && test -f "$3/package-lock.json" || exit 1\n'
        'place="$3/node_modules/@anthropic-ai/claude-code-linux-x64"\n'
        f'mkdir -p "$place" && ln -s {os.fspath(claude.resolve())} "$place/claude"\n'
    )
    npm.chmod(0o755)
