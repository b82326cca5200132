"""What a job and GitHub's machine tell each other beside the protocol: annotations, outputs, and files that are not believed."""

import os
import shutil
from pathlib import Path

SAID_BY_FILES = ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT")  # what a step writes there holds for the steps and jobs after it


def annotate(level: str, text: str) -> None:
    """People see `text` on the page of the job at GitHub. `level` is notice, warning or error."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        said = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        print(f"::{level} title=Dispatch::{said}", flush=True)


def tell_next_job(name: str, value: str) -> None:
    """The step's output `name` is `value`."""
    if output := os.environ.get("GITHUB_OUTPUT"):
        with Path(output).open("a") as file:
            file.write(f"{name}={value}\n")


def forget_what_was_said() -> None:
    """What the agent, which runs as the same user, may have written for the steps after this one is gone."""
    for place in [Path(os.environ[name]) for name in SAID_BY_FILES if os.environ.get(name)]:
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
        place.touch()
