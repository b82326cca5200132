"""Whether GitHub vouches for a job, by the keys that it publishes: fetched seldom, changed when it changes them."""

import base64
import hashlib
import hmac
import json
import threading
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dispatch.clients import github_oidc
from dispatch.clients.github_oidc import NoKeys, Unverified, verify
from tests.conftest import Clock
from tests.github_door import GitHub
from tests.oidc import KEYS, Voucher, rsa_key

US = "http://localhost:3002"


@pytest.fixture
def voucher(github_door: GitHub) -> Voucher:
    github_oidc._held.clear()
    return Voucher(github_door)


def fetched(voucher: Voucher) -> int:
    return len(voucher.door.calls(KEYS))


def test_a_token_that_github_signed_for_us_tells_its_claims(voucher: Voucher) -> None:
    assert verify(voucher.sign(repository="acme/shop"), audience=US)["repository"] == "acme/shop"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"exp": 1000, "iat": 900, "nbf": 900}, "it has expired"),
        ({"exp": int(time.time()) - 60}, "it has expired"),
        ({"nbf": int(time.time()) + 3600}, "it is not valid yet"),
        ({"iat": int(time.time()) + 3600}, "it is not valid yet"),
        ({"aud": "https://sts.amazonaws.com"}, "its audience must be http://localhost:3002"),
        ({"aud": [US, "https://elsewhere"]}, "its audience must be"),
        ({"iss": "https://token.actions.evil.example"}, "its issuer must be"),
        ({"exp": None}, '"exp"'),
        ({"aud": None}, '"aud"'),
        ({"iss": None}, '"iss"'),
        ({"nbf": None}, '"nbf"'),
        ({"iat": None}, '"iat"'),
    ],
)
def test_each_wrong_claim_is_refused_with_its_reason(voucher: Voucher, wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unverified, match="not good here") as refusal:
        verify(voucher.sign(**wrong), audience=US)

    assert reason in refusal.value.sentence


def test_clocks_may_differ_by_seconds(voucher: Voucher) -> None:
    now = int(time.time())

    assert verify(voucher.sign(exp=now - 10), audience=US)
    assert verify(voucher.sign(nbf=now + 10, iat=now + 10), audience=US)


def test_a_token_without_a_signature_is_refused(voucher: Voucher) -> None:
    with pytest.raises(Unverified, match="not signed with RS256"):
        verify(voucher.sign(algorithm="none"), audience=US)


def test_a_token_signed_with_a_secret_is_refused(voucher: Voucher) -> None:
    with pytest.raises(Unverified, match="not signed with RS256"):
        verify(voucher.sign(algorithm="HS256"), audience=US)


@pytest.mark.parametrize("algorithm", ["HS256", "RS256"])
def test_the_public_key_is_no_secret_to_sign_with(voucher: Voucher, algorithm: str) -> None:
    pem = rsa_key("first").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _, body, _ = voucher.sign().split(".")
    head = _base64(json.dumps({"alg": algorithm, "kid": "first", "typ": "JWT"}).encode())
    signature = _base64(hmac.new(pem, f"{head}.{body}".encode(), hashlib.sha256).digest())

    with pytest.raises(Unverified):
        verify(f"{head}.{body}.{signature}", audience=US)


def test_a_token_whose_claims_were_changed_is_refused(voucher: Voucher) -> None:
    head, _, signature = voucher.sign(repository="evil/shop").split(".")
    _, body, _ = voucher.sign(repository="acme/shop").split(".")

    with pytest.raises(Unverified, match="its signature is wrong"):
        verify(f"{head}.{body}.{signature}", audience=US)


def test_another_key_that_takes_a_published_ones_name_is_refused(voucher: Voucher) -> None:
    with pytest.raises(Unverified, match="its signature is wrong"):
        verify(voucher.sign(key="stranger", headers={"kid": "first"}), audience=US)


def test_a_key_or_address_inside_the_token_is_not_used(voucher: Voucher) -> None:
    headers = {"kid": "first", "jwk": voucher.public("stranger"), "jku": f"{voucher.door.url}/evil"}

    with pytest.raises(Unverified):
        verify(voucher.sign(key="stranger", headers=headers), audience=US)

    assert voucher.door.calls("GET /evil") == []


@pytest.mark.parametrize("token", ["", "ey", "eyJ.eyJ.x", "a.b.c", "ey" + "x" * 20_000, jwt.encode({}, "s" * 32, headers={"kid": "\x00"})])
def test_what_is_no_token_is_refused(voucher: Voucher, token: str) -> None:
    with pytest.raises(Unverified):
        verify(token, audience=US)


def test_the_keys_are_fetched_once_for_many_tokens(voucher: Voucher) -> None:
    token = voucher.sign()
    threads = [threading.Thread(target=verify, args=(token,), kwargs={"audience": US}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert fetched(voucher) == 1


def test_a_new_key_is_known_at_once(voucher: Voucher, clock: Clock) -> None:
    verify(voucher.sign(), audience=US)
    clock.travel(minutes=2)
    voucher.published = ["first", "second"]

    assert verify(voucher.sign(key="second"), audience=US)


def test_a_key_that_was_withdrawn_opens_nothing_after_an_hour(voucher: Voucher, clock: Clock) -> None:
    token = voucher.sign()
    verify(token, audience=US)
    voucher.published = ["second"]
    clock.travel(minutes=61)

    with pytest.raises(Unverified, match="a key that GitHub does not publish"):
        verify(token, audience=US)


def test_strangers_keys_do_not_have_the_keys_fetched_more_than_once_a_minute(voucher: Voucher, clock: Clock) -> None:
    verify(voucher.sign(), audience=US)
    for _ in range(5):
        with pytest.raises(Unverified):
            verify(voucher.sign(key="stranger"), audience=US)
    assert fetched(voucher) == 1

    clock.travel(seconds=61)
    for _ in range(5):
        with pytest.raises(Unverified):
            verify(voucher.sign(key="stranger"), audience=US)

    assert fetched(voucher) == 2


def test_known_keys_serve_on_while_github_does_not_answer_but_not_for_ever(voucher: Voucher, clock: Clock) -> None:
    token = voucher.sign()
    verify(token, audience=US)
    voucher.door.answers[KEYS] = (502, {})
    clock.travel(hours=2)
    assert verify(token, audience=US)

    clock.travel(hours=23)

    with pytest.raises(NoKeys):
        verify(token, audience=US)


@pytest.mark.parametrize(
    "answer", [(502, {}), (200, "<html>"), (200, []), (200, {"keys": []}), (200, {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]})]
)
def test_without_keys_nobody_is_believed_and_it_can_be_tried_again(voucher: Voucher, answer: Any) -> None:
    voucher.door.answers[KEYS] = answer

    with pytest.raises((NoKeys, Unverified)):
        verify(voucher.sign(), audience=US)


def test_a_failure_to_fetch_is_soon_over(voucher: Voucher, clock: Clock) -> None:
    voucher.door.answers[KEYS] = (502, {})
    with pytest.raises(NoKeys):
        verify(voucher.sign(), audience=US)
    voucher.door.answers[KEYS] = voucher._publish

    clock.travel(seconds=6)

    assert verify(voucher.sign(), audience=US)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
