"""One turn being worked on: ask the model, use its tools, until it has nothing more to ask.

What is true is in the database at every moment: text as it is shown, an answer before its tools are used, a tool's effect together
with its result. So whoever goes on after a crash repeats nothing but an unfinished answer. No transaction is open while the model speaks.
"""

import json
import time
from collections.abc import Callable, Generator, Iterator
from decimal import Decimal

import psycopg

from dispatch import stream
from dispatch.clients import anthropic
from dispatch.clients.anthropic import Answer, AnswerBegun, Question, TextMade
from dispatch.clients.model_prices import Tokens, cost_usd
from dispatch.kit.errors import DispatchError
from dispatch.kit.events import Event
from dispatch.kit.log import logger
from dispatch.kit.settings import settings
from dispatch.kit.wire import to_json
from dispatch.kit.work import Work, close_connection
from dispatch.orchestrator import endings, history, store, tool_store, tools
from dispatch.orchestrator.claims import Claim, StopAsked, TurnLost, step
from dispatch.orchestrator.listening import listen
from dispatch.orchestrator.prompt import system_prompt
from dispatch.orchestrator.shapes import Reason, Round, StoredTurn, ToolCall, Usage

FRAME_EVERY_S = 0.05  # more often than this nobody can read
LOOK_EVERY_S = 1.0  # how long a silent model keeps us from noticing a stop
RESULT_BYTES = 16_384  # of one tool's result; the rest is cut in the open
WENT_WRONG = "That failed on our side; the log has the reason."

Ending = tuple[Reason, str | None]


class Exchange:
    """A claimed turn: what is known of it, and the text of the answer in the making that is not yet written down."""

    def __init__(self, claim: Claim, turn: StoredTurn, earlier: list[history.Message], calls: list[ToolCall]) -> None:
        self.claim = claim
        self.turn = turn
        self.earlier = earlier
        self.rounds = list(turn.rounds)
        self.calls = {call.tool_use_id: call for call in calls}
        self.usage = turn.usage
        self.shown = ""  # of the answer in the making: all its text, and what of it waits for the next frame
        self.held = ""
        self.begun: AnswerBegun | None = None

    def go_on(self) -> Ending:
        """The turn has gone as far as it goes: why it ended, and a sentence where that needs one."""
        while True:
            for call in [call for call in self.calls.values() if call.result is None]:
                self._use_tool(call)
            if self.rounds and (ending := self._limit_reached()):
                return ending
            answer = self._ask_model()
            self._write_down(answer)
            if ending := _ending(answer):
                return ending

    def break_off(self, work: Work) -> None:
        """What was shown of an unfinished answer is kept, and its cost, as far as it is known."""
        if self.begun is None:
            return
        tokens = anthropic.broken_off(self.begun, self.shown)
        self._publish_held(work)
        if self.shown:
            self.rounds.append(Round(content=[{"type": "text", "text": self.shown}]))
        self._save_rounds(work, self.begun.model, tokens)

    def _limit_reached(self) -> Ending | None:
        most = settings().orchestrator_max_tool_rounds
        if sum(round_.by == "model" for round_ in self.rounds) < most:
            return None
        rounds = "1 round" if most == 1 else f"{most} rounds"
        sentence = f"Stopped after {rounds} of tool calls, the most one turn may use (ORCHESTRATOR_MAX_TOOL_ROUNDS)."
        self._say(f"{sentence} Say “go on” to continue.")
        return Reason.ROUNDS, sentence

    def _ask_model(self) -> Answer:
        """The model's answer, its text shown as it is made."""
        self.shown, self.held, self.begun = "", "", None
        last_look = time.monotonic()
        for event in listen(lambda: anthropic.stream_answer(self._question()), every_s=FRAME_EVERY_S):
            match event:
                case Answer():
                    return event
                case AnswerBegun():
                    self.begun = event
                case TextMade(text):
                    self.shown += text
                    self.held += text
                case None:
                    pass
            since = time.monotonic() - last_look
            if since >= LOOK_EVERY_S or (self.held and since >= FRAME_EVERY_S):
                self._show_held()
                last_look = time.monotonic()
        raise anthropic.ModelSilent

    def _question(self) -> Question:
        assert self.turn.model is not None  # noqa: S101 - a claim gives it one
        return Question(
            model=self.turn.model,
            max_tokens=settings().orchestrator_max_tokens,
            system=system_prompt(),
            tools=tools.definitions(),
            messages=history.joined([*self.earlier, *history.own_messages(self.turn, self.rounds, self.calls.values())]),
        )

    def _show_held(self) -> None:
        with step(self.claim) as work:
            self._publish_held(work)
        self.held = ""

    def _publish_held(self, work: Work) -> None:
        if self.held:
            store.add_partial(work.conn, self.turn.id, self.held)
            data = {"turn": self.turn.id, "round": len(self.rounds) + 1, "text": self.held}
            stream.publish(work, self.claim.topic, Event.TURN_TEXT, data)

    def _write_down(self, answer: Answer) -> None:
        """The answer is a round of the turn, and its tool calls wait to be used. One that was cut off asks for no tool: it may be half."""
        wanted = [block for block in answer.content if block["type"] == "tool_use"]
        content = answer.content
        if answer.stop_reason != "tool_use":
            content, wanted = [block for block in content if block["type"] != "tool_use"], []
        with step(self.claim, heed_stop=False) as work:
            self._publish_held(work)
            self.rounds.append(Round(content=content))
            self._save_rounds(work, answer.model, answer.tokens)
            calls = list(self._ask_for_tools(work, wanted))
        self.calls |= {call.tool_use_id: call for call in calls}
        self.begun = None

    def _save_rounds(self, work: Work, model: str, tokens: Tokens) -> None:
        self.usage += Usage.of(tokens)
        store.save_rounds(work.conn, self.turn.id, self.rounds, usage=self.usage, cost_usd=cost_usd(model, tokens))

    def _ask_for_tools(self, work: Work, wanted: list[history.Block]) -> Iterator[ToolCall]:
        number = len(self.rounds)
        for place, block in enumerate(wanted):
            tool_store.insert_tool_call(work.conn, self.turn.id, block, round_number=number, place=place, at=work.now)
            frame = {"turn": self.turn.id, "round": number, "id": block["id"], "name": block["name"], "input": block["input"]}
            stream.publish(work, self.claim.topic, Event.TURN_TOOL_STARTED, frame)
            yield ToolCall(
                turn_id=self.turn.id, tool_use_id=block["id"], round=number, name=block["name"], input=block["input"],
                result=None, is_error=False, ms=None,
            )  # fmt: skip

    def _use_tool(self, call: ToolCall) -> None:
        """The tool's effect and its result are true together; a refusal leaves its sentence and no effect."""
        began = time.monotonic()
        try:
            question = tools.question(call.name, call.input, self._context(call))
            found = self._wait_for(question) if question else None
            with step(self.claim) as work:
                result = found if question else tools.use(work, call.name, call.input, self._context(call))
                answered = self._answer_call(work, call, result, is_error=False, began=began)
        except (StopAsked, TurnLost, psycopg.OperationalError):
            raise
        except Exception as error:  # noqa: BLE001 - a tool is a door: the model hears what went wrong
            with step(self.claim, heed_stop=False) as work:
                answered = self._answer_call(work, call, {"error": _sentence(error, call)}, is_error=True, began=began)
        self.calls[call.tool_use_id] = answered

    def _wait_for(self, question: Callable[[], object]) -> object:
        """What others answer, with no work open meanwhile; the turn is kept, and stops where a person wants it to."""
        for answer in listen(lambda: _asked(question), every_s=LOOK_EVERY_S):
            if answer is not None:
                return answer
            with step(self.claim):
                continue
        return None

    def _answer_call(self, work: Work, call: ToolCall, result: object, *, is_error: bool, began: float) -> ToolCall:
        answered = call.model_copy(
            update={"result": _bounded(result), "is_error": is_error, "ms": round((time.monotonic() - began) * 1000)}
        )
        if not tool_store.answer_tool_call(
            work.conn, call.turn_id, call.tool_use_id, result=answered.result, is_error=is_error, ms=answered.ms or 0
        ):
            raise TurnLost
        frame = endings.tool_finished(self.turn, call.tool_use_id, call.name, answered.result, is_error, answered.ms or 0)
        stream.publish(work, self.claim.topic, Event.TURN_TOOL_FINISHED, frame)
        return answered

    def _context(self, call: ToolCall) -> tools.Context:
        return tools.Context(turn_id=self.turn.id, chat_id=self.turn.chat_id, tool_use_id=call.tool_use_id, said_by=self.turn.said_by)

    def _say(self, text: str) -> None:
        """Our own words stand in the turn where the model's would."""
        with step(self.claim, heed_stop=False) as work:
            self.held = text
            self._publish_held(work)
            self.rounds.append(Round(content=[{"type": "text", "text": text}], by="us"))
            store.save_rounds(work.conn, self.turn.id, self.rounds, usage=self.usage, cost_usd=Decimal(0))
        self.held = ""


def _asked(question: Callable[[], object]) -> Generator[object]:
    """Its one answer. It may open works, in a thread that is nobody else's."""
    try:
        yield question()
    finally:
        close_connection()


def _ending(answer: Answer) -> Ending | None:
    match answer.stop_reason:
        case "tool_use" | "pause_turn":
            return None
        case "max_tokens":
            most = settings().orchestrator_max_tokens
            return Reason.END, f"The answer was cut at {most} tokens, the most it may have (ORCHESTRATOR_MAX_TOKENS)."
        case "refusal":
            return Reason.FAILED, f"The model declined to answer. {answer.detail or ''}".strip()
        case "model_context_window_exceeded":
            return Reason.FAILED, "This chat has become longer than the model can read. Start a new one."
        case _:
            return Reason.END, None


def _sentence(error: Exception, call: ToolCall) -> str:
    if isinstance(error, DispatchError):
        return error.sentence
    logger.exception("a tool failed", tool=call.name, turn=str(call.turn_id))
    return WENT_WRONG


def _bounded(result: object) -> object:
    plain = json.loads(to_json(result))
    text = history.result_text(plain)
    size = len(text.encode())
    if size <= RESULT_BYTES:
        return plain
    return {"cut": True, "full_bytes": size, "text": text.encode()[:RESULT_BYTES].decode(errors="ignore")}
