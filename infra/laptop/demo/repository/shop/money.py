"""Money is a whole number of cents. No floats: 0.1 + 0.2 is not a price."""


def percent_of(amount: int, percent: int) -> int:
    """That share of an amount, half a cent rounded up."""
    return (amount * percent + 50) // 100


def written(amount: int) -> str:
    """An amount for people: 1234 is "12.34"."""
    sign = "-" if amount < 0 else ""
    whole, cents = divmod(abs(amount), 100)
    return f"{sign}{whole}.{cents:02d}"
