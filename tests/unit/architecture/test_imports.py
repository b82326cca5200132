"""A function pays at its cold start only for what its events need."""

import subprocess
import sys

import pytest

HEAVY = ("anthropic", "argon2", "boto3", "cryptography", "fastapi", "mangum", "httpx2", "jwt", "openai", "mcp", "starlette")


@pytest.mark.parametrize(
    ("handler", "allowed"),
    [
        ("functions.stream.sockets", set()),
        ("functions.spawner.handler", set()),
        ("functions.verifier.handler", set()),
        ("functions.webhooks.handler", set()),
        ("functions.migrator.handler", set()),
        ("functions.stream.turns", set()),
        ("functions.api.handler", {"fastapi", "mangum", "starlette"}),
    ],
)
def test_a_handler_imports_no_sdk_before_it_needs_it(handler: str, allowed: set[str]) -> None:
    asked = f"import sys, {handler}; print(*[name for name in {HEAVY!r} if name in sys.modules])"

    imported = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()

    assert set(imported) <= allowed
