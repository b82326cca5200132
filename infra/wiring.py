"""THE table: every Lambda function, what wakes it, its memory and its time. The cloud and the laptop are both built from it."""

from dataclasses import dataclass
from datetime import timedelta

HTTP_CAP_S = 30  # API Gateway gives up on an HTTP API's integration after this long


@dataclass(frozen=True)
class Http:
    """Requests to these paths. One that ends in `/*` takes everything below it; the longest match wins."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class Socket:
    """A WebSocket's $connect, $default and $disconnect; `path` is the API's stage."""

    path: str


@dataclass(frozen=True)
class Queue:
    """Messages of an SQS queue. `concurrency` is how many batches are handled side by side; a FIFO queue keeps each group in order."""

    name: str
    batch_size: int
    concurrency: int
    max_receives: int = 5  # then a message is put aside in the dead-letter queue

    @property
    def is_fifo(self) -> bool:
        """SQS knows a FIFO queue by its name."""
        return self.name.endswith(".fifo")

    @property
    def dead_letters(self) -> str:
        """The name of the queue for messages that failed `max_receives` times."""
        return f"{self.name.removesuffix('.fifo')}-dead{'.fifo' if self.is_fifo else ''}"

    @property
    def setting(self) -> str:
        """The environment variable in which functions find this queue's address."""
        return f"SQS_{self.name.removesuffix('.fifo').upper()}_URL"


@dataclass(frozen=True)
class Schedule:
    """An event at every multiple of `every` since midnight UTC: `timedelta(days=1)` is midnight itself."""

    name: str
    every: timedelta
    every_on_laptop: timedelta | None = None

    @property
    def event(self) -> dict[str, str]:
        """What the function receives."""
        return {"source": "dispatch.schedule", "schedule": self.name}


@dataclass(frozen=True)
class Function:
    """One Lambda function: where its handler is (`module:attribute`) and what wakes it."""

    name: str
    handler: str
    wakes: tuple[Http | Socket | Queue | Schedule, ...]
    memory_mb: int
    timeout_s: int
    at_most: int = 4  # containers at once, each with one connection: together they stay under what the database takes
    sends_to: tuple[str, ...] = ()  # queues


EVERY_QUEUE = ("spawns", "turns.fifo")

FUNCTIONS = (
    Function(
        "api", "functions.api.handler:handler", (Http(("/api/*",)),), memory_mb=1024, timeout_s=HTTP_CAP_S, at_most=24, sends_to=EVERY_QUEUE
    ),
    Function(
        "webhooks",
        "functions.webhooks.handler:handler",
        (Http(tuple(f"/api/{source}/webhook" for source in ("github", "sentry", "loki", "slack"))),),
        memory_mb=512,
        timeout_s=HTTP_CAP_S,
        at_most=12,
        sends_to=("spawns",),
    ),
    Function(
        "sockets", "functions.stream.sockets:handler", (Socket("/ws"),), memory_mb=512, timeout_s=29, at_most=24, sends_to=EVERY_QUEUE
    ),
    Function(
        "turns",
        "functions.stream.turns:handler",
        (Queue("turns.fifo", batch_size=1, concurrency=8),),
        memory_mb=1024,
        timeout_s=900,
        at_most=8,
        sends_to=EVERY_QUEUE,
    ),
    Function(
        "spawner",
        "functions.spawner.handler:handler",
        (Queue("spawns", batch_size=5, concurrency=2),),
        memory_mb=512,
        timeout_s=180,  # each of a batch may wait for the logs, then for GitHub
        at_most=4,
        sends_to=("spawns",),
    ),
    Function(
        "verifier",
        "functions.verifier.handler:handler",
        (
            Schedule("sweep", every=timedelta(minutes=1), every_on_laptop=timedelta(seconds=10)),
            Schedule("ping", every=timedelta(minutes=1), every_on_laptop=timedelta(seconds=20)),
            Schedule("pulls", every=timedelta(minutes=1), every_on_laptop=timedelta(seconds=10)),
            Schedule("errors", every=timedelta(minutes=1), every_on_laptop=timedelta(seconds=10)),
            Schedule("reconcile", every=timedelta(hours=1)),
            Schedule("reset_budgets", every=timedelta(days=1)),
        ),
        memory_mb=512,
        timeout_s=55,  # one sweep ends before the next begins
        at_most=6,
        sends_to=EVERY_QUEUE,
    ),
)


def queues() -> list[Queue]:
    """Every queue of the table."""
    return [wake for function in FUNCTIONS for wake in function.wakes if isinstance(wake, Queue)]
