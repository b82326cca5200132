"""What a proof is worth: told from how the tries ended, and seen on a small repository with a fault, its fix and its test."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.proof import UnnamedError, command_for, find_named, is_test_file, judge
from tests.unit.agent.conftest import Runner, git
from tests.unit.agent.control_plane import SCHEMA, ControlPlane, brief

FILES = ["tests/test_a.py", "tests/__init__.py", "src/cart.test.ts", "shop.py"]


@pytest.mark.parametrize(
    ("given", "node", "dotted"),
    [
        ("tests/test_a.py::TestA::test_b[1-x]", "tests/test_a.py::TestA::test_b[1-x]", "tests.test_a.TestA.test_b[1-x]"),
        ("tests.test_a.TestA.test_b", "tests/test_a.py::TestA::test_b", "tests.test_a.TestA.test_b"),
        ("tests/test_a.py", "tests/test_a.py", "tests.test_a"),
        ("src/cart.test.ts", "src/cart.test.ts", "src.cart.test"),
    ],
)
def test_a_test_is_known_by_its_path_or_its_dotted_name(given: str, node: str, dotted: str) -> None:
    named = find_named(given, FILES)

    assert (named.node(), named.dotted()) == (node, dotted)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "-x",
        "tests/test_a.py; rm -rf /",
        "$(id)",
        "tests/../../etc/passwd",
        "tests/test_b.py::test_a",
        "/etc/passwd",
        "a b",
        "x" * 400,
        "`id`\n",
    ],
)
def test_what_is_not_the_plain_name_of_a_test_here_is_not_run(given: str) -> None:
    with pytest.raises(UnnamedError):
        find_named(given, FILES)


@pytest.mark.parametrize(
    ("facts", "command"),
    [
        ({}, "python3 -m unittest tests.test_a.A.test_b"),
        ({"files": ["conftest.py"]}, "python3 -m pytest tests/test_a.py::A::test_b"),
        ({"says": "dev = ['pytest>=8']"}, "python3 -m pytest tests/test_a.py::A::test_b"),
        ({"checks": {"tests": "uv run pytest -q tests"}}, "uv run pytest tests/test_a.py::A::test_b"),
        ({"checks": {"tests": "python3 -m unittest -q"}, "files": ["conftest.py"]}, "python3 -m unittest tests.test_a.A.test_b"),
        ({"checks": {"tests": "cd x && pytest"}}, "python3 -m unittest tests.test_a.A.test_b"),
        ({"configured": "npx vitest run {test}"}, "npx vitest run tests/test_a.py::A::test_b"),
    ],
)
def test_the_command_is_the_configured_one_or_the_repositorys_way(facts: dict[str, Any], command: str) -> None:
    known: dict[str, Any] = {"configured": None, "checks": {}, "files": [], "says": ""}

    assert command_for(find_named("tests/test_a.py::A::test_b", FILES), **(known | facts)) == command


def test_brackets_in_a_name_are_no_pattern_for_the_shell() -> None:
    named = find_named("tests/test_a.py::test_b[1]", FILES)

    assert command_for(named, configured="run {test}", checks={}, files=[], says="") == "run 'tests/test_a.py::test_b[1]'"


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        *[
            (path, True)
            for path in ("tests/data.json", "a/test_b.py", "conftest.py", "a/b_test.go", "a.spec.ts", "FooTest.java", "x/__tests__/a.js")
        ],
        *[(path, False) for path in ("shop/orders.py", "latest.py", "contest.py", "testing.py", "attestation/a.go", "spec.md")],
    ],
)
def test_files_that_test_others_are_known_by_their_names(path: str, is_one: bool) -> None:
    assert is_test_file(path) is is_one


FAILS, PASSES = {"exit_code": 1, "output": "E   assert 1 == 2\n1 failed in 0.1s"}, {"exit_code": 0, "output": "1 passed in 0.1s"}
PYTEST = "python3 -m pytest tests/test_a.py::test_a"


def three(one: dict[str, Any]) -> list[dict[str, Any]]:
    return [one] * 3


@pytest.mark.parametrize(
    ("base", "head", "verdict", "why"),
    [
        (three(FAILS), three(PASSES), "proven", ""),
        (three({"exit_code": -11, "output": "Segmentation fault"}), three(PASSES), "proven", ""),
        (three({"exit_code": 1, "output": "E   AttributeError: 'NoneType' object has no attribute 'x'"}), three(PASSES), "proven", ""),
        (three(PASSES), three(PASSES), "not_proven", "passes without the change too"),
        (three(FAILS), three(FAILS), "not_proven", "fails with the change too"),
        ([FAILS, PASSES, FAILS], three(PASSES), "flaky", "without the change: failed, passed, failed"),
        (three(FAILS), [PASSES, PASSES, FAILS], "flaky", "with the change: passed, passed, failed"),
        ([FAILS, {"exit_code": None, "output": ""}], three(PASSES), "flaky", "failed, not ended"),
    ],
)
def test_only_a_test_that_always_fails_before_and_always_passes_after_proves(base: list, head: list, verdict: str, why: str) -> None:
    found, reasons = judge(PYTEST, base, head)

    assert found == verdict
    assert why in " ".join(reasons)


OTHERWISE = {
    "collection": (2, "ERROR collecting tests/test_a.py\nE   ImportError: cannot import name 'new' from 'shop'"),
    "absent": (4, "ERROR: not found: /x/tests/test_a.py::test_a\n(no match in any of [<Module test_a.py>])"),
    "absent, quietly": (4, ""),
    "nothing": (5, "no tests ran in 0.01s"),
    "set-up": (1, "ERROR at setup of test_a\n1 error in 0.1s"),
    "fixture": (1, "E       fixture 'shop' not found"),
    "import inside": (1, "E       ImportError: cannot import name 'new' from 'shop'"),
    "module inside": (1, "E       ModuleNotFoundError: No module named 'new'"),
    "name inside": (1, "E       AttributeError: module 'shop' has no attribute 'new'"),
    "method inside": (1, "E       AttributeError: type object 'Shop' has no attribute 'new'"),
    "unittest's import": (1, "ImportError: Failed to import test module: test_a"),
    "unittest's name": (1, "ERROR: test_z (unittest.loader._FailedTest.test_z)\nAttributeError: type object 'A' has no attribute 'test_z'"),
    "unittest ran none": (0, "Ran 0 tests in 0.000s\n\nOK"),
    "unittest's new words": (5, "NO TESTS RAN"),
    "no runner": (1, "/usr/bin/python3: No module named pytest"),
    "no command": (127, "sh: 1: vitest: not found"),
    "javascript": (1, "Error: Cannot find module './new'"),
    "go": (2, "FAIL shop [build failed]"),
    "too long": (None, ""),
    "killed": (137, ""),
    "expected": (0, "1 xfailed in 0.1s"),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_test_that_fails_without_the_change_for_another_reason_proves_nothing(name: str) -> None:
    code, output = OTHERWISE[name]

    verdict, reasons = judge(PYTEST, three({"exit_code": code, "output": output}), three(PASSES))

    assert verdict == "not_proven"
    assert reasons
    assert "(without the change)" in reasons[0]


@pytest.mark.parametrize(
    "output",
    ["1 skipped in 0.1s", "=== 1 skipped in 0.01s ===", "Ran 1 test in 0.0s\n\nOK (skipped=1)", "1 deselected in 0.1s", "1 xpassed in 1s"],
)
def test_a_test_that_does_not_run_with_the_change_proves_nothing(output: str) -> None:
    verdict, reasons = judge(PYTEST, three(FAILS), three({"exit_code": 0, "output": output}))

    assert verdict == "not_proven"
    assert "(with the change)" in reasons[0]


FAULTY, FIXED = "def total(*prices):\n    return prices[0]\n", "def total(*prices):\n    return sum(prices)\n"
OLD_TEST = "import unittest\n\nfrom shop import total\n\n\nclass Orders(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(total(1), 1)\n"
NEW_TEST = f"{OLD_TEST}\n    def test_two(self):\n        self.assertEqual(total(1, 2), 3)\n"
NAME = "tests.test_shop.Orders.test_two"


@pytest.fixture
def shop(plane: ControlPlane, worktree: Path) -> Path:
    """A repository with a fault, for a run that is to prove its fix."""
    plane.told = brief(
        writes_code=True,
        wants_proof=True,
        result_schema=SCHEMA | {"properties": SCHEMA["properties"] | {"proof": {"type": "object", "required": ["test"]}}},
    )
    (worktree / "tests").mkdir()
    (worktree / "tests" / "__init__.py").touch()
    (worktree / "tests" / "test_shop.py").write_text(OLD_TEST)
    (worktree / "shop.py").write_text(FAULTY)
    git(worktree, "add", "-A")
    git(worktree, "commit", "-q", "-m", "A shop")
    return worktree


@pytest.fixture
def proof(plane: ControlPlane, start: Runner, script, shop: Path):
    """Runs an agent that writes `files` and names `test`; answers the proof that is handed in."""

    def proof(files: dict[str, str | None], test: str = NAME, **settings: str) -> dict[str, Any]:
        body = f"for path, text in {files!r}.items():\n    os.unlink(path) if text is None else open(path, 'w').write(text)\n"
        start(script(f"{body}hand_in(proof={json.dumps({'test': test})})\n"), **settings).communicate(timeout=60)
        assert plane.result is not None
        return plane.result["proof"]

    return proof


def codes(tries: list[dict[str, Any]]) -> list[int | None]:
    return [one["exit_code"] for one in tries]


def test_a_fix_with_its_test_is_proven_and_leaves_nothing_behind(plane: ControlPlane, proof, shop: Path, tmp_path: Path) -> None:
    found = proof({"shop.py": FIXED, "tests/test_shop.py": NEW_TEST})

    assert (found["verdict"], found["reasons"]) == ("proven", [])
    assert (codes(found["base"]), codes(found["head"])) == ([1, 1, 1], [0, 0, 0])
    assert found["command"] == f"python3 -m unittest {NAME}"
    assert "AssertionError: 1 != 3" in found["base"][0]["output"]
    assert "The proof of the fix is proven." in plane.notices()
    assert git(shop, "worktree", "list").count("\n") == 1
    assert not (tmp_path / "spool" / "proof").exists()


def test_pytest_and_the_repositorys_own_set_up_do_as_well(proof, tmp_path: Path) -> None:
    trusted = tmp_path / "dispatch.toml"
    trusted.write_text(
        f'[setup]\ncommands = ["touch made"]\n[proof]\ncommand = "test -f made && PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {sys.executable} -m pytest -q -p no:cacheprovider {{test}}"\n'
    )

    found = proof(
        {"shop.py": FIXED, "tests/test_shop.py": NEW_TEST}, "tests/test_shop.py::Orders::test_two", DISPATCH_CONFIGURATION=str(trusted)
    )

    assert found["verdict"] == "proven"
    assert "1 failed" in found["base"][0]["output"]


NEW_HELPER = "def total(*prices):\n    return sum(prices)\n\n\ndef grand_total(*prices):\n    return sum(prices)\n"
CASES = {
    "a test that passes anyway": (
        {"shop.py": FIXED, "tests/test_shop.py": NEW_TEST.replace("total(1, 2), 3", "total(3), 3")},
        "not_proven",
        "passes without",
    ),
    "a test of something new": (
        {"shop.py": NEW_HELPER, "tests/test_shop.py": NEW_TEST.replace("import total", "import total, grand_total")},
        "not_proven",
        "another reason than the fault",
    ),
    "a fix that mends nothing": ({"shop.py": f"{FAULTY}\n", "tests/test_shop.py": NEW_TEST}, "not_proven", "fails with the change too"),
    "a test that is not there": ({"shop.py": FIXED}, "not_proven", "another reason than the fault"),
    "a weakened test": (
        {"shop.py": FIXED, "tests/test_shop.py": NEW_TEST.replace("self.assertEqual(total(1), 1)", "total(1)")},
        "cheated",
        "An assertion was removed or changed in Orders.test_one",
    ),
    "a deleted test": (
        {
            "shop.py": FIXED,
            "tests/test_shop.py": None,
            "tests/test_new.py": NEW_TEST.replace("test_one", "test_else").replace("(1), 1", "(2), 2"),
        },
        "cheated",
        "tests/test_shop.py",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_proves_nothing_is_told_with_the_reason(proof, name: str) -> None:
    files, verdict, why = CASES[name]

    found = proof(files)

    assert found["verdict"] == verdict
    assert why in " ".join(found["reasons"])


def test_a_test_that_fails_now_and_then_is_flaky(proof, tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    test = NEW_TEST.replace(
        "    def test_two(self):\n",
        f"    def test_two(self):\n        with open({str(counter)!r}, 'a+') as f:\n            f.write('x')\n            f.seek(0)\n            if len(f.read()) == 5:\n                self.fail()\n",
    )

    found = proof({"shop.py": FIXED, "tests/test_shop.py": test})

    assert (found["verdict"], codes(found["head"])) == ("flaky", [0, 1, 0])


def test_a_name_that_is_a_command_is_not_run(proof, tmp_path: Path) -> None:
    found = proof({"shop.py": FIXED, "tests/test_shop.py": NEW_TEST}, f"{NAME}; touch {tmp_path}/pwned")

    assert (found["verdict"], found["base"]) == ("not_proven", [])
    assert not (tmp_path / "pwned").exists()


def test_a_run_that_was_not_asked_for_a_proof_hands_none_in(plane: ControlPlane, proof) -> None:
    plane.told["wants_proof"] = False

    assert proof({"shop.py": FIXED, "tests/test_shop.py": NEW_TEST}) is None
