"""What is told to others' webhooks: once queued it is told, by the schedule if need be, and once taken not again by itself."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from dispatch import notices
from dispatch.kit.errors import BadInput, NotFound
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.work import work
from dispatch.notices import Notice, NoticeFilter, TargetState
from tests.conftest import Clock
from tests.notice_door import SECRET, Receiver, open_receiver

ISSUE = {"identifier": "DISPATCH-7", "title": "The total is wrong"}

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def receiver(setting: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with open_receiver() as receiver:
        setting.setenv("NOTICE_WEBHOOKS", receiver.url)
        setting.setenv("NOTICE_WEBHOOK_SECRET", SECRET)
        setting.setenv("NOTICE_WEBHOOKS_PRIVATE", "true")
        yield receiver


def test_what_has_happened_is_told_right_after_the_commit_and_signed_as_the_library_expects(receiver: Receiver) -> None:
    _queue("1", watchers=["acme"])

    [told] = receiver.told
    assert Webhook(SECRET).verify(told.body, told.headers) == {
        "type": "fix.verified",
        "timestamp": _only().body["timestamp"],
        "data": {"issue": ISSUE, "watchers": ["acme"], "hours": 48},
    }
    assert (_only().targets[0].state, [one.status for one in _only().targets[0].tries]) == (TargetState.DELIVERED, [204])


def test_what_is_queued_twice_is_told_once(receiver: Receiver) -> None:
    _queue("1")
    _queue("1")
    _queue("2")

    assert len(receiver.told) == len(set(receiver.ids)) == 2


def test_what_is_not_true_in_the_end_is_not_told(receiver: Receiver) -> None:
    with suppress(ZeroDivisionError), work() as unit:
        notices.queue(unit, Event.FIX_VERIFIED, key="1", issue=ISSUE, data={})
        raise ZeroDivisionError

    notices.deliver_due()
    assert receiver.told == []


def test_what_is_not_taken_is_tried_again_by_the_specifications_schedule_with_the_same_id(receiver: Receiver, clock: Clock) -> None:
    receiver.answers = [(500, {})]
    _queue("1")

    for n, pause_s in enumerate((5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400), start=1):
        clock.travel(seconds=pause_s - 4)
        assert notices.deliver_due() == 0
        assert len(receiver.told) == n
        clock.travel(seconds=4.5)
        notices.deliver_due()
        assert len(receiver.told) == n + 1

    clock.travel(days=10)
    notices.deliver_due()
    assert len(receiver.told) == 10
    assert len(set(receiver.ids)) == 1
    assert {one.body for one in receiver.told} == {receiver.told[0].body}
    [target] = _only().targets
    assert (target.state, target.tries[-1].number, target.tries[-1].failure) == (TargetState.FAILED, 10, "It answers 500.")


def test_once_taken_it_is_not_told_again(receiver: Receiver, clock: Clock) -> None:
    receiver.answers = [(503, {}), (200, {})]
    _queue("1")
    clock.travel(seconds=6)

    assert notices.deliver_due() == 1
    clock.travel(days=2)
    assert notices.deliver_due() == 0

    assert len(receiver.told) == 2


def test_who_asks_to_be_left_alone_for_longer_is(receiver: Receiver, clock: Clock) -> None:
    receiver.answers = [(429, {"Retry-After": "600"}), (200, {})]
    _queue("1")

    clock.travel(minutes=9)
    assert notices.deliver_due() == 0
    clock.travel(minutes=2)
    assert notices.deliver_due() == 1


def test_who_answers_that_it_is_gone_is_told_nothing_more_until_a_person_sends_again(receiver: Receiver, clock: Clock) -> None:
    receiver.answers = [(410, {}), (200, {})]
    _queue("1")
    _queue("2")
    clock.travel(days=1)
    notices.deliver_due()
    assert len(receiver.told) == 1

    with work() as unit:
        [first] = [one for one in notices.list_notices(unit, NoticeFilter()).items if one.key == "1"]
        assert notices.resend(unit, first.id).targets[0].state is TargetState.WAITING

    assert receiver.ids == [f"msg_{first.id.hex}"] * 2
    _queue("3")
    assert len(receiver.told) == 3


def test_what_a_process_was_killed_over_is_told_by_the_next_with_the_same_id(receiver: Receiver, clock: Clock, project: Path) -> None:
    """The receiver has it, and nobody lived to note so."""
    path = os.pathsep.join((str(project), str(project / "layers/dispatch/python")))
    queues = "from tests.integration.notices import test_notices as t; t._queue('1')"
    dying = subprocess.Popen([sys.executable, "-c", queues], env={**os.environ, "PYTHONPATH": path})
    receiver.meanwhile = dying.kill
    assert dying.wait(timeout=60) == -signal.SIGKILL
    receiver.meanwhile = lambda: None
    assert notices.deliver_due() == 0  # its claim stands
    clock.travel(seconds=61)

    assert notices.deliver_due() == 1

    assert len(receiver.told) == 2
    assert len(set(receiver.ids)) == 1
    assert [(one.status, one.failure) for one in _only().targets[0].tries] == [(None, None), (204, None)]


def test_each_webhook_is_told_for_itself(receiver: Receiver, setting: pytest.MonkeyPatch, clock: Clock) -> None:
    with open_receiver() as other:
        setting.setenv("NOTICE_WEBHOOKS", json.dumps([receiver.url, other.url]))
        receiver.answers = [(500, {}), (200, {})]
        _queue("1")
        clock.travel(seconds=6)
        notices.deliver_due()

        assert (len(receiver.told), len(other.told)) == (2, 1)
        assert receiver.ids[0] == other.ids[0]


def test_nothing_is_told_unsigned(receiver: Receiver, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("NOTICE_WEBHOOK_SECRET", "")

    _queue("1")

    assert receiver.told == []
    assert _only().targets[0].tries[0].failure == "NOTICE_WEBHOOK_SECRET is not set: nothing is told unsigned."


def test_nothing_is_told_to_a_private_address_unless_it_may(receiver: Receiver, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("NOTICE_WEBHOOKS_PRIVATE", "false")
    setting.setenv("NOTICE_WEBHOOKS", receiver.url.replace("http://", "https://"))

    _queue("1")

    assert receiver.told == []
    assert _only().targets[0].tries[0].failure == "127.0.0.1 leads to 127.0.0.1, which is not a public address."


def test_a_webhooks_address_stands_nowhere_in_the_log(receiver: Receiver, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("NOTICE_WEBHOOKS", f"{receiver.url}/s3cret-token")
    receiver.answers = [(500, {})]

    _queue("1")

    assert "s3cret-token" not in _only().model_dump_json()


def test_long_words_are_cut_in_the_open_and_what_stays_too_long_tells_only_its_issue(receiver: Receiver) -> None:
    with work() as unit:
        notices.queue(unit, Event.FIX_FAILED, key="1", issue=ISSUE, data={"reason": "x" * 5000})
        notices.queue(unit, Event.FIX_FAILED, key="2", issue=ISSUE, data={"reasons": ["x" * 1900] * 20})

    bodies = [json.loads(told.body)["data"] for told in receiver.told]
    assert sorted(len(json.dumps(body)) for body in bodies)[1] < 2500
    assert {"issue": ISSUE, "cut": True} in bodies
    assert any(body.get("reason", "").endswith("x… (cut)") for body in bodies)


def test_notices_are_listed_newest_first_page_by_page(receiver: Receiver, clock: Clock) -> None:
    for n in range(5):
        clock.travel(seconds=1)
        _queue(str(n))

    with work() as unit:
        first = notices.list_notices(unit, NoticeFilter(), limit=3)
        rest = notices.list_notices(unit, NoticeFilter(), cursor=first.next_cursor, limit=3)
        waiting = notices.list_notices(unit, NoticeFilter(state=TargetState.WAITING))

    assert [one.key for one in [*first.items, *rest.items]] == ["4", "3", "2", "1", "0"]
    assert (rest.next_cursor, waiting.items) == (None, [])
    with pytest.raises(BadInput), work() as unit:
        notices.list_notices(unit, NoticeFilter(), cursor="nonsense")


def test_an_unknown_notice_cannot_be_sent_again() -> None:
    with pytest.raises(NotFound), work() as unit:
        notices.resend(unit, new_id())


def test_old_notices_are_forgotten(receiver: Receiver, clock: Clock) -> None:
    _queue("1")
    clock.travel(days=31)

    with work() as unit:
        assert notices.forget_old_notices(unit) == 1
        assert notices.list_notices(unit, NoticeFilter()).items == []


def _queue(key: str, **more: object) -> None:
    with work() as unit:
        notices.queue(unit, Event.FIX_VERIFIED, key=key, issue=ISSUE, data={"hours": 48}, **more)  # type: ignore[arg-type]


def _only() -> Notice:
    with work() as unit:
        [found] = notices.list_notices(unit, NoticeFilter()).items
        return found
