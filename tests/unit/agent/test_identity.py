"""How a job shows who it is: by GitHub's word for it where there is one, by the machine key elsewhere."""

from pathlib import Path

from tests.unit.agent.conftest import Runner
from tests.unit.agent.control_plane import AS_JOB, ID_TOKEN_REQUEST, MACHINE_KEY, ControlPlane

NO_KEY = {"DISPATCH_API_KEY": ""}
ON_GITHUB = {
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ID": "4711",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_TOKEN": "may-push-to-the-repository",
}


def bearers(plane: ControlPlane) -> set[str]:
    return {authorization.removeprefix("Bearer ") for call, authorization, _ in plane.calls if call in AS_JOB}


def test_on_github_the_job_claims_with_githubs_word_for_it(plane: ControlPlane, start: Runner, script) -> None:
    runner = start(script("hand_in()\n"), **plane.id_token_settings(), **ON_GITHUB)
    _, err = runner.communicate(timeout=20)

    assert runner.returncode == 0, err
    assert plane.result is not None
    assert bearers(plane) == {plane.vouched[-1][0]}
    assert {audience for _, audience in plane.vouched} == {plane.url}
    assert MACHINE_KEY not in str(plane.calls)


def test_the_claim_names_the_actions_run(plane: ControlPlane, start: Runner, script) -> None:
    start(script("hand_in()\n"), **ON_GITHUB).communicate(timeout=20)

    (claim,) = plane.made("claim")
    assert (claim["runner"]["github_run_id"], claim["runner"]["github_run_attempt"]) == ("4711", "2")


def test_a_word_that_is_near_its_end_is_asked_for_anew(plane: ControlPlane, start: Runner, worktree: Path) -> None:
    plane.vouch_s = 61
    plane.patch = {"verdict": "accepted", "branch": "main", "base_commit": "0" * 40, "files": [], "mbox": ""}
    settings = plane.id_token_settings() | NO_KEY
    plane.lose = ["patch"] * 3  # its answers are lost for longer than the second that the first token has left

    assert start("claude", "publish", DISPATCH_REPOSITORY=str(worktree), **settings).wait(20) == 3

    assert len(plane.unpublished) == 1
    assert len(plane.vouched) > 1


def test_github_that_stumbles_is_asked_again(plane: ControlPlane, start: Runner, script) -> None:
    plane.lose = ["idtoken", "idtoken"]

    runner = start(script("hand_in()\n"), **plane.id_token_settings(), **NO_KEY)
    runner.communicate(timeout=20)

    assert runner.returncode == 0
    assert plane.result is not None


def test_a_job_that_github_does_not_vouch_for_says_what_is_missing(plane: ControlPlane, start: Runner, script) -> None:
    plane.answers["idtoken"] = 403

    runner = start(script("hand_in()\n"), **plane.id_token_settings(), **NO_KEY)
    _, err = runner.communicate(timeout=20)

    assert runner.returncode == 1
    assert "id-token: write" in err
    assert not plane.made("claim")


def test_a_job_without_any_identity_says_so(start: Runner) -> None:
    runner = start("claude", **NO_KEY)
    _, err = runner.communicate(timeout=20)

    assert runner.returncode == 2
    assert "DISPATCH_API_KEY" in err
    assert "id-token: write" in err


def test_nothing_that_speaks_for_the_job_reaches_the_agent_or_the_repositorys_commands(
    plane: ControlPlane, start: Runner, script, worktree: Path
) -> None:
    plane.told = plane.told | {"writes_code": True}
    (worktree / ".github").mkdir()
    (worktree / ".github" / "dispatch.toml").write_text('[checks]\nenvironment = "env"\n')

    start(script("speak(json.dumps(dict(os.environ)))\nhand_in()\n"), **plane.id_token_settings(), **ON_GITHUB).communicate(timeout=20)

    assert plane.result is not None
    seen = plane.of_kind("message")[0]["text"] + plane.result["checks"][0]["output"]
    assert "PATH" in seen
    for name in ("ACTIONS_", "GITHUB_", "DISPATCH_API_KEY", ID_TOKEN_REQUEST, plane.vouched[0][0], ON_GITHUB["GITHUB_TOKEN"]):
        assert name not in seen
