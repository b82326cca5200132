"""What is told to others' webhooks, over the API."""

import pytest

from dispatch import notices
from dispatch.kit.events import Event
from dispatch.kit.work import work
from functions.verifier.handler import handler as verify
from tests.conftest import Clock
from tests.notice_door import SECRET, open_receiver


@pytest.fixture
def receiver(instance, setting):
    with open_receiver() as receiver:
        setting.setenv("NOTICE_WEBHOOKS", receiver.url)
        setting.setenv("NOTICE_WEBHOOK_SECRET", SECRET)
        setting.setenv("NOTICE_WEBHOOKS_PRIVATE", "true")
        yield receiver


def test_an_admin_sends_a_notice_again(receiver, owner):
    _queue()

    [notice] = owner.get("/api/notices?kind=fix.verified").json["items"]
    answer = owner.post(f"/api/notices/{notice['id']}/resend")

    assert (answer.status, answer.json["targets"][0]["state"]) == (202, "waiting")
    assert len(receiver.told) == 2
    [target] = owner.get("/api/notices?state=delivered").json["items"][0]["targets"]
    assert [one["status"] for one in target["tries"]] == [204, 204]


def test_the_schedule_tells_what_was_not_taken(receiver, owner, clock: Clock):
    receiver.answers = [(500, {}), (204, {})]
    _queue()
    clock.travel(seconds=6)

    assert verify({"schedule": "errors"}, None)["deliver_due"] == 1


def _queue() -> None:
    with work() as unit:
        notices.queue(unit, Event.FIX_VERIFIED, key="1", issue=None, data={})
