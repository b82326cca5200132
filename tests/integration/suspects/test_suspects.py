"""Which commits are suspected of an error, and which are left in peace."""

from datetime import timedelta

from dispatch import activity, spawning
from dispatch.kit.work import work
from dispatch.suspects import look_for_suspects
from infra.laptop import commits
from tests import doing
from tests.github.identity import Token
from tests.integration.suspects.shop import BEGAN, Shop, suspects


def titles(found):
    return [one.title for one in found]


def test_what_changed_the_very_lines_goes_first_then_where_it_arises_then_what_leads_there(shop: Shop):
    shop.commit("Print it prettily", "shop/cli.py", hours=5)
    shop.commit("Take the discount twice", "shop/orders.py", line=11, hours=20)
    shop.commit("Say who we are", "README.md", "other/orders.py", hours=2)
    shop.commit("Round it", "shop/orders.py", hours=10)

    found = suspects(shop.fail())

    assert titles(found) == ["Take the discount twice", "Round it", "Print it prettily"]
    first = found[0]
    assert (first.files, first.author, first.url) == (["shop/orders.py"], "Grace", f"{shop.hub.page}/commit/{first.sha}")
    assert [one.because for one in found] == [
        "It changes shop/orders.py near line 12, where the error arises, and was made 20 hours before it was first seen.",
        "It changes shop/orders.py, where the error arises, and was made 10 hours before it was first seen.",
        "It changes shop/cli.py, through which the error goes, and was made 5 hours before it was first seen.",
    ]


def test_what_came_with_the_last_deployment_goes_before_what_only_is_nearer(shop: Shop):
    shop.deploy(shop.commit("Take the discount twice", "shop/orders.py", line=11, hours=20), hours=19)
    shop.commit("Print it prettily", "shop/cli.py", hours=5)
    shop.deploy(shop.commit("Say who we are", "README.md", hours=4), hours=0.3)
    shop.commit("Never deployed", "shop/orders.py", line=12, hours=0.1)

    found = suspects(shop.fail())

    assert titles(found) == ["Print it prettily", "Take the discount twice"]
    assert found[0].because.endswith(" UTC, 18 minutes before it was first seen.")


def test_what_was_made_after_it_began_or_long_before_is_no_suspect(shop: Shop):
    shop.commit("Long ago", "shop/orders.py", line=12, hours=24 * 8)
    shop.commit("Afterwards", "shop/orders.py", line=12, hours=-0.5)

    assert suspects(shop.fail()) == []


def test_without_a_stack_or_with_one_of_other_peoples_code_nobody_is_suspected(shop: Shop):
    shop.commit("Take the discount twice", "shop/orders.py", line=11, hours=20)

    assert suspects(shop.fail("One", stack=None)) == []
    assert suspects(shop.fail("Two", stack='  File "/usr/lib/python3.12/site-packages/shop/orders.py", line 12, in total')) == []
    assert suspects(shop.fail("Three", stack='  File "/app/billing/api/orders.py", line 12, in total')) == []


def test_a_file_that_a_commit_renamed_is_found_by_its_old_name(shop: Shop):
    (shop.place / "shop/orders.py").unlink()
    shop.commit("Call it sums", hours=3, files={"shop/sums.py": "\n".join(shop.files["shop/orders.py"]) + "\n"})

    [found] = suspects(shop.fail())

    assert (found.title, found.files) == ("Call it sums", ["shop/sums.py"])


def test_an_error_that_came_back_has_its_suspects_looked_for_anew(shop: Shop):
    shop.commit("Take the discount twice", "shop/orders.py", line=11, hours=20)
    family = shop.fail()
    assert titles(suspects(family)) == ["Take the discount twice"]
    assert look_for_suspects() == 0

    shop.commit("Undo the fix", "shop/orders.py", line=12, hours=-0.5)
    shop.come_back(family)
    shop.fail(began=BEGAN + timedelta(minutes=45))

    found = suspects(family)
    assert titles(found) == ["Undo the fix", "Take the discount twice"]
    assert found[0].because.endswith("15 minutes before it came back.")


def test_the_issues_story_tells_of_them_once_however_often_the_error_comes_back(shop: Shop):
    shop.commit("Take the discount twice", "shop/orders.py", line=11, hours=20)
    family = shop.fail()

    suspects(family)
    shop.come_back(family)
    assert titles(suspects(family)) == ["Take the discount twice"]

    with work() as unit:
        issue_id = unit.conn.execute("SELECT issue_id FROM family").fetchone()[0]
        [told] = [entry for entry in activity.list_activity(unit, issue_id) if entry.kind == "error.suspected"]
    assert [one["title"] for one in told.data["suspects"]] == ["Take the discount twice"]


def test_many_errors_of_one_deployment_ask_about_each_commit_once_and_a_sweep_asks_only_so_often(shop: Shop, monkeypatch):
    for number in range(24):
        shop.commit(f"Change {number}", "shop/orders.py", hours=30 - number)
    families = [shop.fail(f"The {word} total is wrong") for word in ("first", "second", "third", "fourth")]
    asked: list[str] = []
    real = commits.show_commit
    monkeypatch.setattr(commits, "show_commit", lambda *words: asked.append(words[2]) or real(*words))

    while look_for_suspects():
        pass

    assert len(set(families)) == 4
    assert len(asked) == len(set(asked)) == 20
    assert [len(suspects(family)) for family in families] == [5, 5, 5, 5]


def test_the_next_agent_is_told_of_them_as_of_leads_in_the_repositorys_words(shop: Shop, queues):
    sha = shop.commit("Take the discount twice", "shop/orders.py", line=11, hours=20)
    suspects(shop.fail())
    with work() as unit:
        issue_id = unit.conn.execute("SELECT issue_id FROM family").fetchone()[0]

    prompt = doing.start(doing.ask(issue_id)).brief.prompt

    told = prompt.partition("## Suspect commits")[2].partition("\n## ")[0]
    assert 'origin="repository"' in told
    assert f"- {sha[:12]} Take the discount twice (Grace, " in told
    assert "near line 12, where the error arises" in told


def test_whoever_takes_the_error_over_finds_them_in_the_packet(shop: Shop):
    shop.commit("Take the discount twice", "shop/orders.py", line=11, hours=20)
    suspects(shop.fail())

    with work() as unit:
        issue_id = unit.conn.execute("SELECT issue_id FROM family").fetchone()[0]
        assert titles(spawning.get_packet(unit, issue_id).suspects) == ["Take the discount twice"]


def test_where_github_gives_no_answer_it_is_asked_again_ever_more_seldom_and_then_no_more(shop: Shop, setting, clock):
    shop.commit("Take the discount twice", "shop/orders.py", line=11, hours=20)
    family = shop.fail()
    setting.setenv("GITHUB_API_URL", "http://127.0.0.1:1")
    assert look_for_suspects() == 0
    setting.setenv("GITHUB_API_URL", shop.hub.api_url)
    assert suspects(family) == []

    clock.travel(minutes=2)

    assert titles(suspects(family)) == ["Take the discount twice"]
    other = shop.fail("Another")
    setting.setenv("GITHUB_TOKEN", shop.hub.give(Token("dispatch", {"metadata": "read"})).value)
    for _ in range(20):
        look_for_suspects()
        clock.travel(hours=3)
    setting.setenv("GITHUB_TOKEN", shop.hub.give(Token("dispatch", {"contents": "read"})).value)
    assert suspects(other) == []
