"""Secrets in the cloud: asked of the extension that runs beside each function, which keeps them for a minute."""

import json
import os
from http.client import HTTPConnection, HTTPException
from urllib.parse import quote

from dispatch.kit.errors import Unavailable

PORT = 2773  # of AWS's Parameters and Secrets extension
TIMEOUT_S = 10


class SecretsUnavailable(Unavailable):
    """The secrets do not answer. Try again soon."""


def read_secret(arn: str) -> dict[str, str]:
    """The secret's names and values. Raises SecretsUnavailable where it cannot be had."""
    door = HTTPConnection("localhost", int(os.environ.get("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", PORT)), timeout=TIMEOUT_S)
    try:
        path = f"/secretsmanager/get?secretId={quote(arn, safe='')}"
        door.request("GET", path, headers={"X-Aws-Parameters-Secrets-Token": os.environ.get("AWS_SESSION_TOKEN", "")})
        answer = door.getresponse()
        body = answer.read()
    except (OSError, HTTPException) as error:
        raise SecretsUnavailable from error
    finally:
        door.close()
    if answer.status != 200:
        raise SecretsUnavailable(f"The secrets answer with {answer.status}. May this function read them?")
    return {name: str(value) for name, value in json.loads(json.loads(body)["SecretString"]).items()}
