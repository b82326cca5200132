"""Where it stands whether the database is left alone: a parameter that costs nothing, since nobody connects to read it."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.constructs.functions import Functions

NEVER_YET = "2000-01-01T00:00:00+00:00"


class Rest(Construct):
    """The parameter. Whoever connects may end a rest, so every function may write it; the verifier alone has to read it."""

    def __init__(self, scope: Construct, name: str, functions: Functions) -> None:
        super().__init__(scope, name)
        until = ssm.StringParameter(self, "Until", string_value=NEVER_YET, description="Until when the database is left alone")
        for function, made in functions.by_name.items():
            may = ["ssm:PutParameter"] + (["ssm:GetParameter"] if function == "verifier" else [])
            made.add_to_role_policy(iam.PolicyStatement(actions=may, resources=[until.parameter_arn]))
            made.add_environment("REST_PARAMETER", until.parameter_name)
