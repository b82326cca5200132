"""The terminal's chat: people say things, a model answers with the rooms as its tools, and money is asked for with buttons.

Say and stop (`saying`), one turn from queue to end (`turns`), questions with buttons (`choosing`), slash commands (`commands`). The
anthropic SDK is imported when a model is asked, not before.
"""

from dispatch.orchestrator.choosing import take_choice
from dispatch.orchestrator.commands import CommandHelp, ask_others, list_commands
from dispatch.orchestrator.saying import create_chat, say, stop_chat
from dispatch.orchestrator.shapes import Chat, ChatNotFound, ChatPage, ChatView, Choice, NewSaying, Reason, Turn, TurnState
from dispatch.orchestrator.turns import requeue_lost_turns, run_turn
from dispatch.orchestrator.views import get_chat, list_chats

__all__ = [
    "Chat",
    "ChatNotFound",
    "ChatPage",
    "ChatView",
    "Choice",
    "CommandHelp",
    "NewSaying",
    "Reason",
    "Turn",
    "TurnState",
    "ask_others",
    "create_chat",
    "get_chat",
    "list_chats",
    "list_commands",
    "requeue_lost_turns",
    "run_turn",
    "say",
    "stop_chat",
    "take_choice",
]
