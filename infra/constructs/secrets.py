"""One secret with the settings' names. `dispatch secrets set` fills it; the template only knows that it is there."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct


class Settings(Construct):
    """The secret. It begins with a generated password, so that the first deployment is closed to strangers and open to you."""

    def __init__(self, scope: Construct, name: str, *, keeps_data: bool) -> None:
        super().__init__(scope, name)
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description="Dispatch's settings that are secret, by their names in the README",
            removal_policy=RemovalPolicy.RETAIN if keeps_data else RemovalPolicy.DESTROY,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template="{}",  # noqa: S106 - a form, not a password
                generate_string_key="DISPATCH_PASSWORD",
                exclude_punctuation=True,
                password_length=32,
            ),
        )
