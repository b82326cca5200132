"""A repository whose webhooks come in, and a GitHub that answers."""

from collections.abc import Iterator

import pytest

from tests import hooks
from tests.github_door import GitHub, open_github


@pytest.fixture(autouse=True)
def configured(database, repository, queues, setting) -> None:
    setting.setenv("GITHUB_WEBHOOK_SECRET", hooks.SECRET)


@pytest.fixture
def github(setting) -> Iterator[GitHub]:
    """GitHub's REST, on the loopback."""
    with open_github() as door:
        setting.setenv("GITHUB_API_URL", door.url)
        setting.setenv("GITHUB_TOKEN", "a-token")
        yield door
