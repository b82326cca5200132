"""Bending tests until they pass: what counts as that, and what does not."""

import pytest

from agent.cheats import weakened
from agent.proof import Change, find_cheats

BEFORE = """
import pytest

EXPECTED_TOTAL = 42


class TestOrders:
    def test_total(self):
        order = make(
            1, 2,  # two of them (a pair
        )
        assert order.total == 3
        assert order.state == "open"

    @pytest.mark.parametrize(("given", "wanted"), [(1, 2), (3, 4)])
    def test_next(self, given, wanted):
        self.assertEqual(
            following(given),
            wanted,
        )

    def test_waits(self):
        wait_for(thing, timeout=5)
        with pytest.raises(ValueError):
            thing.break_it()
"""

BENT = {
    "an assertion is removed": (
        '        assert order.state == "open"\n',
        "",
        "An assertion was removed or changed in TestOrders.test_total",
    ),
    "an assertion is weaker": ("assert order.total == 3", "assert order.total", "An assertion was removed or changed"),
    "an assertion expects another value": ("order.total == 3", "order.total == 4", "An assertion was removed or changed"),
    "an assertion always holds": ("order.total == 3", "order.total == 3 or True", "An assertion was removed or changed"),
    "a value deep in a long assertion changes": (
        "            wanted,\n        )",
        "            given,\n        )",
        "An assertion was removed or changed",
    ),
    "another error is as good": ("raises(ValueError)", "raises(Exception)", "An assertion was removed or changed"),
    "an assertion is commented out": ("        assert order.total == 3", "        # assert order.total == 3", "An assertion was removed"),
    "an assertion is only tried": (
        "        assert order.total == 3\n",
        "        try:\n            assert order.total == 3\n        except AssertionError:\n            pass\n",
        "An assertion is no longer always reached in TestOrders.test_total: assertorder.total==3",
    ),
    "an assertion comes after the end": (
        "        assert order.total == 3",
        "        return\n        assert order.total == 3",
        "An assertion is no longer always reached",
    ),
    "an assertion is tied to a condition": (
        '        assert order.state == "open"',
        '        if order.state == "open":\n            assert order.state == "open"',
        "An assertion is no longer always reached",
    ),
    "a test is removed": (BEFORE[BEFORE.index("    def test_waits") :], "", "The test TestOrders.test_waits is gone."),
    "a test is no longer one": ("def test_waits", "def later_waits", "The test TestOrders.test_waits is gone."),
    "a test is skipped": (
        "    def test_waits",
        '    @pytest.mark.skip("flaky")\n    def test_waits',
        "A test is skipped or expected to fail",
    ),
    "a test is expected to fail": (
        "    def test_waits",
        "    @pytest.mark.xfail\n    def test_waits",
        "A test is skipped or expected to fail",
    ),
    "a test skips itself": ("        wait_for", '        pytest.skip("later")\n        wait_for', "A test is skipped or expected to fail"),
    "all tests are skipped": ("EXPECTED", "pytestmark = pytest.mark.skip\nEXPECTED", "A test is skipped or expected to fail"),
    "a row is removed": (", (3, 4)]", "]", "Expected values were removed or changed in TestOrders.test_next"),
    "a row expects something else": ("(3, 4)", "(3, 5)", "Expected values were removed or changed"),
    "a named expectation changes": ("= 42", "= 41", "Expected values were removed or changed"),
    "a time limit is raised": ("timeout=5", "timeout=50", "A time limit was raised in TestOrders.test_waits"),
}


@pytest.mark.parametrize("name", BENT)
def test_bending_a_test_is_found(name: str) -> None:
    old, new, sentence = BENT[name]
    assert old in BEFORE

    found = weakened(BEFORE, BEFORE.replace(old, new, 1))

    assert any(one.startswith(sentence) for one in found), found


FAIR = {
    "a test is added": ("    def test_waits", "    def test_more(self):\n        assert more() == 1\n        return\n\n    def test_waits"),
    "a skipped test is added": (
        "    def test_waits",
        "    @pytest.mark.skip\n    def test_more(self):\n        assert more()\n\n    def test_waits",
    ),
    "an assertion is added": ("        assert order.total == 3", "        assert order\n        assert order.total == 3"),
    "a row is added": ("(3, 4)]", "(3, 4), (5, 6)]"),
    "a formatter ran": (
        "        self.assertEqual(\n            following(given),\n            wanted,\n        )",
        "        self.assertEqual(following(given), wanted)",
    ),
    "quotes changed": ('"open"', "'open'"),
    "a comment changed": ("# two of them (a pair", "# both"),
    "a comment was added": ("        assert order.total == 3", "        assert order.total == 3  # one and two"),
    "a time limit was lowered": ("timeout=5", "timeout=2"),
    "a test has a better name": ("def test_waits", "def test_waits_for_the_thing"),
    "a class has a better name": ("class TestOrders", "class TestAllOrders"),
    "the set-up changed": ("1, 2,", "1, 2, 3,"),
    "assertions changed places": (
        '        assert order.total == 3\n        assert order.state == "open"\n',
        '        assert order.state == "open"\n        assert order.total == 3\n',
    ),
}


@pytest.mark.parametrize("name", FAIR)
def test_what_leaves_the_tests_as_strict_as_they_were_is_no_cheating(name: str) -> None:
    old, new = FAIR[name]
    assert old in BEFORE

    assert weakened(BEFORE, BEFORE.replace(old, new, 1)) == []


SCRIPT = """
describe('orders', () => {
  it('adds up', async () => {
    const order = make();
    expect(order.total).toBe(3);
    expect(order.lines).toEqual([
      'a',
    ]);
  });
});
"""
GO = """
func TestTotal(t *testing.T) {
\tgot := Total(1, 2)
\tif got != 3 {
\t\tt.Fatalf("got %d", got)
\t}
\trequire.Equal(t, 3, got)
}
"""


@pytest.mark.parametrize(
    ("before", "old", "new", "bent"),
    [
        (SCRIPT, "toBe(3)", "toBeDefined()", True),
        (SCRIPT, "      'a',\n", "      'b',\n", True),
        (SCRIPT, "it('adds", "it.skip('adds", True),
        (SCRIPT, "it('adds", "xit('adds", True),
        (SCRIPT, "  it('adds", "  it('is new', () => {\n    expect(1).toBe(1);\n  });\n\n  it('adds", False),
        (SCRIPT, "const order = make();", "const order = make(1);", False),
        (GO, "\tif got != 3 {", "\tif got < 0 {", False),  # a condition is no assertion by its looks; the one below still stands
        (GO, "\trequire.Equal(t, 3, got)\n", "", True),
        (GO, "\tgot :=", '\tt.Skip("later")\n\tgot :=', True),
        (GO, "func TestTotal", "func TestMore(t *testing.T) {\n\trequire.Equal(t, 1, 1)\n}\n\nfunc TestTotal", False),
    ],
)
def test_other_languages_are_read_too(before: str, old: str, new: str, bent: bool) -> None:
    assert old in before

    assert bool(weakened(before, before.replace(old, new, 1))) is bent


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (Change("tests/test_a.py", "def test_a():\n    assert 1\n", None), ["tests/test_a.py: The file was deleted."]),
        (Change("shop/orders.py", "def total():\n    assert 1\n", "def total():\n    return 2\n"), []),
        (Change("tests/test_new.py", None, "@pytest.mark.skip\ndef test_a():\n    assert 1\n"), []),
        (Change("tests/__snapshots__/a.snap", "a\nb\n", "a\nc\n"), ["tests/__snapshots__/a.snap: An expected value was changed: b"]),
        (Change("tests/__snapshots__/a.snap", "a\n", "a\nb\n"), []),
        (
            Change("pyproject.toml", "", 'addopts = "--deselect tests/test_a.py::test_a"\n'),
            ['pyproject.toml: Tests are kept from running: addopts = "--deselect tests/test_a.py::test_a"'],
        ),
        (
            Change("conftest.py", None, "collect_ignore = ['tests/test_a.py']\n"),
            ["conftest.py: Tests are kept from running: collect_ignore = ['tests/test_a.py']"],
        ),
    ],
)
def test_only_what_was_there_to_test_can_be_bent(change: Change, found: list[str]) -> None:
    assert find_cheats([change]) == found


def test_a_file_that_opens_brackets_and_never_closes_them_is_read_in_good_time() -> None:
    assert weakened("(" * 200_000, "[" * 200_000) == []
