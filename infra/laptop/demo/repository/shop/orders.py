"""An order: its lines, what they cost together, and what the customer pays."""

from dataclasses import dataclass, field

from shop.catalogue import Product
from shop.discounts import NO_DISCOUNT, Discount


@dataclass(frozen=True)
class Line:
    product: Product
    quantity: int

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError(f"A line needs a quantity of 1 or more, not {self.quantity}.")


@dataclass
class Order:
    lines: list[Line] = field(default_factory=list)
    discount: Discount = NO_DISCOUNT

    def add(self, product: Product, quantity: int = 1) -> None:
        self.lines.append(Line(product, quantity))


def line_total(line: Line, discount: Discount) -> int:
    """What one line costs."""
    price = line.product.price * line.quantity
    if discount.percent:
        price = discount.apply(price)
    return price


def subtotal(order: Order) -> int:
    """What the lines cost together."""
    return sum(line_total(line, order.discount) for line in order.lines)


def total(order: Order) -> int:
    """What the customer pays: the subtotal, less the discount."""
    return order.discount.apply(subtotal(order))
