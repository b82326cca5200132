"""`dispatch policy` against the API, over a real socket."""

import json

import pytest

from infra import cli
from tests import doing


def test_show_tells_the_limits_in_force(address, capsys):
    assert cli.main(["policy", "show", "--url", address]) == 0

    said = capsys.readouterr().out
    assert said.startswith("version 1, by ")
    assert "max_concurrent_spawns " in said
    assert "daily_cost_limit_usd           200\n" in said


def test_replay_tells_what_would_have_been(address, capsys):
    doing.end(doing.start(doing.ask(doing.make_issue())), plan=doing.PLAN, cost_usd=4)

    arguments = [
        "policy",
        "replay",
        "--days",
        "1",
        "--set",
        "max_concurrent_spawns=0",
        "--set",
        "daily_spawn_budget=null",
        "--url",
        address,
    ]
    assert cli.main(arguments) == 0

    said = capsys.readouterr().out.splitlines()
    assert said[0] == "Today: 0 runs instead of 1, $0 instead of $4; nothing that was accepted would have been missed."
    assert "  runs               1         0" in said
    assert "  cost               4         0" in said


def test_json_is_the_apis_own_answer(address, capsys):
    assert cli.main(["policy", "replay", "--json", "--url", address]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["days"], told["before"]["runs"], told["missed"]) == (30, 0, [])


@pytest.mark.parametrize(
    ("setting_words", "said"),
    [
        ("max_agents=4", "There is no limit max_agents."),
        ("max_concurrent_spawns=many", "max_concurrent_spawns cannot be read"),
        ("four", "LIMIT=VALUE"),
    ],
)
def test_a_limit_that_is_none_is_refused_with_its_name(address, capsys, setting_words, said):
    assert cli.main(["policy", "replay", "--set", setting_words, "--url", address]) == 2
    assert said in capsys.readouterr().err


def test_a_wrong_address_and_nobody_there_are_told_apart(address, capsys):
    assert cli.main(["policy", "show", "--url", f"{address}/elsewhere"]) == 2
    assert cli.main(["policy", "show", "--url", "http://127.0.0.1:1"]) == 1
    assert "does not answer" in capsys.readouterr().err


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit):
        cli.main(["policy", "--help"])

    assert "--set max_concurrent_spawns=4" in capsys.readouterr().out
