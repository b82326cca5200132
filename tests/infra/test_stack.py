"""The template, drawn from the table, keeps what the design promises; the rules of AWS Solutions find nothing unexplained (conftest)."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dispatch.kit.settings import Settings
from infra import wiring
from infra.app import ROOT
from infra.constructs.schedules import expression_of
from infra.stages import STAGES, Stage
from infra.wiring import FUNCTIONS, Http, Schedule
from tests.infra.conftest import Drawn

pytestmark = pytest.mark.xdist_group("template")


def _function(drawn: Drawn, handler: str) -> dict[str, Any]:
    return next(one for one in drawn.of("AWS::Lambda::Function").values() if one.get("Handler") == handler.replace(":", "."))


@pytest.mark.parametrize("wanted", FUNCTIONS, ids=lambda one: one.name)
def test_every_function_of_the_table_is_there_as_the_table_says(drawn: Drawn, wanted: wiring.Function) -> None:
    made = _function(drawn, wanted.handler)

    assert (made["MemorySize"], made["Timeout"], made["ReservedConcurrentExecutions"]) == (
        wanted.memory_mb,
        wanted.timeout_s,
        wanted.at_most,
    )
    assert (made["Runtime"], made["Architectures"]) == ("python3.13", ["arm64"])


def test_each_function_has_a_role_of_its_own(drawn: Drawn) -> None:
    roles = [json.dumps(one["Role"]) for one in drawn.of("AWS::Lambda::Function").values()]

    assert len(set(roles)) == len(roles)


def test_every_queue_hides_a_message_six_timeouts_long_and_puts_aside_what_fails_five_times(drawn: Drawn) -> None:
    made = [one for one in drawn.of("AWS::SQS::Queue").values() if "RedrivePolicy" in one]
    timeouts = sorted(6 * function.timeout_s for function in FUNCTIONS for wake in function.wakes if isinstance(wake, wiring.Queue))

    assert sorted(one["VisibilityTimeout"] for one in made) == timeouts
    assert {one["RedrivePolicy"]["maxReceiveCount"] for one in made} == {5}


def test_a_batch_reports_which_of_its_messages_failed(drawn: Drawn) -> None:
    assert all(one["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for one in drawn.of("AWS::Lambda::EventSourceMapping").values())


def test_every_schedule_of_the_table_is_there(drawn: Drawn) -> None:
    wanted = {
        (expression_of(one.every), json.dumps(one.event)) for function in FUNCTIONS for one in function.wakes if isinstance(one, Schedule)
    }

    made = drawn.of("AWS::Scheduler::Schedule").values()

    assert {(one["ScheduleExpression"], one["Target"]["Input"]) for one in made} == wanted


def test_every_path_of_the_table_is_a_route(drawn: Drawn) -> None:
    wanted = {
        f"ANY {path.replace('/*', '/{proxy+}')}"
        for function in FUNCTIONS
        for wake in function.wakes
        if isinstance(wake, Http)
        for path in wake.paths
    }

    made = {one["RouteKey"] for one in drawn.of("AWS::ApiGatewayV2::Route").values()}

    assert made == wanted | {"$connect", "$disconnect", "$default"}


def test_the_database_is_encrypted_guarded_and_not_public(drawn: Drawn) -> None:
    (cluster,) = drawn.of("AWS::RDS::DBCluster").values()

    assert cluster["StorageEncrypted"]
    assert cluster["DeletionProtection"]
    assert cluster["ManageMasterUserPassword"]
    assert all(one["PubliclyAccessible"] is False for one in drawn.of("AWS::RDS::DBInstance").values())


def test_connections_of_all_functions_together_stay_under_the_alarm(drawn: Drawn) -> None:
    reserved = sum(one.get("ReservedConcurrentExecutions", 0) for one in drawn.of("AWS::Lambda::Function").values())
    (alarm,) = [one for one in drawn.of("AWS::CloudWatch::Alarm").values() if one.get("MetricName") == "DatabaseConnections"]

    assert reserved <= alarm["Threshold"]


def test_nothing_secret_is_in_the_template(drawn: Drawn) -> None:
    names = {name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    environments = [one.get("Environment", {}).get("Variables", {}) for one in drawn.of("AWS::Lambda::Function").values()]

    assert not [name for one in environments for name in one if name in names]
    assert not re.search(r"SecretString\"\s*:\s*\"[^{]", json.dumps(drawn.resources))


def test_no_policy_allows_every_action_and_none_every_resource_but_the_two_explained(drawn: Drawn) -> None:
    statements = [
        statement
        for kind, at in (("AWS::IAM::Policy", "PolicyDocument"), ("AWS::IAM::ManagedPolicy", "PolicyDocument"))
        for one in drawn.of(kind).values()
        for statement in one[at]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    wide = [statement for statement in statements if statement["Resource"] == "*"]
    allowed = {action for statement in wide for action in _listed(statement["Action"])}

    assert not [
        action for statement in statements for action in _listed(statement["Action"]) if "*" in action.replace("secretsmanager:", "")
    ]
    assert {action.partition(":")[0] for action in allowed} <= {"ec2", "xray", "logs"}


def test_buckets_are_private(drawn: Drawn) -> None:
    closed = {"BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True, "RestrictPublicBuckets": True}

    assert all(one["PublicAccessBlockConfiguration"] == closed for one in drawn.of("AWS::S3::Bucket").values())


def test_one_address_has_the_site_the_api_and_the_sockets(drawn: Drawn) -> None:
    (one,) = drawn.of("AWS::CloudFront::Distribution").values()

    assert {behavior["PathPattern"] for behavior in one["DistributionConfig"]["CacheBehaviors"]} == {"/api/*", "/ws"}


def test_cfn_lint_finds_nothing(drawn: Drawn) -> None:
    asked = [sys.executable, "-m", "cfnlint", *map(str, drawn.folder.glob("*.template.json"))]

    found = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)

    assert found.stdout == ""


@pytest.mark.parametrize("stage", STAGES.values(), ids=lambda one: one.name)
def test_every_container_there_can_be_together_with_a_deployment_uses_a_third_of_the_connections_at_most(stage: Stage) -> None:
    migrator = 1

    assert sum(function.at_most for function in FUNCTIONS) + migrator <= stage.most_connections / 3


def test_behind_a_proxy_every_function_knows_it(drawn: Drawn) -> None:
    told = {"DATABASE_IS_PROXIED" in one["Environment"]["Variables"] for one in drawn.of("AWS::Lambda::Function").values() if _is_ours(one)}

    assert told == {bool(drawn.of("AWS::RDS::DBProxy"))}


def test_only_a_database_that_pauses_is_left_alone_and_only_the_verifier_reads_until_when(drawn: Drawn) -> None:
    told = {
        one["Handler"]
        for one in drawn.of("AWS::Lambda::Function").values()
        if "REST_PARAMETER" in one.get("Environment", {}).get("Variables", {})
    }
    readers = [one for one in drawn.of("AWS::IAM::Policy").values() if "ssm:GetParameter" in json.dumps(one)]

    pauses = next(iter(drawn.of("AWS::RDS::DBCluster").values()))["ServerlessV2ScalingConfiguration"]["MinCapacity"] == 0
    assert told == ({one.handler.replace(":", ".") for one in FUNCTIONS} if pauses else set())
    assert ["Verifier" in json.dumps(one["Roles"]) for one in readers] == ([True] if pauses else [])


def _is_ours(function: dict[str, Any]) -> bool:
    return "DATABASE_ADDRESS" in function.get("Environment", {}).get("Variables", {})


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_cloudfront_shows_the_api_a_key_that_the_template_does_not_hold(drawn: Drawn) -> None:
    (one,) = drawn.of("AWS::CloudFront::Distribution").values()
    shown = [header for origin in one["DistributionConfig"]["Origins"] for header in origin.get("OriginCustomHeaders", [])]

    assert [header["HeaderName"] for header in shown] == ["x-dispatch-edge-key"]
    assert "{{resolve:secretsmanager:" in json.dumps(shown)


def test_those_that_are_called_over_http_know_the_key_and_no_other(drawn: Drawn) -> None:
    knowing = {
        one["Handler"]
        for one in drawn.of("AWS::Lambda::Function").values()
        if "EDGE_SECRET" in one.get("Environment", {}).get("Variables", {})
    }

    assert knowing == {"functions.api.handler.handler", "functions.webhooks.handler.handler"}


def test_a_domain_of_ones_own_has_its_certificate_and_is_the_address(tmp_path: Path) -> None:
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/one"
    own = Drawn("small", tmp_path, domain="dispatch.example.com", certificate=certificate)
    (one,) = own.of("AWS::CloudFront::Distribution").values()

    assert one["DistributionConfig"]["Aliases"] == ["dispatch.example.com"]
    assert one["DistributionConfig"]["ViewerCertificate"]["AcmCertificateArn"] == certificate
    assert _function(own, "functions.api.handler:handler")["Environment"]["Variables"]["PUBLIC_URL"] == "https://dispatch.example.com"


def test_a_domain_without_a_certificate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="go together"):
        Drawn("small", tmp_path, domain="dispatch.example.com")
