"""`make synth`, `diff`, `deploy` and `destroy`: the site is built, the CDK does its part, and then the site's files are brought up.

STAGE chooses `small` (the default) or `standard`; NAME names the stack, where one account has several; DOMAIN and CERTIFICATE give it an
address of its own; EDGE_KEY is A or B (docs/runbook.md). They are given to every deployment.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from infra import uploading
from infra.laptop import claude, frontend
from infra.laptop.problems import SetUpError

ROOT = Path(__file__).parents[1]
CDK = ROOT / "infra" / "node_modules" / ".bin" / "cdk"
TOLD = ROOT / "cdk.out" / "outputs.json"


def main(arguments: list[str]) -> int:
    """Does the verb and returns the exit code: the CDK's own, or 2 where the site cannot be built."""
    chosen = _parser().parse_args(arguments)
    try:
        frontend.build_if_stale(ROOT / "frontend", tell=lambda words: print(f"the site: {words}", file=sys.stderr))
    except SetUpError as error:
        print(error, file=sys.stderr)
        return 2
    code = _destroy(chosen) if chosen.verb == "destroy" else _cdk(chosen)
    if code == 0 and chosen.verb == "deploy":
        told = json.loads(TOLD.read_text())[chosen.name]
        uploading.upload(ROOT / "frontend" / "build", bucket=told["SiteBucket"], distribution=told["DistributionId"])
        print(f"\n{told['Address']} is up. Sign in: {told['SignIn']}")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.deploying", description="Builds and deploys Dispatch on AWS.")
    parser.add_argument("verb", choices=("synth", "diff", "deploy", "destroy"))
    parser.add_argument("--stage", default=os.environ.get("STAGE", "small"), help="small or standard")
    parser.add_argument("--name", default=os.environ.get("NAME", "Dispatch"), help="the stack's name")
    parser.add_argument("--with-data", action="store_true", help="destroy the database and the settings too")
    return parser


def _destroy(chosen: argparse.Namespace) -> int:
    """The guard against deletion goes first, in a deployment of its own. The database leaves a snapshot, unless its data go too."""
    kept = "no" if chosen.with_data else "snapshot"
    print(f"Destroying {chosen.name}: its data {'go too' if chosen.with_data else 'stay, the database as a snapshot'}.", file=sys.stderr)
    lifted = _cdk(argparse.Namespace(**{**vars(chosen), "verb": "deploy"}), kept=kept)
    if lifted:
        return lifted
    if chosen.with_data:
        told = json.loads(TOLD.read_text())[chosen.name]
        uploading.empty(told["SiteBucket"], told["LogBucket"])
    return _cdk(chosen, kept=kept)


def _cdk(chosen: argparse.Namespace, *, kept: str = "") -> int:
    context = [f"stage={chosen.stage}", f"name={chosen.name}", *([f"keep-data={kept}"] if kept else [])]
    context += [f"{name}={value}" for name in ("domain", "certificate", "edge-key") if (value := os.environ.get(_setting(name)))]
    command = [str(CDK), chosen.verb, "--all", *(word for one in context for word in ("--context", one))]
    if chosen.verb == "deploy":
        command += ["--outputs-file", str(TOLD)]
    if chosen.verb == "synth":
        command += ["--quiet"]
    return subprocess.run(command, cwd=ROOT, env=_environment(), check=False).returncode


def _setting(context: str) -> str:
    return context.upper().replace("-", "_")


def _environment() -> dict[str, str]:
    """The CDK and what it draws with find the Node that this project brings, and send nobody figures about it."""
    environment = claude.node_environment()
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    return environment | {"CDK_DISABLE_CLI_TELEMETRY": "true", "CDK_DISABLE_VERSION_CHECK": "true"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
