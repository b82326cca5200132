"""The end of an agent's work: its hand-in, by the tool that the CLI adds for a result schema."""

from infra.laptop.model.agent.brief import Brief
from infra.laptop.model.reading import Conversation
from infra.laptop.model.script import Call, Json, Part, Script, Step, fit

TOOL = "StructuredOutput"
SCRIPTED = "This is the scripted model: it plays on the demo repository only. Set ANTHROPIC_API_KEY and start again for a real one."


def hand_in(conversation: Conversation, brief: Brief, result: Json, text: str, *, before: tuple[Call, ...] = ()) -> Script:
    """The result is handed in, fitted to the schema asked for; in words where there is no schema. `before` goes along in one message."""
    if brief.said:
        result["summary"] += " While I worked you said: " + "; ".join(f"“{words}”" for words in brief.said) + "."
    if not conversation.can(TOOL):
        return Step("\n\n".join(filter(None, [text, result["summary"], result.get("report")])))
        yield  # a script even so
    fitted = fit(result, conversation.tools[TOOL])
    handed = yield from _use_it(fitted, text, before)
    return Step(f"My hand-in was not taken: {handed}" if handed else "Handed in.")


def _use_it(fitted: Json, text: str, before: tuple[Call, ...]) -> Part[str]:
    results = yield Step(text, (*before, Call(TOOL, fitted)))
    return results[-1].text if results[-1].is_error else ""
