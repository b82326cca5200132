"""Chats with the orchestrator: a team's, so that everybody who may read reads them all."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import ConfigDict

from dispatch import orchestrator
from dispatch.kit.shapes import Shape
from dispatch.kit.work import work as open_work
from dispatch.orchestrator import Chat, ChatPage, ChatView, Choice, CommandHelp, NewSaying, Turn
from functions.api.callers import Reader, Spawner, Writer, WriterAlone
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api", tags=["chats"])


class Said(Shape):
    """The turn that waits for the model."""

    turn: Turn


class Commanded(Shape):
    """A command's answer, which is in the chat already."""

    id: UUID
    text: str
    markdown: str


class Stopped(Shape):
    """The turns that were asked to stop; one that is being worked on ends within about a second."""

    turns: list[Turn]


class Press(Shape):
    """The button pressed."""

    model_config = ConfigDict(extra="forbid")

    option: str


class Pressed(Shape):
    """The choice as it is now, and the turn that tells the model."""

    choice: Choice
    turn: Turn


@router.get("/chats")
def list_chats(work: TheWork, _caller: Reader, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 50) -> ChatPage:
    """Chats in which something was said, the latest first."""
    return orchestrator.list_chats(work, limit=limit, cursor=cursor)


@router.post("/chats", status_code=201)
def create_chat(work: TheWork, caller: Writer) -> Chat:
    """A new chat; it is listed once something was said in it."""
    return orchestrator.create_chat(work, actor=caller.actor)


@router.get("/chats/{chat_id}")
def get_chat(work: TheWork, _caller: Reader, chat_id: UUID) -> ChatView:
    """The chat with its newest turns; watch its topic after `watch_after`."""
    return orchestrator.get_chat(work, chat_id)


@router.post("/chats/{chat_id}/turns", status_code=202, responses={200: {"model": Commanded}})
def say(caller: WriterAlone, chat_id: UUID, saying: NewSaying, response: Response) -> Said | Commanded:
    """Says something: 202 and a turn that waits for the model; for a text that begins with "/", 200 and the command's answer."""
    answer = orchestrator.ask_others(saying.text, caller)
    with open_work() as work:
        turn = orchestrator.say(work, chat_id, saying.text, caller=caller, answer=answer)
    for item in turn.items:
        if item.type == "command":
            response.status_code = 200
            return Commanded(id=turn.id, text=turn.said, markdown=item.markdown)
    return Said(turn=turn)


@router.post("/chats/{chat_id}/stop")
def stop_chat(work: TheWork, _caller: Writer, chat_id: UUID) -> Stopped:
    """Stops every turn of the chat that is not finished."""
    return Stopped(turns=orchestrator.stop_chat(work, chat_id))


@router.post("/choices/{choice_id}")
def take_choice(work: TheWork, caller: Spawner, choice_id: UUID, press: Press) -> Pressed:
    """Presses a button, which can spend money. Whoever comes second is told who was first (409)."""
    choice, turn = orchestrator.take_choice(work, choice_id, press.option, actor=caller.actor)
    return Pressed(choice=choice, turn=turn)


@router.get("/commands")
def list_commands(_caller: Reader) -> list[CommandHelp]:
    """The slash commands."""
    return orchestrator.list_commands()
