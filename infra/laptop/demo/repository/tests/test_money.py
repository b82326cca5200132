import unittest

from shop.money import percent_of, written


class Money(unittest.TestCase):
    def test_half_a_cent_rounds_up(self):
        self.assertEqual(percent_of(105, 10), 11)

    def test_amounts_are_written_with_two_decimals(self):
        self.assertEqual(written(1205), "12.05")
        self.assertEqual(written(-50), "-0.50")
