"""Why what the rules of AWS Solutions find is as it should be. Each explanation is for one finding at one place."""

import aws_cdk as cdk

from infra.stages import Stage


def explain(stack: cdk.Stack, stage: Stage) -> None:
    """Every finding that stays has its reason beside it."""
