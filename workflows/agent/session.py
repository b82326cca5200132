"""The conversation with the agent: one CLI process from the brief to its end, its lines turned into events, under the run's limits."""

import os
import queue
import threading
import time
from dataclasses import dataclass
from typing import Any

from agent.course import Course
from agent.engine import TERM_GRACE_S, Cli
from agent.engines import DEFAULT, Line, Start, engine_named
from agent.events import Translator, clipped, read_line
from agent.logs import Ask, LogDoor
from agent.meter import Meter
from agent.outbox import Outbox
from agent.purse import Purse
from agent.settings import Settings
from agent.stop import Stop
from agent.toll import Toll
from agent.watch import Watch

TICK_S = 0.1
USAGE_EVERY_S = 1.0
PAUSE_S = 2.0  # nothing runs, nothing is written: an agent whose cap is spent does not go on
LAST_TOOL_S = 60.0  # what a tool may still take when the cap is spent: a commit is quick
MOST_NOISE = 20  # lines of output that are no JSON, told one by one
LANDING = (
    "{why} Land now: leave the rest, keep what works (commit it if you changed code), and hand in at once: what is done, what is not, "
    "and what comes next. Do all of it in your next message, the commit and the hand-in together."
)


@dataclass(frozen=True)
class Ending:
    """How a conversation ended.

    `because` is the runner's reason where it ended the agent itself; `landing` why it was told to land. `exit_code` is None where the
    CLI lingered after its result.
    """

    result: dict[str, Any] | None
    handed_in: object
    because: str | None
    landing: str | None
    exit_code: int | None
    stderr: str
    last_words: str
    cli_version: str | None
    cost_usd: float
    usage: dict[str, int]


class Session:
    """One conversation. `converse` runs it; `say`, `land` and `pulse` may be called from another thread, before, during and after."""

    def __init__(self, settings: Settings, brief: dict[str, Any], outbox: Outbox, stop: Stop, ask_logs: Ask) -> None:
        self.settings, self.brief, self.outbox, self.stop, self.ask_logs = settings, brief, outbox, stop, ask_logs
        self.engine = engine_named(brief.get("engine") or DEFAULT)
        self.translator = Translator(str(settings.worktree))
        self.meter = Meter(brief["model"])
        self.purse = Purse(float(brief["cap_usd"]), self.meter)
        self.course = Course()
        self.cli: Cli | None = None
        self.toll: Toll | None = None
        self.logs: LogDoor | None = None
        self.lock = threading.Lock()
        self.waiting: list[str] = []
        self.landing: str | None = None
        self.landing_from = 0  # calls by then
        self.over = self.output_ended = False
        self.spent_at: tuple[int, float] | None = None  # calls by then, and when: the cap has been spent since
        self.noise = 0
        self.last_words, self.cli_version, self.usage_told = "", None, 0.0

    def converse(self, time_limit_s: float) -> Ending:
        """Runs the agent to its end and leaves no process of it behind."""
        now = time.monotonic()
        self.watch = Watch(self.settings.stall_s, time_limit_s, began=now, last_seen=now)
        self._open()
        assert self.cli is not None  # noqa: S101
        because = "The runner broke while the agent worked."
        try:
            while not (because := self._reason_to_end()) and not self._is_over():
                self._take_next_line()
        finally:
            exit_code = self._close(at_once=bool(because))
        self._tell_the_rest()
        return self._ending(because, exit_code)

    def say(self, text: str) -> None:
        """A person's message reaches the agent, and everyone who watches sees it; where the agent no longer listens, that is said."""
        self.outbox.add("notice", {"level": "info", **clipped(f"A person says: {text}")})
        if not self._pass_on(f"A person who follows this run says:\n\n{text}"):
            why = "The agent had already handed in" if self.engine.hears else f"{self.engine.name} cannot be spoken to while it works"
            self.outbox.add("notice", {"level": "warning", "text": f"{why}: it did not get this message."})

    def land(self, why: str) -> None:
        """The agent is told, once, to come to an end and hand in. One that does not hear is ended before its next call instead."""
        with self.lock:
            if self.landing or self.over:
                return
            self.landing, self.landing_from = why, self.course.calls
        self.outbox.add("notice", {"level": "warning", "text": f"Landing: {why}"})
        self._pass_on(LANDING.format(why=why))

    def pulse(self) -> tuple[float, str | None]:
        """Dollars so far, and the name of the tool that runs."""
        return self.meter.metered_usd, self.translator.tool_in_flight()

    def _open(self) -> None:
        self.settings.home.mkdir(parents=True, exist_ok=True)
        start = Start(self.settings.programs[self.engine.name], self.brief, self.settings.home, self._access())
        self.logs = LogDoor(self.ask_logs, start.logs)
        path = {"PATH": f"{start.logs.parent}{os.pathsep}{self.settings.path}"}
        environment = self.settings.command_environment() | path | self.engine.environment(start)
        with self.lock:
            self.cli = Cli(self.engine.command(start), cwd=self.settings.worktree, environment=environment)
            for text in [self.brief["prompt"], *self.waiting]:
                self.cli.say(self.engine.spoken(text))
            if not self.engine.hears:
                self.cli.close_input()

    def _access(self) -> dict[str, str]:
        """The way to the model that the agent is given: no other engine's key, and its own only where no toll puts it on."""
        access = {name: value for name, value in self.settings.model_access.items() if name in self.engine.access}
        if self.engine.api is None:
            return access
        ahead = Meter(self.brief["model"])  # the toll's own: this session's is as far as the lines that it has read
        purse = Purse(float(self.brief["cap_usd"]), ahead)

        def tell(line: Line) -> None:
            assert self.cli is not None  # noqa: S101
            ahead.observe(line)
            self.cli.lines.put(line)

        self.toll = Toll(self.engine.api, access, tell=tell, admits=lambda: not purse.is_spent(had_its_call=True))
        return self.toll.access

    def _pass_on(self, text: str) -> bool:
        with self.lock:
            if self.over:
                return False
            if self.cli is None:
                self.waiting.append(text)
                return True
            return self.engine.hears and self.cli.say(self.engine.spoken(text))

    def _reason_to_end(self) -> str | None:
        if self.stop.is_set():
            return "The runner was told to stop before the agent had finished."
        if self.output_ended or (self.course.at_rest and not self.course.background):
            return None
        if self._has_no_call_left(time.monotonic()):
            return self.purse.why_over() if self._is_spent() else self.landing
        in_flight = "a subagent" if self.course.background else self.translator.tool_in_flight()
        return self.watch.reason_to_end(time.monotonic(), in_flight, events=self.outbox.newest)

    def _has_no_call_left(self, now: float) -> bool:
        """Whether the cap is spent, or it has to land and cannot be told, and the agent is between two calls.

        A call that has begun is paid for, and its tools may run: they may be the commit, or the hand-in. The next one is not begun.
        """
        has_to_end = self.landing is not None and not self.engine.hears
        if not (has_to_end or self._is_spent()) or self.course.is_leaving:
            self.spent_at = None
            return False
        calls, since = self.spent_at = self.spent_at or (self.course.calls, now)
        if self.course.call_is_due or self.course.calls > calls:
            return True
        if self.translator.tool_in_flight():
            return now - since > LAST_TOOL_S
        return not self.course.is_calling and now - self.watch.last_seen > PAUSE_S

    def _is_spent(self) -> bool:
        had_its_call = self.landing is not None and self.course.calls > self.landing_from
        return self.purse.is_spent(had_its_call=had_its_call or not self.engine.hears)

    def _is_over(self) -> bool:
        """Whether nothing more is to come: the output has ended, or the CLI lingers, or it would take what it was told for a new turn."""
        if self.output_ended or not self.course.at_rest or self.course.background:
            return self.output_ended
        has_landed = self.landing is not None and self.course.handed_in is not None
        return has_landed or time.monotonic() - self.watch.last_seen > self.settings.grace_s

    def _take_next_line(self) -> None:
        assert self.cli is not None  # noqa: S101
        try:
            raw = self.cli.lines.get(timeout=TICK_S)
        except queue.Empty:
            # Something the CLI started may hold its output open after it has left.
            left = self.cli.process.poll() is not None and time.monotonic() - self.watch.last_seen > self.settings.grace_s
            self.output_ended = self.output_ended or left
            return
        if raw is None:
            self.output_ended = True
        elif isinstance(raw, dict):
            self._take(raw)
        elif (said := read_line(raw)) is not None:
            self.watch.last_seen = time.monotonic()
            for line in self.engine.put(said):
                self._take(line)
        elif raw.strip():
            self._take_noise(raw)

    def _take(self, line: Line) -> None:
        """Takes in a line of the runner's language."""
        now = time.monotonic()
        self.watch.observe(line, now)
        for event in self.translator.translate(line, now):
            self.outbox.add(event.kind, event.data)
            if event.kind == "message" and "parent" not in event.data:
                self.last_words = event.data["text"]
            self.cli_version = event.data.get("cli_version", self.cli_version) if event.kind == "started" else self.cli_version
        self.course.observe(line, tools_run=bool(self.translator.open_calls))
        if line.get("type") == "result":
            self._listen_no_more()
        if self.meter.observe(line):
            self._follow_the_money(now)

    def _follow_the_money(self, now: float) -> None:
        if now - self.usage_told > USAGE_EVERY_S:
            self._tell_usage()
        if self.engine.hears and self.purse.has_to_land() and not self.course.is_leaving:
            self.land(self.purse.why_land())

    def _take_noise(self, raw: bytes) -> None:
        self.noise += 1
        if self.noise <= MOST_NOISE:
            self.outbox.add("notice", {"level": "info", **clipped(raw.decode(errors="replace"))})

    def _listen_no_more(self) -> None:
        assert self.cli is not None  # noqa: S101
        with self.lock:
            self.over = True
        self.cli.close_input()

    def _tell_usage(self) -> None:
        self.usage_told = time.monotonic()
        self.outbox.add("usage", {**self.meter.usage(), "metered_usd": self.meter.metered_usd})

    def _tell_the_rest(self) -> None:
        if self.noise > MOST_NOISE:
            said = f"The agent CLI wrote {self.noise:,} lines that are none of its events; {MOST_NOISE} are shown."
            self.outbox.add("notice", {"level": "warning", "text": said})
        self._tell_usage()

    def _close(self, *, at_once: bool) -> int | None:
        assert self.cli is not None  # noqa: S101
        self._listen_no_more()
        exit_code = self.cli.wait(self.settings.grace_s) if self.output_ended and not at_once else None
        self.cli.end(0.0 if at_once or self.landing else TERM_GRACE_S)
        for door in (self.toll, self.logs):
            if door:
                door.close()
        return exit_code

    def _ending(self, because: str | None, exit_code: int | None) -> Ending:
        assert self.cli is not None  # noqa: S101
        result = self.course.result
        lingered = result is not None and exit_code is None
        return Ending(
            result=result,
            handed_in=self.course.handed_in,
            because=because,
            landing=self.landing,
            exit_code=None if lingered else self.cli.process.returncode,
            stderr=self.cli.stderr(),
            last_words=self.last_words,
            cli_version=self.cli_version,
            cost_usd=self.meter.reported_usd if result and not because and not self.toll else self.meter.metered_usd,
            usage=self.meter.usage(),
        )
