"""The table of costs counts what the templates have."""

import pytest

from infra import costs
from infra.stages import STAGES
from tests.infra.conftest import Drawn

pytestmark = pytest.mark.xdist_group("template")


def test_alarms_secrets_and_metrics_are_counted_as_they_are(drawn: Drawn) -> None:
    functions = [one for one in drawn.of("AWS::Lambda::Function").values() if "ReservedConcurrentExecutions" in one]

    assert len(drawn.of("AWS::CloudWatch::Alarm")) == costs.ALARMS
    assert len(drawn.of("AWS::SecretsManager::Secret")) + 1 == costs.SECRETS  # the database's, which RDS makes
    assert 12 + len(functions) - 1 == costs.METRICS  # the migrator is in no graph


@pytest.mark.parametrize("stage", STAGES.values(), ids=lambda stage: stage.name)
def test_the_last_line_is_the_sum_and_more_runs_cost_more(stage: object) -> None:
    *parts, together = costs.lines(stage)  # type: ignore[arg-type]

    assert together.costs == tuple(sum(part.costs[at] for part in parts) for at in range(len(costs.RUNS)))
    assert list(together.costs) == sorted(together.costs)
