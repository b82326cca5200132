"""The customer: an organisation for whose people issues are worked on."""

from dispatch.customers.service import create_customer, find_customer, list_customers
from dispatch.customers.shapes import Customer, NewCustomer, SlugTaken, UnknownCustomer

__all__ = ["Customer", "NewCustomer", "SlugTaken", "UnknownCustomer", "create_customer", "find_customer", "list_customers"]
