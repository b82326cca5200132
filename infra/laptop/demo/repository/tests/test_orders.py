import unittest

from shop import catalogue, orders
from shop.discounts import by_code


def an_order(code: str = "") -> orders.Order:
    order = orders.Order(discount=by_code(code))
    order.add(catalogue.find("mug"), 2)
    order.add(catalogue.find("tea"), 1)
    return order


class Orders(unittest.TestCase):
    def test_lines_add_up(self):
        self.assertEqual(orders.total(an_order()), 2 * 1200 + 850)

    def test_an_empty_order_costs_nothing(self):
        self.assertEqual(orders.total(orders.Order()), 0)

    def test_an_amount_off_is_taken_off_the_order_once(self):
        self.assertEqual(orders.total(an_order("WELCOME5")), 3250 - 500)

    def test_a_percentage_off_is_taken_off_the_order_once(self):
        self.assertEqual(orders.total(an_order("SUMMER10")), 3250 - 325)

    def test_a_line_needs_a_quantity(self):
        with self.assertRaises(ValueError):
            orders.Line(catalogue.find("mug"), 0)
