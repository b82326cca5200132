"""Aurora PostgreSQL: encrypted, without a public address, with a password that only Secrets Manager and the functions know."""

from typing import cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.constructs.network import Network
from infra.stages import Stage

NAME = "dispatch"
IDLE_MS = "300000"  # a frozen container's connection is given up after 5 minutes: while one is open, the database cannot pause


class Database(Construct):
    """The cluster, and the address that functions connect to: the proxy's, where the stage has one."""

    def __init__(
        self, scope: Construct, name: str, stage: Stage, network: Network, *, version: str, keeps_data: bool, is_guarded: bool
    ) -> None:
        super().__init__(scope, name)
        engine = rds.DatabaseClusterEngine.aurora_postgres(version=rds.AuroraPostgresEngineVersion.of(version, version.partition(".")[0]))
        readers = [rds.ClusterInstance.serverless_v2("Standby", scale_with_writer=True)] if stage.is_redundant else []
        self.cluster = rds.DatabaseCluster(
            self,
            "Cluster",
            engine=engine,
            vpc=network.vpc,
            vpc_subnets=network.database,
            writer=rds.ClusterInstance.serverless_v2("Writer", auto_minor_version_upgrade=True),
            readers=readers,
            serverless_v2_min_capacity=stage.acu[0],
            serverless_v2_max_capacity=stage.acu[1],
            serverless_v2_auto_pause_duration=Duration.minutes(5) if stage.pauses else None,
            default_database_name=NAME,
            manage_master_user_password=True,
            parameters={"idle_session_timeout": IDLE_MS, "rds.force_ssl": "1"},
            storage_encrypted=True,
            iam_authentication=True,  # for people; functions have the password
            backup=rds.BackupProps(retention=Duration.days(stage.backup_days)),
            cloudwatch_logs_exports=["postgresql"],
            cloudwatch_logs_retention=logs.RetentionDays.ONE_MONTH,
            deletion_protection=is_guarded,
            removal_policy=RemovalPolicy.SNAPSHOT if keeps_data else RemovalPolicy.DESTROY,
        )
        self.secret = cast("secretsmanager.ISecret", self.cluster.secret)
        self.proxy = self._proxy(network) if stage.has_proxy else None

    @property
    def host(self) -> str:
        """Where functions connect to."""
        return self.proxy.endpoint if self.proxy else self.cluster.cluster_endpoint.hostname

    def open_to(self, group: ec2.ISecurityGroup) -> None:
        """Who is in the group may connect."""
        if self.proxy:
            self.proxy.connections.allow_from(group, ec2.Port.tcp(5432), "functions connect through the proxy")
        else:
            self.cluster.connections.allow_from(group, ec2.Port.tcp(5432), "functions connect")

    def _proxy(self, network: Network) -> rds.DatabaseProxy:
        return rds.DatabaseProxy(
            self,
            "Proxy",
            proxy_target=rds.ProxyTarget.from_cluster(self.cluster),
            secrets=[self.secret],
            vpc=network.vpc,
            vpc_subnets=network.database,
            require_tls=True,
            idle_client_timeout=Duration.minutes(30),
            max_connections_percent=80,  # the rest is for people and migrations
        )
