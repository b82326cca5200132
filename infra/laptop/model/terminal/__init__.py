"""The terminal's chat as the scripted model plays it: a wish is told from the words, a script answers it."""

from infra.laptop.model.reading import Conversation
from infra.laptop.model.script import Step, next_step
from infra.laptop.model.terminal.reporting import follow_up
from infra.laptop.model.terminal.scripts import SCRIPTS
from infra.laptop.model.terminal.wishes import understand

MARK = "dispatch_investigation"  # only the terminal offers this tool


def is_terminal(conversation: Conversation) -> bool:
    """Whether the orchestrator asks."""
    return conversation.can(MARK)


def speak(conversation: Conversation) -> Step:
    """The next step of the turn that the latest words began."""
    wish = understand(conversation.latest.words)
    script = follow_up(conversation) or SCRIPTS[wish.kind](conversation, wish)
    return next_step(script, conversation.latest.results)
