"""A repository whose deployments are told, and a GitHub that answers."""

import pytest

from tests.github_door import GitHub


@pytest.fixture(autouse=True)
def configured(database, repository) -> None:
    pass


@pytest.fixture
def github(github_door: GitHub) -> GitHub:
    """GitHub's REST, on the loopback."""
    return github_door
