"""A chat, a model whose answers a test writes down, and a screen that knows nothing but frames."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import psycopg
import pytest

from dispatch import orchestrator, stream
from dispatch.kit import work as works
from dispatch.kit.work import work
from dispatch.orchestrator import Chat, Turn
from dispatch.people import MACHINE_RIGHTS, Caller, CallerKind

Block = dict[str, Any]
ADA = Caller(kind=CallerKind.PERSON, name="Ada", rights=MACHINE_RIGHTS)
BORIS = Caller(kind=CallerKind.PERSON, name="Boris", rights=MACHINE_RIGHTS)


def text(words: str) -> Block:
    return {"type": "text", "text": words}


def thinking(words: str) -> Block:
    return {"type": "thinking", "thinking": words, "signature": "sig-" + words}


def call(name: str, id: str = "", **arguments: Any) -> Block:
    return {"type": "tool_use", "id": id or f"toolu_{name}", "name": name, "input": arguments}


@dataclass
class Reply:
    """One answer. It stops for `gate` after its first piece of text, or before anything where `gate_first`."""

    blocks: list[Block]
    stop_reason: str = ""
    status: int = 200
    error: str = ""
    gate: threading.Event | None = None
    gate_first: bool = False
    hang_up: bool = False
    reached: threading.Event = field(default_factory=threading.Event)


class Model:
    """A Messages API. The n-th answer of a conversation is `replies[n]`, so that who asks again is answered the same."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.name = "claude-opus-5-5"
        self.usage = {"input_tokens": 1000, "cache_read_input_tokens": 2000, "cache_creation_input_tokens": 500, "output_tokens": 100}
        self.on_request: Callable[[], None] = lambda: None

    def will_say(self, *replies: Reply | list[Block] | str) -> None:
        for reply in replies:
            blocks = [text(reply)] if isinstance(reply, str) else reply
            self.replies.append(blocks if isinstance(blocks, Reply) else Reply(blocks))

    def reply_to(self, request: dict[str, Any]) -> Reply:
        self.requests.append(request)
        spoken = sum(message["role"] == "assistant" for message in request["messages"])
        return self.replies[min(spoken, len(self.replies) - 1)]

    def said_to(self, place: int = -1) -> str:
        return json.dumps(self.requests[place]["messages"], ensure_ascii=False)


class _Handler(BaseHTTPRequestHandler):
    model: Model

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.model.headers.append({name.lower(): value for name, value in self.headers.items()})
        reply = self.model.reply_to(request)
        self.model.on_request()
        if reply.status != 200:
            body = json.dumps({"type": "error", "error": {"type": reply.error, "message": "The API's own words."}}).encode()
            self._head(reply.status, "application/json", x_should_retry="false", content_length=str(len(body)))
            self.wfile.write(body)
            return
        self._head(200, "text/event-stream")
        if reply.gate and reply.gate_first:
            reply.reached.set()
            reply.gate.wait(60)
        for event in _events(self.model, reply):
            self._event(event)
            if event["type"] == "content_block_delta" and self._is_over(reply):
                return

    def _is_over(self, reply: Reply) -> bool:
        if reply.gate and not reply.gate_first:
            reply.reached.set()
            reply.gate.wait(60)
        return reply.hang_up

    def _event(self, event: Block) -> None:
        self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()

    def _head(self, status: int, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


def _events(model: Model, reply: Reply) -> Iterator[Block]:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": model.name, "content": [], "stop_reason": None}
    yield {"type": "message_start", "message": message | {"stop_sequence": None, "usage": model.usage | {"output_tokens": 1}}}
    if reply.error:
        yield {"type": "error", "error": {"type": reply.error, "message": "The API's own words."}}
        return
    for index, block in enumerate(reply.blocks):
        start, deltas = _pieces(block)
        yield {"type": "content_block_start", "index": index, "content_block": start}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    wants = any(block["type"] == "tool_use" for block in reply.blocks)
    stop = reply.stop_reason or ("tool_use" if wants else "end_turn")
    yield {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": model.usage}
    yield {"type": "message_stop"}


def _pieces(block: Block) -> tuple[Block, list[Block]]:
    match block["type"]:
        case "text":
            words = block["text"].split(" ")
            texts = [word + " " for word in words[:-1]] + words[-1:]
            return text(""), [{"type": "text_delta", "text": piece} for piece in texts]
        case "thinking":
            start = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [
                {"type": "thinking_delta", "thinking": block["thinking"]},
                {"type": "signature_delta", "signature": block["signature"]},
            ]
            return start, deltas
        case _:
            return block | {"input": {}}, [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]


@pytest.fixture
def model(setting: Any) -> Iterator[Model]:
    """The model that the orchestrator asks."""
    scripted = Model()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"model": scripted}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    setting.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{server.server_port}")
    setting.setenv("ANTHROPIC_API_KEY", "sk-test")
    yield scripted
    for reply in scripted.replies:
        if reply.gate:
            reply.gate.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def chat(database: str, queues: Any, repository: str) -> Chat:
    """A chat with nothing in it."""
    with work() as unit:
        return orchestrator.create_chat(unit, actor=ADA.actor)


def say(chat: Chat, words: str, caller: Caller = ADA) -> Turn:
    answer = orchestrator.ask_others(words, caller)
    with work() as unit:
        return orchestrator.say(unit, chat.id, words, caller=caller, answer=answer)


def talk(chat: Chat, words: str) -> Turn:
    """Says it and does the turn; the turn as it is then."""
    turn = say(chat, words)
    orchestrator.run_turn(turn.id)
    return turns_of(chat)[turn.number - 1]


def turns_of(chat: Chat) -> list[Turn]:
    with work() as unit:
        return orchestrator.get_chat(unit, chat.id).turns


def frames_of(chat: Chat) -> list[stream.Frame]:
    with work() as unit:
        return stream.read_feed(unit, f"chat:{chat.id}").frames


def kinds_of(chat: Chat) -> list[str]:
    """The kinds of the chat's frames, repeated texts counted once."""
    kinds = [frame.kind for frame in frames_of(chat)]
    return [kind for place, kind in enumerate(kinds) if kind != "turn.text" or kinds[place - 1] != "turn.text"]


@contextmanager
def meanwhile(turn_id: UUID) -> Iterator[threading.Thread]:
    """A worker does the turn in another thread, which ends before this does."""

    def do() -> None:
        orchestrator.run_turn(turn_id)
        works.close_connection()

    worker = threading.Thread(target=do, daemon=True)
    worker.start()
    yield worker
    worker.join(60)
    assert not worker.is_alive()


def rows(database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database, autocommit=True) as conn:
        return conn.execute(query).fetchall()  # type: ignore[call-overload]


class Screen:
    """What somebody sees who only ever had the frames: items of each turn, and how it ended."""

    def __init__(self) -> None:
        self.turns: dict[str, dict[str, Any]] = {}

    def show(self, frame: stream.Frame) -> None:
        data = frame.data
        match frame.kind:
            case "turn.started":
                self.turns[data["turn"]] = {"said": data["said"], "rounds": {}, "reason": None}
            case "turn.text":
                self._round(data).append(text(data["text"]))
            case "turn.restarted":
                self.turns[data["turn"]]["rounds"].pop(data["round"], None)
            case "turn.tool_started":
                assert all(item.get("id") != data["id"] for item in self._round(data)), "a tool started twice"
                self._round(data).append({"type": "tool", "id": data["id"], "name": data["name"], "result": None})
            case "turn.tool_finished":
                item = self._tool(data)
                assert item["result"] is None, "a tool finished twice"
                item.update(result=data["result"], is_error=data["is_error"])
            case "turn.finished":
                self.turns[data["turn"]]["reason"] = data["reason"]
            case _:
                pass

    def _round(self, data: Block) -> list[Block]:
        return self.turns[data["turn"]]["rounds"].setdefault(data["round"], [])

    def _tool(self, data: Block) -> Block:
        items = [item for round_ in self.turns[data["turn"]]["rounds"].values() for item in round_]
        return next(item for item in items if item.get("id") == data["id"])

    def items(self, turn: str) -> list[Block]:
        """In order, neighbouring texts joined."""
        joined: list[Block] = []
        for _, round_ in sorted(self.turns[turn]["rounds"].items()):
            fresh = True
            for item in round_:
                if item["type"] == "text" and joined and joined[-1]["type"] == "text" and not fresh:
                    joined[-1] = text(joined[-1]["text"] + item["text"])
                else:
                    joined.append(item)
                fresh = False
        return joined


def seen(chat: Chat) -> Screen:
    screen = Screen()
    for frame in frames_of(chat):
        screen.show(frame)
    return screen
