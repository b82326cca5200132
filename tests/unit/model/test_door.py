"""The door has the shape of the Messages API: the SDK streams from it, counts by it, and raises its own errors."""

import json
import time
from decimal import Decimal

import anthropic
import httpx2
import pytest

from dispatch.clients.model_prices import Tokens, cost_usd
from infra.laptop.model import is_needed
from tests.model_door import served

LIST_TOOL = {"name": "list_issues", "description": "", "input_schema": {"type": "object", "properties": {}}}
TERMINAL = [LIST_TOOL, {**LIST_TOOL, "name": "dispatch_investigation"}]
ASK = {"model": "claude-opus-5-5", "max_tokens": 1000}


def said(words):
    return [{"role": "user", "content": words}]


def test_a_stream_has_the_apis_events_in_the_apis_order(door):
    body = ASK | {"messages": said("list issues"), "tools": TERMINAL, "stream": True}
    answer = httpx2.post(f"{door}/v1/messages?beta=true", json=body, headers={"x-api-key": "any"})

    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: ")]
    names = [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event: ")]
    assert names == [event["type"] for event in events]
    assert names[:3] == ["message_start", "ping", "content_block_start"]
    assert names[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert events[-2]["delta"]["stop_reason"] == "tool_use"


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-sonnet-5"])
def test_a_call_can_be_made_to_cost_what_a_trial_needs(model):
    with served(usd_per_call=0.3) as dear:
        client = anthropic.Anthropic(api_key="any", base_url=dear, max_retries=0)
        ask = ASK | {"model": model, "messages": said("hello"), "tools": TERMINAL}
        with client.messages.stream(**ask) as stream:
            streamed = stream.get_final_message()
        whole = client.messages.create(**ask)

    for usage in (streamed.usage, whole.usage):
        tokens = Tokens(usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens)
        assert cost_usd(model, tokens) == pytest.approx(Decimal("0.3"), abs=Decimal("0.0001"))
        assert usage.output_tokens > 1


def test_text_arrives_in_small_pieces_that_make_the_whole(client):
    with client.messages.stream(**ASK, messages=said("hello"), tools=TERMINAL) as stream:
        pieces = list(stream.text_stream)
        whole = stream.get_final_message()

    assert len(pieces) > 10
    assert "".join(pieces) == whole.content[0].text
    assert whole.stop_reason == "end_turn"


def test_a_tool_call_streams_its_input(client):
    with client.messages.stream(**ASK, messages=said("list issues in Backlog"), tools=TERMINAL) as stream:
        whole = stream.get_final_message()

    assert [block.name for block in whole.content if block.type == "tool_use"] == ["list_issues"]
    assert whole.stop_reason == "tool_use"
    assert whole.content[-1].input["status"] == "Backlog"


def test_without_stream_the_same_message_comes_whole(client):
    whole = client.messages.create(**ASK, messages=said("hello"), tools=TERMINAL)

    assert whole.role == "assistant"
    assert "scripted model" in whole.content[0].text
    assert whole.usage.output_tokens == pytest.approx(len(whole.content[0].text) / 4, rel=0.1)


def test_usage_follows_the_length_of_the_request(client):
    short = client.messages.create(**ASK, messages=said("hello")).usage.input_tokens
    long = client.messages.create(**ASK, messages=said("hello " + "word " * 400)).usage.input_tokens

    assert long - short == pytest.approx(500, rel=0.05)


def test_the_repeated_prefix_is_read_from_the_cache(client):
    cached = {"type": "text", "text": "rule " * 800, "cache_control": {"type": "ephemeral"}}
    first = client.messages.create(**ASK, system=[cached], messages=said("hello")).usage
    talk = [*said("hello"), {"role": "assistant", "content": "Hello."}, *said("hello again")]
    second = client.messages.create(**ASK, system=[cached], messages=talk).usage

    assert first.cache_creation_input_tokens > 900
    assert first.cache_read_input_tokens == 0
    assert second.cache_creation_input_tokens == 0
    assert second.cache_read_input_tokens == first.cache_creation_input_tokens


def test_nothing_is_cached_unasked(client):
    usage = client.messages.create(**ASK, system="rule " * 800, messages=said("hello")).usage

    assert usage.cache_creation_input_tokens == usage.cache_read_input_tokens == 0


def test_an_answer_longer_than_allowed_is_cut_and_says_so(client):
    whole = client.messages.create(model="claude-opus-5-5", max_tokens=5, messages=said("hello"), tools=TERMINAL)

    assert whole.stop_reason == "max_tokens"
    assert len(whole.content[0].text) <= 20


def test_tokens_are_counted(client):
    counted = client.messages.count_tokens(model="claude-opus-5-5", messages=said("word " * 400))

    assert counted.input_tokens == pytest.approx(500, rel=0.05)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"messages": []}, "at least one message is required"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": ""}]}, "non-empty content"),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}]}]},
            "unexpected `tool_use_id`",
        ),
    ],
)
def test_a_bad_request_is_refused_in_the_apis_words(client, change, sentence):
    with pytest.raises(anthropic.BadRequestError, match=sentence) as refused:
        client.messages.create(**(ASK | {"messages": said("hello")} | change))

    assert refused.value.body["error"]["type"] == "invalid_request_error"


def test_a_tool_use_left_without_its_result_is_refused(client):
    use = {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "list_issues", "input": {}}]}

    with pytest.raises(anthropic.BadRequestError, match="toolu_1"):
        client.messages.create(**ASK, messages=[*said("list issues"), use, *said("and?")], tools=TERMINAL)


def test_somebody_without_a_key_is_refused(door):
    answer = httpx2.post(f"{door}/v1/messages", json=ASK | {"messages": said("hello")})

    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"


def test_what_is_not_json_is_refused(door):
    answer = httpx2.post(f"{door}/v1/messages", content=b"{", headers={"x-api-key": "any"})

    assert answer.status_code == 400
    assert answer.json()["type"] == "error"


def test_other_paths_are_not_found(door):
    answer = httpx2.get(f"{door}/v1/files", headers={"x-api-key": "any"})

    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found_error")


@pytest.mark.parametrize("path", ["/", "/model/"])
def test_it_says_that_it_is_alive(door, path):
    assert httpx2.head(door + path).status_code == 200


def test_it_answers_under_the_laptops_prefix_too(door):
    client = anthropic.Anthropic(api_key="any", base_url=f"{door}/model", max_retries=0)

    assert client.messages.create(**ASK, messages=said("hello")).content


def test_the_pace_of_the_stream_can_be_set():
    with served(pace_ms=20) as address, httpx2.Client(base_url=address, headers={"x-api-key": "any"}) as http:
        began = time.monotonic()
        http.post("/v1/messages", json=ASK | {"messages": said("hello"), "tools": TERMINAL, "stream": True})

        assert time.monotonic() - began > 0.5


@pytest.mark.parametrize(
    ("environ", "needed"),
    [
        ({}, True),
        ({"ANTHROPIC_API_KEY": "  "}, True),
        ({"ANTHROPIC_API_KEY": "sk-ant-x"}, False),
        ({"MODEL_PROVIDER": "bedrock"}, False),
        ({"MODEL_PROVIDER": "anthropic"}, True),
    ],
)
def test_it_is_needed_only_where_no_real_model_can_be_asked(environ, needed):
    assert is_needed(environ) is needed


def test_a_side_question_for_a_title_gets_one(client):
    whole = client.messages.create(**ASK, system="Write a title of at most 7 words.", messages=said("the total is wrong"))

    assert whole.content[0].text == "the total is wrong"


def test_a_side_question_for_json_gets_json(client):
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"], "additionalProperties": False}
    output = {"format": {"type": "json_schema", "schema": schema}}
    whole = client.messages.create(**ASK, messages=said("the total is wrong"), output_config=output)

    assert json.loads(whole.content[0].text) == {"title": "the total is wrong"}


def test_a_stranger_is_told_that_it_is_scripted(client):
    whole = client.messages.create(**ASK, messages=said("write me a poem"))

    assert "ANTHROPIC_API_KEY" in whole.content[0].text
