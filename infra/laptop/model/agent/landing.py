"""Told to land, by the runner at most of the cap or by a person: keep what works, and hand in at once."""

import re
from collections import Counter

from infra.laptop.model.agent.brief import Brief
from infra.laptop.model.agent.hand_in import hand_in
from infra.laptop.model.reading import Conversation
from infra.laptop.model.script import Call, Result, Script, Step, next_step

LAND = re.compile(r"\bland now\b", re.IGNORECASE)


def land_if_told(conversation: Conversation, brief: Brief) -> Step | None:
    """The next step of a landing; None when nobody asked for one."""
    told = next((index for index, turn in enumerate(conversation.turns) if index and LAND.search(turn.words)), None)
    if told is None:
        return None
    before, since = (
        [result for turn in turns for result in turn.results] for turns in (conversation.turns[:told], conversation.turns[told:])
    )
    return next_step(_land(conversation, brief, before), since)


def _land(conversation: Conversation, brief: Brief, done: list[Result]) -> Script:
    edited = [str(result.call.input.get("file_path")) for result in done if result.call.name == "Edit" and not result.is_error]
    committed = any("git commit" in result.call.input.get("command", "") and not result.is_error for result in done)
    inputs = {"command": 'git commit -a -m "Keep the work so far"', "description": "Commit what is there"}
    commit = (Call("Bash", inputs),) if edited and not committed and conversation.can("Bash") else ()
    kept = f"Kept: {', '.join(dict.fromkeys(edited))}." if edited else "There was nothing to keep."
    used = ", ".join(f"{number} x {name}" for name, number in Counter(result.call.name for result in done).items()) or "nothing yet"
    left = f"## Not done\n\nThe rest of “{brief.title}”.\n\n## Next\n\nThe same workflow again, with room to end."
    report = f"## Done\n\nUsed: {used}. {kept}\n\n{left}"
    question = {"category": "out_of_scope", "text": "I was told to land before I was done. Shall it run again?"}
    result = {"outcome": "blocked", "summary": f"Landed early. {kept}", "report": report, "question": question}
    return (yield from hand_in(conversation, brief, result, "I land: I keep what is there and hand it in, in one go.", before=commit))
