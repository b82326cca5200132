"""GitHub as its clients meet it."""

from collections.abc import Iterator

import pytest

from tests.github_door import GitHub, open_github


@pytest.fixture
def github_door(setting: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """A GitHub that takes any token; the settings point at it."""
    with open_github() as door:
        setting.setenv("GITHUB_API_URL", door.url)
        setting.setenv("GITHUB_TOKEN", "a-token")
        yield door
