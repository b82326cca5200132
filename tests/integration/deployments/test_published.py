"""GitHub's own examples, through the webhooks' door."""

import gzip
import json

from dispatch import deployments
from dispatch.kit.work import work
from tests import hooks

EVENTS = {"deployment", "deployment_status", "workflow_run"}


def test_githubs_own_examples_are_taken_and_tell_what_came_to_production(project, queues, setting):
    setting.setenv("GITHUB_WEBHOOK_SECRET", hooks.SECRET)
    setting.setenv("DEPLOY_WORKFLOWS", "test.yml")
    examples = json.loads(gzip.decompress((project / "tests/payloads/github.json.gz").read_bytes()))

    answers = [hooks.deliver(event, body) for event, body in examples if event in EVENTS]

    assert {answer.status for answer in answers} == {200}
    with work() as unit:
        known = deployments.list_deployments(unit, limit=10)
    assert [(one.repository, one.external_id, one.state, one.sha[:7]) for one in known] == [
        ("octo-org/octo-repo", "run:289782451.1", "succeeded", "3484a3f"),
        ("codertocat/hello-world", "deployment:145988746", "succeeded", "f95f852"),
    ]
