"""Who asks, and so who answers: the terminal, an agent, or one of the small questions that clients ask aside."""

import json

from infra.laptop.model import agent, terminal
from infra.laptop.model.reading import Conversation
from infra.laptop.model.script import Call, Json, Step, fit

ALSO = (
    "I am the scripted model of Dispatch; no ANTHROPIC_API_KEY is set. "
    "I play the terminal, and agents whose brief names a workflow; nothing else."
)
OUT_OF_ROUNDS = "I may use no more tools in this turn. Say “go on” in your own words and I begin again."


def answer(conversation: Conversation, body: Json) -> Step:
    """The model's next message, from nothing but the request."""
    if terminal.is_terminal(conversation):
        return _possible(terminal.speak(conversation), conversation)
    if agent.is_agent(conversation) and conversation.tools:
        return _possible(agent.act(conversation), conversation)
    return _aside(conversation, body)


def _possible(step: Step, conversation: Conversation) -> Step:
    """The step with only calls that the request allows, their inputs as the tools' schemas want them."""
    offered = tuple(Call(call.name, fit(call.input, conversation.tools[call.name])) for call in step.calls if conversation.can(call.name))
    if step.calls and (not offered or not conversation.may_call):
        missing = ", ".join(call.name for call in step.calls if not conversation.can(call.name))
        return Step(f"I lack a tool here: {missing}." if missing else OUT_OF_ROUNDS)
    return Step(step.text, offered)


def _aside(conversation: Conversation, body: Json) -> Step:
    """A title, a summary, a probe: the words asked about, made short; JSON where JSON is asked for."""
    words = " ".join(conversation.latest.words.split())
    title = " ".join(words.split()[:7])
    schema = ((body.get("output_config") or {}).get("format") or body.get("output_format") or {}).get("schema")
    if schema:
        return Step(json.dumps(fit(dict.fromkeys(schema.get("properties", {}), title), schema)))
    return Step(title if "title" in conversation.system.lower() and "claude code, anthropic" not in conversation.system.lower() else ALSO)
