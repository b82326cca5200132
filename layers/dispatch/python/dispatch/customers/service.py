"""Making and finding customers."""

import re
import unicodedata

from dispatch.customers import store
from dispatch.customers.shapes import Customer, CustomerChange, NewCustomer, NoSuchCustomer, SlugTaken, UnknownCustomer
from dispatch.kit.errors import BadInput
from dispatch.kit.ids import new_id
from dispatch.kit.work import Work

MOST = 1000


def create_customer(work: Work, new: NewCustomer) -> Customer:
    """The customer exists. Raises SlugTaken, or BadInput where no slug can be made of the name."""
    slug = new.slug or _slug_of(new.name)
    made = store.insert_customer(work.conn, new_id(), name=new.name, slug=slug, organisations=new.organisations, at=work.now)
    if made is None:
        raise SlugTaken(f"There is a customer with the slug {slug} already.")
    store.set_organisations(work.conn, made.id, new.organisations)
    return made


def list_customers(work: Work) -> list[Customer]:
    """Every customer, by name."""
    return store.select_customers(work.conn, slug=None, limit=MOST)


def find_customer(work: Work, slug: str) -> Customer:
    """The customer with this slug. Raises UnknownCustomer."""
    found = store.select_customers(work.conn, slug=slug, limit=1)
    if not found:
        raise UnknownCustomer(f"There is no customer {slug[:60]!r}.")
    return found[0]


def update_customer(work: Work, slug: str, change: CustomerChange) -> Customer:
    """The customer is as `change` says. Raises NoSuchCustomer."""
    found = store.select_customers(work.conn, slug=slug, limit=1)
    if not found:
        raise NoSuchCustomer
    if change.organisations is not None:
        store.set_organisations(work.conn, found[0].id, change.organisations)
    return find_customer(work, slug)


def _slug_of(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:60].strip("-")
    if not slug:
        raise BadInput("Give it a slug of letters and digits: none can be made of this name.")
    return slug
