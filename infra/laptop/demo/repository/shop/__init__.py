"""A small web shop's till."""
