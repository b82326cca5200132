"""A repository whose webhooks come in, and a GitHub that compares commits."""

import pytest

from tests import hooks


@pytest.fixture(autouse=True)
def configured(database, repository, queues, github_door, setting) -> None:
    setting.setenv("GITHUB_WEBHOOK_SECRET", hooks.SECRET)
