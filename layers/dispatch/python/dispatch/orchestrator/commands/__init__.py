"""Slash commands: answered at once, without a model. A new one is a function and a line in COMMANDS."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from dispatch.kit.errors import DispatchError
from dispatch.kit.shapes import Shape
from dispatch.kit.work import Work
from dispatch.orchestrator.commands import acting, asking_logs, erring, fixing, limiting, looking
from dispatch.orchestrator.commands.markdown import plain, table
from dispatch.people import Caller

__all__ = ["CommandHelp", "answer", "ask_others", "list_commands"]

Answer = Callable[[Work, str, Caller], str]
Ask = Callable[[str, Caller], str]


class CommandHelp(Shape):
    """A command, for completion and help."""

    name: str
    usage: str
    help: str


@dataclass(frozen=True, slots=True)
class Command:
    """`answer` gets the work, the words after the name, and who asks. Where it `acts`, its refusal is raised, not shown.

    A command that asks somebody else than our own rows has `ask` in its place, which gets no work.
    """

    usage: str
    help: str
    answer: Answer | None = None
    acts: bool = False
    ask: Ask | None = None


def _help(_work: Work, _words: str, _caller: Caller) -> str:
    return table(("Command", "What it does"), [(f"`{one.usage}`", one.help) for one in list_commands()])


COMMANDS = {
    "/status": Command("/status", "What runs, what waits, and what needs you", looking.status),
    "/backlog": Command("/backlog", "Issues nobody has begun", looking.backlog),
    "/triage": Command("/triage", "Issues being looked into", looking.triage),
    "/board": Command("/board [status]", "The board, or one column of it", looking.board),
    "/issue": Command("/issue ID", "One issue, with its latest runs", looking.issue),
    "/search": Command("/search WORDS", "Issues that share words with these", looking.search),
    "/why": Command("/why ID", "Why its runs were admitted, wait or were refused", looking.why),
    "/packet": Command("/packet ID", "What agents tried on it, what it was not, and the error's figures", looking.packet),
    "/runs": Command("/runs [ID]", "The latest runs, of one issue or of all", looking.list_runs),
    "/spend": Command("/spend", "Today's money by workflow and customer, and the week's", limiting.spend),
    "/limits": Command("/limits", "The limits in force, and who set them", limiting.limits),
    "/logs": Command("/logs QUERY …", "Production's logs, by named queries", ask=asking_logs.ask_logs),
    "/stats": Command("/stats [BY]", "How much production logged in 24 hours, by source", ask=asking_logs.stats),
    "/errors": Command("/errors [WORDS]", "The errors production reports, or one by its issue", erring.errors),
    "/fix": Command("/fix ID", "Whether an error's fix holds, and how sure that is", fixing.fix),
    "/plan": Command("/plan ID", "An issue's newest plan", looking.plan),
    "/approve": Command("/approve ID", "Approve an issue's plan, which implements it", acting.approve, acts=True),
    "/cancel": Command("/cancel ID", "Cancel an issue's run, or what waits for it", acting.cancel, acts=True),
    "/stop": Command("/stop SCOPE [VALUE] REASON", "Stop everything, or one workflow, repository or family", limiting.stop, acts=True),
    "/resume": Command("/resume [SCOPE VALUE]", "Let start again what was stopped", limiting.resume, acts=True),
    "/mute": Command("/mute ID REASON", "Keep an error out, or `source NAME`: counted, and opening nothing", erring.mute, acts=True),
    "/unmute": Command("/unmute ID", "Let an error, or `source NAME`, in again", erring.unmute, acts=True),
    "/help": Command("/help", "These commands", _help),
}


def list_commands() -> list[CommandHelp]:
    """Every command, in the order of the table."""
    return [CommandHelp(name=name, usage=command.usage, help=command.help) for name, command in COMMANDS.items()]


def ask_others(text: str, caller: Caller) -> str | None:
    """The answer of a command that asks somebody else, in markdown, to be had with no work open; None for every other text."""
    command, words = _read(text)
    if command is None or command.ask is None:
        return None
    try:
        return command.ask(words, caller)
    except DispatchError as error:
        return error.sentence


def answer(work: Work, text: str, caller: Caller) -> str:
    """The command's answer, in markdown; one that only looks answers with the sentence of what went wrong."""
    command, words = _read(text)
    if command is None or command.answer is None:
        return _unknown(text.split(maxsplit=1)[0])
    try:
        return command.answer(work, words, caller)
    except DispatchError as error:
        if command.acts:
            raise
        return error.sentence


def _read(text: str) -> tuple[Command | None, str]:
    name, _, words = text.strip().partition(" ")
    return COMMANDS.get(name.lower()), words.strip()


def _unknown(name: str) -> str:
    near = get_close_matches(name.lower(), COMMANDS, n=1, cutoff=0.5)
    meant = f" Did you mean `{near[0]}`?" if near else ""
    return f"There is no command “{plain(name, most=40)}”.{meant} `/help` lists them all."
