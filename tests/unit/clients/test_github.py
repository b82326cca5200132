"""The transport: what GitHub's refusals mean, whose token a call carries, and lists page by page."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dispatch.clients import github, github_access
from dispatch.kit import clock
from tests.github_door import Asked, GitHub, open_github

SHOP = "/repos/acme/shop"


def refusal_of(door: GitHub, status: int, message: str, headers: dict[str, str] | None = None) -> Any:
    door.answers[f"GET {SHOP}/x"] = (status, {"message": message}, headers or {})
    with pytest.raises((github.Refused, github.NoAnswer)) as caught:
        github.call("GET", f"{SHOP}/x")
    return caught.value


def test_a_runtime_in_trouble_is_worth_another_try(github_door: GitHub) -> None:
    assert isinstance(refusal_of(github_door, 502, ""), github.NoAnswer)


def test_a_runtime_that_is_not_there_is_worth_another_try(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("GITHUB_API_URL", "http://127.0.0.1:1")
    setting.setenv("GITHUB_TOKEN", "a-token")

    with pytest.raises(github.NoAnswer):
        github.call("GET", SHOP)


def test_an_answer_that_is_not_json_is_none_at_all(github_door: GitHub) -> None:
    github_door.answers[f"GET {SHOP}"] = (200, "<html>A proxy's page</html>")

    with pytest.raises(github.NoAnswer, match="not JSON"):
        github.call("GET", SHOP)


def test_a_missing_permission_is_named(github_door: GitHub) -> None:
    headers = {"x-accepted-github-permissions": "pull_requests=write; actions=read,contents=read"}

    refusal = refusal_of(github_door, 403, "Resource not accessible by personal access token", headers)

    assert refusal.sentence == (
        "The token may not do this in acme/shop (Resource not accessible by personal access token). "
        "It needs the permission pull_requests: write, or actions: read and contents: read."
    )


def test_a_missing_scope_of_a_classic_token_is_named(github_door: GitHub) -> None:
    refusal = refusal_of(github_door, 403, "No.", {"x-accepted-oauth-scopes": "repo, public_repo", "x-oauth-scopes": "gist"})

    assert refusal.sentence.endswith("It needs the scope repo or public_repo.")


def test_single_sign_on_is_said(github_door: GitHub) -> None:
    refusal = refusal_of(github_door, 403, "Protected by SAML", {"x-github-sso": "required; url=https://github.com/orgs/acme/sso"})

    assert refusal.sentence.endswith("The organisation wants it authorised for single sign-on.")


def test_a_token_that_is_not_taken_is_told_without_showing_it(github_door: GitHub) -> None:
    refusal = refusal_of(github_door, 401, "Bad credentials")

    assert "wrong, expired or revoked" in refusal.sentence
    assert "a-token" not in refusal.sentence


def test_a_repository_that_was_renamed_is_not_followed(github_door: GitHub) -> None:
    refusal = refusal_of(github_door, 301, "Moved", {"location": "https://elsewhere.example/"})

    assert refusal.sentence == "acme/shop has another name now. Set GITHUB_REPO to it."


@pytest.mark.parametrize(
    ("status", "message", "headers", "seconds"),
    [
        (403, "API rate limit exceeded", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "+1200"}, 1200),
        (429, "", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "+1200"}, 1200),
        (403, "You have exceeded a secondary rate limit.", {"retry-after": "90"}, 90),
        (429, "", {"retry-after": "90"}, 90),
        (403, "You have exceeded a secondary rate limit.", {"x-ratelimit-remaining": "4000"}, 60),
        (429, "", {}, 60),
        (429, "", {"retry-after": "99999999999"}, 7200),
        (429, "", {"retry-after": "99999999999999999999"}, 60),
        (403, "", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999"}, 7200),
        (403, "", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "12"}, 1),
        (403, "", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, 60),
    ],
)
def test_a_rate_limit_says_when_it_opens(github_door: GitHub, status: int, message: str, headers: dict[str, str], seconds: int) -> None:
    now = clock.now()
    headers = {name: str(int(now.timestamp()) + int(value)) if value.startswith("+") else value for name, value in headers.items()}

    limited = refusal_of(github_door, status, message, headers)

    assert isinstance(limited, github.Limited)
    assert (limited.again_at - now).total_seconds() == pytest.approx(seconds, abs=5)


def test_a_403_with_quota_left_is_no_rate_limit(github_door: GitHub) -> None:
    assert isinstance(refusal_of(github_door, 403, "Forbidden", {"x-ratelimit-remaining": "12"}), github.Refused)


def test_pages_are_read_to_the_last(github_door: GitHub) -> None:
    github_door.answers[f"GET {SHOP}/pulls"] = lambda asked: (200, list(range(100 if asked.params["page"] != "3" else 20)))

    assert len(list(github.pages(f"{SHOP}/pulls", params={"state": "all"}))) == 220
    assert [asked.params["page"] for asked in github_door.asked] == ["1", "2", "3"]


def test_no_more_items_are_read_than_wanted(github_door: GitHub) -> None:
    github_door.answers[f"GET {SHOP}/actions/runs"] = (200, {"workflow_runs": list(range(100))})

    assert len(list(github.pages(f"{SHOP}/actions/runs", inside="workflow_runs", most=150))) == 150
    assert len(github_door.asked) == 2


def test_the_tail_of_a_log_is_read_where_github_keeps_it_without_showing_the_token_there(github_door: GitHub) -> None:
    with open_github() as store:
        github_door.answers[f"GET {SHOP}/actions/jobs/7/logs"] = (302, None, {"location": f"{store.url}/logs/7"})
        store.answers["GET /logs/7"] = (200, "beginning " * 50_000 + "the end")

        read = github.tail(f"{SHOP}/actions/jobs/7/logs", most=1000)

    assert (len(read), read[-17:]) == (1000, "beginning the end")
    assert "authorization" not in store.asked[0].headers


def test_without_any_token_it_is_said_what_to_set(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("GITHUB_TOKEN", "")

    with pytest.raises(github.NoAccess, match="Set GITHUB_TOKEN, or GITHUB_APP_ID"):
        github.call("GET", SHOP)


@pytest.fixture(scope="module")
def app_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def app(github_door: GitHub, setting: pytest.MonkeyPatch, app_key: rsa.RSAPrivateKey) -> GitHub:
    """Dispatch is a GitHub App, installed in acme/shop; each token it asks for is `ghs_1`, `ghs_2`, ..., good for an hour."""
    pem = app_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    setting.setenv("GITHUB_TOKEN", "")
    setting.setenv("GITHUB_APP_ID", "4711")
    setting.setenv("GITHUB_APP_PRIVATE_KEY", pem.replace("\n", "\\n"))
    github_access._held.clear()
    github_door.answers[f"GET {SHOP}/installation"] = (200, {"id": 99, "permissions": {"actions": "write"}})
    github_door.answers["POST /app/installations/99/access_tokens"] = lambda _: (
        201,
        {
            "token": f"ghs_{len(github_door.calls('POST /app/installations/99/access_tokens'))}",
            "expires_at": f"{clock.now() + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        },
    )
    github_door.answers[f"GET {SHOP}"] = (200, {})
    return github_door


def test_an_app_asks_for_a_token_of_its_installation_with_the_least_it_needs(app: GitHub, app_key: rsa.RSAPrivateKey) -> None:
    github.call("GET", SHOP)

    looked_up, asked, call = app.asked
    claims = jwt.decode(asked.bearer, app_key.public_key(), algorithms=["RS256"])
    assert claims["iss"] == "4711"
    assert claims["exp"] - claims["iat"] <= 600
    assert claims["iat"] < datetime.now(UTC).timestamp()
    assert jwt.decode(looked_up.bearer, app_key.public_key(), algorithms=["RS256"])["iss"] == "4711"
    assert asked.body == {
        "repositories": ["shop"],
        "permissions": {"actions": "write", "contents": "read", "pull_requests": "read", "deployments": "read"},
    }
    assert call.bearer == "ghs_1"


def test_an_app_that_was_installed_without_deployments_goes_without_them(app: GitHub) -> None:
    def give(asked: Asked) -> tuple[int, Any]:
        if "deployments" in asked.body["permissions"]:
            return 422, {"message": "The permissions requested are not granted to this installation."}
        return 201, {"token": "ghs_less", "expires_at": f"{clock.now() + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"}

    app.answers["POST /app/installations/99/access_tokens"] = give

    github.call("GET", SHOP)

    assert app.asked[-1].bearer == "ghs_less"


def test_an_apps_token_is_kept_until_shortly_before_its_end(app: GitHub, clock: Any) -> None:
    github.call("GET", SHOP)
    clock.travel(minutes=50)
    github.call("GET", SHOP)
    assert app.asked[-1].bearer == "ghs_1"

    clock.travel(minutes=6)
    github.call("GET", SHOP)

    assert app.asked[-1].bearer == "ghs_2"


def test_threads_that_need_a_token_at_once_ask_for_one(app: GitHub) -> None:
    threads = [threading.Thread(target=github.call, args=("GET", SHOP)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(app.calls("POST /app")) == 1
    assert len(app.calls(f"GET {SHOP}")) == 9  # one of them looked the installation up


def test_a_token_that_was_revoked_before_its_end_is_asked_for_anew(app: GitHub) -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        return (401, {"message": "Bad credentials"}) if asked.bearer == "ghs_1" else (200, {"id": 1})

    app.answers[f"GET {SHOP}"] = answer

    assert github.call("GET", SHOP) == {"id": 1}


def test_a_known_installation_is_not_looked_up(app: GitHub, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("GITHUB_APP_INSTALLATION_ID", "99")

    github.call("GET", SHOP)

    assert app.calls(f"GET {SHOP}/installation") == []


def test_an_app_that_is_not_installed_says_so(app: GitHub) -> None:
    del app.answers[f"GET {SHOP}/installation"]

    with pytest.raises(github.Refused, match="The GitHub App 4711 is not installed in acme/shop"):
        github.call("GET", SHOP)


def test_a_key_that_is_none_says_what_it_must_be(app: GitHub, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("GITHUB_APP_PRIVATE_KEY", "not a key")

    with pytest.raises(github.Refused, match="GITHUB_APP_PRIVATE_KEY cannot be read") as refusal:
        github.call("GET", SHOP)

    assert "not a key" not in str(refusal.value)
