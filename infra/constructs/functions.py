# pyright: reportArgumentType=false, reportReturnType=false
# (the protocols that jsii generates name parameters otherwise than its classes)
"""The Lambda functions of the table: one role each, with the rights to what it calls and nothing else."""

from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, triggers
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import wiring
from infra.constructs.database import NAME, Database
from infra.constructs.edge_key import EdgeKey
from infra.constructs.network import Network
from infra.constructs.queues import Queues
from infra.constructs.secrets import Settings
from infra.stages import Stage
from infra.wiring import FUNCTIONS, Function

RUNTIME = lambda_.Runtime.PYTHON_3_13  # the newest that every wheel was tried on
NETWORK_ACTIONS = (  # what Lambda itself does to stand in a VPC; these know no narrower resource before the interface is there
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
MIGRATIONS_S = 300
SECRETS_KEPT = Duration.minutes(1)  # a rotated password is known so soon


class Functions(Construct):
    """Every function by its name in the table, with what it needs to start, and woken by its queues."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        stage: Stage,
        *,
        network: Network,
        database: Database,
        settings: Settings,
        queues: Queues,
        bundles: Path,
    ) -> None:
        super().__init__(scope, name)
        self._stage, self._network, self._database, self._settings, self._queues = stage, network, database, settings, queues
        self._bundles = bundles
        self.group = ec2.SecurityGroup(self, "Group", vpc=network.vpc, description="The functions of Dispatch", allow_all_outbound=True)
        database.open_to(self.group)
        self._layers = [self._layer("Dispatch", "layer"), self._layer("Packages", "packages")]
        self.by_name = {function.name: self._function(function) for function in FUNCTIONS}
        self.migrator = self._lambda(
            "Migrator", "functions.migrator.handler.handler", bundle="migrator", memory_mb=512, timeout_s=MIGRATIONS_S, at_most=1
        )
        triggers.Trigger(
            self,
            "Migrate",
            handler=self.migrator,
            timeout=Duration.seconds(MIGRATIONS_S),
            execute_after=[database.cluster],
            execute_before=[*self.by_name.values()],  # expand first: the old code runs on the new tables until the new code is there
        )

    def entry(self, name: str) -> lambda_.IFunction:
        """What wakes the function wakes this: the alias whose containers are kept warm, where the stage keeps some."""
        function = self.by_name[name]
        count = self._stage.provisioned.get(name, 0)
        if not count:
            return function
        found = self.node.try_find_child(f"{name.capitalize()}Live")
        return found or lambda_.Alias(
            self,
            f"{name.capitalize()}Live",
            alias_name="live",
            version=function.current_version,
            provisioned_concurrent_executions=count,
        )

    def tell_all(self, environment: dict[str, str]) -> None:
        """Every function finds these in its environment."""
        for function in [*self.by_name.values(), self.migrator]:
            for key, value in environment.items():
                function.add_environment(key, value)

    def let_look(self, name: str) -> None:
        """This function may see how many messages were put aside."""
        for dead in self._queues.dead.values():
            dead.grant(self.by_name[name], "sqs:GetQueueAttributes", "sqs:GetQueueUrl")

    def show_edge(self, key: EdgeKey) -> None:
        """Whoever is called over HTTP knows what CloudFront shows."""
        for function in FUNCTIONS:
            if any(isinstance(wake, wiring.Http) for wake in function.wakes):
                self.by_name[function.name].add_environment("EDGE_SECRET", key.secret.secret_arn)
                key.secret.grant_read(self.by_name[function.name])

    def _function(self, wanted: Function) -> lambda_.Function:
        made = self._lambda(
            wanted.name.capitalize(),
            wanted.handler.replace(":", "."),
            bundle=wanted.name,
            memory_mb=wanted.memory_mb,
            timeout_s=wanted.timeout_s,
            at_most=wanted.at_most,
        )
        for wake in wanted.wakes:
            if isinstance(wake, wiring.Queue):
                made.add_event_source(self._source(wake))
        for name in wanted.sends_to:
            self._queues.by_name[name].grant_send_messages(made)
        return made

    def _source(self, wanted: wiring.Queue) -> sources.SqsEventSource:
        return sources.SqsEventSource(
            self._queues.by_name[wanted.name],
            batch_size=wanted.batch_size,
            report_batch_item_failures=True,
            max_concurrency=max(2, wanted.concurrency),
        )

    def _lambda(self, role: str, handler: str, *, bundle: str, memory_mb: int, timeout_s: int, at_most: int) -> lambda_.Function:
        log = logs.LogGroup(self, f"{role}Log", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY)
        made = lambda_.Function(
            self,
            role,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            handler=handler,
            code=lambda_.Code.from_asset(str(self._bundles / bundle)),
            layers=self._layers,
            memory_size=memory_mb,
            timeout=Duration.seconds(timeout_s),
            reserved_concurrent_executions=at_most,
            vpc=self._network.vpc,
            vpc_subnets=self._network.functions,
            security_groups=[self.group],
            tracing=lambda_.Tracing.ACTIVE,
            log_group=log,
            logging_format=lambda_.LoggingFormat.JSON,
            params_and_secrets=lambda_.ParamsAndSecretsLayerVersion.from_version(
                lambda_.ParamsAndSecretsVersions.V1_0_103, secrets_manager_ttl=SECRETS_KEPT, cache_size=3
            ),
            role=self._role(role, log),
            environment={
                "DATABASE_ADDRESS": f"postgresql://{self._database.host}:5432/{NAME}?sslmode=require",
                "DATABASE_SECRET": self._database.secret.secret_arn,
                **({"DATABASE_IS_PROXIED": "yes"} if self._stage.has_proxy else {}),
                "SETTINGS_SECRET": self._settings.secret.secret_arn,
                "POWERTOOLS_SERVICE_NAME": bundle,
                "POWERTOOLS_METRICS_NAMESPACE": "Dispatch",
                **{wake.setting: self._queues.by_name[wake.name].queue_url for wake in wiring.queues()},
            },
        )
        self._database.secret.grant_read(made)
        self._settings.secret.grant_read(made)
        return made

    def _role(self, role: str, log: logs.ILogGroup) -> iam.Role:
        """A role that may write its own log and stand in the network; everything else is granted one by one."""
        made = iam.Role(self, f"{role}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log.grant_write(made)
        made.add_to_policy(iam.PolicyStatement(actions=list(NETWORK_ACTIONS), resources=["*"]))
        return made

    def _layer(self, role: str, bundle: str) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            f"{role}Layer",
            code=lambda_.Code.from_asset(str(self._bundles / bundle)),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[lambda_.Architecture.ARM_64],
            removal_policy=RemovalPolicy.RETAIN,  # what runs still may need it while a deployment goes on, or is taken back
        )
