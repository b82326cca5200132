"""Who may do what on the loopback GitHub: tokens whose power is a job's permissions, and GitHub's signed word for a job."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

LEVELS = ("none", "read", "write")


@dataclass(frozen=True)
class Token:
    """A bearer's power. `job` is what the token of a job may ask GitHub's word about."""

    login: str
    permissions: dict[str, str]
    job: dict[str, Any] | None = None
    value: str = field(default_factory=lambda: f"ghs_{secrets.token_hex(18)}")

    def allows(self, what: str, level: str) -> bool:
        """Whether it may read or write `what`."""
        return LEVELS.index(self.permissions.get(what, "none")) >= LEVELS.index(level)


class Issuer:
    """Signs for jobs with a key of its own, which it publishes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def keys(self) -> dict[str, Any]:
        """The JWKS."""
        return {"keys": [RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True) | {"kid": "one", "use": "sig", "alg": "RS256"}]}

    def configuration(self) -> dict[str, Any]:
        """What discovery answers."""
        return {"issuer": self.url, "jwks_uri": f"{self.url}/.well-known/jwks", "id_token_signing_alg_values_supported": ["RS256"]}

    def vouch(self, claims: dict[str, Any], audience: str) -> str:
        """A token, good for five minutes, that says `claims` to `audience`."""
        now = int(time.time())
        said = {"iss": self.url, "aud": audience, "iat": now, "nbf": now - 5, "exp": now + 300, "jti": secrets.token_hex(16)}
        return jwt.encode(said | claims, self._key, algorithm="RS256", headers={"kid": "one"})
