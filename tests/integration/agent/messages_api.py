"""A loopback Messages API whose answers a test writes down: what the agent's model will say, turn after turn.

It streams as Anthropic's does. The turn is chosen by counting the assistant messages of the request, since the CLI adds messages of its own between them.
"""

import json
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Block = dict[str, Any]


def text(words: str) -> Block:
    """A piece of speech."""
    return {"type": "text", "text": words}


def call(name: str, **arguments: Any) -> Block:
    """A wish to use the tool `name`."""
    return {"type": "tool_use", "name": name, "input": arguments}


class MessagesApi:
    """A server on a free port that answers the n-th turn with `turns[n]`, and the last of them ever after.

    Where a request says "Land now", `landing` is the answer, if there is one. `requests` keeps what it was asked. `refuse_with` answers everything with that HTTP status; `tokens` is the usage of each turn.
    """

    def __init__(
        self,
        turns: list[list[Block]],
        *,
        tokens: tuple[int, int] = (1000, 50),
        refuse_with: int | None = None,
        landing: list[Block] | None = None,
    ) -> None:
        self.turns = turns
        self.tokens = tokens
        self.refuse_with = refuse_with
        self.landing = landing
        self.requests: list[dict[str, Any]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "MessagesApi":
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: dict[str, Any]) -> list[Block]:
        """The blocks of the turn that `request` asks for."""
        self.requests.append(request)
        if self.landing and "Land now" in json.dumps(request["messages"]):
            return self.landing
        spoken = sum(message["role"] == "assistant" for message in request["messages"])
        return self.turns[min(spoken, len(self.turns) - 1)]

    def tools_offered(self) -> set[str]:
        """Names of every tool that any request offered to the model."""
        return {tool["name"] for request in self.requests for tool in request.get("tools", [])}


def _handler_for(api: MessagesApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if api.refuse_with:
                self._send(
                    api.refuse_with,
                    "application/json",
                    json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}),
                )
            else:
                stream = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in _stream(api, request))
                self._send(200, "text/event-stream", stream)

        def do_HEAD(self) -> None:
            self._send(200, "text/plain", "")

        def _send(self, status: int, kind: str, body: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler


def _stream(api: MessagesApi, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    blocks = api.answer(request)
    asks_for_tool = any(block["type"] == "tool_use" for block in blocks)
    usage = {"input_tokens": api.tokens[0], "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1}
    message = {"id": f"msg_{uuid.uuid4().hex[:24]}", "type": "message", "role": "assistant", "model": request["model"], "content": []}
    yield {"type": "message_start", "message": message | {"stop_reason": None, "stop_sequence": None, "usage": usage}}
    for index, block in enumerate(blocks):
        yield from _block(index, block)
    stop = {"stop_reason": "tool_use" if asks_for_tool else "end_turn", "stop_sequence": None}
    yield {"type": "message_delta", "delta": stop, "usage": {"output_tokens": api.tokens[1]}}
    yield {"type": "message_stop"}


def _block(index: int, block: Block) -> Iterator[dict[str, Any]]:
    if block["type"] == "text":
        start, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": block["text"]}
    else:
        start = {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:24]}", "name": block["name"], "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    yield {"type": "content_block_start", "index": index, "content_block": start}
    yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}
