"""What Lambda is given: our layer, the wheels layer, and each function's own files. Built by uv, without Docker.

Wheels are for arm64 and Lambda's Python, from the lock, and only those that functions need; boto3 is the runtime's own.
Compiled files are brought along and believed without looking (`unchecked-hash`): a bundle is read-only.
"""

import compileall
import hashlib
import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

from infra.wiring import FUNCTIONS

ROOT = Path(__file__).parents[1]
PYTHON = "3.13"
PLATFORM = "aarch64-manylinux_2_28"  # manylinux2014 would quietly bring an old psycopg
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")


def build(folder: Path, *, platform: str = PLATFORM, python: str | None = None) -> Path:
    """The folder holds `layer`, `packages` and one folder a function; returns it.

    `python` None means Lambda's, where this machine has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    interpreter = python or _find_python()
    _copy(ROOT / "layers" / "dispatch" / "python" / "dispatch", folder / "layer" / "python" / "dispatch", interpreter)
    _install(folder / "packages", platform, interpreter)
    for name, module in bundles().items():
        _copy(ROOT / "functions" / module, folder / name / "functions" / module, interpreter)
        shutil.copy(ROOT / "functions" / "__init__.py", folder / name / "functions" / "__init__.py")
    return folder


def bundles() -> dict[str, str]:
    """The folder under `functions/` of each bundle, by the function's name; the migrator's, whom no event wakes, among them."""
    return {function.name: function.handler.split(".")[1] for function in FUNCTIONS} | {"migrator": "migrator"}


def _copy(source: Path, target: Path, interpreter: str | None) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=IGNORED)
    _compile(target, interpreter)


def _install(folder: Path, platform: str, interpreter: str | None) -> None:
    """The wheels of the lock; nothing is done where the lock is the one they were installed from."""
    wanted = _uv("export", "--frozen", "--no-default-groups", "--no-emit-project", "--no-hashes", "--quiet")
    mark, state = folder / ".made-from", hashlib.sha256(f"{wanted}{platform}{interpreter}".encode()).hexdigest()
    if mark.is_file() and mark.read_text() == state:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    requirements = folder.with_suffix(".txt")
    requirements.write_text(wanted)
    target = folder / "python"
    _uv(
        "pip", "install", "--quiet", "--no-deps", "--no-compile-bytecode", "--only-binary", ":all:", "--python-version", PYTHON,
        "--python-platform", platform, "--target", str(target), "--requirements", str(requirements),
    )  # fmt: skip
    shutil.rmtree(target / "bin", ignore_errors=True)
    _compile(target, interpreter)
    mark.write_text(state)


def _compile(folder: Path, interpreter: str | None) -> None:
    """Every module has its `.pyc`, by the Python that will read it; without that Python there are none, and starts are slower."""
    if interpreter is None:
        return
    if interpreter == sys.executable:
        compileall.compile_dir(folder, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        return
    command = [interpreter, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder)]
    subprocess.run(command, check=False, capture_output=True)


def _find_python() -> str | None:
    """Lambda's Python on this machine, if there is one: this one, one on the PATH, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in (sys.executable, shutil.which(f"python{PYTHON}"), *sorted(map(str, pyenv.glob(f"{PYTHON}.*/bin/python")))):
        if candidate and _is_lambdas(candidate):
            return candidate
    print(f"Python {PYTHON} is not here, so bundles go without compiled files and start more slowly.", file=sys.stderr)
    return None


def _is_lambdas(interpreter: str) -> bool:
    asked = [interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    return found.stdout.strip() == PYTHON  # a shim that leads nowhere says nothing


def _uv(*arguments: str) -> str:
    found = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
    return subprocess.run([found, "--color", "never", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout
