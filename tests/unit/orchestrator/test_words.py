"""The words the model gets, and the name a chat gets."""

import json

from hypothesis import given
from hypothesis import strategies as st

from dispatch.orchestrator import tools
from dispatch.orchestrator.commands.markdown import plain
from dispatch.orchestrator.history import joined, result_text
from dispatch.orchestrator.prompt import system_prompt
from dispatch.orchestrator.saying import title_of


def test_the_prompt_names_the_configured_prefix_and_is_always_the_same(setting):
    setting.setenv("DEFAULT_ISSUE_PREFIX", "SHOP")

    assert "SHOP-12" in system_prompt()
    assert "{" not in system_prompt()
    assert system_prompt() is system_prompt()


def test_every_tool_says_what_it_does_and_takes_an_object():
    definitions = tools.definitions()

    assert [one["name"] for one in definitions] == list(dict.fromkeys(one["name"] for one in definitions))
    for one in definitions:
        assert one["description"].endswith(".")
        assert one["input_schema"]["type"] == "object"
        assert one["input_schema"]["additionalProperties"] is False


def test_the_tools_are_the_agreed_ones():
    assert {one["name"] for one in tools.definitions()} == {
        "search_issues", "list_issues", "get_issue", "create_issue", "update_issue", "dispatch_investigation", "dispatch_implementation",
        "dispatch_qa", "dispatch_research", "dispatch_triage", "fleet_status", "why", "spend", "limits", "decisions", "ask_logs",
        "list_errors", "get_error", "get_fix",
    }  # fmt: skip


def test_a_chat_is_called_by_its_first_words():
    assert title_of("the total\n is   wrong") == "the total is wrong"
    assert title_of("word " * 40) == "word " * 11 + "word…"


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_no_result_can_pass_for_a_tag(value):
    assert "<" not in result_text(value)
    json.loads(result_text(value))


@given(st.text())
def test_others_text_stays_text_in_a_table(words):
    shown = plain(words)

    assert "\n" not in shown
    assert "<" not in shown.replace("\\<", "")
    assert "|" not in shown.replace("\\|", "")


def test_each_side_speaks_once_at_a_time():
    messages = [
        {"role": role, "content": [{"type": "text", "text": str(place)}]} for place, role in enumerate(["user", "user", "assistant"])
    ]

    assert [(message["role"], len(message["content"])) for message in joined(messages)] == [("user", 2), ("assistant", 1)]


def test_code_in_somebody_elses_text_is_shown_without_its_backticks():
    assert plain("In `line_total`, taken *twice* by `tot…") == r"In line\_total, taken \*twice\* by tot…"
