"""The conversation with the agent: one CLI process from the brief to its end, its lines turned into events, under the run's limits."""

import queue
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.engine import Engine
from agent.events import Translator, clipped, read_line
from agent.flags import command_line
from agent.meter import Meter
from agent.outbox import Outbox
from agent.settings import Settings
from agent.stop import Stop
from agent.watch import Watch

LAND_AT = 0.8  # of the cap
TICK_S = 0.1
USAGE_EVERY_S = 1.0
LANDING = (
    "{why} Land now: keep what works (commit it if you changed code), leave the rest, and hand in at once: "
    "what is done, what is not, and what comes next."
)


@dataclass(frozen=True)
class Ending:
    """How a conversation ended.

    `because` is the runner's reason where it ended the agent itself. `exit_code` is None where the CLI lingered after its result.
    """

    result: dict[str, Any] | None
    handed_in: object
    because: str | None
    exit_code: int | None
    stderr: str
    last_words: str
    cli_version: str | None
    cost_usd: float
    usage: dict[str, int]


class Session:
    """One conversation. `converse` runs it; `say`, `land` and `pulse` may be called from another thread, before, during and after."""

    def __init__(self, settings: Settings, brief: dict[str, Any], outbox: Outbox, stop: Stop) -> None:
        self.settings, self.brief, self.outbox, self.stop = settings, brief, outbox, stop
        self.translator = Translator(str(settings.worktree))
        self.meter = Meter(brief["model"])
        self.engine: Engine | None = None
        self.lock = threading.Lock()
        self.waiting: list[str] = []
        self.landed = self.over = self.output_ended = False
        self.result: dict[str, Any] | None = None
        self.at_rest = False  # the last turn has ended and no new one has begun
        self.handed_in: object = None
        self.background: set[str] = set()
        self.last_words, self.cli_version, self.usage_told = "", None, 0.0

    def converse(self, time_limit_s: float) -> Ending:
        """Runs the agent to its end and leaves no process of it behind."""
        now = time.monotonic()
        self.watch = Watch(self.settings.stall_s, time_limit_s, began=now, last_seen=now)
        self._open()
        assert self.engine is not None  # noqa: S101
        because = None
        try:
            while not (because := self._reason_to_end()) and not self._is_over():
                self._take_next_line()
        finally:
            exit_code = self._close()
        self._tell_usage()
        cost = self.meter.reported_usd if self.result and not because else self.meter.metered_usd
        lingered = self.result is not None and exit_code is None
        return Ending(
            result=self.result,
            handed_in=self.handed_in,
            because=because,
            exit_code=None if lingered else self.engine.process.returncode,
            stderr=self.engine.stderr(),
            last_words=self.last_words,
            cli_version=self.cli_version,
            cost_usd=cost,
            usage=self.meter.usage(),
        )

    def say(self, text: str) -> None:
        """A person's message reaches the agent, and everyone who watches sees it; where the agent no longer listens, that is said."""
        self.outbox.add("notice", {"level": "info", **clipped(f"A person says: {text}")})
        if not self._pass_on(f"A person who follows this run says:\n\n{text}"):
            self.outbox.add("notice", {"level": "warning", "text": "The agent had already handed in: it did not get this message."})

    def land(self, why: str) -> None:
        """The agent is told, once, to come to an end and hand in."""
        if not self.landed and not self.over:
            self.landed = True
            self.outbox.add("notice", {"level": "warning", "text": f"Landing: {why}"})
            self._pass_on(LANDING.format(why=why))

    def pulse(self) -> tuple[float, str | None]:
        """Dollars so far, and the name of the tool that runs."""
        return self.meter.metered_usd, self.translator.tool_in_flight()

    def _open(self) -> None:
        self.settings.home.mkdir(parents=True, exist_ok=True)
        system = Path(self.settings.spool_dir / "system.txt")
        system.write_text(self.brief.get("system") or "")
        command = command_line(self.settings.claude, self.brief, system)
        with self.lock:
            self.engine = Engine(command, cwd=self.settings.worktree, environment=self.settings.agent_environment())
            for text in [self.brief["prompt"], *self.waiting]:
                self.engine.say(text)

    def _pass_on(self, text: str) -> bool:
        with self.lock:
            if self.over:
                return False
            if self.engine is None:
                self.waiting.append(text)
                return True
            return self.engine.say(text)

    def _reason_to_end(self) -> str | None:
        if self.stop.is_set():
            return "The runner was told to stop before the agent had finished."
        if self.output_ended or self.at_rest:
            return None
        if self.meter.metered_usd >= self.brief["cap_usd"]:
            return f"The run reached its cap of ${self.brief['cap_usd']:.2f}."
        return self.watch.reason_to_end(time.monotonic(), "a subagent" if self.background else self.translator.tool_in_flight())

    def _is_over(self) -> bool:
        lingers = self.at_rest and not self.background and time.monotonic() - self.watch.last_seen > self.settings.grace_s
        return self.output_ended or lingers

    def _take_next_line(self) -> None:
        assert self.engine is not None  # noqa: S101
        try:
            raw = self.engine.lines.get(timeout=TICK_S)
        except queue.Empty:
            # Something the CLI started may hold its output open after it has left.
            left = self.engine.process.poll() is not None and time.monotonic() - self.watch.last_seen > self.settings.grace_s
            self.output_ended = self.output_ended or left
            return
        if raw is None:
            self.output_ended = True
        elif (line := read_line(raw)) is not None:
            self._take(line)
        elif raw.strip():
            self.outbox.add("notice", {"level": "info", **clipped(raw.decode(errors="replace"))})

    def _take(self, line: dict[str, Any]) -> None:
        now = time.monotonic()
        self.watch.observe(line, now)
        for event in self.translator.translate(line, now):
            self.outbox.add(event.kind, event.data)
            if event.kind == "message" and "parent" not in event.data:
                self.last_words = event.data["text"]
            self.cli_version = event.data.get("cli_version", self.cli_version) if event.kind == "started" else self.cli_version
        if self.meter.observe(line) and now - self.usage_told > USAGE_EVERY_S:
            self._tell_usage()
        if self.meter.metered_usd >= LAND_AT * self.brief["cap_usd"]:
            self.land(f"{LAND_AT:.0%} of the run's cap of ${self.brief['cap_usd']:.2f} is spent.")
        self._follow_turns(line)

    def _follow_turns(self, line: dict[str, Any]) -> None:
        if line.get("type") == "result":
            self.result, self.at_rest = line, True
            self.handed_in = line.get("structured_output", self.handed_in)
            with self.lock:
                self.over = True
            assert self.engine is not None  # noqa: S101
            self.engine.close_input()
        elif line.get("type") == "assistant" and not line.get("parent_tool_use_id"):
            self.at_rest = False
        elif line.get("subtype") == "background_tasks_changed":
            self.background = {str(task) for task in line.get("tasks") or []}

    def _tell_usage(self) -> None:
        self.usage_told = time.monotonic()
        self.outbox.add("usage", {**self.meter.usage(), "metered_usd": self.meter.metered_usd})

    def _close(self) -> int | None:
        assert self.engine is not None  # noqa: S101
        with self.lock:
            self.over = True
        self.engine.close_input()
        exit_code = self.engine.wait(self.settings.grace_s) if self.output_ended else None
        self.engine.end()
        return exit_code
