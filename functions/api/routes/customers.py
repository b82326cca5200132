"""Customers."""

from dispatch import customers
from dispatch.customers import Customer, CustomerChange, NewCustomer
from dispatch.kit.shapes import Shape
from functions.api.callers import Reader, Writer
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api/customers", tags=["customers"])


class Customers(Shape):
    """Every customer, by name."""

    items: list[Customer]
    next_cursor: str | None = None


@router.get("")
def list_customers(work: TheWork, caller: Reader) -> Customers:
    """Every customer, by name."""
    return Customers(items=customers.list_customers(work))


@router.post("", status_code=201)
def create_customer(work: TheWork, caller: Writer, new: NewCustomer) -> Customer:
    """The customer exists. 409 where the slug is taken."""
    return customers.create_customer(work, new)


@router.patch("/{slug}")
def update_customer(work: TheWork, caller: Writer, slug: str, change: CustomerChange) -> Customer:
    """The customer is known by these organisations: errors that hit one of them are known to hit it."""
    return customers.update_customer(work, slug, change)
