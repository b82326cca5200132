"""The customer: an organisation for whose people issues are worked on."""

from dispatch.customers.service import create_customer, find_customer, list_customers, update_customer
from dispatch.customers.shapes import Customer, CustomerChange, NewCustomer, NoSuchCustomer, SlugTaken, UnknownCustomer

__all__ = [
    "Customer",
    "CustomerChange",
    "NewCustomer",
    "NoSuchCustomer",
    "SlugTaken",
    "UnknownCustomer",
    "create_customer",
    "find_customer",
    "list_customers",
    "update_customer",
]
