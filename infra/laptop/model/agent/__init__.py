"""The agent the scripted model plays: one script per workflow, chosen by the brief's `Workflow:` line."""

from collections.abc import Callable, Mapping

from infra.laptop.model.agent.brief import Brief, brief_in
from infra.laptop.model.agent.hand_in import SCRIPTED
from infra.laptop.model.agent.implement import implement, repair
from infra.laptop.model.agent.investigate import investigate
from infra.laptop.model.agent.landing import land_if_told
from infra.laptop.model.agent.qa import try_out
from infra.laptop.model.agent.research import research
from infra.laptop.model.reading import Conversation
from infra.laptop.model.script import Script, Step, next_step

SCRIPTS: Mapping[str, Callable[[Conversation, Brief], Script]] = {
    "prd-investigate": investigate,
    "prd-implement": implement,
    "auto-investigate": repair,
    "auto-triage": repair,
    "qa-test": try_out,
    "deep-research": research,
}


def is_agent(conversation: Conversation) -> bool:
    """Whether an agent asks: its brief names a workflow."""
    return brief_in(conversation).workflow in SCRIPTS


def act(conversation: Conversation) -> Step:
    """The agent's next step."""
    brief = brief_in(conversation)
    if landing := land_if_told(conversation, brief):
        return landing
    step = next_step(SCRIPTS[brief.workflow](conversation, brief), conversation.results)
    if len(conversation.turns) > 1 and not conversation.latest.results:
        heard = f"I read what you say: “{conversation.latest.words}” It goes into my hand-in. "
        return Step(heard + step.text, step.calls)
    return step


__all__ = ["SCRIPTED", "act", "is_agent"]
