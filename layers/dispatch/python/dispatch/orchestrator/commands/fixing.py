"""The command about fixes: how sure it is that an issue's error is gone."""

from dispatch import verification
from dispatch.kit.errors import BadInput
from dispatch.kit.work import Work
from dispatch.orchestrator.commands.markdown import clock, plain
from dispatch.people import Caller
from dispatch.verification import FixAttempt

SHOWN = 5
SEEN = 10


def fix(work: Work, words: str, _caller: Caller) -> str:
    """The issue's fix attempts, newest first, each with its sentence and what was seen since."""
    if not words:
        raise BadInput("Say which, as in `/fix DISPATCH-12`.")
    found = verification.get_fix(work, words)
    if found.family is None:
        return "It is not about an error of production: there is no fix to watch."
    if not found.attempts:
        return f"Nothing was merged against {plain(found.family.name)} yet."
    return "\n\n".join(map(_attempt, found.attempts[:SHOWN]))


def _attempt(attempt: FixAttempt) -> str:
    head = (
        f"**{attempt.state.replace('_', ' ')}** {plain(attempt.pull.repository)}#{attempt.pull.number}, merged {clock(attempt.merged_at)}"
    )
    deployed = f", in production since {clock(attempt.deployed_at)}" if attempt.deployed_at else ""
    seen = [f"- {'counts' if one.counts else 'does not count'}, {one.times} times: {plain(one.because)}" for one in attempt.seen[-SEEN:]]
    return "\n".join([f"{head}{deployed} (UTC). {plain(attempt.reason, most=600)}", *seen])
