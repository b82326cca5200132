"""What the cloud's tests run with, made once and kept in `.bundles`: bundles for this machine, Lambda's own parts, its emulator."""

import fcntl
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra import bundling
from infra.wiring import FUNCTIONS
from tests.cloud.runtime_api import Place, lay_out

KEPT = bundling.ROOT / ".bundles"
EMULATOR = "aws-sam-cli==1.170.0"  # its wheel carries AWS's runtime interface emulator
PYTHON = bundling.find_python() or sys.executable
HANDLERS = {function.name: function.handler for function in FUNCTIONS} | {"migrator": "functions.migrator.handler:handler"}


def bundles() -> Path:
    """The bundles as they are deployed, but for this machine's processor."""
    with _alone():
        return bundling.build(KEPT / "here", platform=None, python=PYTHON)


def place(root: Path, built: Path, name: str) -> Place:
    """A container's folders for the function."""
    return lay_out(root, bundle=built / name, layers=[built / "layer", built / "packages"], runtime=runtime(), python=PYTHON)


def runtime() -> Path:
    """What Lambda's Python brings by itself: its client, and boto3; in the lock's versions."""
    folder = KEPT / f"runtime-{bundling.version_of(PYTHON)}"
    with _alone():
        if not folder.is_dir():
            constraints = KEPT / "locked.txt"
            constraints.write_text(bundling.uv("export", "--frozen", "--all-groups", "--no-emit-project", "--no-hashes", "--quiet"))
            _install(folder, "--python", PYTHON, "--only-binary", ":all:", "--constraints", str(constraints), "awslambdaric", "boto3")
    return folder


def emulator() -> Path:
    """AWS's runtime interface emulator, a program."""
    folder = KEPT / "emulator"
    with _alone():
        if not folder.is_dir():
            _install(folder, "--no-deps", EMULATOR)
    machine = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
    program = folder / "samcli" / "local" / "rapid" / f"aws-lambda-rie-{machine}"
    program.chmod(0o755)
    return program


def _install(folder: Path, *arguments: str) -> None:
    """The folder is there whole, or not at all."""
    made = folder.with_suffix(".new")
    bundling.uv("pip", "install", "--quiet", "--compile-bytecode", "--target", str(made), *arguments)
    made.rename(folder)


@contextmanager
def _alone() -> Iterator[None]:
    """Tests run in several processes; one of them makes what is not there."""
    KEPT.mkdir(exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
