"""The honest minimum on a repository that the scripted model does not know."""

from infra.laptop.model.agent.brief import Brief
from infra.laptop.model.agent.hand_in import SCRIPTED, hand_in
from infra.laptop.model.agent.looking import Files, read_files
from infra.laptop.model.reading import Conversation
from infra.laptop.model.script import Part, Script

READABLE = ("README.md", "README.rst", "README", "readme.md")


def read_a_little(conversation: Conversation, files: Files) -> Part[None]:
    """The README was read, where there is one."""
    readme = next((name for name in READABLE if name in files.names), None)
    if readme:
        text = f"{len(files.names)} files, and not the demo repository. I read its {readme}, so that I can at least say what it is."
        yield from read_files(conversation, files, [readme], text)


def what_was_seen(files: Files) -> str:
    """One sentence about a repository from its list of files and README."""
    readme = next((source for name, source in files.sources.items() if name in READABLE), "")
    first = next((line.strip("# ").strip() for line in readme.split("\n") if line.strip("# ").strip()), "")
    named = f", whose README begins “{first}”" if first else ""
    return f"I saw {len(files.names)} files{named}." if files.names else "I was not shown any files."


def say_so(conversation: Conversation, brief: Brief, files: Files) -> Script:
    """The run ends as blocked, with what would unblock it."""
    yield from read_a_little(conversation, files)
    seen = what_was_seen(files)
    question = f"{SCRIPTED} May this run again with a real model, or should a person take “{brief.title}”?"
    result = {
        "outcome": "blocked",
        "summary": f"Blocked: the scripted model does not know this repository. {seen}",
        "report": f"{seen}\n\nNothing was changed. {SCRIPTED}",
        "question": {"category": "missing_env", "text": question},
    }
    return (yield from hand_in(conversation, brief, result, "I would only be guessing here, so I stop and ask."))
