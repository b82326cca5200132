"""`make destroy` keeps the data unless it is told, and is stopped by nothing that it made itself."""

import json
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from infra import deploying
from infra.laptop import frontend
from tests.conftest import AWS
from tests.infra.conftest import Drawn

pytestmark = pytest.mark.xdist_group("template")
CDK = """\
#!/bin/sh
echo "$@" >> {folder}/said
"""


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the CDK is told, a line each; it says that there is a bucket for the site and one for logs."""
    command = tmp_path / "cdk"
    command.write_text(CDK.format(folder=tmp_path))
    command.chmod(0o755)
    (tmp_path / "outputs.json").write_text(json.dumps({"Dispatch": {"SiteBucket": "site", "LogBucket": "site-logs"}}))
    monkeypatch.setattr(deploying, "CDK", command)
    monkeypatch.setattr(deploying, "TOLD", tmp_path / "outputs.json")
    monkeypatch.setattr(frontend, "build_if_stale", lambda *_, **__: None)
    for name, value in AWS.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "said"


def test_the_guard_is_lifted_first_and_the_database_leaves_a_snapshot(said: Path) -> None:
    assert deploying.main(["destroy"]) == 0

    lifted, destroyed = said.read_text().splitlines()
    assert lifted.startswith("deploy")
    assert "keep-data=snapshot" in lifted
    assert destroyed.startswith("destroy")
    assert "keep-data=snapshot" in destroyed


def test_with_data_the_buckets_are_emptied_and_everything_goes(said: Path) -> None:
    with mock_aws():
        s3 = boto3.client("s3")
        for bucket in ("site", "site-logs"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
            s3.put_object(Bucket=bucket, Key="one", Body=b"")

        assert deploying.main(["destroy", "--with-data"]) == 0

        assert all("Contents" not in s3.list_objects_v2(Bucket=bucket) for bucket in ("site", "site-logs"))
    assert all("keep-data=no" in line for line in said.read_text().splitlines())


def test_as_deployed_the_database_cannot_be_deleted_and_data_stay(drawn: Drawn) -> None:
    assert _policies(drawn)["AWS::RDS::DBCluster"] == {"Snapshot"}
    assert _policies(drawn)["AWS::S3::Bucket"] == {"Retain"}
    assert drawn.of("AWS::RDS::DBCluster").popitem()[1]["DeletionProtection"] is True


@pytest.mark.parametrize(("kept", "cluster", "bucket"), [("snapshot", "Snapshot", "Retain"), ("no", "Delete", "Delete")])
def test_right_before_it_is_destroyed_nothing_is_guarded(tmp_path: Path, kept: str, cluster: str, bucket: str) -> None:
    drawn = Drawn("small", tmp_path, **{"keep-data": kept})

    assert (_policies(drawn)["AWS::RDS::DBCluster"], _policies(drawn)["AWS::S3::Bucket"]) == ({cluster}, {bucket})
    assert drawn.of("AWS::RDS::DBCluster").popitem()[1]["DeletionProtection"] is False
    assert not [one for one in drawn.of("AWS::EC2::Instance").values() if one.get("DisableApiTermination")]


def _policies(drawn: Drawn) -> dict[str, set[str]]:
    """What becomes of each type's resources when the stack goes."""
    found: dict[str, set[str]] = {}
    for one in drawn.resources.values():
        found.setdefault(one["Type"], set()).add(one.get("DeletionPolicy", "Delete"))
    return found
