"""The door: Anthropic's Messages API by shape, the scripted model behind it."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from secrets import token_hex

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from infra.laptop.model.answers import answer
from infra.laptop.model.messages import as_server_sent, events, message
from infra.laptop.model.reading import read
from infra.laptop.model.refusals import Refusal, refuse_bad_request, refuse_strangers
from infra.laptop.model.script import Json
from infra.laptop.model.usage import input_tokens

PREFIX = "/model"  # where the laptop puts it; at the root it answers too
DEFAULT_PACE_MS = 120  # between two pieces: an investigation of the demo takes some 20 s, long enough to be watched
THOUGHT = 12  # pieces' worth of silence before the first word


def is_needed(environ: Mapping[str, str]) -> bool:
    """Whether there is no real model to ask: no key, and no Bedrock."""
    return not environ.get("ANTHROPIC_API_KEY", "").strip() and environ.get("MODEL_PROVIDER", "").strip().lower() != "bedrock"


def make_door(pace_ms: int | None = None, usd_per_call: float | None = None) -> Starlette:
    """The door as an ASGI application.

    `pace_ms` None: by SCRIPTED_MODEL_PACE_MS, read at each request. `usd_per_call` None: by SCRIPTED_MODEL_USD_PER_CALL, which tries out
    a run's cap; without it a call costs what its tokens do.
    """
    routes = [
        Route("/", _alive, methods=["HEAD", "GET"]),
        Route("/v1/messages", _messages, methods=["POST"]),
        Route("/v1/messages/count_tokens", _count_tokens, methods=["POST"]),
    ]
    refusals = {Refusal: _refused, 404: _not_found, 405: _not_found}
    application = Starlette(routes=[*routes, Mount(PREFIX, routes=routes)], exception_handlers=refusals)
    application.state.pace_ms, application.state.usd_per_call = pace_ms, usd_per_call
    return application


async def _alive(_: Request) -> Response:
    return Response(status_code=200)


async def _messages(request: Request) -> Response:
    body = await _body(request)
    step, usd = answer(read(body), body), _usd_per_call(request)
    headers = {"request-id": f"req_{token_hex(12)}"}
    if not body.get("stream"):
        return JSONResponse(message(body, step, usd), headers=headers)
    headers["cache-control"] = "no-cache"
    return StreamingResponse(_stream(events(body, step, usd), _pace_s(request)), media_type="text/event-stream", headers=headers)


async def _count_tokens(request: Request) -> Response:
    return JSONResponse({"input_tokens": input_tokens(await _body(request, counting=True))})


async def _body(request: Request, *, counting: bool = False) -> Json:
    """The request's JSON, once it is one that the API would take."""
    refuse_strangers(request.headers)
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise Refusal(400, "invalid_request_error", f"The request body is not valid JSON: {error}") from error
    if not isinstance(body, dict):
        raise Refusal(400, "invalid_request_error", "The request body is not a JSON object")
    refuse_bad_request(body, counting=counting)
    return body


async def _stream(told: Iterator[Json], pace_s: float) -> AsyncIterator[bytes]:
    for event in told:
        yield as_server_sent(event)
        if pace_s and event["type"] in {"ping", "content_block_delta"}:
            await asyncio.sleep(pace_s * (THOUGHT if event["type"] == "ping" else 1))


def _pace_s(request: Request) -> float:
    given = request.app.state.pace_ms
    return (int(os.environ.get("SCRIPTED_MODEL_PACE_MS") or DEFAULT_PACE_MS) if given is None else given) / 1000


def _usd_per_call(request: Request) -> float | None:
    given = request.app.state.usd_per_call
    told = os.environ.get("SCRIPTED_MODEL_USD_PER_CALL")
    return float(told) if given is None and told else given


async def _refused(_: Request, refusal: Exception) -> Response:
    if not isinstance(refusal, Refusal):
        raise refusal
    request_id = f"req_{token_hex(12)}"
    return JSONResponse(refusal.body() | {"request_id": request_id}, status_code=refusal.status, headers={"request-id": request_id})


async def _not_found(request: Request, _: Exception) -> Response:
    return await _refused(request, Refusal(404, "not_found_error", "Not found"))


door = make_door()
