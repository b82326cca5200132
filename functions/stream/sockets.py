"""The WebSocket door: connect with a ticket, watch topics, say something to the orchestrator or to a running agent.

A message is `{"watch": topic, "after": seq}`, `{"unwatch": topic}` or `{"say": {"chat": id, "text": …}}` (`"run"` for an agent). What is
wrong with one is answered on the socket as `{"error": {"code", "detail", "topic"?}}`; a socket is never closed for it.
"""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationError, model_validator

from dispatch import people, stream
from dispatch.kit.errors import BadInput, DispatchError, NotSignedIn
from dispatch.kit.log import about, logger, watched
from dispatch.kit.shapes import Shape
from dispatch.kit.work import Work, work
from dispatch.people import Caller, MissingRight, Right

PAGES = 40  # of 500 frames: who missed more than that reads on by asking again, told by the ping that ends every answer


class NotUnderstood(BadInput):
    """A message is one of watch, unwatch and say."""


class Say(Shape):
    """Words for the orchestrator in a chat, or for the agent of a run."""

    model_config = ConfigDict(extra="forbid")

    chat: UUID | None = None
    run: UUID | None = None
    text: Annotated[str, Field(min_length=1, max_length=20_000)]


class Message(Shape):
    """One message from a client: exactly one of the three."""

    model_config = ConfigDict(extra="ignore")

    watch: str | None = None
    after: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    unwatch: str | None = None
    say: Say | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Message":
        if sum(part is not None for part in (self.watch, self.unwatch, self.say)) != 1:
            raise ValueError("exactly one of watch, unwatch and say")
        return self


@watched
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes it
    """Answers one event of one socket."""
    socket = event["requestContext"]["connectionId"]
    match event["requestContext"]["routeKey"]:
        case "$connect":
            return {"statusCode": _connect(socket, (event.get("queryStringParameters") or {}).get("ticket", ""))}
        case "$disconnect":
            _disconnect(socket)
        case _:
            _receive(socket, event.get("body") or "")
    return {"statusCode": 200}


def _connect(socket: str, ticket: str) -> int:
    try:
        with work() as unit:
            caller = people.take_ticket(unit, ticket)
            stream.connect(unit, socket, caller=caller.model_dump(mode="json"))
    except DispatchError as refusal:
        return refusal.status
    return 200


def _disconnect(socket: str) -> None:
    with work() as unit:
        stream.disconnect(unit, socket)


def _receive(socket: str, body: str) -> None:
    topic: str | None = None
    try:
        message = _parse(body)
        topic = message.watch or message.unwatch
        _obey(socket, message)
    except DispatchError as refusal:
        _tell(socket, {"error": {"code": refusal.code, "detail": refusal.sentence} | ({"topic": topic} if topic else {})})
    except Exception:  # noqa: BLE001 - this is the door: a failure here must not close the socket
        logger.exception("a socket's message failed")
        _tell(socket, {"error": {"code": "internal_error", "detail": "Something went wrong on our side."}})


def _parse(body: str) -> Message:
    try:
        return Message.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise NotUnderstood(f"This message is not understood: {f'`{where}`: ' if where else ''}{first['msg']}.") from error


def _obey(socket: str, message: Message) -> None:
    if message.watch is not None:
        _watch(socket, message.watch, after=message.after)
    elif message.unwatch is not None:
        with work() as unit:
            stream.unwatch(unit, socket, message.unwatch)
    elif message.say is not None:
        _say(socket, message.say)


def _watch(socket: str, topic: str, *, after: int) -> None:
    """The watch is true before anything is read: a frame that commits meanwhile is in what is read, or pushed, or both; never neither."""
    with work() as unit:
        people.check_topic(_caller(unit, socket), topic)
        stream.watch(unit, socket, topic)
    newest = 0
    for _ in range(PAGES):
        with work() as unit:
            page = stream.read_feed(unit, topic, after=after)
        newest = page.newest
        if not page.frames:
            break
        if not stream.push_page(socket, page.frames):
            _disconnect(socket)
            return
        after = page.frames[-1].seq
        if after >= newest:
            break
    _tell(socket, {"ping": {topic: newest}})


def _say(socket: str, say: Say) -> None:
    about(run=str(say.run) if say.run else None)
    if bool(say.run) == bool(say.chat):
        raise NotUnderstood("Say it to one `chat` or to one `run`.")
    with work() as unit:
        caller = _caller(unit, socket)
        _check_right(caller, Right.SPAWN if say.run else Right.ISSUES)
        if say.run:
            from dispatch import runs  # what a socket that only watches need not load

            runs.say(unit, say.run, text=say.text, actor=caller.actor)
    if say.chat:
        from dispatch import orchestrator

        answer = orchestrator.ask_others(say.text, caller)
        with work() as unit:
            orchestrator.say(unit, say.chat, say.text, caller=caller, answer=answer)


def _check_right(caller: Caller, right: Right) -> None:
    if not caller.may(right):
        raise MissingRight(f"You may not do this: it needs the right `{right}`.")


def _caller(unit: Work, socket: str) -> Caller:
    connection = stream.find_connection(unit, socket)
    if connection is None:
        raise NotSignedIn("This socket is closed. Open another.")
    return Caller.model_validate(connection.caller)


def _tell(socket: str, message: dict[str, Any]) -> None:
    if not stream.push_message(socket, message):
        _disconnect(socket)
