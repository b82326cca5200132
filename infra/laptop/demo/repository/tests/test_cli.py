import contextlib
import io
import unittest

from shop import cli


def said(*argv: str) -> tuple[int, str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = cli.main(argv)
    return code, out.getvalue()


class CommandLine(unittest.TestCase):
    def test_an_order_is_priced(self):
        self.assertEqual(said("order", "mug:2", "tea"), (0, "2 x Stoneware mug\n1 x Assam tea, 250 g\nTo pay: 32.50\n"))

    def test_an_unknown_code_is_said_and_fails(self):
        code, out = said("order", "mug", "--code", "NOPE")

        self.assertEqual(code, 1)
        self.assertIn("NOPE", out)
