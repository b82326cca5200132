"""What is for sale."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    sku: str
    name: str
    price: int


class UnknownProduct(LookupError):
    pass


CATALOGUE = {
    product.sku: product
    for product in (
        Product("mug", "Stoneware mug", 1200),
        Product("tea", "Assam tea, 250 g", 850),
        Product("pot", "Teapot, 1 l", 3900),
        Product("tray", "Oak tray", 2650),
    )
}


def find(sku: str) -> Product:
    """The product with this SKU. Raises UnknownProduct."""
    try:
        return CATALOGUE[sku]
    except KeyError:
        raise UnknownProduct(f"There is no product {sku!r}.") from None
