# pyright: reportArgumentType=false, reportReturnType=false
# (the protocols that jsii generates name parameters otherwise than its classes)
"""The WebSocket API. Its stage is called `ws`, so that the address behind CloudFront is the one before it."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.functions import Functions
from infra.wiring import FUNCTIONS, Socket

PER_SECOND, AT_ONCE = 100, 200


class Sockets(Construct):
    """The API and its one stage; every function may push to it."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        self._function, self._path = next(
            (function.name, wake.path) for function in FUNCTIONS for wake in function.wakes if isinstance(wake, Socket)
        )
        self.api = api.WebSocketApi(self, "Api")
        self.stage = api.WebSocketStage(
            self,
            "Stage",
            web_socket_api=self.api,
            stage_name=self._path.strip("/"),
            auto_deploy=True,
            throttle=api.ThrottleSettings(rate_limit=PER_SECOND, burst_limit=AT_ONCE),
            detailed_metrics_enabled=True,
        )
        log = logs.LogGroup(self, "AccessLog", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY)
        self.stage.node.default_child.access_log_settings = {  # pyright: ignore
            "destinationArn": log.log_group_arn,
            "format": '{"at":"$context.requestTime","route":"$context.routeKey","status":"$context.status",'
            '"connection":"$context.connectionId","trace_id":"$context.requestId"}',
        }

    def join(self, functions: Functions) -> None:
        """The three kinds of event reach their function, and every function may push."""
        entry = functions.entry(self._function)
        for key in ("$connect", "$disconnect", "$default"):
            integration = integrations.WebSocketLambdaIntegration(f"On{key.strip('$').capitalize()}", entry)
            self.api.add_route(key, integration=integration)
        for function in functions.by_name.values():
            self.stage.grant_management_api_access(function)
