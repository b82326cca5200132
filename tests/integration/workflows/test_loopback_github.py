"""The loopback GitHub refuses what GitHub refuses: else nothing that is shown on it would count."""

import json
import subprocess
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.github.expressions import fill, holds
from tests.github.hub import NAME, Hub, Refusal
from tests.github.identity import Token

INPUTS = {"run_id": "r", "generation": "1", "issue": "DISPATCH-1"}


def push(github: Hub, token: Token | None, tmp_path: Path, branch: str) -> int:
    """git's exit code for pushing main to that branch with the token."""
    subprocess.run(["git", "clone", "-q", "--bare", str(github.repository), str(tmp_path / "shop")], check=True)
    shown = f"x-access-token:{token.value}@" if token else ""
    url = f"{github.url.replace('://', f'://{shown}')}/{NAME}"
    no_questions = {"PATH": "/usr/bin:/bin", "GIT_TERMINAL_PROMPT": "0"}
    push = ["git", "push", "-q", url, f"main:{branch}"]
    return subprocess.run(push, cwd=tmp_path / "shop", env=no_questions, capture_output=True, check=False).returncode


def ask(github: Hub, token: Token, path: str, body: object = None) -> int:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(github.url + path, data, {"Authorization": f"Bearer {token.value}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


@pytest.mark.parametrize(("permissions", "can_push"), [({"contents": "read"}, False), ({"contents": "write"}, True), (None, False)])
def test_only_a_token_that_may_write_contents_can_push(
    github: Hub, tmp_path: Path, permissions: dict[str, str] | None, can_push: bool
) -> None:
    token = github.give(Token("somebody", permissions)) if permissions else None
    branch = f"pushed-{tmp_path.name}"

    assert (push(github, token, tmp_path, branch) == 0) == can_push
    assert (github.sha_of(branch) is not None) == can_push


def test_only_a_job_that_may_write_id_tokens_is_vouched_for(github: Hub) -> None:
    without = github.give(Token("job", {"contents": "write"}, {"repository": NAME}))
    allowed = github.give(Token("job", {"id-token": "write"}, {"repository": NAME}))
    nobody = github.give(Token("somebody", {"id-token": "write"}))

    assert [ask(github, token, "/oidc/token?audience=x") for token in (without, nobody, allowed)] == [403, 403, 200]


def test_only_a_token_that_may_write_pull_requests_can_open_one(github: Hub) -> None:
    reader = github.give(Token("job", {"pull-requests": "read"}))

    assert ask(github, reader, f"/api/v3/repos/{NAME}/pulls", {"title": "x", "head": "main", "base": "main"}) == 403
    assert ask(github, Token("stranger", {"pull-requests": "write"}), f"/api/v3/repos/{NAME}/pulls") == 401


@pytest.mark.parametrize(
    ("file", "ref", "inputs", "status"),
    [
        ("none.yml", "main", INPUTS, 404),
        ("qa-test.yml", "elsewhere", INPUTS, 422),
        ("qa-test.yml", "main", INPUTS | {"more": "x"}, 422),
        ("qa-test.yml", "main", INPUTS | {"issue": ""}, 422),
    ],
)
def test_a_dispatch_that_does_not_fit_the_file_is_refused(github: Hub, file: str, ref: str, inputs: dict[str, str], status: int) -> None:
    with pytest.raises(Refusal) as refused:
        github.new_run(file, ref, inputs)

    assert refused.value.status == status


def test_a_condition_without_a_status_function_holds_only_after_success() -> None:
    needs = {"needs": {"agent": {"outputs": {"patch": "accepted"}}}}
    wanted = "needs.agent.outputs.patch == 'accepted'"

    assert holds(wanted, needs, succeeded=True)
    assert not holds(wanted, needs, succeeded=False)
    assert not holds(wanted, {"needs": {}}, succeeded=True)
    assert holds("always()", {}, succeeded=False)


def test_an_expression_that_the_harness_does_not_know_is_an_error() -> None:
    with pytest.raises(NotImplementedError):
        fill("${{ format('{0}', inputs.issue) }}", {"inputs": INPUTS})
    with pytest.raises(KeyError):
        fill("${{ matrix.os }}", {"inputs": INPUTS})
