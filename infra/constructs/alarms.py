# pyright: reportArgumentType=false, reportReturnType=false
# (the protocols that jsii generates name parameters otherwise than its classes)
"""What is looked at, and what wakes a person: every alarm here stands in docs/runbook.md with what it means and what to do."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from dispatch.kit.metrics import NAMESPACE
from infra.constructs.database import Database
from infra.constructs.functions import Functions
from infra.constructs.http import HttpApi
from infra.constructs.queues import Queues

MINUTE, FIVE = Duration.minutes(1), Duration.minutes(5)
OLDEST_MESSAGE_S = 300  # a message waits for seconds; five minutes mean that nobody takes them
WAITING_TOO_LONG_S = 6 * 3600  # a spawn that nothing has turned for a working morning
FULL_PURSE = 0.9
MOST_CONNECTIONS = 80  # of the functions' own limit together


class Alarms(Construct):
    """The topic that people subscribe to, the alarms, and the dashboard."""

    def __init__(self, scope: Construct, name: str, *, functions: Functions, queues: Queues, database: Database, http: HttpApi) -> None:
        super().__init__(scope, name)
        self.topic = sns.Topic(self, "Topic", display_name="Dispatch", enforce_ssl=True)
        self._functions, self._queues, self._database, self._http = functions, queues, database, http
        for queue, dead in queues.dead.items():
            self._alarm(f"Dead-{_role(queue)}", dead.metric_approximate_number_of_messages_visible(period=MINUTE), most=0)
        for queue, made in queues.by_name.items():
            age = made.metric_approximate_age_of_oldest_message(period=MINUTE)
            self._alarm(f"Old-{_role(queue)}", age, most=OLDEST_MESSAGE_S, times=3)
        for function, made in functions.by_name.items():
            self._alarm(f"Errors-{_role(function)}", made.metric_errors(period=FIVE, statistic="Sum"), most=3)
            self._alarm(f"Throttled-{_role(function)}", made.metric_throttles(period=FIVE, statistic="Sum"), most=10, times=2)
        self._alarm("WaitingSpawns", _ours("OldestWaitingSpawn", "Maximum"), most=WAITING_TOO_LONG_S)
        self._alarm("Ledger", _ours("LedgerUsed", "Maximum"), most=FULL_PURSE)
        self._alarm("VerifierSilent", _ours("Sweeps", "Sum"), most=0, times=5, is_low=True)
        self._alarm("Connections", database.cluster.metric_database_connections(period=MINUTE, statistic="Maximum"), most=MOST_CONNECTIONS)
        self._alarm("ServerErrors", self._server_errors(), most=5)
        self._dashboard()

    def _alarm(self, name: str, metric: cloudwatch.IMetric, *, most: float, times: int = 1, is_low: bool = False) -> None:
        """Somebody is told when the metric is above `most` for so many periods (or, `is_low`, not above it)."""
        compare = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_description=f"Dispatch: {name}. What it means and what to do: docs/runbook.md#{name.lower().partition('-')[0]}",
            metric=metric,
            threshold=most,
            evaluation_periods=times,
            comparison_operator=compare.LESS_THAN_OR_EQUAL_TO_THRESHOLD if is_low else compare.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING if is_low else cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))

    def _server_errors(self) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/ApiGateway", metric_name="5xx", dimensions_map={"ApiId": self._http.api.api_id}, statistic="Sum", period=FIVE
        )

    def _dashboard(self) -> None:
        functions, queues = self._functions.by_name, self._queues.by_name
        board = cloudwatch.Dashboard(self, "Dashboard", default_interval=Duration.hours(24))
        board.add_widgets(
            _graph("Spawns", _ours("SpawnsAdmitted"), _ours("SpawnsWaiting", "Maximum"), _ours("SpawnsRefused")),
            _graph("Runs", _ours("RunsStarted"), _ours("RunsFinished"), _ours("RunsFailed"), _ours("RunsUnfinished", "Maximum")),
            _graph("Money, dollars", _ours("SettledUsd", "Maximum"), _ours("ReservedUsd", "Maximum")),
        )
        board.add_widgets(
            _graph("Errors of functions", *[made.metric_errors(period=FIVE) for made in functions.values()]),
            _graph("How long functions take, p95", *[made.metric_duration(period=FIVE, statistic="p95") for made in functions.values()]),
            _graph("Cold starts", *[_ours("ColdStart", "Sum", function=made.function_name) for made in functions.values()]),
        )
        board.add_widgets(
            _graph(
                "Age of the oldest message", *[made.metric_approximate_age_of_oldest_message(period=MINUTE) for made in queues.values()]
            ),
            _graph(
                "Put aside", *[made.metric_approximate_number_of_messages_visible(period=MINUTE) for made in self._queues.dead.values()]
            ),
            _graph(
                "Database",
                self._database.cluster.metric_database_connections(),
                self._database.cluster.metric_serverless_database_capacity(),
            ),
        )


def _ours(metric: str, statistic: str = "Sum", *, function: str | None = None) -> cloudwatch.Metric:
    dimensions = {"service": "verifier"} if function is None else {"function_name": function}
    return cloudwatch.Metric(namespace=NAMESPACE, metric_name=metric, statistic=statistic, period=MINUTE, dimensions_map=dimensions)


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)


def _role(name: str) -> str:
    return name.removesuffix(".fifo").capitalize()
