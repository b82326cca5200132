"""Refusals as `application/problem+json` (RFC 9457). Strangers get a sentence and a trace id, never our insides."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, cast

import psycopg
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from dispatch.kit.errors import DispatchError
from dispatch.kit.ids import new_id
from dispatch.kit.log import logger

OURS = {"type", "title", "status", "detail", "code", "trace_id"}  # members that a refusal's facts may not replace
RENAMED = {413: "Content Too Large", 422: "Unprocessable Content"}  # by RFC 9110; Python says so from 3.13 on


def add_error_handlers(app: FastAPI) -> None:
    """Every way to fail has its answer."""
    app.add_exception_handler(DispatchError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_input)
    app.add_exception_handler(HTTPException, _refuse_http)
    app.add_exception_handler(psycopg.DataError, _refuse_data)
    app.add_exception_handler(psycopg.OperationalError, _ask_again)
    app.add_exception_handler(Exception, _admit_failure)


def problem(request: Request, status: int, detail: str, *, code: str, facts: dict[str, Any] | None = None) -> JSONResponse:
    """The answer that says no: `facts` ride along as further members; `retry_after_s` also becomes the header."""
    facts = {name: value for name, value in (facts or {}).items() if name not in OURS}
    body = {
        "type": "about:blank",
        "title": RENAMED.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "trace_id": trace_id(request),
    }
    headers = {"Cache-Control": "no-store"}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="dispatch"'
    if "retry_after_s" in facts:
        headers["Retry-After"] = str(facts["retry_after_s"])
    return JSONResponse(body | jsonable_encoder(facts), status, headers, media_type="application/problem+json")


def trace_id(request: Request) -> str:
    """What ties an answer to its log lines: the door's request id."""
    event = request.scope.get("aws.event") or {}
    found = event.get("requestContext", {}).get("requestId")
    if not found:
        found = request.scope.setdefault("dispatch.trace_id", new_id().hex)
    return str(found)


def _refuse(request: Request, error: Exception) -> JSONResponse:
    refusal = cast("DispatchError", error)
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("refused by us", code=refusal.code, sentence=refusal.sentence, trace_id=trace_id(request), exc_info=refusal)
    return problem(request, refusal.status, refusal.sentence, code=refusal.code, facts=refusal.facts)


def _refuse_input(request: Request, error: Exception) -> JSONResponse:
    faults = cast("RequestValidationError", error).errors()
    fields = [{"field": _field(fault["loc"]), "reason": fault["msg"]} for fault in faults[:20]]
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, _sentence(faults), code="bad_input", facts={"fields": fields})


def _refuse_http(request: Request, error: Exception) -> JSONResponse:
    refusal = cast("HTTPException", error)
    status = HTTPStatus(refusal.status_code)
    detail = {
        HTTPStatus.NOT_FOUND: "There is nothing here.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not possible here.",
        HTTPStatus.BAD_REQUEST: "The body cannot be read.",
    }.get(status, str(refusal.detail))
    code = "bad_input" if status is HTTPStatus.UNPROCESSABLE_ENTITY else status.name.lower()
    answer = problem(request, status, detail, code=code)
    answer.headers.update(refusal.headers or {})
    return answer


def _refuse_data(request: Request, error: Exception) -> JSONResponse:
    """Text with NUL in it, numbers beyond their column: what no check before the database noticed."""
    logger.warning("the database refused a value", error=type(error).__name__, trace_id=trace_id(request))
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "A value that was sent cannot be stored.", code="bad_input")


def _ask_again(request: Request, error: Exception) -> JSONResponse:
    """The database went away in the middle, or two works clashed: nothing was done."""
    logger.error("the database failed a request", path=request.url.path, trace_id=trace_id(request), exc_info=error)
    return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, "The database does not answer. Try again soon.", code="unavailable")


def _admit_failure(request: Request, error: Exception) -> JSONResponse:
    logger.error("a request failed", path=request.url.path, trace_id=trace_id(request), exc_info=error)
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side.", code="internal_error")


def _sentence(faults: Sequence[Any]) -> str:
    first = faults[0]
    if first["type"] == "json_invalid":
        return f"The body is not JSON: {first['ctx']['error']}."
    more = f" ({len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"`{_field(first['loc'])}`: {first['msg']}{more}."


def _field(place: Sequence[str | int]) -> str:
    """`("body", "labels", 0)` as `labels.0`; a whole body is `body`."""
    names = [str(part) for part in place]
    return ".".join(names[1:] or names)
