"""What the terminal's model does for the common requests, with the tools' own results."""

import pytest

WRONG_TOTAL = "the total is wrong for orders with a discount, look into it"
KNOWN = {
    "identifier": "DISPATCH-2",
    "title": "Wrong total for orders with a discount",
    "status": {"name": "Backlog", "is_closed": False},
    "priority": "P2",
}
ASKED = {"asked": True, "choice": "0192"}


def names(chat):
    return [name for name, _ in chat.used]


def test_a_problem_becomes_an_issue_and_an_offer(chat):
    talk = chat(create_issue={"identifier": "DISPATCH-7"}, dispatch_investigation=ASKED)

    said = talk.say(WRONG_TOTAL)

    assert names(talk) == ["search_issues", "create_issue", "dispatch_investigation"]
    assert talk.used[1][1]["title"] == "The total is wrong for orders with a discount"
    assert WRONG_TOTAL in talk.used[1][1]["description"]
    assert talk.used[2][1]["identifier"] == "DISPATCH-7"
    assert said.endswith("nothing starts until you press the button.")


def test_a_known_problem_is_asked_about_and_not_written_down_twice(chat):
    talk = chat(search_issues={"items": [KNOWN]}, dispatch_investigation=ASKED)

    said = talk.say(WRONG_TOTAL)

    assert names(talk) == ["search_issues"]
    assert "DISPATCH-2" in said


def test_yes_takes_the_known_issue(chat):
    talk = chat(search_issues={"items": [KNOWN]}, dispatch_investigation=ASKED)
    talk.say(WRONG_TOTAL)

    talk.say("yes, that one")

    assert talk.used == [("dispatch_investigation", {"identifier": "DISPATCH-2", "words": WRONG_TOTAL})]


def test_new_makes_another_issue_from_the_first_words(chat):
    talk = chat(search_issues={"items": [KNOWN]}, create_issue={"issue": {"identifier": "DISPATCH-8"}}, dispatch_investigation=ASKED)
    talk.say(WRONG_TOTAL)

    talk.say("no, make a new one")

    assert names(talk) == ["create_issue", "dispatch_investigation"]
    assert talk.used[0][1]["title"] == "The total is wrong for orders with a discount"


@pytest.mark.parametrize(
    "other",
    [
        KNOWN | {"status": {"name": "Done", "is_closed": True}},
        KNOWN | {"status": "Done"},
        KNOWN | {"title": "The logo is too large on a phone"},
    ],
)
def test_a_closed_or_different_issue_does_not_stand_in_the_way(chat, other):
    talk = chat(search_issues={"items": [other]}, create_issue={"identifier": "DISPATCH-7"}, dispatch_investigation=ASKED)

    talk.say(WRONG_TOTAL)

    assert "create_issue" in names(talk)


@pytest.mark.parametrize(
    ("words", "tool"),
    [
        ("implement DISPATCH-3", "dispatch_implementation"),
        ("please build dispatch-3", "dispatch_implementation"),
        ("test DISPATCH-3", "dispatch_qa"),
        ("QA DISPATCH-3", "dispatch_qa"),
        ("triage DISPATCH-3", "dispatch_triage"),
        ("research DISPATCH-3", "dispatch_research"),
        ("investigate DISPATCH-3 again", "dispatch_investigation"),
        ("look into DISPATCH-3", "dispatch_investigation"),
        ("retry DISPATCH-3", "dispatch_investigation"),
        ("why DISPATCH-3", "why"),
        ("why is DISPATCH-3 waiting?", "why"),
        ("show DISPATCH-3", "get_issue"),
        ("DISPATCH-3", "get_issue"),
        ("close DISPATCH-3", "update_issue"),
    ],
)
def test_words_about_an_issue_use_the_right_tool(chat, words, tool):
    talk = chat()

    talk.say(words)

    assert names(talk) == [tool]
    assert talk.used[0][1]["identifier"] == "DISPATCH-3"


@pytest.mark.parametrize(
    ("words", "tool"),
    [
        ("what is running?", "fleet_status"),
        ("status", "fleet_status"),
        ("fleet", "fleet_status"),
        ("how much money is left today?", "fleet_status"),
        ("list issues", "list_issues"),
        ("show me the open issues", "list_issues"),
        ("what is open?", "list_issues"),
        ("search for discount", "search_issues"),
        ("research how discounts are rounded", "dispatch_research"),
        ("create an issue: the logo is too large", "create_issue"),
        ("the status of orders is broken", "search_issues"),
        ("add a CSV export of orders", "search_issues"),
        ("why does the checkout fail?", "search_issues"),
        ("SUMMER10 takes off too much", "search_issues"),
    ],
)
def test_words_about_no_issue_use_the_right_tool_first(chat, words, tool):
    talk = chat(create_issue={"identifier": "DISPATCH-9"})

    talk.say(words)

    assert names(talk)[0] == tool


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("close DISPATCH-3", {"status": "Done"}),
        ("move DISPATCH-3 to in review", {"status": "In Review"}),
        ("cancel DISPATCH-3", {"status": "Canceled"}),
        ("set the priority of DISPATCH-3 to P1", {"priority": "P1"}),
        ("rename DISPATCH-3 to Totals are wrong", {"title": "Totals are wrong"}),
    ],
)
def test_an_update_changes_what_was_said_and_nothing_else(chat, words, changes):
    talk = chat(update_issue={"identifier": "DISPATCH-3"})

    said = talk.say(words)

    assert talk.used == [("update_issue", {"identifier": "DISPATCH-3"} | changes)]
    assert said.startswith("Done: DISPATCH-3")


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("The total is wrong. Can you look into it?", "The total is wrong"),
        ("please fix the checkout button", "The checkout button"),
        ("search for discount", "Discount"),
        ("create an issue: the logo is too large", "The logo is too large"),
        ("add a CSV export", "Add a CSV export"),
        ("The export is broken and please investigate", "The export is broken"),
    ],
)
def test_a_title_is_the_matter_without_the_asking(words, title):
    from infra.laptop.model.terminal.wishes import title_of

    assert title_of(words) == title


def test_issues_are_shown_as_a_table_of_the_open_ones(chat):
    done = {"identifier": "DISPATCH-1", "title": "Old | thing", "status": "Done", "priority": "P3"}
    said = chat(list_issues={"items": [KNOWN, done]}).say("list open issues")

    assert "| DISPATCH-2 | Wrong total for orders with a discount | Backlog | P2 |" in said
    assert "DISPATCH-1" not in said


def test_the_fleet_is_told_by_its_real_figures(chat):
    fleet = {
        "running": [{"identifier": "DISPATCH-4", "workflow": "prd-investigate", "state": "running", "last_line": "Reading shop/orders.py"}],
        "waiting": [{"identifier": "DISPATCH-5", "workflow": "qa-test", "reason": "5 of 5 are running."}],
        "slots": {"used": 1, "total": 8},
        "money": {"limit_usd": 200, "left_usd": 174.5},
        "kill_switch": False,
    }
    said = chat(fleet_status=fleet).say("what is running")

    assert "1 running, 1 waiting" in said
    assert "DISPATCH-4 · prd-investigate: Reading shop/orders.py" in said
    assert "5 of 5 are running." in said
    assert "1 of 8 places taken, $174.50 of today's $200.00 left." in said


def test_why_tells_the_decisions(chat):
    decision = {
        "verdict": "waits",
        "workflow": "prd-implement",
        "reason": "All places are taken.",
        "would_turn": "It starts when one ends.",
    }
    said = chat(why={"items": [decision]}).say("why DISPATCH-3")

    assert "All places are taken. What would change it: It starts when one ends." in said


def test_a_plan_is_never_approved_by_the_model(chat):
    talk = chat()

    said = talk.say("approve DISPATCH-3")

    assert talk.used == []
    assert "the page of DISPATCH-3" in said


def test_a_tools_refusal_is_passed_on_in_its_own_words(chat):
    said = chat(dispatch_implementation=ValueError("There is no approved plan on DISPATCH-3.")).say("implement DISPATCH-3")

    assert said.endswith("There is no approved plan on DISPATCH-3.")


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("Admitted: the prd-investigate run on DISPATCH-7 is being started.", "An agent is on its way to DISPATCH-7"),
        ("It waits: 5 of 5 are running. Its place is 2. It starts by itself.", "5 of 5 are running."),
        ("Nothing was started, as the person said no.", "nothing is started on DISPATCH-7"),
        ("Refused, nothing was started: The kill switch is on.", "The kill switch is on."),
    ],
)
def test_a_pressed_button_is_acknowledged_by_what_came_of_it(chat, outcome, expected):
    talk = chat()

    said = talk.say(f"[owner pressed “Start” on “Start an investigation of DISPATCH-7?”]\n{outcome}")

    assert expected in said
    assert talk.used == []


@pytest.mark.parametrize("words", ["hello", "help", "what can you do?"])
def test_a_greeting_tells_what_can_be_asked(chat, words):
    assert "implement DISPATCH-3" in chat().say(words)


def test_what_it_does_not_understand_it_says(chat):
    talk = chat()

    said = talk.say("compose a haiku on entropy")

    assert talk.used == []
    assert "scripted model" in said
    assert "ANTHROPIC_API_KEY" in said


def test_without_tool_rounds_left_it_says_so(client):
    from tests.unit.model.conftest import TOOLS

    answer = client.messages.create(
        model="claude-opus-5-5",
        max_tokens=500,
        messages=[{"role": "user", "content": "list issues"}],
        tools=TOOLS,
        tool_choice={"type": "none"},
    )

    assert "no more tools" in answer.content[0].text
