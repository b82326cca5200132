"""Why what the rules of AWS Solutions find is as it should be: a reason beside each, and nothing is passed over without one."""

import aws_cdk as cdk

ARN = "arn:<AWS::Partition>"
EXPLAINED = {
    "AwsSolutions-L1": "Every wheel was tried on Python 3.13; a newer runtime is one constant in infra/constructs/functions.py.",
    "AwsSolutions-APIG4": "Who asks is checked in the function, for each route: by session, token, signature or one-time ticket "
    "(functions/api/callers.py). A test fails for a route without a rule.",
    "AwsSolutions-SMG4": "These are other people's keys and webhook secrets: they are rotated where they are given, several at a time "
    "(docs/runbook.md). The database's password is rotated by RDS itself.",
    "AwsSolutions-RDS10": "The guard goes in the deployment that comes right before `make destroy`, and in no other.",
    "AwsSolutions-CFR1": "A team works from anywhere; who may come in is checked at the sign-in, not by country.",
    "AwsSolutions-CFR2": "The firewall costs money while nobody works, so the stage `small` goes without; `standard` has one.",
    "AwsSolutions-CFR4": "CloudFront's own certificate knows no other choice; a domain of one's own brings TLS 1.2.",
    "AwsSolutions-EC29": "The NAT machine holds nothing. Guarded against its end, it would stop `make destroy` and a change of the stage.",
    "AwsSolutions-EC23": "The NAT machine takes only what comes from inside the network: its rule names the VPC's own range.",
    f"AwsSolutions-IAM4[Policy::{ARN}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]": "CDK's own helper, which sets how long "
    "the database's log is kept, writes its own log with it.",
    "AwsSolutions-IAM5[Resource::*]": "Standing in a VPC and sending traces know no narrower resource; CDK's helper sets the retention "
    "of a log group whose name RDS chooses.",
}


def explain(stack: cdk.Stack) -> None:
    """Every finding that stays has its reason beside it."""
    validations = cdk.Validations.of(stack)
    for rule, reason in {**EXPLAINED, **_by_name(stack)}.items():
        validations.acknowledge(cdk.Acknowledgment(id=f"AwsSolutions::{rule}", reason=reason))


def _by_name(stack: cdk.Stack) -> dict[str, str]:
    """Those whose rule names a resource of this stack."""
    sockets = _logical_id(stack, "Sockets/Api/Resource")
    verifier = _logical_id(stack, "Functions/Verifier/Resource")
    region = _known(stack.region, "<AWS::Region>")
    account = _known(stack.account, "<AWS::AccountId>")
    return {
        f"AwsSolutions-IAM5[Resource::{ARN}:execute-api:{region}:{account}:<{sockets}>/ws/*/@connections/*]": "Any function "
        "may push to any socket of this API: whose they are is known only while they are open.",
        f"AwsSolutions-IAM5[Resource::<{verifier}.Arn>:*]": "The scheduler may call whichever version of the verifier is the current one.",
    }


def _logical_id(stack: cdk.Stack, path: str) -> str:
    found = stack.node.try_find_child(path.partition("/")[0])
    for name in path.split("/")[1:]:
        found = found.node.find_child(name) if found else None
    return stack.get_logical_id(found) if isinstance(found, cdk.CfnElement) else ""


def _known(value: str, otherwise: str) -> str:
    return otherwise if cdk.Token.is_unresolved(value) else value
