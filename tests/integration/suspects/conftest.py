"""A shop on GitHub whose commits and deployments are told, and errors with stacks that name its files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github.door import open_github
from tests.github.hub import NAME
from tests.github.identity import Token
from tests.integration.suspects.shop import Shop

READS = {"metadata": "read", "contents": "read", "deployments": "read", "actions": "read"}


@pytest.fixture
def shop(database, setting, tmp_path: Path) -> Iterator[Shop]:
    with open_github(tmp_path) as hub:
        setting.setenv("GITHUB_REPO", NAME)
        setting.setenv("GITHUB_API_URL", hub.api_url)
        setting.setenv("GITHUB_TOKEN", hub.give(Token("dispatch", READS)).value)
        yield Shop(hub, tmp_path / "shop")
