"""What an agent hands in, as the JSON schema its CLI holds it to."""

from typing import Any

from dispatch.runs import Workflow

TEXT = {"type": "string"}
PLAN: dict[str, Any] = {
    "type": "object",
    "required": ["summary", "files", "tests", "risks", "complexity"],
    "properties": {
        "summary": TEXT,
        "files": {
            "type": "array",
            "items": {"type": "object", "required": ["path", "change"], "properties": {"path": TEXT, "change": TEXT}},
        },
        "data": TEXT,
        "api": TEXT,
        "ui": TEXT,
        "dependencies": TEXT,
        "tests": TEXT,
        "risks": TEXT,
        "stop_conditions": TEXT,
        "complexity": {"enum": ["Simple", "Medium", "Complex"]},
    },
}
QUESTION: dict[str, Any] = {
    "type": "object",
    "required": ["category", "text"],
    "properties": {
        "category": {
            "enum": ["missing_env", "unclear_requirement", "missing_dependency", "test_failure", "design_decision", "out_of_scope"]
        },
        "text": TEXT,
    },
}


CAUSES: dict[str, Any] = {
    "type": "array",
    "maxItems": 20,
    "items": {
        "type": "object",
        "required": ["cause", "because", "verdict"],
        "properties": {"cause": TEXT, "because": TEXT, "verdict": {"enum": ["found", "refuted"]}},
    },
}


PROOF: dict[str, Any] = {"type": "object", "required": ["test"], "properties": {"test": TEXT}}


def result_schema(workflow: Workflow, *, wants_proof: bool) -> dict[str, Any]:
    """The hand-in of this workflow: always an outcome and a summary; a plan, or a proof and causes, only where they are asked for."""
    outcomes = ["no_changes_needed", "blocked", "needs_decision", "failed"]
    outcomes += ["investigation_complete"] if workflow.hands_in_plan else ["completed", "investigation_complete"]
    properties: dict[str, Any] = {"outcome": {"enum": sorted(outcomes)}, "summary": TEXT, "report": TEXT, "question": QUESTION}
    if workflow.hands_in_plan:
        properties["plan"] = PLAN
    if wants_proof:
        properties |= {"proof": PROOF, "causes": CAUSES}
    return {"type": "object", "required": ["outcome", "summary"], "properties": properties}
