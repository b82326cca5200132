"""Discount codes, and what each takes off."""

from dataclasses import dataclass

from shop.money import percent_of


class UnknownCode(LookupError):
    pass


@dataclass(frozen=True)
class Discount:
    """Either a percentage off or a fixed amount off."""

    code: str
    percent: int = 0
    amount: int = 0

    def apply(self, price: int) -> int:
        """The price after the discount; never below nothing."""
        if self.percent:
            return price - percent_of(price, self.percent)
        return max(0, price - self.amount)


NO_DISCOUNT = Discount("")

CODES = {
    discount.code: discount
    for discount in (
        Discount("SUMMER10", percent=10),
        Discount("STAFF25", percent=25),
        Discount("WELCOME5", amount=500),
    )
}


def by_code(code: str) -> Discount:
    """The discount a code stands for. Raises UnknownCode."""
    if not code:
        return NO_DISCOUNT
    try:
        return CODES[code.strip().upper()]
    except KeyError:
        raise UnknownCode(f"There is no discount code {code!r}.") from None
