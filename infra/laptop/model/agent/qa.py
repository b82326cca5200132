"""qa-test: run the repository's checks, then use the program as a customer would and compare with what the README promises."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from infra.laptop.model.agent.brief import Brief
from infra.laptop.model.agent.elsewhere import say_so
from infra.laptop.model.agent.finding import look_around
from infra.laptop.model.agent.hand_in import hand_in
from infra.laptop.model.agent.looking import Checked, Files, read_files, run_checks, was_refused
from infra.laptop.model.reading import Conversation
from infra.laptop.model.script import Call, Json, Part, Result, Script, Step

PRODUCT = re.compile(r'Product\("(\w+)", "[^"]*", (\d+)\)')
CODE = re.compile(r'Discount\("(\w+)", (percent|amount)=(\d+)\)')
EACH_TEST = re.compile(r"^(test_\w+) \([^)]*\)(?:\n.*)? \.\.\. (ok|FAIL|ERROR|skipped)", re.MULTILINE)
TO_PAY = re.compile(r"To pay: ([\d.]+)")


@dataclass(frozen=True)
class Case:
    """One order to place, and what it should cost by the README's rule."""

    command: str
    what: str
    expected: str


def try_out(conversation: Conversation, brief: Brief) -> Script:
    """A report with pass or fail per check is handed in."""
    findings = yield from look_around(conversation, f"{brief.identifier}: I test “{brief.title}”. First, what is here.")
    files = findings.files
    if not files.is_demo:
        return (yield from say_so(conversation, brief, files))
    wanted = ["README.md", ".github/dispatch.toml", "shop/catalogue.py", "shop/discounts.py"]
    yield from read_files(conversation, files, wanted, "I read how it should behave, the prices and the codes.")
    checks = yield from run_checks(conversation, files, "The repository's own tests first, one by one.", verbosely=True)
    ran = yield from _use_it(conversation, _cases(files))
    if checks is None and not ran:
        return (yield from hand_in(conversation, brief, _not_run(), "I may not run anything here, so I cannot test."))
    return (yield from hand_in(conversation, brief, _report(checks, ran), "I have run everything; here is what passed and what did not."))


def _use_it(conversation: Conversation, cases: Sequence[Case]) -> Part[list[tuple[Case, Result]]]:
    """The orders were placed; none of them when the first was refused."""
    if not cases or not conversation.can("Bash"):
        return []
    calls = [Call("Bash", {"command": case.command, "description": case.what}) for case in cases]
    first = yield Step("Now as a customer would: an order without a code.", (calls[0],))
    if was_refused(first[0]):
        return []
    others = yield Step("And one with each code there is.", tuple(calls[1:]))
    return list(zip(cases, [*first, *others], strict=False))


def _cases(files: Files) -> list[Case]:
    """Orders of the two first products, without a code and with each code."""
    products = PRODUCT.findall(files.sources.get("shop/catalogue.py", ""))[:2]
    if len(products) < 2:
        return []
    (one, first), (other, second) = products
    subtotal = 2 * int(first) + int(second)
    order = f"python3 -m shop order {one}:2 {other}:1"
    cases = [Case(order, "an order without a code", _written(subtotal))]
    for code, kind, number in CODE.findall(files.sources.get("shop/discounts.py", "")):
        off = (subtotal * int(number) + 50) // 100 if kind == "percent" else int(number)
        cases.append(Case(f"{order} --code {code}", f"the same with {code}", _written(max(0, subtotal - off))))
    return cases


def _written(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _report(checks: Checked | None, ran: list[tuple[Case, Result]]) -> Json:
    rows = [(f"`{name}`", "passes", said, said == "ok") for name, said in EACH_TEST.findall(checks.output if checks else "")]
    rows = rows or ([("the repository's tests", "all pass", str(checks), checks.passed)] if checks else [])
    for case, result in ran:
        paid = TO_PAY.search(result.text)
        seen = paid[1] if paid else result.text.strip().split("\n")[-1]
        rows.append((f"{case.what}: `{case.command}`", case.expected, seen, seen == case.expected))
    failed = sum(not passed for *_, passed in rows)
    table = "\n".join(f"| {what} | {expected} | {seen} | {'pass' if passed else '**fail**'} |" for what, expected, seen, passed in rows)
    notes = "" if ran else "\n\nI was not allowed to use the program itself, so this is from its tests alone."
    verdict = f"{len(rows) - failed} of {len(rows)} checks pass."
    return {
        "outcome": "completed",
        "summary": verdict,
        "report": f"{verdict}\n\n| check | expected | seen | |\n|---|---|---|---|\n{table}{notes}",
    }


def _not_run() -> Json:
    text = "Running the tests and the program was refused. May this workflow use Bash for them?"
    return {"outcome": "blocked", "summary": "Not tested: nothing may be run here.", "question": {"category": "missing_env", "text": text}}
