"""`dispatch secrets` and `dispatch redrive`: what people do to an instance on AWS, with their own AWS credentials."""

import argparse
import getpass
import json
import sys
from collections.abc import Callable
from typing import Any

from dispatch.kit.settings import Settings
from infra.laptop.problems import BadInputError

SECRETS = """\
examples:
  dispatch secrets set GITHUB_TOKEN              asks for the value, without showing it
  dispatch secrets set ANTHROPIC_API_KEY < key   reads it from a file
  dispatch secrets list                          names, never values

Functions know a new value within two minutes.

exit codes: 0 done, 1 AWS says no, 2 what was asked for cannot be done
"""
MOST_BYTES = 60_000  # a secret has 64 KB


def add_parsers(commands: Any) -> None:
    """The commands stand beside the others."""
    shape = argparse.RawDescriptionHelpFormatter
    secrets = commands.add_parser("secrets", help="set the secrets of an instance on AWS", epilog=SECRETS, formatter_class=shape)
    verbs = secrets.add_subparsers(required=True, metavar="verb")
    setting = verbs.add_parser("set", help="give a setting its secret value, read from the terminal or standard input")
    setting.add_argument("name", metavar="NAME", help="the setting's name in the README")
    _add(setting, _set)
    _add(verbs.add_parser("list", help="the names that have a value"), _list)
    redrive = commands.add_parser("redrive", help="give messages that were put aside back to their queue, on AWS")
    redrive.add_argument("queue", choices=("spawns", "turns"))
    _add(redrive, _redrive)


def _add(parser: argparse.ArgumentParser, verb: Callable[[argparse.Namespace], None]) -> None:
    parser.add_argument("--stack", default="Dispatch", help="the stack's name (Dispatch)")
    parser.set_defaults(run=lambda chosen: _do(chosen, verb))


def _do(chosen: argparse.Namespace, verb: Callable[[argparse.Namespace], None]) -> int:
    from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

    try:
        verb(chosen)
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    except (BotoCoreError, ClientError) as error:
        print(f"AWS says no: {error}", file=sys.stderr)
        return 1
    return 0


def _set(chosen: argparse.Namespace) -> None:
    name = chosen.name.upper()
    if name.lower() not in Settings.model_fields:
        raise BadInputError(f"There is no setting {chosen.name}. The README lists them.")
    value = (getpass.getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.read()).strip()
    where, client = _output(chosen.stack, "SettingsSecret"), _client("secretsmanager")
    held = _held(client, where)
    if value:
        held[name] = value
    else:
        held.pop(name, None)
    text = json.dumps(held)
    if len(text.encode()) > MOST_BYTES:
        raise BadInputError(f"All secrets together may have {MOST_BYTES} bytes; with this they would have {len(text.encode())}.")
    client.put_secret_value(SecretId=where, SecretString=text)
    print(f"{name} is {'set' if value else 'unset'}.")


def _list(chosen: argparse.Namespace) -> None:
    for name in sorted(_held(_client("secretsmanager"), _output(chosen.stack, "SettingsSecret"))):
        print(name)


def _redrive(chosen: argparse.Namespace) -> None:
    """AWS moves them back by itself, as fast as the queue takes them."""
    sqs = _client("sqs")
    address = _output(chosen.stack, f"Dead{chosen.queue.capitalize()}")
    about = sqs.get_queue_attributes(QueueUrl=address, AttributeNames=["QueueArn", "ApproximateNumberOfMessages"])["Attributes"]
    sqs.start_message_move_task(SourceArn=about["QueueArn"])
    print(f"{about['ApproximateNumberOfMessages']} messages go back to {chosen.queue}.")


def _held(client: Any, where: str) -> dict[str, str]:
    return json.loads(client.get_secret_value(SecretId=where)["SecretString"])


def _output(stack: str, name: str) -> str:
    """What the stack says of itself. Raises BadInputError where it does not say that."""
    outputs = _client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
    for output in outputs:
        if output["OutputKey"] == name:
            return output["OutputValue"]
    raise BadInputError(f"The stack {stack} has no output {name}. Is it one of Dispatch?")


def _client(service: str) -> Any:
    import boto3  # pyright: ignore[reportMissingTypeStubs]

    return boto3.client(service)  # pyright: ignore[reportUnknownMemberType, reportCallIssue, reportArgumentType]
