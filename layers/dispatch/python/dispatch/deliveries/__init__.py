"""A delivery: what somebody else's webhook reported. Kept once by (source, id), acted on once, tried again where that failed."""

from dispatch.deliveries.service import (
    DeliveryNotFound,
    find_delivery,
    forget_old_deliveries,
    list_deliveries,
    replay,
    retry_due,
    take,
)
from dispatch.deliveries.shapes import Delivery, DeliveryFilter, DeliveryPage, Hear, NewDelivery

__all__ = [
    "Delivery",
    "DeliveryFilter",
    "DeliveryNotFound",
    "DeliveryPage",
    "Hear",
    "NewDelivery",
    "find_delivery",
    "forget_old_deliveries",
    "list_deliveries",
    "replay",
    "retry_due",
    "take",
]
