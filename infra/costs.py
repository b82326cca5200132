"""What an instance costs a month, part by part: the table in docs/cloud.md is printed from here. Agents and the model are paid elsewhere.

Prices are Amazon's public ones of us-east-1, in dollars, as of November 2026; they change, so check them before you rely on them. Free
tiers are left out. What a run makes is measured on a laptop, and rounded up.
"""

from dataclasses import dataclass

from infra.stages import STAGES, Stage

HOURS = 730
RUNS = (0, 100, 1_000, 10_000)

ACU_HOUR = 0.12
STORED_GB = 0.10
IO_MILLION = 0.20
PROXY_ACU_HOUR = 0.015
PROXY_LEAST_ACU = 8  # it is paid for by the database's units, and for 8 at least
NAT_GATEWAY_HOUR, NAT_GATEWAY_GB = 0.045, 0.045
T4G_NANO_HOUR, DISK_GB, PUBLIC_ADDRESS_HOUR = 0.0042, 0.08, 0.005
LAMBDA_GB_S, LAMBDA_MILLION, PROVISIONED_GB_S = 0.0000133334, 0.20, 0.0000033334  # arm64
HTTP_MILLION, SOCKET_MILLION, SOCKET_MINUTES_MILLION = 1.00, 1.00, 0.25
SQS_MILLION, SCHEDULES_MILLION = 0.40, 1.00
CDN_GB, CDN_10K = 0.085, 0.01
LOG_GB, METRIC, ALARM, DASHBOARD = 0.50, 0.30, 0.10, 3.00
SECRET = 0.40
FIREWALL, FIREWALL_RULE = 5.00, 1.00

METRICS, ALARMS, SECRETS = 18, 21, 3  # ours by name and function; infra/constructs/alarms.py; settings, edge, database
SWEEPS = 4 * 60 * HOURS  # four schedules each minute
SWEEP_S, RESTING_SWEEP_S = 0.25, 0.03
AWAKE_IDLE_H = 4 / 6 * 30 * 0.25 * 2  # the rest ends four times a day, and the database stays awake a quarter of an hour or two
AWAKE_PER_RUN_H = 0.5  # a run of 20 minutes, and until the database pauses
PEOPLE_OPEN_H = 20 * 6 * 5  # five people with a screen open, six hours on each of 20 working days, once there are runs
RUN_REQUESTS, RUN_REQUEST_S = 400, 0.06  # claim, events in batches, heartbeats, and the screens that follow
RUN_PUSHES, RUN_TURN_S, RUN_MB, RUN_LOG_MB = 3_000, 30, 3, 1
MB_PER_GB = 1024


@dataclass(frozen=True)
class Line:
    """A part, and what it costs at each number of runs a month."""

    part: str
    costs: tuple[float, ...]


def lines(stage: Stage) -> list[Line]:
    """Every part, and their sum."""
    parts = {
        "Database: capacity": _capacity,
        "Database: storage and I/O": lambda _, runs: STORED_GB * (1 + 12 * runs * RUN_MB / MB_PER_GB) + IO_MILLION * runs * 0.02,
        "Database proxy": lambda stage, _: HOURS * PROXY_ACU_HOUR * PROXY_LEAST_ACU if stage.has_proxy else 0,
        "Network: NAT": _nat,
        "Functions": _functions,
        "APIs: HTTP and sockets": _apis,
        "Queues and schedules": lambda _, runs: SCHEDULES_MILLION * SWEEPS / 1e6 + SQS_MILLION * (2 * 3 * 60 * 24 * 30 + runs * 40) / 1e6,
        "CloudFront and S3": lambda _, runs: 0.10 + CDN_GB * runs * RUN_MB / MB_PER_GB + CDN_10K * runs * RUN_REQUESTS / 10_000,
        "Logs": lambda _, runs: LOG_GB * (0.2 + runs * RUN_LOG_MB / MB_PER_GB),
        "Metrics, alarms, dashboard": lambda _, __: METRICS * METRIC + ALARMS * ALARM + DASHBOARD,
        "Secrets": lambda _, __: SECRETS * SECRET,
        "Firewall": lambda stage, runs: FIREWALL + FIREWALL_RULE + 0.6 * runs * RUN_REQUESTS / 1e6 if stage.has_waf else 0,
    }
    made = [Line(part, tuple(cost(stage, runs) for runs in RUNS)) for part, cost in parts.items()]
    return [*made, Line("**Together**", tuple(sum(line.costs[at] for line in made) for at in range(len(RUNS))))]


def table() -> str:
    """Both stages as one table in Markdown."""
    heads = [f"{stage}, {'idle' if not runs else f'{runs:,}'}" for stage in STAGES for runs in RUNS]
    rows = [f"| Part | {' | '.join(heads)} |", f"|---|{'---:|' * len(heads)}"]
    for lined in zip(*(lines(stage) for stage in STAGES.values()), strict=True):
        costs = [f"{cost:.2f}" if cost < 10 else f"{cost:,.0f}" for line in lined for cost in line.costs]
        rows.append(f"| {lined[0].part} | {' | '.join(costs)} |")
    return "\n".join(rows)


def _capacity(stage: Stage, runs: int) -> float:
    """Half a unit while little happens, more with the work; where it pauses, only the hours in which it is awake."""
    instances = 2 if stage.is_redundant else 1
    busy_h = min(HOURS, runs * AWAKE_PER_RUN_H / 4)  # several runs share an hour
    people_h = PEOPLE_OPEN_H / 5 if runs else 0
    awake_h = min(HOURS, AWAKE_IDLE_H + people_h + busy_h) if stage.pauses else HOURS
    return ACU_HOUR * instances * (0.5 * awake_h + 1.0 * busy_h)


def _nat(stage: Stage, runs: int) -> float:
    gb = 1 + runs * RUN_MB * 2 / MB_PER_GB
    if stage.nat == "gateway":
        return 2 * HOURS * (NAT_GATEWAY_HOUR + PUBLIC_ADDRESS_HOUR) + gb * NAT_GATEWAY_GB
    return HOURS * (T4G_NANO_HOUR + PUBLIC_ADDRESS_HOUR) + 8 * DISK_GB + 7 * METRIC  # watched each minute: seven metrics


def _functions(stage: Stage, runs: int) -> float:
    sweep_s = RESTING_SWEEP_S if stage.pauses and runs < RUNS[2] else SWEEP_S
    gb_s = SWEEPS * sweep_s * 0.5 + runs * (RUN_REQUESTS * RUN_REQUEST_S + RUN_TURN_S) * 1.0
    warm_gb = sum({"api": 1.0, "sockets": 0.5}[name] * count for name, count in stage.provisioned.items())
    calls = SWEEPS + runs * RUN_REQUESTS
    return LAMBDA_GB_S * gb_s + LAMBDA_MILLION * calls / 1e6 + PROVISIONED_GB_S * warm_gb * HOURS * 3600


def _apis(_: Stage, runs: int) -> float:
    minutes = PEOPLE_OPEN_H * 60 if runs else 0
    pings = minutes  # each open socket is pinged once a minute
    pushes = runs * RUN_PUSHES + pings
    return HTTP_MILLION * runs * RUN_REQUESTS / 1e6 + SOCKET_MILLION * pushes / 1e6 + SOCKET_MINUTES_MILLION * minutes / 1e6


if __name__ == "__main__":
    print(table())
