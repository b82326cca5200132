# pyright: reportArgumentType=false, reportReturnType=false
# (the protocols that jsii generates name parameters otherwise than its classes)
"""The whole system on AWS, as it is drawn: browsers before one address, functions behind it, one database behind them."""

from pathlib import Path

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.constructs.alarms import Alarms
from infra.constructs.database import Database
from infra.constructs.edge_key import EdgeKey
from infra.constructs.functions import Functions
from infra.constructs.http import HttpApi
from infra.constructs.network import Network
from infra.constructs.queues import Queues
from infra.constructs.rest import Rest
from infra.constructs.schedules import Schedules
from infra.constructs.secrets import Settings
from infra.constructs.site import Site
from infra.constructs.sockets import Sockets
from infra.stages import Stage

POSTGRES = "17.7"  # the context value `postgres` asks for another; the SQL is that of 17


class Dispatch(Stack):
    """One instance. `keeps_data` False lets `make destroy` take everything with it; `is_guarded` True does not let it take the database."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        stage: Stage,
        *,
        bundles: Path,
        site: Path,
        waf_arn: str | None,
        keeps_data: bool,
        is_guarded: bool,
        **more: object,
    ) -> None:
        super().__init__(scope, name, **more)
        postgres = self.node.try_get_context("postgres") or POSTGRES

        network = Network(self, "Network", stage)
        database = Database(self, "Database", stage, network, version=postgres, keeps_data=keeps_data, is_guarded=is_guarded)
        settings = Settings(self, "Settings", keeps_data=keeps_data)
        queues = Queues(self, "Queues")
        functions = Functions(
            self, "Functions", stage, network=network, database=database, settings=settings, queues=queues, bundles=bundles
        )
        http, sockets, edge = HttpApi(self, "Http"), Sockets(self, "Sockets"), EdgeKey(self, "Edge")
        front = Site(self, "Site", http=http, sockets=sockets, edge=edge, built=site, waf_arn=waf_arn, keeps_data=keeps_data)
        functions.show_edge(edge)
        functions.let_look("api")
        functions.tell_all(
            {
                "PUBLIC_URL": front.address,
                "SOCKETS_URL": f"{front.address.replace('https', 'wss', 1)}/ws",
                "SOCKETS_ENDPOINT": sockets.stage.callback_url,
            }
        )
        http.join(functions)
        sockets.join(functions)
        Schedules(self, "Schedules", functions)
        if stage.pauses:
            Rest(self, "Rest", functions)
        alarms = Alarms(self, "Alarms", functions=functions, queues=queues, database=database, http=http)

        self._tell(front, settings, edge, queues, alarms)

    def _tell(self, front: Site, settings: Settings, edge: EdgeKey, queues: Queues, alarms: Alarms) -> None:
        """What a person needs after a deployment."""
        told = {
            "Address": front.address,
            "SignIn": f"{front.address}/sign-in, with the DISPATCH_PASSWORD of the secret {settings.secret.secret_name}",
            "SettingsSecret": settings.secret.secret_name,
            "EdgeKey": edge.secret.secret_name,
            "GitHubWebhook": f"{front.address}/api/github/webhook",
            "LokiWebhook": f"{front.address}/api/loki/webhook",
            "SentryWebhook": f"{front.address}/api/sentry/webhook",
            "PointTheDomainAt": front.distribution.distribution_domain_name,
            "SiteBucket": front.bucket.bucket_name,
            "LogBucket": front.logs.bucket_name,
            "DistributionId": front.distribution.distribution_id,
            "AlarmTopic": alarms.topic.topic_arn,
            **{f"Dead{name.removesuffix('.fifo').capitalize()}": dead.queue_url for name, dead in queues.dead.items()},
        }
        for name, value in told.items():
            CfnOutput(self, name, value=value)
