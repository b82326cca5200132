"""One run, top to bottom: claim, checks before, the agent, its work, checks after, result."""

import json
import logging
import signal
import threading
import time
from typing import Any

from agent import actions
from agent.artifacts import Artifact, send
from agent.configuration import WHERE, read_configuration
from agent.engine import CannotStartError
from agent.handover import Verdict, collect_work, compose_result, hand_off, judge, subject_of, without_the_unfitting
from agent.heart import Heart
from agent.outbox import Outbox
from agent.processes import bury, end_everything
from agent.proving import prove
from agent.repository import GitError, PatchTooLargeError
from agent.server import RefusedError, Server, StaleClaimError
from agent.session import Ending, Session
from agent.settings import Settings
from agent.stop import Reason, Stop
from agent.web import UnreachableError, insist
from agent.workbench import NotReadyError, StoppedError, Workbench

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
        actions.annotate("notice", "Another job acts for this run, or it is over: nothing was done here.")
        return 0
    except (RefusedError, UnreachableError) as error:
        logger.error("the run could not be claimed: %s", error)  # noqa: TRY400  (the reason is the server's, not a line of ours)
        actions.annotate("error", f"The run could not be claimed: {error}")
        return 1
    return Job(settings, server, claim).act()


class Job:
    """One claimed run and everything that lives as long as it."""

    def __init__(self, settings: Settings, server: Server, claim: dict[str, Any]) -> None:
        self.settings, self.server, self.claim = settings, server, claim
        self.began = time.monotonic()
        configuration = read_configuration(settings.configuration or settings.worktree / WHERE)
        self.brief = configuration.applied(claim["brief"], claim["workflow"])
        self.stop = Stop()
        self.terminated = threading.Event()
        self.told_quiet = False
        self.artifacts: list[Artifact] = []
        secrets = [*settings.secrets(), claim["run_token"]]
        self.outbox = Outbox(server, settings.spool_dir / "events.ndjson", secrets=secrets, on_stale=lambda: self.stop.ask(Reason.STALE))
        self.session = Session(settings, self.brief, self.outbox, self.stop, server.ask_logs)
        self.bench = Workbench(settings, configuration, self.outbox, self.stop)
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
            actions.forget_what_was_said()
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
            base = self.bench.stand(self.brief.get("checkout"))
            if self.brief["writes_code"]:
                self.bench.prepare()
            elif any(tool.startswith("Bash") and not tool.startswith("Bash(git ") for tool in self.brief["tools"]):
                self.bench.set_up(self.settings.worktree, "before the work")  # tests need what they are run with
            known = self.bench.repository.leftovers()
            self.bench.go_on()
            ending = self.session.converse(self.brief["time_limit_s"] - (time.monotonic() - self.began))
            return None if self._is_unwanted() else self._gather(ending, base, known)
        except StoppedError:
            return None if self._is_unwanted() else self._cut_short("The runner was told to stop before the agent had begun.")
        except (CannotStartError, NotReadyError) as error:
            return self._cut_short(str(error))
        except Exception as error:  # the job's door: whatever breaks, the run ends with its reason
            logger.exception("the runner broke")
            return self._cut_short(f"The runner broke: {type(error).__name__}: {error}")

    def _gather(self, ending: Ending, base: str, known: dict[str, str]) -> dict[str, Any]:
        """The result, with the work on the repository and the checks after it."""
        verdict = judge(ending, self.brief["result_schema"])
        if verdict.failure:
            self.outbox.notice("error", verdict.failure)
        result = compose_result(ending, verdict, engine=self.session.engine.name, model=self.brief["model"]) | {"base_commit": base}
        if self.brief["writes_code"]:
            result |= self._work_done(verdict, base, known)
            result["checks"] = self.bench.check_again()
            result["proof"] = self._proof(verdict, base) if result["patch"] else None
        elif changed := self.bench.changes(base, known):
            self.outbox.notice("warning", f"This run proposes no changes, yet the worktree differs: {changed}. Nothing of it is handed in.")
        self.artifacts = self.bench.artifacts()
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
            subject, apart = subject_of(self.claim["issue"], verdict), self.bench.is_artifact
            patch = collect_work(self.bench.repository, base, known, subject, why=verdict.failure or "", apart=apart)
        except (GitError, PatchTooLargeError) as error:
            self.outbox.notice("error", str(error))
            return {"outcome": "failed", "summary": f"The work could not be handed in: {error}"}
        return {"patch": patch, "head_commit": self.bench.repository.head() if patch else None}

    def _proof(self, verdict: Verdict, base: str) -> dict[str, Any] | None:
        """What the test is worth that the agent named for its fix; None where it named none, or the machine leaves no time."""
        handed_in = verdict.handed_in.get("proof")
        if verdict.failure or not self.brief.get("wants_proof") or not isinstance(handed_in, dict):
            return None
        try:
            proof = prove(self.bench, base, self.bench.repository.head(), str(handed_in.get("test") or ""))
        except StoppedError:
            if self.stop.reason == Reason.TERMINATED:
                return None
            raise
        said = " ".join([f"The proof of the fix is {proof['verdict'].replace('_', ' ')}.", *proof["reasons"]])
        self.outbox.notice("info" if proof["verdict"] == "proven" else "warning", said)
        return proof

    def _hand_in(self, result: dict[str, Any]) -> int:
        """The server has every event and the result, however long it was away; then it answers what became of it."""
        if self.stop.reason in {Reason.STALE, Reason.CANCELLED}:
            return self._leave()
        for key in ("summary", "report"):
            result[key] = self.outbox.masked(result[key]) if isinstance(result[key], str) else result[key]
        try:
            send(self.artifacts, self.server, self.outbox, self.stop)
        except StaleClaimError:
            return self._leave()
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
        if answer.get("patch"):  # the job that publishes starts only where it was accepted
            actions.tell_next_job("patch", answer["patch"]["verdict"])
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
        actions.annotate("notice", "The run was cancelled, or its claim is over: the agent was stopped and nothing of it is taken.")
        if not self.told_quiet:
            self.outbox.close()
            end_everything(self.settings.mark)
            self.heart.say_quiet(FAREWELL_S if self.terminated.is_set() else QUIET_S)
        return TERMINATED_EXIT if self.terminated.is_set() else 0

    def _cut_short(self, why: str) -> dict[str, Any]:
        """The result of a run that never came to an agent's end."""
        self.outbox.notice("error", why)
        usage, (cost, _) = self.session.meter.usage(), self.session.pulse()
        ending = Ending(None, None, why, None, None, "", self.session.last_words, self.session.cli_version, cost, usage)
        verdict = judge(ending, self.brief["result_schema"])
        result = compose_result(ending, verdict, engine=self.session.engine.name, model=self.brief["model"])
        return result | {"report": hand_off(ending, verdict, None)}
