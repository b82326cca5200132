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
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.wiring import FUNCTIONS

ROOT = Path(__file__).parents[1]
PYTHON = "3.13"
PLATFORM = "aarch64-manylinux_2_28"  # manylinux2014 would quietly bring an old psycopg
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")


def build(folder: Path, *, platform: str | None = PLATFORM, python: str | None = None) -> Path:
    """The folder holds `layer`, `packages` and one folder a function; returns it. What is there already and current is left alone.

    `platform` None means this machine's. `python` is an interpreter for which they are made; None means Lambda's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    interpreter = python or find_python()
    if interpreter is None:
        print(f"Python {PYTHON} is not here, so bundles go without compiled files and start more slowly.", file=sys.stderr)
    _copy(ROOT / "layers" / "dispatch" / "python" / "dispatch", folder / "layer", "python/dispatch", interpreter)
    _sign(folder / "layer" / "python")
    _install(folder / "packages", platform, interpreter)
    for name, module in bundles().items():
        _copy(ROOT / "functions" / module, folder / name, f"functions/{module}", interpreter)
    return folder


def bundles() -> dict[str, str]:
    """The folder under `functions/` of each bundle, by the function's name; the migrator's, whom no event wakes, among them."""
    return {function.name: function.handler.split(".")[1] for function in FUNCTIONS} | {"migrator": "migrator"}


def find_python() -> str | None:
    """Lambda's Python on this machine, if there is one: this one, one on the PATH, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in (sys.executable, shutil.which(f"python{PYTHON}"), *sorted(map(str, pyenv.glob(f"{PYTHON}.*/bin/python")))):
        if candidate and version_of(candidate) == PYTHON:
            return candidate
    return None


def version_of(interpreter: str) -> str:
    """As in `3.13`; empty for a shim that leads nowhere."""
    asked = [interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def uv(*arguments: str) -> str:
    """What uv says to these arguments, asked in the project's folder."""
    found = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
    return subprocess.run([found, "--color", "never", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def _copy(source: Path, folder: Path, place: str, interpreter: str | None) -> None:
    """The source at its place in the folder, compiled."""
    sources = {str(path.relative_to(source)): path.read_bytes() for path in sorted(source.rglob("*")) if _is_ours(path)}
    with _made_from(folder, repr((sources, interpreter))) as is_current:
        if is_current:
            return
        shutil.copytree(source, folder / place, ignore=IGNORED)
        if place.startswith("functions"):
            shutil.copy(ROOT / "functions" / "__init__.py", folder / "functions" / "__init__.py")
        _compile(folder, interpreter)


def _sign(folder: Path) -> None:
    """The package is known by its name and version there, as where it is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    told = folder / f"{project['name']}-{project['version']}.dist-info"
    told.mkdir(exist_ok=True)
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")


def _is_ours(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def _install(folder: Path, platform: str | None, interpreter: str | None) -> None:
    """The wheels of the lock."""
    wanted = uv("export", "--frozen", "--no-default-groups", "--no-emit-project", "--no-hashes", "--quiet")
    with _made_from(folder, repr((wanted, platform, interpreter))) as is_current:
        if is_current:
            return
        requirements = folder.with_suffix(".txt")
        requirements.write_text(wanted)
        target = folder / "python"
        uv(
            "pip", "install", "--quiet", "--no-deps", "--no-compile-bytecode", "--only-binary", ":all:",
            "--python-version", version_of(interpreter) if interpreter else PYTHON,
            *(["--python-platform", platform] if platform else []), "--target", str(target), "--requirements", str(requirements),
        )  # fmt: skip
        shutil.rmtree(target / "bin", ignore_errors=True)
        _compile(target, interpreter)


@contextmanager
def _made_from(folder: Path, state: str) -> Iterator[bool]:
    """Whether the folder was made from this state. If not, it is empty, and counts as made where nothing is raised."""
    mark, digest = folder.with_suffix(".made-from"), hashlib.sha256(state.encode()).hexdigest()
    if mark.is_file() and mark.read_text() == digest and folder.is_dir():
        yield True
        return
    mark.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield False
    mark.write_text(digest)


def _compile(folder: Path, interpreter: str | None) -> None:
    """Every module has its `.pyc`, by the Python that will read it; without that Python there are none, and starts are slower."""
    if interpreter is None:
        return
    if interpreter == sys.executable:
        compileall.compile_dir(folder, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        return
    command = [interpreter, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder)]
    subprocess.run(command, check=False, capture_output=True)
