"""A plan made of findings: every section says what was seen, and a returned plan's words are answered."""

import re

from infra.laptop.model.agent.brief import Brief
from infra.laptop.model.agent.defect import Defect
from infra.laptop.model.agent.finding import Findings, explain, rule_in_readme
from infra.laptop.model.agent.hand_in import SCRIPTED
from infra.laptop.model.script import Json

PERCENT_CODES = re.compile(r'Discount\("(\w+)", percent=(\d+)\)')
TESTED_TOTAL = re.compile(r'^( *)def (test_\w+)\(self\):\n(.*an_order\("(\w+)"\)\), )(\d+) - \d+(\).*)$', re.MULTILINE)
NEW_TEST = re.compile(r"[Aa]dd `(test_\w+)` for `(\w+)`")


def plan_for(findings: Findings, brief: Brief) -> Json:
    """The plan that undoes the defect which was found."""
    defect = findings.defect
    if defect is None or not findings.concerns_issue:
        return plan_without_answer(findings, brief)
    asked = brief.feedback
    plan: Json = {
        "summary": _summary(findings, brief, defect),
        "files": [{"path": defect.path, "change": _change(defect)}],
        "data": "None. Nothing is stored; prices stay whole cents.",
        "api": _signature(defect),
        "ui": "`python3 -m shop order … --code …` prints the right sum to pay; its layout stays as it is.",
        "dependencies": "None. Standard library only, as before.",
        "tests": _tests(findings),
        "risks": _risks(findings, defect),
        "stop_conditions": f"Stop and ask if something besides `{defect.chain[-2]}` needs a line's discounted price, "
        "or if a test that passes now fails after.",
        "complexity": "Simple",
    }
    if asked:
        _answer_feedback(plan, asked, findings)
    return plan


def plan_without_answer(findings: Findings, brief: Brief) -> Json:
    """A plan that says honestly that there is none, and what was seen."""
    found = explain(findings)
    also = "That is real, but it is not what the issue asks." if findings.defect else ""
    return {
        "summary": f"I have no plan for “{brief.title}”. {found} {also} {SCRIPTED}".replace("  ", " "),
        "files": [],
        "data": "", "api": "", "ui": "", "dependencies": "",
        "tests": str(findings.before) if findings.before else "Not run.",
        "risks": "Approving this plan changes nothing: there is nothing in it to implement.",
        "stop_conditions": "Stop here.",
        "complexity": "Simple",
    }  # fmt: skip


def new_test(brief: Brief, findings: Findings) -> tuple[str, str] | None:
    """The test that an approved plan asks for, as the text to replace and its replacement; None when it asks for none."""
    wanted, beside = NEW_TEST.search(brief.plan), TESTED_TOTAL.search(findings.files.sources.get("tests/test_orders.py", ""))
    percents = dict(PERCENT_CODES.findall(findings.files.sources.get("shop/discounts.py", "")))
    if not wanted or not beside or wanted[2] not in percents or wanted[1] in findings.files.sources["tests/test_orders.py"]:
        return None
    indent, _, start, code, full, end = beside.groups()
    off = (int(full) * int(percents[wanted[2]]) + 50) // 100
    added = f"{indent}def {wanted[1]}(self):\n{start.replace(code, wanted[2])}{full} - {off}{end}"
    return beside[0], f"{beside[0]}\n\n{added}"


def _summary(findings: Findings, brief: Brief, defect: Defect) -> str:
    rule = rule_in_readme(findings.files)
    promised = f" The README promises: “{rule}”" if rule else ""
    chosen = f" You answered my question: “{brief.answer}”; this plan keeps to that." if brief.answer else ""
    remedy = f"So `{defect.inner}` should give the full price, and only `{defect.outer}` takes the {defect.thing} off."
    return f"{explain(findings)}{promised} {remedy}{chosen}"


def _change(defect: Defect) -> str:
    dropped = f"`{defect.inner}`: no longer applies the {defect.thing} (line {defect.inner_line})"
    return f"{dropped}, and loses the parameter that only this needed; its caller `{defect.chain[-2]}` passes one argument less."


def _signature(defect: Defect) -> str:
    return f"`{defect.inner}` loses its `{defect.thing}` parameter. `{defect.outer}` and the command line keep their signatures."


def _risks(findings: Findings, defect: Defect) -> str:
    others = [name for name, source in findings.files.sources.items() if name != defect.path and defect.inner in source]
    used = f"`{defect.inner}` is also named in {', '.join(others)}." if others else f"No other file that I read names `{defect.inner}`."
    return f"A percentage is now rounded once, not in each `{defect.inner}`. {used} A caller outside this repository would break."


def _tests(findings: Findings) -> str:
    before = findings.before
    if not before:
        return f"Run `{findings.files.check}` before and after; I could not run it here."
    failing = ", ".join(f"`{name}`" for name in before.failed) or "none"
    return f"Failing now: {failing}. It must pass after, and so must the other {before.ran - len(before.failed)}: `{before.command}`."


def _answer_feedback(plan: Json, words: str, findings: Findings) -> None:
    """The plan answers each thing a person sent back that a script can recognise, and says so about the rest."""
    answered = []
    if re.search(r"\btests?\b|\bcover", words, re.IGNORECASE) and (code := _untested_code(findings)):
        name = f"test_{code.lower()}_is_taken_off_the_order_once"
        plan["tests"] += f"\n\nBecause you asked for more tests: add `{name}` for `{code}`, the other percentage there is."
        plan["files"].append({"path": "tests/test_orders.py", "change": f"Add `{name}` for `{code}`."})
        answered.append("more tests")
    if re.search(r"\bround|\bcents?\b|\brisk", words, re.IGNORECASE):
        plan["risks"] += " On rounding, as you asked: `percent_of` rounds half a cent up, and it is now called once an order."
        answered.append("rounding and risk")
    if re.search(r"receipt|screen|\bui\b|command line|\bcli\b|print", words, re.IGNORECASE):
        plan["ui"] += " The receipt prints no line prices, so nothing in it but the last sum changes."
        answered.append("the receipt")
    if re.search(r"smaller|simpler|only|minimal|less", words, re.IGNORECASE):
        plan["stop_conditions"] += f" Nothing outside {', '.join(item['path'] for item in plan['files'])} may change."
        answered.append("keeping it small")
    how = (
        f"New in this version: {', '.join(answered)}."
        if answered
        else "I am scripted and cannot weigh that freely; it stands here for whoever implements."
    )
    plan["summary"] = f"You returned the last plan with: “{words}” {how}\n\n{plan['summary']}"


def _untested_code(findings: Findings) -> str:
    tests = findings.files.sources.get("tests/test_orders.py", "")
    codes = PERCENT_CODES.findall(findings.files.sources.get("shop/discounts.py", ""))
    return next((code for code, _ in codes if code not in tests), "")
