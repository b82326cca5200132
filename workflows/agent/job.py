"""One run, top to bottom: claim, checks before, the agent, its work, checks after, result."""

import json
import logging
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

from agent.checks import BadConfigurationError, Configuration, compared, read_configuration, run_command
from agent.engine import CannotStartError
from agent.handover import Verdict, collect_work, compose_result, hand_off, judge, subject_of, without_the_unfitting
from agent.heart import Heart
from agent.outbox import Outbox
from agent.processes import bury, end_everything
from agent.repository import GitError, PatchTooLargeError, Repository
from agent.server import RefusedError, Server, StaleClaimError
from agent.session import Ending, Session
from agent.settings import Settings
from agent.stop import Reason, Stop
from agent.web import UnreachableError, insist

CLAIM_PATIENCE_S = 600.0
FAREWELL_S = 2.0  # for each last word of a terminated job: it is killed soon
QUIET_S = 10.0  # for the word that nothing acts any more, where nobody is about to kill us
TERMINATED_EXIT = 143

logger = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """The run has ended, or was not ours to act for. Answers the exit code: 143 after SIGTERM, 1 where nothing could be handed in."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    settings.home.mkdir(parents=True, exist_ok=True)
    server = Server(settings)
    try:
        claim = insist(server.claim, patience_s=CLAIM_PATIENCE_S)
    except StaleClaimError as error:
        logger.info("the run is not ours to act for: %s", error)
        return 0
    except (RefusedError, UnreachableError) as error:
        logger.error("the run could not be claimed: %s", error)  # noqa: TRY400  (the reason is the server's, not a line of ours)
        return 1
    return Job(settings, server, claim).act()


class StoppedError(Exception):
    """The job was asked to stop; nothing it is doing matters any longer."""


class Job:
    """One claimed run and everything that lives as long as it."""

    def __init__(self, settings: Settings, server: Server, claim: dict[str, Any]) -> None:
        self.settings, self.server, self.claim, self.brief = settings, server, claim, claim["brief"]
        self.began = time.monotonic()
        self.configuration = Configuration()
        self.stop = Stop()
        self.terminated = threading.Event()
        self.told_quiet = False
        secrets = [*settings.secrets(), claim["run_token"]]
        self.outbox = Outbox(server, settings.spool_dir / "events.ndjson", secrets=secrets, on_stale=lambda: self.stop.ask(Reason.STALE))
        self.session = Session(settings, self.brief, self.outbox, self.stop)
        self.repository = Repository(settings.worktree, settings.command_environment())
        ways = {"pulse": self.session.pulse, "say": self.session.say, "land": self.session.land}
        self.heart = Heart(server, float(claim.get("heartbeat_s") or 15), self.stop, **ways)
        self.outbox.on_waits = self.heart.beat_soon

    def act(self) -> int:
        """The run has ended, and nothing it started is left. Answers the process's exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._terminate())
        self.outbox.start()
        self.heart.start()
        try:
            result = self._work()
            return self._hand_in(result) if result else self._leave()
        finally:
            self.heart.rest()
            self.outbox.close()
            end_everything(self.settings.mark)
            bury()

    def _terminate(self) -> None:
        self.terminated.set()
        self.stop.ask(Reason.TERMINATED)

    def _work(self) -> dict[str, Any] | None:
        try:
            base = self.repository.head()
            before = self._prepare() if self.brief["writes_code"] else []
            known = self.repository.leftovers()
            self._go_on()
            ending = self.session.converse(self.brief["time_limit_s"] - (time.monotonic() - self.began))
            return None if self._is_unwanted() else self._gather(ending, base, known, before)
        except StoppedError:
            return None if self._is_unwanted() else self._cut_short("The runner was told to stop before the agent had begun.")
        except CannotStartError as error:
            return self._cut_short(str(error))
        except Exception as error:  # the job's door: whatever breaks, the run ends with its reason
            logger.exception("the runner broke")
            return self._cut_short(f"The runner broke: {type(error).__name__}: {error}")

    def _prepare(self) -> list[dict[str, Any]]:
        """The repository is set up, and its checks have run as it stands."""
        try:
            self.configuration = read_configuration(self.settings.worktree)
        except BadConfigurationError as error:
            self._notice("warning", str(error))
        for number, command in enumerate(self.configuration.setup, 1):
            self._run(f"setup {number}", command, "before the work")
        return self._check("before the work")

    def _gather(self, ending: Ending, base: str, known: dict[str, str], before: list[dict[str, Any]]) -> dict[str, Any]:
        """The result, with the work on the repository and the checks after it."""
        verdict = judge(ending, self.brief["result_schema"])
        if verdict.failure:
            self._notice("error", verdict.failure)
        result = compose_result(ending, verdict, model=self.brief["model"]) | {"base_commit": base}
        if self.brief["writes_code"]:
            result |= self._work_done(verdict, base, known)
            result["checks"] = compared(self._checks_after(), before)
        elif changed := self._changes(base, known):
            self._notice("warning", f"This run proposes no changes, yet the worktree differs: {changed}. Nothing of it is handed in.")
        if result["outcome"] == "failed" or ending.landing:
            patch = result["patch"] if isinstance(result["patch"], dict) else None
            result["report"] = result["report"] or hand_off(ending, verdict, patch)
        return result

    def _is_unwanted(self) -> bool:
        """Whether nobody wants a result any more. A job that is terminated asks: the machine's word may have overtaken the server's."""
        if self.stop.reason == Reason.TERMINATED and self.heart.say_quiet(FAREWELL_S):
            self.stop.turn_out(Reason.CANCELLED)
            self.told_quiet = True
        return self.stop.reason in {Reason.STALE, Reason.CANCELLED}

    def _work_done(self, verdict: Verdict, base: str, known: dict[str, str]) -> dict[str, Any]:
        try:
            patch = collect_work(self.repository, base, known, subject_of(self.claim["issue"], verdict), why=verdict.failure or "")
        except (GitError, PatchTooLargeError) as error:
            self._notice("error", str(error))
            return {"outcome": "failed", "summary": f"The work could not be handed in: {error}"}
        return {"patch": patch, "head_commit": self.repository.head() if patch else None}

    def _changes(self, base: str, known: dict[str, str]) -> str:
        moved = ["HEAD"] if self.repository.head() != base else []
        return ", ".join(moved + sorted(self.repository.leftovers_since(known)))[:500]

    def _checks_after(self) -> list[dict[str, Any]]:
        """The same checks as before the work: what the agent may have made of the configuration does not count."""
        try:
            return self._check("after the work")
        except StoppedError:
            if self.stop.reason == Reason.TERMINATED:  # no time for checks, but what was done is still handed in
                return []
            raise

    def _check(self, when: str) -> list[dict[str, Any]]:
        return [self._run(name, command, when) for name, command in self.configuration.checks.items()]

    def _run(self, name: str, command: str, when: str) -> dict[str, Any]:
        self._go_on()
        environment = self.settings.command_environment()
        check = run_command(name, command, cwd=self.settings.worktree, environment=environment, stop=self.stop)
        check["output"] = self.outbox.masked(check["output"])
        passed = "passed" if check["exit_code"] == 0 else f"failed with exit code {check['exit_code']}"
        self._notice("info", f"{name} {passed} {when} in {check['seconds']:.1f} s: {command}\n{check['output']}".strip())
        return check

    def _go_on(self) -> None:
        if self.stop.is_set():
            raise StoppedError

    def _hand_in(self, result: dict[str, Any]) -> int:
        """The server has every event and the result, however long it was away; then it answers what became of it."""
        if self.stop.reason in {Reason.STALE, Reason.CANCELLED}:
            return self._leave()
        for key in ("summary", "report"):
            result[key] = self.outbox.masked(result[key]) if isinstance(result[key], str) else result[key]
        duration_ms = round((time.monotonic() - self.began) * 1000)
        self.outbox.add(
            "finished", {key: result[key] for key in ("outcome", "summary", "cost_usd", "num_turns")} | {"duration_ms": duration_ms}
        )
        self._drain()
        try:
            answer = self._insist_on(result, FAREWELL_S if self.stop.is_set() else self.settings.patience_s)
        except StaleClaimError:
            return self._leave()
        except (RefusedError, UnreachableError) as error:
            if self.stop.reason in {Reason.STALE, Reason.CANCELLED}:  # the answer was lost, and the heart has heard the rest
                return self._leave()
            logger.error("the result could not be handed in: %s", error)  # noqa: TRY400
            return TERMINATED_EXIT if self.stop.is_set() else 1
        print(json.dumps(answer))
        _tell_publish_job(answer)
        return TERMINATED_EXIT if self.terminated.is_set() else 0

    def _drain(self) -> None:
        deadline = time.monotonic() + self.settings.patience_s
        while not self.outbox.drain(0.5) and not self.stop.is_set() and time.monotonic() < deadline:
            continue
        if self.stop.reason == Reason.TERMINATED:
            self.outbox.drain(FAREWELL_S)

    def _insist_on(self, result: dict[str, Any], patience_s: float) -> dict[str, Any]:
        if self.stop.reason in {Reason.STALE, Reason.CANCELLED}:
            raise StaleClaimError
        given_up = None if self.stop.is_set() else self.stop
        try:
            return insist(lambda: self.server.hand_in(result), patience_s=patience_s, given_up=given_up)
        except RefusedError as error:
            lesser = without_the_unfitting(result, str(error))
            return insist(lambda: self.server.hand_in(lesser), patience_s=patience_s, given_up=given_up)

    def _leave(self) -> int:
        """The server wants no result. Nothing acts for the run any more, and as the very last word it is told so."""
        logger.info("stopped: %s", self.stop.reason or Reason.STALE)
        if not self.told_quiet:
            self.outbox.close()
            end_everything(self.settings.mark)
            self.heart.say_quiet(FAREWELL_S if self.terminated.is_set() else QUIET_S)
        return TERMINATED_EXIT if self.terminated.is_set() else 0

    def _cut_short(self, why: str) -> dict[str, Any]:
        """The result of a run that never came to an agent's end."""
        self._notice("error", why)
        usage, (cost, _) = self.session.meter.usage(), self.session.pulse()
        ending = Ending(None, None, why, None, None, "", self.session.last_words, self.session.cli_version, cost, usage)
        verdict = judge(ending, self.brief["result_schema"])
        result = compose_result(ending, verdict, model=self.brief["model"])
        return result | {"report": hand_off(ending, verdict, None)}

    def _notice(self, level: str, text: str) -> None:
        self.outbox.add("notice", {"level": level, "text": text})


def _tell_publish_job(answer: dict[str, Any]) -> None:
    """On GitHub, the job that publishes starts only where this one's output says that its patch was accepted."""
    if (output := os.environ.get("GITHUB_OUTPUT")) and answer.get("patch"):
        with Path(output).open("a") as file:
            file.write(f"patch={answer['patch']['verdict']}\n")
