# pyright: reportArgumentType=false, reportReturnType=false
# (the protocols that jsii generates name parameters otherwise than its classes)
"""What `cdk` runs: `cdk synth -c stage=small`, or `standard`. The bundles and the site are built before anything is drawn."""

import os
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra import bundling
from infra.edge import Edge
from infra.explained import explain
from infra.stack import Dispatch
from infra.stages import STAGES

REGION = "us-east-1"  # where nothing says another
ROOT = Path(__file__).parents[1]


def main() -> None:
    """The template is written to `cdk.out`."""
    app = cdk.App()
    bundles = bundling.build(ROOT / ".bundles")
    make(app, bundles=bundles, site=ROOT / "frontend" / "build")
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


def make(app: cdk.App, *, bundles: Path, site: Path) -> Dispatch:
    """The stacks of the stage that the context names. Raises KeyError for a stage that there is not."""
    stage = STAGES[app.node.try_get_context("stage") or "small"]
    name = app.node.try_get_context("name") or "Dispatch"
    kept = app.node.try_get_context("keep-data") or "yes"  # `snapshot` and `no`: what `make destroy` says before it begins
    env = cdk.Environment(account=os.environ.get("CDK_DEFAULT_ACCOUNT"), region=os.environ.get("CDK_DEFAULT_REGION") or REGION)
    edge = Edge(app, f"{name}Edge", account=env.account) if stage.has_waf else None
    stack = Dispatch(
        app,
        name,
        stage,
        bundles=bundles,
        site=site,
        waf_arn=edge.waf_arn if edge else None,
        keeps_data=kept != "no",
        is_guarded=kept == "yes",
        env=env,
        cross_region_references=edge is not None,
    )
    explain(stack)
    return stack


if __name__ == "__main__":
    main()
