"""One job's machine, and the steps on it: commands in bash with the environment they name, and the actions that our files use."""

import base64
import glob
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.github.expressions import Contexts, fill

SIGNALS = ((signal.SIGINT, 7.5), (signal.SIGTERM, 2.5), (signal.SIGKILL, 5.0))  # how GitHub cancels a step


class StepFailed(Exception):
    """A step ended with an error."""


class Machine:
    """A fresh place with a workspace, a home and a folder for what is temporary."""

    def __init__(self, place: Path, cancelled: threading.Event) -> None:
        self.place, self.cancelled, self.log = place, cancelled, ""
        self.workspace, self.temp, self.home = place / "work", place / "temp", place / "home"
        self.artifacts = place / "artifacts"
        for folder in (self.workspace, self.temp, self.home):
            folder.mkdir(parents=True)

    def say(self, words: str) -> None:
        """The words stand in the job's log."""
        self.log += words.rstrip() + "\n"

    def do(self, step: dict[str, Any], contexts: Contexts, environment: dict[str, str]) -> dict[str, str]:
        """The step is done; answers its outputs. Raises StepFailed."""
        if "uses" in step:
            action = ACTIONS[step["uses"].partition("@")[0]]
            action(self, {name: fill(value, contexts) for name, value in step.get("with", {}).items()}, contexts, environment)
            return {}
        output = self.temp / f"output-{time.monotonic_ns()}"
        named = {name: fill(value, contexts) for name, value in step.get("env", {}).items()}
        files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md")}
        self._bash(step["run"], environment | files | named)
        lines = output.read_text().splitlines() if output.exists() else []
        return dict(line.split("=", 1) for line in lines)

    def run(self, *words: str, place: Path, environment: dict[str, str]) -> None:
        """The program has ended well. Raises StepFailed with what it said."""
        done = subprocess.run(words, cwd=place, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StepFailed(f"{words[0]} ended with {done.returncode}: {done.stderr}")

    def _bash(self, script: str, environment: dict[str, str]) -> None:
        file = self.temp / "step.sh"
        file.write_text(script)
        said = self.temp / "said"
        with said.open("w") as output:
            process = subprocess.Popen(
                ["bash", "-e", str(file)],
                cwd=self.workspace,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            code = self._wait(process)
        self.say(said.read_text(errors="replace"))
        if code:
            raise StepFailed(f"ended with {code}")

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        while (code := process.poll()) is None:
            if self.cancelled.wait(0.02):
                return _cancel(process)
        return code


def _cancel(process: subprocess.Popen[bytes]) -> int:
    for number, patience_s in SIGNALS:
        os.killpg(process.pid, number) if number == signal.SIGKILL else process.send_signal(number)
        try:
            return process.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue
    return process.wait()


def _checkout(machine: Machine, given: dict[str, str], contexts: Contexts, environment: dict[str, str]) -> None:
    """actions/checkout, for the inputs that we give it: the commit that the workflow runs on, shallow unless told otherwise."""
    unknown = given.keys() - {"path", "fetch-depth", "sparse-checkout", "persist-credentials"}
    assert not unknown, f"the harness does not know checkout's {unknown}"
    place = machine.workspace / given.get("path", ".")
    url = f"{environment['GITHUB_SERVER_URL']}/{environment['GITHUB_REPOSITORY']}"
    secret = base64.b64encode(f"x-access-token:{contexts['github']['token']}".encode()).decode()
    credentials = [f"http.{environment['GITHUB_SERVER_URL']}/.extraheader", f"AUTHORIZATION: basic {secret}"]
    branch = environment["GITHUB_REF"].removeprefix("refs/heads/")
    whole = given.get("fetch-depth") == "0"
    wanted = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"] if whole else ["--depth=1", environment["GITHUB_SHA"]]

    def git(*words: str) -> None:
        machine.run("git", *words, place=place, environment=environment)

    place.mkdir(parents=True, exist_ok=True)
    git("init", "-q", "-b", branch)
    git("remote", "add", "origin", url)
    git("-c", "=".join(credentials), "fetch", "-q", "--no-tags", "origin", *wanted)
    if "sparse-checkout" in given:
        git("sparse-checkout", "set", *given["sparse-checkout"].split())
    git("checkout", "-q", "-B", branch, environment["GITHUB_SHA"])
    if given.get("persist-credentials", "true") != "false":
        git("config", *credentials)


def _upload(machine: Machine, given: dict[str, str], _contexts: Contexts, _environment: dict[str, str]) -> None:
    """actions/upload-artifact: copies what fits the pattern."""
    for name in glob.glob(given["path"]):  # noqa: PTH207 (an absolute pattern)
        place = machine.artifacts / given["name"]
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, place)


ACTIONS: dict[str, Callable[[Machine, dict[str, str], Contexts, dict[str, str]], None]] = {
    "actions/checkout": _checkout,
    "actions/upload-artifact": _upload,
}
