"""GitHub as it vouches for jobs: keys of its own, published at the door, and tokens signed with them."""

from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.github_door import Asked, GitHub

KEYS = "GET /.well-known/jwks"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """A key pair, made once for all tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Voucher:
    """Signs tokens as the issuer at the door's address; `published` names the keys that stand there."""

    def __init__(self, door: GitHub, *, audience: str = "http://localhost:3002") -> None:
        self.door = door
        self.audience = audience
        self.published = ["first"]
        door.answers[KEYS] = self._publish

    def sign(self, *, key: str = "first", algorithm: str = "RS256", headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token of a job with these claims; a claim that is None is left out."""
        import time

        now = int(time.time())
        whole = {"iss": self.door.url, "aud": self.audience, "iat": now, "nbf": now, "exp": now + 300, "sub": "repo:acme/shop", **claims}
        whole = {name: value for name, value in whole.items() if value is not None}
        secret: Any = {"RS256": rsa_key(key), "HS256": b"a shared secret of 32 bytes at least", "none": None}[algorithm]
        return jwt.encode(whole, secret, algorithm=algorithm, headers={"kid": key, **(headers or {})})

    def _publish(self, _: Asked) -> tuple[int, Any]:
        return 200, {"keys": [self.public(name) for name in self.published]}

    @staticmethod
    def public(name: str) -> dict[str, Any]:
        """A key as it is published."""
        return RSAAlgorithm.to_jwk(rsa_key(name).public_key(), as_dict=True) | {"kid": name, "use": "sig", "alg": "RS256"}
