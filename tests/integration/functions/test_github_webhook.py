"""GitHub's door: who may come in, what is kept, and that nothing is done twice."""

import gzip
import json
import threading
from collections import Counter

import psycopg
import pytest

from dispatch import activity, deliveries, pulls, spawning
from dispatch.deliveries import DeliveryFilter
from dispatch.kit.work import close_connection, work
from dispatch.pulls import PullFilter
from tests import doing, hooks


@pytest.fixture(autouse=True)
def configured(database, repository, queues, setting):
    setting.setenv("GITHUB_WEBHOOK_SECRET", f"the next secret, {hooks.SECRET}")


def kept() -> list:
    with work() as unit:
        return deliveries.list_deliveries(unit, DeliveryFilter()).items


@pytest.mark.parametrize("secret", [hooks.SECRET, "the next secret"])
def test_every_active_secret_opens_the_door(secret):
    assert hooks.deliver("ping", {"zen": "Keep it logically awesome."}, secret=secret).json == {"answer": "pong"}


@pytest.mark.parametrize("as_base64", [False, True])
def test_the_signature_is_over_the_raw_body_however_the_gateway_encodes_it(as_base64):
    assert hooks.deliver("ping", {"zen": "Ça va — 好"}, as_base64=as_base64).status == 200


@pytest.mark.parametrize(
    "signature", ["", "sha256=", "sha256=00", "sha1=" + "0" * 40, "x" * 100_000, "sha256=" + "é" * 64, hooks.sign(b"another")]
)
def test_a_wrong_signature_of_any_length_is_401_and_nothing_is_kept(signature):
    answer = hooks.post(
        b"{}", {"x-hub-signature-256": signature, "x-github-event": "ping", "x-github-delivery": "1", "content-type": "application/json"}
    )

    assert (answer.status, answer.headers["content-type"]) == (401, "application/problem+json")
    assert kept() == []


def test_without_a_secret_the_door_is_closed_even_to_an_empty_key(setting):
    setting.setenv("GITHUB_WEBHOOK_SECRET", " , ")

    answer = hooks.deliver("ping", {}, secret="")

    assert answer.status == 503
    assert "GITHUB_WEBHOOK_SECRET" in answer.json["detail"]


def test_asked_by_get_it_says_what_it_expects_and_nothing_of_its_settings(setting):
    asked = [hooks.post(b"", {}, method="GET")]
    setting.setenv("GITHUB_WEBHOOK_SECRET", "")
    asked.append(hooks.post(b"", {}, method="GET"))

    assert [answer.status for answer in asked] == [200, 200]
    assert asked[0].text == asked[1].text
    assert "HMAC-SHA256" in asked[0].json["expects"]


def signed(raw: bytes, **headers: str) -> hooks.Answer:
    given = {"x-github-event": "ping", "x-github-delivery": "1", "content-type": "application/json", "x-hub-signature-256": hooks.sign(raw)}
    return hooks.post(raw, given | {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("raw", "headers", "status"),
    [
        (b"{" * 100_000, {}, 422),
        (b'{"a":' + b"[" * 65 + b"]" * 65 + b"}", {}, 422),
        (b"not json", {}, 422),
        (b"[]", {}, 422),
        (b'{"n": ' + b"9" * 5000 + b"}", {}, 422),
        (b"{}", {"x_github_delivery": ""}, 422),
        (b"{}", {"x_github_event": "e" * 101}, 422),
        (b"payload=%7B%7D", {"content_type": "application/x-www-form-urlencoded"}, 415),
        (b'{"a":"' + b"x" * (25 * 1024 * 1024) + b'"}', {}, 413),
    ],
)
def test_a_signed_body_that_cannot_be_taken_is_refused_with_a_sentence(raw, headers, status):
    answer = signed(raw, **headers)

    assert answer.status == status
    assert answer.json["detail"].endswith(".")
    assert kept() == []


def test_other_methods_and_other_webhooks_have_their_answers():
    assert hooks.post(b"", {}, method="DELETE").status == 405
    assert hooks.post(b"", {}, path="/api/gitlab/webhook").status == 404
    assert hooks.post(b"", {}, path="/api/sentry/webhook").status == 503


def test_a_delivery_seen_before_is_answered_the_same_and_changes_nothing():
    issue = doing.make_issue()
    body = {"action": "opened", "pull_request": hooks.pull(title=f"{issue.identifier}: once"), "sender": {"login": "ada"}}
    first = hooks.deliver("pull_request", body, delivery="d-1")
    with work() as unit:
        told = [entry.kind for entry in _story(unit, issue)]

    again = hooks.deliver("pull_request", body, delivery="d-1")

    assert (again.status, again.text) == (first.status, first.text)
    with work() as unit:
        assert [entry.kind for entry in _story(unit, issue)] == told
    assert [(one.tries, one.answer) for one in kept()] == [(1, f"acme/shop#12 is open, {issue.identifier}")]


def test_two_threads_with_the_same_delivery_at_once_change_things_once():
    issue = doing.make_issue()
    body = {"action": "opened", "pull_request": hooks.pull(title=f"{issue.identifier}: once"), "sender": {"login": "ada"}}

    answers = at_once([lambda: hooks.deliver("pull_request", body, delivery="d-1").text] * 4)

    assert len(answers) == 4
    assert len(set(answers)) == 1
    with work() as unit:
        assert Counter(entry.kind for entry in _story(unit, issue))["pull.opened"] == 1


def test_several_deliveries_about_one_new_pull_request_at_once_end_as_one_after_the_other():
    issue = doing.make_issue()
    told = [("opened", "draft", 1), ("ready_for_review", "open", 2), ("synchronize", "open", 3), ("closed", "merged", 4)]

    statuses = at_once(
        [
            lambda action=action, state=state, minutes=minutes: (
                hooks.tell_pull(action, state=state, minutes=minutes, title=f"{issue.identifier}: once").status
            )
            for action, state, minutes in told
        ]
    )

    assert statuses == [200] * 4
    assert doing.issue_now(issue).status.name == "Done"
    with work() as unit:
        kinds = Counter(entry.kind for entry in _story(unit, issue))
    assert (kinds["pull.opened"], kinds["pull.merged"]) == (1, 1)


def at_once(acts) -> list:
    """What each act gave, all of them begun at the same moment."""
    start, gave = threading.Barrier(len(acts)), []

    def run(act) -> None:
        start.wait()
        gave.append(act())
        close_connection()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return gave


def test_what_failed_is_kept_answered_5xx_and_healed_by_the_sweep(database, clock):
    issue = doing.make_issue()
    break_pulls(database)

    answer = hooks.tell_pull("opened", title=f"{issue.identifier}: once")
    assert answer.status == 500
    assert kept()[0].failure == "UndefinedTable"

    mend_pulls(database)
    assert deliveries.retry_due({"github": spawning.hear_github}) == 0, "not at once"
    clock.travel(minutes=2)
    assert deliveries.retry_due({"github": spawning.hear_github}) == 1
    assert doing.issue_now(issue).status.name == "In Review"
    assert kept()[0].failure is None


def test_one_that_fails_again_and_again_is_left_alone_until_somebody_replays_it(database, clock):
    break_pulls(database)
    hooks.tell_pull("opened")

    for _ in range(20):
        clock.travel(hours=1)
        deliveries.retry_due({"github": spawning.hear_github})
    assert (kept()[0].tries, kept()[0].try_at) == (6, None)

    mend_pulls(database)
    given_up = kept()[0].id
    with work() as unit:
        deliveries.replay(unit, "github", given_up)
    assert deliveries.retry_due({"github": spawning.hear_github}) == 1
    assert kept()[0].answer == "acme/shop#12 is open, of no issue"


def test_a_form_that_is_not_known_is_refused_and_kept():
    answer = hooks.deliver("pull_request", {"action": "opened", "pull_request": {"number": "twelve"}, "sender": {"login": "ada"}})

    assert (answer.status, answer.json["detail"]) == (422, "GitHub's pull request cannot be read.")
    assert kept()[0].failure == "GitHub's pull request cannot be read."


def test_a_title_of_characters_that_no_column_holds_is_taken_all_the_same():
    assert hooks.tell_pull("opened", title="a\0b \ud800", body="\0").status == 200


def test_deliveries_are_forgotten_after_30_days(clock):
    hooks.deliver("ping", {})
    clock.travel(days=29)
    with work() as unit:
        assert deliveries.forget_old_deliveries(unit) == 0
    clock.travel(days=2)
    with work() as unit:
        assert deliveries.forget_old_deliveries(unit) == 1


def test_githubs_own_examples_are_all_taken_and_those_that_concern_us_have_their_effect(project):
    examples = json.loads(gzip.decompress((project / "tests/payloads/github.json.gz").read_bytes()))

    statuses = Counter(hooks.deliver(event, body).status for event, body in examples)

    assert (len(examples), statuses) == (329, {200: 329})
    with work() as unit:
        [known] = pulls.list_pulls(unit, PullFilter()).items
    assert (known.name, known.state, known.title) == ("Codertocat/Hello-World#2", "closed", "Update the README with new information.")


def _story(unit, issue):
    return activity.list_activity(unit, issue.id)


def break_pulls(database: str) -> None:
    with psycopg.connect(database) as conn:
        conn.execute("ALTER TABLE pull RENAME TO pull_away")


def mend_pulls(database: str) -> None:
    with psycopg.connect(database) as conn:
        conn.execute("ALTER TABLE pull_away RENAME TO pull")
