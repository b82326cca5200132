"""The first half of most workflows on the demo repository: read it, run its tests, and see what is applied twice."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from infra.laptop.model.agent.brief import Brief
from infra.laptop.model.agent.defect import Defect, find_defect
from infra.laptop.model.agent.looking import Checked, Files, list_files, read_files, run_checks, search
from infra.laptop.model.reading import Conversation
from infra.laptop.model.script import Part

ABOUT = re.compile(r"discount|percent|\btotals?\b|\bprices?\b|\bcode\b|\bpay\b|%|cheap|failing test|tests? fails?|wrong sum", re.IGNORECASE)
ALWAYS = ("README.md", ".github/dispatch.toml")


@dataclass
class Findings:
    """What was really seen."""

    files: Files
    hits: Sequence[str] = ()
    before: Checked | None = None
    defect: Defect | None = None
    concerns_issue: bool = False


def look_around(conversation: Conversation, text: str) -> Part[Findings]:
    """The repository's files are known."""
    files = yield from list_files(conversation, text)
    return Findings(files)


def find_out(conversation: Conversation, brief: Brief, findings: Findings) -> Part[None]:
    """The modules that the issue touches were read, the tests run, the defect found if there is one."""
    word = _word_to_follow(brief.asked)
    files = findings.files
    size = f"{len(files.names)} files, a small shop." if files.names else "I was not shown the files."
    findings.hits = yield from search(conversation, word, f"{size} I follow the word “{word}” through it.")
    hit_files = _by_hits(findings.hits, files.names)
    text = (
        f"“{word}” lives in {_listed(hit_files)}. I read those whole."
        if hit_files
        else "Nothing to follow there, so I read the program itself."
    )
    program = [name for name in files.names if name.startswith("shop/") and name.endswith(("orders.py", "discounts.py", "money.py"))]
    tests = [name for name in files.names if name.startswith("tests/test_orders")]
    wanted = dict.fromkeys([*hit_files, *program, *tests, *(name for name in ALWAYS if name in files.names or name.startswith("."))])
    yield from read_files(conversation, files, list(wanted), text)
    findings.before = yield from run_checks(conversation, files, _before_running(files))
    found = (find_defect(name, source) for name, source in files.sources.items() if name.endswith(".py") and not name.startswith("tests/"))
    findings.defect = next((defect for defect in found if defect), None)
    findings.concerns_issue = bool(ABOUT.search(brief.asked))


def explain(findings: Findings) -> str:
    """The cause in words, from what was read and run; what there is to say when there is no defect."""
    defect, before = findings.defect, findings.before
    if not defect:
        return "I read the modules and found nothing that is applied twice." + (f" {before}." if before else "")
    chain = " → ".join(f"`{name}`" for name in defect.chain)
    return (
        f"`{defect.thing}.{defect.verb}` is called twice on one way down: in `{defect.inner}` ({defect.inner_place}) and again in "
        f"`{defect.outer}` ({defect.outer_place}), which reaches it by {chain}. "
        + (f"{before}." if before else "I could not run the tests here, so this is from reading.")
    )


def rule_in_readme(files: Files) -> str:
    """What the README promises about discounts; "" when it says nothing."""
    found = re.search(r"^\d*\.?\s*(.*discount.*off.*)$", files.sources.get("README.md", ""), re.IGNORECASE | re.MULTILINE)
    return found[1].strip() if found else ""


def _word_to_follow(issue: str) -> str:
    found = ABOUT.search(issue)
    return "discount" if found else next(iter(re.findall(r"[a-z]{5,}", issue.lower())), "total")


def _by_hits(hits: Sequence[str], names: Sequence[str]) -> list[str]:
    """Program files with most hits first, four at most."""
    counts = {name: sum(hit.startswith(f"{name}:") for hit in hits) for name in names if name.startswith("shop/") and name.endswith(".py")}
    return sorted((name for name, count in counts.items() if count), key=lambda name: -counts[name])[:4]


def _before_running(files: Files) -> str:
    doubtful = next(
        (defect for name, source in files.sources.items() if name.startswith("shop/") and (defect := find_defect(name, source))), None
    )
    if not doubtful:
        return "Nothing strikes me in the code alone. Let me see what the tests say."
    return (
        f"I think I see it: `{doubtful.inner}` in {doubtful.path} already takes the {doubtful.thing} off (line {doubtful.inner_line}), "
        f"and `{doubtful.outer}` takes it off again (line {doubtful.outer_line}). The tests should show it."
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
