"""The signature of what is told, against the vector that Standard Webhooks' own libraries are tested with."""

import pytest

from dispatch.notices.signing import BadSecret, sign
from tests.notice_door import SECRET

VECTOR = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", '{"test": 2432232314}')
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER = "whsec_c2VjcmV0LW9mLWEtcm90YXRlZC1lbmRwb2ludA=="


def test_it_is_what_the_specification_says() -> None:
    assert sign([SECRET], *VECTOR) == SIGNATURE


def test_while_the_secret_is_changed_there_is_one_by_each() -> None:
    new, old = sign([OTHER, SECRET], *VECTOR).split(" ")

    assert old == SIGNATURE
    assert new.startswith("v1,")
    assert new != old


@pytest.mark.parametrize("secret", ["whsec_", "whsec_c2hvcnQ=", "whsec_?" * 8, SECRET.removeprefix("whsec_"), "whsec_" + "A" * 100])
def test_what_is_no_secret_signs_nothing(secret: str) -> None:
    with pytest.raises(BadSecret):
        sign([secret], *VECTOR)
