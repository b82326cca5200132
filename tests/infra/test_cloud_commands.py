"""`dispatch secrets` and `redrive`, and the site's upload, against AWS's own clients."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra import uploading
from infra.cli import main
from tests.conftest import AWS

TEMPLATE = {
    "Resources": {
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "held", "SecretString": "{}"}},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "spawns-dead"}},
    },
    "Outputs": {"SettingsSecret": {"Value": "held"}, "DeadSpawns": {"Value": {"Ref": "Queue"}}},
}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A deployed stack with a secret and a queue of dead letters; its Secrets Manager."""
    for name, value in AWS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("secretsmanager").create_secret(Name="held", SecretString='{"DISPATCH_PASSWORD": "generated"}')
        template = {**TEMPLATE, "Resources": {"Queue": TEMPLATE["Resources"]["Queue"]}}
        boto3.client("cloudformation").create_stack(StackName="Dispatch", TemplateBody=json.dumps(template))
        yield boto3.client("secretsmanager")


def _say(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(words))


def test_a_secret_is_set_from_standard_input_and_the_others_stay(stack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _say(monkeypatch, "ghp_1234\n")

    assert main(["secrets", "set", "github_token"]) == 0
    assert json.loads(stack.get_secret_value(SecretId="held")["SecretString"]) == {
        "DISPATCH_PASSWORD": "generated",
        "GITHUB_TOKEN": "ghp_1234",
    }


def test_nothing_given_unsets_it(stack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _say(monkeypatch, "")

    assert main(["secrets", "set", "DISPATCH_PASSWORD"]) == 0
    assert stack.get_secret_value(SecretId="held")["SecretString"] == "{}"


def test_names_are_listed_and_values_are_not(stack: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["secrets", "list"]) == 0
    assert capsys.readouterr().out == "DISPATCH_PASSWORD\n"


def test_a_name_that_is_no_setting_is_refused(stack: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["secrets", "set", "GITHUB_TOKN"]) == 2
    assert "There is no setting GITHUB_TOKN" in capsys.readouterr().err


def test_a_stack_that_is_not_there_is_said(stack: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["secrets", "list", "--stack", "Other"]) == 1
    assert "AWS says no" in capsys.readouterr().err


def test_the_page_comes_after_what_it_names_and_is_asked_for_anew(stack: Any, tmp_path: Path) -> None:
    for name in ("index.html", "icon.svg", "_app/immutable/start.abc.js", "_app/immutable/start.abc.js.br", "_app/version.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="site", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    distribution = boto3.client("cloudfront").create_distribution(DistributionConfig=_config())["Distribution"]["Id"]

    done = uploading.upload(tmp_path, bucket="site", distribution=distribution)

    assert done == ["_app/immutable/start.abc.js", "_app/version.json", "icon.svg", "index.html"]
    assert "immutable" in s3.head_object(Bucket="site", Key=done[0])["CacheControl"]
    assert s3.head_object(Bucket="site", Key="index.html")["CacheControl"] == "no-cache"
    asked = boto3.client("cloudfront").list_invalidations(DistributionId=distribution)["InvalidationList"]
    assert asked["Quantity"] == 1


def _config() -> dict[str, Any]:
    origin = {"Id": "site", "DomainName": "site.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    behavior = {"TargetOriginId": "site", "ViewerProtocolPolicy": "https-only"}
    return {
        "CallerReference": "once",
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behavior,
    }
