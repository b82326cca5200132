"""The firewall before CloudFront, which has to stand in us-east-1 wherever the rest stands."""

from aws_cdk import Environment, Stack
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

PER_FIVE_MINUTES = 2000  # requests of one address; a person with ten screens open makes a tenth of it


class Edge(Stack):
    """One rule: an address that asks too often waits."""

    def __init__(self, scope: Construct, name: str, *, account: str | None) -> None:
        super().__init__(scope, name, env=Environment(account=account, region="us-east-1"), cross_region_references=True)
        measured = waf.CfnWebACL.VisibilityConfigProperty(
            cloud_watch_metrics_enabled=True, metric_name="dispatch", sampled_requests_enabled=True
        )
        rate = waf.CfnWebACL.RateBasedStatementProperty(limit=PER_FIVE_MINUTES, aggregate_key_type="IP")
        acl = waf.CfnWebACL(
            self,
            "Firewall",
            scope="CLOUDFRONT",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=measured,
            rules=[
                waf.CfnWebACL.RuleProperty(
                    name="too-often",
                    priority=0,
                    statement=waf.CfnWebACL.StatementProperty(rate_based_statement=rate),
                    action=waf.CfnWebACL.RuleActionProperty(block={}),
                    visibility_config=measured,
                )
            ],
        )
        self.waf_arn = acl.attr_arn
