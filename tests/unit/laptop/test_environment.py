"""What a laptop's functions find in their environment."""

import os
from pathlib import Path

import pytest

from infra.laptop import environment, folder
from infra.laptop.problems import BadInputError


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    monkeypatch.setattr(os, "environ", kept)


def test_dotenv_is_read_and_the_real_environment_wins(tmp_path: Path) -> None:
    os.environ["PORT"] = "1"
    (tmp_path / ".env").write_text("# words\n\nPORT=2\nexport APP_NAME=\"Our Dispatch\"\nBRAND='#fff' \nPLAIN=a b # said\nKEY=x=y#z\n")

    environment.read_dotenv(tmp_path / ".env")

    told = {name: os.environ[name] for name in ("PORT", "APP_NAME", "BRAND", "PLAIN", "KEY")}
    assert told == {"PORT": "1", "APP_NAME": "Our Dispatch", "BRAND": "#fff", "PLAIN": "a b", "KEY": "x=y#z"}


def test_a_line_of_dotenv_that_is_no_pair_is_refused_by_its_number(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\nwhat is this\n")

    with pytest.raises(BadInputError, match="line 2"):
        environment.read_dotenv(tmp_path / ".env")


def functions_find(tmp_path: Path, *, repository: Path | None = Path("/code/demo")) -> dict[str, str]:
    choices = environment.read_choices(os.environ)
    return environment.for_functions(choices, folder.take(tmp_path), repository=repository)


def test_without_a_key_everything_points_at_the_laptop(tmp_path: Path) -> None:
    found = functions_find(tmp_path)

    assert found["GITHUB_API_URL"] == "http://127.0.0.1:3002/github"
    assert found["GITHUB_REPO"] == "laptop/demo"
    assert (found["ANTHROPIC_BASE_URL"], found["ANTHROPIC_API_KEY"]) == ("http://127.0.0.1:3002/model", "scripted")
    assert (found["SOCKETS_URL"], found["SOCKETS_ENDPOINT"]) == ("ws://localhost:3002/ws", "http://127.0.0.1:3002")
    assert "scripted" in found["INSTANCE_HINTS"]
    assert "demo repository" in found["INSTANCE_HINTS"]
    assert found["DISPATCH_PASSWORD"] == (tmp_path / "password").read_text().strip() != found["DISPATCH_API_KEY"]


def test_with_a_key_nothing_is_scripted(tmp_path: Path) -> None:
    os.environ |= {"ANTHROPIC_API_KEY": "sk-real", "TARGET_REPO": "/code/shop"}

    found = functions_find(tmp_path, repository=Path("/code/shop"))

    assert not {"ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY"} & set(found)
    assert found["INSTANCE_HINTS"] == ""


def test_given_secrets_are_kept_and_none_is_made(tmp_path: Path) -> None:
    os.environ |= {"DISPATCH_PASSWORD": "mine", "DISPATCH_API_KEY": "key"}

    found = functions_find(tmp_path)

    assert (found["DISPATCH_PASSWORD"], found["DISPATCH_API_KEY"]) == ("mine", "key")
    assert not (tmp_path / "password").exists()


@pytest.mark.parametrize(
    ("given", "uses_github"),
    [
        ({"GITHUB_TOKEN": "t", "GITHUB_REPO": "a/b"}, True),
        ({"GITHUB_APP_ID": "5", "GITHUB_REPO": "a/b"}, True),
        ({"GITHUB_TOKEN": "t"}, False),
        ({"GITHUB_TOKEN": "t", "GITHUB_REPO": "a/b", "TARGET_REPO": "/code"}, False),
        ({}, False),
    ],
)
def test_real_github_is_used_when_a_token_or_app_and_a_repository_are_given_and_no_folder(given: dict[str, str], uses_github: bool) -> None:
    assert environment.read_choices(given).uses_github is uses_github


def test_dummy_aws_keys_replace_the_persons_but_not_with_bedrock() -> None:
    plain = {"AWS_ACCESS_KEY_ID": "real", "AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "t"}
    bedrock = plain | {"MODEL_PROVIDER": "bedrock", "AWS_DEFAULT_REGION": "eu-west-1"}

    environment.prepare_for_aws(plain, sqs_url="http://q")
    environment.prepare_for_aws(bedrock, sqs_url="http://q")

    assert plain["AWS_ACCESS_KEY_ID"] == "laptop"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & set(plain)
    assert (bedrock["AWS_ACCESS_KEY_ID"], bedrock["AWS_PROFILE"], bedrock["AWS_DEFAULT_REGION"]) == ("real", "work", "eu-west-1")
    assert bedrock["AWS_ENDPOINT_URL_SQS"] == "http://q"


def test_a_folder_in_use_names_the_address_of_who_uses_it(tmp_path: Path) -> None:
    ours = folder.take(tmp_path)
    ours.announce("http://localhost:4000")

    with pytest.raises(folder.InUseError, match="http://localhost:4000"):
        folder.refuse_in_use(tmp_path)


def test_asking_whether_a_folder_is_in_use_makes_nothing(tmp_path: Path) -> None:
    folder.refuse_in_use(tmp_path / "absent")

    assert not (tmp_path / "absent").exists()
