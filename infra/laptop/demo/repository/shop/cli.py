"""The command line: show the catalogue, price an order."""

import argparse
from collections.abc import Sequence

from shop import catalogue, discounts, orders
from shop.money import written


def main(argv: Sequence[str] | None = None) -> int:
    """Do what was asked; 0 when it worked, 1 when the order makes no sense."""
    arguments = _parser().parse_args(argv)
    if arguments.command == "catalogue":
        for product in catalogue.CATALOGUE.values():
            print(f"{product.sku:6} {product.name:20} {written(product.price):>8}")
        return 0
    try:
        print(receipt(order_from(arguments.lines, arguments.code)))
    except (catalogue.UnknownProduct, discounts.UnknownCode, ValueError) as error:
        print(error)
        return 1
    return 0


def order_from(lines: Sequence[str], code: str = "") -> orders.Order:
    """An order read from "sku:quantity" words and a discount code."""
    order = orders.Order(discount=discounts.by_code(code))
    for line in lines:
        sku, _, quantity = line.partition(":")
        order.add(catalogue.find(sku), int(quantity or 1))
    return order


def receipt(order: orders.Order) -> str:
    """The order as a customer reads it."""
    rows = [f"{line.quantity} x {line.product.name}" for line in order.lines]
    if order.discount.code:
        rows.append(f"Discount {order.discount.code}")
    return "\n".join([*rows, f"To pay: {written(orders.total(order))}"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shop", description="The till of a small web shop.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("catalogue", help="what is for sale")
    order = commands.add_parser("order", help="price an order")
    order.add_argument("lines", nargs="+", metavar="SKU:QUANTITY")
    order.add_argument("--code", default="", help="a discount code")
    return parser
