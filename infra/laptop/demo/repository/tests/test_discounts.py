import unittest

from shop import discounts


class Discounts(unittest.TestCase):
    def test_a_percentage_is_taken_off(self):
        self.assertEqual(discounts.by_code("SUMMER10").apply(2000), 1800)

    def test_an_amount_is_taken_off_but_never_below_nothing(self):
        self.assertEqual(discounts.by_code("WELCOME5").apply(2000), 1500)
        self.assertEqual(discounts.by_code("WELCOME5").apply(300), 0)

    def test_a_code_may_be_typed_in_any_case(self):
        self.assertEqual(discounts.by_code(" summer10 ").percent, 10)

    def test_an_unknown_code_is_refused(self):
        with self.assertRaises(discounts.UnknownCode):
            discounts.by_code("WINTER90")
