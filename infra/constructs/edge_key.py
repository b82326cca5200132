"""What CloudFront shows to functions, so that nobody goes round it: generated, and known to those two alone."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

WHICH = ("A", "B")  # functions take both; CloudFront shows the one of the context `edge-key`: it can be changed without a gap


class EdgeKey(Construct):
    """The secret. It begins with A alone; docs/runbook.md says how the other takes its place."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        self._shown = self.node.try_get_context("edge-key") or WHICH[0]
        if self._shown not in WHICH:
            raise ValueError(f"The context edge-key is {' or '.join(WHICH)}.")
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description="What CloudFront shows to the functions of Dispatch",
            removal_policy=RemovalPolicy.DESTROY,  # nothing is lost with it: the next deployment makes another
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template='{"B": ""}',  # noqa: S106 - a form, not a password
                generate_string_key="A",
                exclude_punctuation=True,
                password_length=48,
            ),
        )

    @property
    def header(self) -> str:
        """What CloudFront sends. The template holds a reference to it, which CloudFormation resolves when it deploys."""
        return self.secret.secret_value_from_json(self._shown).unsafe_unwrap()
