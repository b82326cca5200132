"""Chats over HTTP, and turns from the queue."""

import json

import pytest

from functions.stream import turns
from tests.integration.functions.conftest import Api


@pytest.fixture
def chat(owner, queues, repository) -> str:
    """The id of a new chat."""
    return owner.post("/api/chats").json["id"]


@pytest.fixture
def viewer(owner) -> Api:
    """Somebody who may only read."""
    owner.post("/api/people", {"name": "Vera", "role": "viewer", "password": "a long enough password"})
    api = Api()
    assert api.sign_in("a long enough password", "Vera").status == 200
    return api


def test_saying_something_waits_for_the_model_and_wakes_its_worker(owner, chat, queues):
    answer = owner.post(f"/api/chats/{chat}/turns", {"text": "hello"})

    assert answer.status == 202
    assert (answer.json["turn"]["state"], answer.json["turn"]["said"]) == ("queued", "hello")
    assert queues.take("turns") == [{"turn_id": answer.json["turn"]["id"]}]


def test_a_command_is_answered_in_the_response(owner, chat):
    answer = owner.post(f"/api/chats/{chat}/turns", {"text": "/help"})

    assert answer.status == 200
    assert set(answer.json) == {"id", "text", "markdown"}
    assert "/status" in answer.json["markdown"]


def test_a_chat_is_listed_by_its_first_words_once_something_was_said(owner, chat):
    assert owner.get("/api/chats").json["items"] == []
    owner.post(f"/api/chats/{chat}/turns", {"text": "the total is wrong"})

    listed = owner.get("/api/chats").json

    assert [(one["id"], one["title"]) for one in listed["items"]] == [(chat, "the total is wrong")]
    assert listed["next_cursor"] is None


def test_chats_are_paged_without_loss(owner, queues):
    made = [owner.post("/api/chats").json["id"] for _ in range(5)]
    for chat in made:
        owner.post(f"/api/chats/{chat}/turns", {"text": "/help"})

    seen, cursor = [], ""
    while cursor is not None:
        page = owner.get(f"/api/chats?limit=2&cursor={cursor}").json
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]

    assert seen == made[::-1]


def test_a_chat_reads_with_the_place_to_watch_from(owner, chat):
    owner.post(f"/api/chats/{chat}/turns", {"text": "/help"})

    view = owner.get(f"/api/chats/{chat}").json

    assert view["watch_after"] == owner.get(f"/api/feed/chat:{chat}").json["newest"] == 1
    assert view["turns"][0]["items"][0]["type"] == "command"
    assert view["turns_before"] == 0


def test_who_may_only_read_reads_and_says_nothing(viewer, chat):
    assert viewer.get(f"/api/chats/{chat}").status == 200
    assert viewer.get("/api/commands").json[0]["name"] == "/status"
    assert viewer.post(f"/api/chats/{chat}/turns", {"text": "hello"}).status == 403
    assert viewer.post(f"/api/chats/{chat}/stop").status == 403
    assert viewer.post("/api/choices/01a2047b-6912-7f6a-be4e-aa48802b55c8", {"option": "yes"}).status == 403


def test_strangers_see_nothing(stranger, chat):
    for path in ("/api/chats", f"/api/chats/{chat}", "/api/commands"):
        assert stranger.get(path).status == 401


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "x" * 20_001}, {"text": "hi", "more": 1}])
def test_what_cannot_be_said_is_refused(owner, chat, body):
    assert owner.post(f"/api/chats/{chat}/turns", body).status == 422


def test_an_unknown_chat_or_choice_is_not_found(owner, queues):
    nowhere = "01a2047b-6912-7f6a-be4e-aa48802b55c8"

    assert owner.get(f"/api/chats/{nowhere}").json["code"] == "chat_not_found"
    assert owner.post(f"/api/chats/{nowhere}/turns", {"text": "hi"}).status == 404
    assert owner.post(f"/api/choices/{nowhere}", {"option": "yes"}).json["code"] == "choice_not_found"


def test_a_chat_takes_only_so_many_waiting_turns(owner, chat):
    statuses = [owner.post(f"/api/chats/{chat}/turns", {"text": f"turn {number}"}).status for number in range(21)]

    assert statuses == [202] * 20 + [409]


def test_a_message_of_the_queue_does_its_turn(owner, chat, setting):
    setting.setenv("ANTHROPIC_API_KEY", "")
    setting.setenv("ANTHROPIC_BASE_URL", "")
    turn = owner.post(f"/api/chats/{chat}/turns", {"text": "hello"}).json["turn"]["id"]

    answer = turns.handler(_messages(json.dumps({"turn_id": turn})), None)

    assert answer == {"batchItemFailures": []}
    assert owner.get(f"/api/chats/{chat}").json["turns"][0]["reason"] == "failed"


def test_after_a_message_that_fails_the_rest_of_its_batch_comes_again(owner):
    answer = turns.handler(_messages("{}", json.dumps({"turn_id": "01a2047b-6912-7f6a-be4e-aa48802b55c8"})), None)

    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["message-0", "message-1"]


def _messages(*bodies: str):
    return {"Records": [{"messageId": f"message-{place}", "body": body} for place, body in enumerate(bodies)]}
