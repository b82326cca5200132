# pyright: reportArgumentType=false, reportReturnType=false
# (the protocols that jsii generates name parameters otherwise than its classes)
"""The HTTP API: each path of the table goes to its function. What a stranger may ask for per second is bounded here."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.functions import Functions
from infra.wiring import FUNCTIONS, Http

PER_SECOND, AT_ONCE = 200, 400
LOGGED = (
    '{"at":"$context.requestTime","ip":"$context.identity.sourceIp","method":"$context.httpMethod","path":"$context.path",'
    '"status":"$context.status","took_ms":"$context.responseLatency","trace_id":"$context.requestId","error":"$context.error.message"}'
)  # the path without its query: a portal's first address carries its token there


class HttpApi(Construct):
    """The API; its functions are joined later, since their environment names the address that stands before it."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        self.api = api.HttpApi(self, "Api", create_default_stage=False)
        log = logs.LogGroup(self, "AccessLog", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY)
        self.api.add_stage(
            "Stage",
            stage_name="$default",
            auto_deploy=True,
            throttle=api.ThrottleSettings(rate_limit=PER_SECOND, burst_limit=AT_ONCE),
            detailed_metrics_enabled=True,
        )
        stage = self.api.node.find_child("Stage").node.default_child
        stage.access_log_settings = {"destinationArn": log.log_group_arn, "format": LOGGED}  # pyright: ignore

    def join(self, functions: Functions) -> None:
        """Every path of the table reaches its function."""
        for function in FUNCTIONS:
            for wake in function.wakes:
                if isinstance(wake, Http):
                    self._route(function.name.capitalize(), wake.paths, functions.entry(function.name))

    def _route(self, role: str, paths: tuple[str, ...], function: object) -> None:
        integration = integrations.HttpLambdaIntegration(role, function)
        for path in paths:
            self.api.add_routes(path=path.replace("/*", "/{proxy+}"), integration=integration)
